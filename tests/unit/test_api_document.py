"""docs/api.md is complete: every route, problem, scope and feed type stands in it."""

from pathlib import Path

import pytest

from hub.alerts.lifecycle import EventType
from hub.api.app import create_app
from hub.api.problem import KINDS
from hub.cases.stage import Event
from hub.people.scopes import ROLE_SCOPES, Scope
from tests.support.api import configuration

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_route_and_parameter_is_documented(tmp_path: Path) -> None:
    app = create_app(dsn="postgresql:///nowhere", configuration=configuration(tmp_path))
    for path, methods in app.openapi()["paths"].items():
        last = path.removeprefix("/api/v1").replace("{alert_id}", "{id}").replace("{row_id}", "{id}")
        named = last if "acknowledge" not in last and "shelve" not in last else last.rsplit("/", 1)[1]
        assert f"{named}`" in TEXT or f"{named}?" in TEXT or f"{named}," in TEXT, path
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert parameter["in"] == "path" or parameter["name"] in TEXT, (path, parameter["name"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_problem_is_documented_with_its_status(kind: str) -> None:
    assert f"| `{kind}` | {KINDS[kind][0]} |" in TEXT


@pytest.mark.parametrize("scope", Scope)
def test_the_table_of_scopes_is_the_code_s(scope: Scope) -> None:
    (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{scope}` |")]
    marks = [cell.strip() == "yes" for cell in row.split("|")[3 : 3 + len(ROLE_SCOPES)]]
    assert marks == [scope in scopes for scopes in ROLE_SCOPES.values()]


def test_every_type_of_the_feed_is_documented() -> None:
    assert [kind for kind in (*EventType, *Event) if f"`{kind}`" not in TEXT] == []
