"""A date in, the demo city's dispatch plan out: the shipped one with streets, squads, a campaign and short deadlines.

Every name is invented. Deadlines are minutes where a city has hours, so that a visitor sees cases warned of and raised;
each says in a comment what the shipped one is. No holiday is invented: the hub's warning of the missing calendar is
part of what there is to see.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from hub.config.load_dispatch import SHIPPED_PLAN
from hub.config.yaml_source import read
from hub.demo.city_plan import GRIDS, Dumper

Document = dict[str, Any]

# The demo's limits: filing condition -> severity -> clock and minutes.
_SHORTENED: dict[str, dict[str, tuple[str, float]]] = {
    "danger": {"critical": ("urgent", 6), "major": ("urgent", 10), "any": ("urgent", 15)},
    "facilities-urgent": {"critical": ("urgent", 8), "major": ("urgent", 12), "any": ("urgent", 20)},
    "street-order": {"any": ("urgent", 5)},
}
_STREET = "street-urban-management"
_WORDS = (
    "# The demo's dispatch plan, written anew at every start: the shipped one, with a street level, squads and a\n"
    "# campaign. Every name and every code in it is invented. Deadlines are shorter where marked.\n"
)


def dispatch_document(today: date) -> Document:
    """Return the plan as the plain data of a dispatch.yaml; the campaign lasts for the month of `today`."""
    plan: Document = read(SHIPPED_PLAN).data
    plan["departments"].append(
        {
            "id": _STREET,
            "name": _name("街道综合执法队", "Street enforcement"),
            "kind": "urban_management",
            "level": "street",
        }
    )
    plan["squads"] = list(_squads())
    plan["categories"]["version"] = "demo-1 (invented codes)"
    stalls = {"id": "stalls", "match": {"domains": "stall"}, "to": {"kind": "urban_management", "level": "street"}}
    plan["routes"].insert(0, stalls)
    for condition in plan["deadlines"]:
        for severity, (clock, minutes) in _SHORTENED.get(condition["id"], {}).items():
            condition["limits"][severity] = {"clock": clock, "hours": round(minutes / 60, 4)}
    plan["campaigns"] = [
        {
            "id": "stalls-this-month",
            "name": _name("占道经营月度整治", "This month's campaign against unlicensed stalls"),
            "begins": today.replace(day=1),
            "ends": today.replace(day=monthrange(today.year, today.month)[1]),
            "match": {"domains": "stall", "districts": GRIDS[0][2]},
            "calls_in": ["district-market-supervision"],
        }
    ]
    return plan


def write_dispatch(folder: Path, today: date) -> Path:
    """Write dispatch.yaml into `folder`, and return where it is."""
    path = folder / "dispatch.yaml"
    shipped = {condition["id"]: condition["limits"] for condition in read(SHIPPED_PLAN).data["deadlines"]}
    lines: list[str] = []
    for section, value in dispatch_document(today).items():
        if section == "deadlines":
            lines += ["deadlines:", *(line for condition in value for line in _condition(condition, shipped))]
        else:
            lines += _dumped({section: value})
    path.write_text(_WORDS + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def _condition(condition: Document, shipped: dict[str, Document]) -> Iterator[str]:
    """Yield the lines of one filing condition, each limit that is shorter than the shipped one marked as such."""
    yield from _dumped([{name: value for name, value in condition.items() if name != "limits"}])
    yield "  limits:"
    for severity, limit in condition["limits"].items():
        before = shipped[condition["id"]][severity]
        mark = f"  # demo: shipped is {before['hours']:g} h {before['clock']}" if limit != before else ""
        yield f"    {severity}: {{clock: {limit['clock']}, hours: {limit['hours']}}}{mark}"


def _squads() -> Iterator[Document]:
    for grid, name, _ in GRIDS:
        yield {"id": f"street-{grid}", "name": f"{name[:-2]}执法分队", "department": _STREET, "grids": [grid]}
    for number, district in enumerate(dict.fromkeys(district for _, _, district in GRIDS), start=1):
        for squad, shown, department in (
            ("repair", "抢修队", "district-housing"),
            ("lamps", "照明维护队", "district-urban-management"),
            ("traffic", "交警中队", "district-public-security"),
        ):
            yield {
                "id": f"{squad}-{number}",
                "name": f"{district}{shown}",
                "department": department,
                "districts": [district],
            }


def _name(zh: str, en: str) -> Document:
    return {"zh": zh, "en": en}


def _dumped(value: Any) -> list[str]:
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=120).splitlines()
