"""Nobody sees or moves what lies outside their districts: each route, tried by somebody who may do all else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.store.session import open_session
from hub.store.tokens import create_token
from tests.store.test_api_gate import NOWHERE, ROUTES, SESSION
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.stored import batch, frame, picture, raised, reading, status

DISTRICTS = {"01": "West", "02": "East"}
# What bears witness that something of a grid was told.
NAMES = {"01": ("gas-1", "lamp-1", "lamp-2", "gw-1", "c-1"), "02": ("gas-2", "water-1", "cam-1", "zone-1")}
DEVICES = {"01": "gas-1", "02": "gas-2"}
QUERIES = {
    "/api/v1/search": {"q": "gas"},
    "/api/v1/feed": {"after": "0"},
    "/api/v1/feed/stream": {"after": "0"},
}
BODIES: dict[str, dict[str, Any]] = {
    "shelve": {"for_s": 3600, "reason": "x"},
    "assign": {"to": "me"},
    "verdict": {"is_real": False},
    "dispatch": {"department": "district-housing"},
    "take": {"lease_s": 3600},
    "suspend": {"for_s": 3600, "note": "x"},
    "ask-suspension": {"for_s": 3600, "note": "x"},
    "evaluate": {"score": 5},
    "dismiss": {"reason": "x"},
}


@dataclass(frozen=True, slots=True)
class Things:
    """What there is in one grid."""

    alert: str
    case: str
    number: str
    report: str
    sha256: str

    def filled(self, path: str, grid: str) -> str:
        """Return a route's path with the ids of what is here."""
        return path.format(
            alert_id=self.alert,
            case_id=self.case,
            report_id=self.report,
            sha256=self.sha256,
            camera_id="cam-1",
            circuit_id="c-1",
            row_id=1,
            session_id=NOWHERE,
            user_id=NOWHERE,
            token_id=NOWHERE,
            endpoint_id=NOWHERE,
            delivery_id=1,
            version="none",
            other="none",
            run_id=NOWHERE,
            name="none",
            shadow_id=NOWHERE,
            label_id=NOWHERE,
        )

    def marks(self, grid: str) -> tuple[str, ...]:
        """Return what must not be read by those who do not see this grid."""
        return (*NAMES[grid], self.alert, self.case, self.number, self.report, self.sha256)


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, heartbeat_s=0.2) as running:
        city = running.hub.configuration.city
        grids = {name: replace(grid, district=DISTRICTS[name]) for name, grid in city.grids.items()}
        running.hub.configuration = replace(running.hub.configuration, city=replace(city, grids=grids))
        yield running


@pytest.fixture
def things(api: Api) -> dict[str, Things]:
    return {grid: made(api, grid) for grid in DISTRICTS}


def made(api: Api, grid: str) -> Things:
    device, jpeg = DEVICES[grid], b"\xff\xd8 of grid " + grid.encode() + b" \xff\xd9"
    change = raised(subject=device, grid=grid)
    frames = [frame()] if grid == "02" else []
    api.write(batch(changes=[change], readings=[reading(device=device)], statuses=[status(device=device)], grid=grid))
    api.write(batch(pictures=[picture(change.alert, jpeg=jpeg)], frames=frames, grid=grid))
    alert = str(change.alert.alert_id)
    answer = api.client("admin").post("/api/v1/cases", json={"alerts": [alert]})
    case = answer.raise_for_status().json()
    ((report,),) = api.rows(
        f"""INSERT INTO reports (report_id, received_at, updated_at, source, source_name, category, category_name,
                                 description, grid, placed)
            VALUES (gen_random_uuid(), now(), now(), gen_random_uuid(), 'app', '01', 'x', 'near {device}', '{grid}',
                    'by_hand') RETURNING report_id"""
    )
    (evidence,) = api.client("admin").get(f"/api/v1/alerts/{alert}").json()["evidence"]
    return Things(alert, case["id"], case["number"], str(report), evidence["sha256"])


def somebody(api: Api, role: str, districts: list[str]) -> httpx.Client:
    with open_session(api.dsn) as session:
        token = token_for(session, role, districts)
    client = api.client(None)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def told(client: httpx.Client, path: str) -> str:
    """Return all that a route tells; of a stream, all until nothing more comes."""
    with client.stream("GET", path, params=QUERIES.get(path)) as answer:
        if not path.endswith("/stream"):
            return answer.read().decode("utf-8", "replace")
        lines = []
        for line in answer.iter_lines():
            lines.append(line)
            if line.startswith(": still here"):
                break
        return "\n".join(lines)


@pytest.mark.parametrize(("here", "there"), [("01", "02"), ("02", "01")])
@pytest.mark.parametrize("role", ["admin", "department"])
def test_no_route_tells_of_another_district(
    api: Api, things: dict[str, Things], here: str, there: str, role: str
) -> None:
    client = somebody(api, role, [DISTRICTS[here]])
    heard = ""
    for (method, path), (scope, _) in ROUTES.items():
        if method != "GET" or scope == SESSION:
            continue
        if "{" not in path:
            text = told(client, path)
            heard += text
            assert [mark for mark in things[there].marks(there) if mark in text] == [], (path, text[:2000])
            continue
        if ("camera" in path and there != "02") or ("circuit" in path and there != "01"):
            continue
        found = client.get(things[there].filled(path, there))
        assert found.status_code in (403, 404), (path, found.text[:500])
    assert DEVICES[here] in heard  # one's own is there
    if role == "admin":
        own = client.get(f"/api/v1/alerts/{things[here].alert}")
        assert own.status_code == 200


@pytest.mark.parametrize(("here", "there"), [("01", "02"), ("02", "01")])
def test_no_route_moves_anything_in_another_district(
    api: Api, things: dict[str, Things], here: str, there: str
) -> None:
    client = somebody(api, "admin", [DISTRICTS[here]])
    tables = ("alerts", "cases", "reports", "feed", "alert_evidence", "users", "tokens")

    def state() -> list[Any]:
        return [
            api.rows(
                f"SELECT to_jsonb({table}.*) - 'last_used_at' - 'feed_seen' FROM {table} ORDER BY {table}.*::text"
                if table == "tokens"
                else f"SELECT {table}::text FROM {table} ORDER BY 1"
            )
            for table in tables
        ]

    before = state()
    alert, case = things[there].alert, things[there].case
    more = {
        "merge": {"into": things[here].case, "note": "x"},
        "add-alert": {"alert": things[here].alert},
        "add-report": {"report": things[here].report},
        "split": {"alerts": [alert]},
        "link": {"alert": things[here].alert},
        "place": {"grid": here},
    }
    for method, path in ROUTES:
        if method == "GET" or "{" not in path or ROUTES[method, path][0] == SESSION:
            continue
        if ("camera" in path and there != "02") or ("circuit" in path and there != "01"):
            continue
        last = path.rsplit("/", 1)[1]
        body = more.get(last, BODIES.get(last, {"note": "x"}))
        for sent in (body, {}):
            answer = client.request(method, things[there].filled(path, there), json=sent)
            assert answer.status_code in (403, 404, 422), (method, path, answer.text[:500])
    assert state() == before
    for path, body in (
        (f"/api/v1/cases/{things[here].case}/add-alert", {"alert": alert}),
        (f"/api/v1/cases/{things[here].case}/merge", {"into": case, "note": "x"}),
        (f"/api/v1/cases/{things[here].case}/add-report", {"report": things[there].report}),
        ("/api/v1/cases", {"alerts": [alert]}),
        (f"/api/v1/reports/{things[here].report}/link", {"alert": alert}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code in (404, 422), (path, answer.text[:500])
    assert [rows for rows in state() if there in str(rows)] == [rows for rows in before if there in str(rows)]


def test_who_sees_the_whole_city_is_told_of_all_that(api: Api, things: dict[str, Things]) -> None:
    """Otherwise the tests above would prove nothing."""
    lists = [path for method, path in ROUTES if method == "GET" and "{" not in path]
    client = api.client("admin")
    heard = "".join(told(client, path) for path in lists if ROUTES["GET", path][0] != SESSION)
    for grid, found in things.items():
        assert [mark for mark in found.marks(grid) if mark not in heard] == []


def test_a_district_that_is_no_more_shows_nothing(api: Api, things: dict[str, Things]) -> None:
    client = somebody(api, "operator", ["abolished"])
    for path in ("alerts", "cases", "devices", "cameras", "grids"):
        assert client.get(f"/api/v1/{path}").json()["items"] == [], path
    assert client.get("/api/v1/feed?after=0").json()["items"] == []


def test_the_feed_moves_on_over_what_lies_elsewhere(api: Api, things: dict[str, Things]) -> None:
    client = somebody(api, "operator", ["West"])
    page = client.get("/api/v1/feed?after=0&limit=500").json()
    assert {item.get("alert", item.get("case"))["grid"] for item in page["items"]} == {"01"}
    assert page["next"] == page["newest"]
    answer = client.get(f"/api/v1/feed?after={page['next']}&wait=0.2").json()
    assert answer == {"items": [], "next": page["newest"], "newest": page["newest"]}
    seen, after = [], 0
    while True:  # the same, in the smallest pages
        small = client.get(f"/api/v1/feed?after={after}&limit=1").json()
        seen += small["items"]
        if small["next"] == after:
            break
        after = small["next"]
    assert seen == page["items"]


def test_a_department_sees_the_alerts_of_its_cases_beyond_its_grids(api: Api, things: dict[str, Things]) -> None:
    client = somebody(api, "department", ["West"])
    far = things["02"].alert
    assert client.get(f"/api/v1/alerts/{far}").status_code == 404
    api.client("admin").post(f"/api/v1/cases/{things['02'].case}/void", json={"note": "x"}).raise_for_status()
    case = things["01"].case
    for command, body in (
        ("add-alert", {"alert": far}),
        ("file", {}),
        ("dispatch", {"department": "district-urban-management"}),
    ):
        answer = api.client("admin").post(f"/api/v1/cases/{case}/{command}", json=body)
        assert answer.is_success, answer.text
    assert client.get(f"/api/v1/alerts/{far}").status_code == 200
    assert client.get(f"/api/v1/evidence/{things['02'].sha256}").status_code == 200
    other = somebody(api, "department", ["East"])
    assert other.get(f"/api/v1/cases/{case}").status_code == 404


def test_a_stream_ends_when_the_reach_behind_it_changes(api: Api) -> None:
    with open_session(api.dsn) as session:
        token = create_token(session, "moving", "operator", districts=["West"])
    client = api.client(None)
    with client.stream("GET", "/api/v1/feed/stream", headers={"Authorization": f"Bearer {token}"}) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith(": lianqin feed")
        api.rows("UPDATE tokens SET districts = '{East}' WHERE name = 'moving' RETURNING 1")
        for _ in lines:
            pass  # it ends
