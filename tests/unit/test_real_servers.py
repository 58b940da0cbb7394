"""The parts of the tests' own support that decide something: which archive, what was missed, what the stacks say."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.availability import PREFIX, Missed
from tests.support.trixie import mirror_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        ("Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n", "http://mirror.example/debian"),
        ("deb [signed-by=/k.gpg] https://mirror.example/debian/ trixie main\n", "https://mirror.example/debian/"),
        ("# deb http://old.example/debian x main\ndeb http://m.example/debian y main\n", "http://m.example/debian"),
        ("URIs: http://m.example/debian-security\n\nURIs: http://m.example/debian\n", "http://m.example/debian"),
        ("deb https://packages.example/nodejs nodistro main\n", None),
        ("URIs: mirror+file:///etc/apt/mirrors/debian.list\n", None),
        ("", None),
    ],
)
def test_the_archive_is_the_one_that_apt_is_configured_with(sources: str, wanted: str | None) -> None:
    assert mirror_of(sources) == wanted


def test_what_was_missed_is_said_by_need_and_other_skips_are_not() -> None:
    missed = Missed()
    assert missed.lines() == []
    for number in range(7):
        missed.note(f"test_{number}", f"Skipped: {PREFIX}a broker")
    missed.note("test_other", "Skipped: only on Mondays")
    missed.note("test_last", f"Skipped: {PREFIX}a database")
    said = "\n".join(missed.lines())
    assert "8 tests did NOT run" in said
    assert "7 tests need a broker" in said
    assert "1 tests need a database" in said
    assert "and 2 more" in said
    assert "test_other" not in said


def _services(path: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(path.read_text())["services"])


def test_every_long_running_service_is_watched_restarted_and_keeps_what_it_must() -> None:
    services = _services(ROOT / "docker-compose.yml")
    assert set(services) == {"timescaledb", "mosquitto", "migrate", "ingest", "vision", "api", "tuning"}
    for name, service in services.items():
        if name == "migrate":
            assert service["restart"] == "no"
            continue
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
    assert "database:/var/lib/postgresql/data" in services["timescaledb"]["volumes"]
    assert "broker:/mosquitto/data" in services["mosquitto"]["volumes"]
    for name in ("ingest", "api", "tuning"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_roles_have_no_privilege_and_only_loopback_is_open_by_default() -> None:
    services = _services(ROOT / "docker-compose.yml")
    for name in ("migrate", "ingest", "vision", "api", "tuning", "mosquitto"):
        assert services[name]["read_only"] is True, name
        assert services[name]["cap_drop"] == ["ALL"], name
    assert "ports" not in services["timescaledb"]
    for name in ("mosquitto", "api"):
        assert all("_BIND:-127.0.0.1}" in port for port in services[name]["ports"]), name


def test_every_variable_of_the_stack_stands_in_its_example() -> None:
    named = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / ".env.example").read_text(), re.MULTILINE))
    assert named == given
