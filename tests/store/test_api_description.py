"""The OpenAPI description is exact: generated requests, right and wrong, get answers that it promises."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from hub.api.app import create_app
from hub.api.failures import FailedTokens
from hub.store.write import Batch
from tests.support.api import Api, configuration, serving
from tests.support.databases import Database
from tests.support.delivering import sender
from tests.support.stored import NOW, after, batch, frame, picture, raised, reading, unreadable


@pytest.fixture(scope="module")
def stocked(servers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API over a database in which there is something of everything."""
    databases = servers.databases("plain")
    database: Database = databases.migrated()
    folder: Path = tmp_path_factory.mktemp("api")
    with serving(database.dsn, folder, sender=sender()) as api:
        api.hub.failures = FailedTokens(burst=1_000_000)  # wrong tokens are tried too, and must not lock out the others
        changes = [raised(subject=f"gas-{n}", second=n) for n in range(5)]
        api.write(batch(readings=[reading(0)], frames=[frame(0)], quarantined=[unreadable()], changes=changes))
        api.write(Batch(at=NOW, listening=("worker-1", None, after(-600), NOW)))
        api.write(batch(pictures=[picture(changes[0].alert)]))
        yield api
    databases.drop(database)


def description() -> Any:
    """Return the description itself: it depends on no database, so the tests can be drawn from it beforehand."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(dsn="postgresql:///nowhere", configuration=configuration(Path(folder)))
    return schemathesis.openapi.from_dict(app.openapi())


BEYOND_SCHEMA = (
    "/assign",  # somebody there is
    "/shelve",
    "/take",  # how long, as the dispatch plan allows
    "/progress",
    "/dispatch/route",  # an alert or a case
    "/statistics/alarms",  # a span of three months at most
    "/cases",
    "/merge",  # without pictures
    "/split",
    "/add-alert",
    "/add-report",
    "/photos",
    "/suspend",
    "/ask-suspension",
    "/place",
    "/deliveries/endpoints",
    "/replay",
    "/users",
    "/users/{user_id}",
    "/tokens",
    "/configurations",  # a whole file, or changes
    "/import",  # a file that can be read
    "/tuning/labels",  # a subject there is
    "/tuning/runs",  # kinds that a tuning role knows
    "/tuning/trace",  # an alert, or a rule at a place and time
    "/tuning/shadows",  # grids that there are, a time to come
    "/canary",  # at least one limit
    "/zones/check",  # 30 February, and a season that is none
)


@schemathesis.serializer("application/x-ndjson")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


# A stream has no end to wait for; tests/store/test_api_feed.py follows it.
described = description().exclude(path="/api/v1/feed/stream")


def answers_of(operation_id: str) -> Callable[..., None]:
    """Return the test of one operation. Each has a name of its own: pytest-xdist runs what is called alike but once."""

    @described.include(operation_id=operation_id).parametrize()
    @settings(max_examples=15, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def test(case: schemathesis.Case, stocked: Api) -> None:
        if "wait" in (case.query or {}):
            case.query["wait"] = 0  # up to half a minute each, and nothing comes
        headers = {"Authorization": f"Bearer {stocked.tokens['admin']}"}
        answer = case.call(base_url=stocked.address, headers=headers, timeout=20)
        case.validate_response(answer, headers=headers, excluded_checks=list(_not_asked(case, answer.status_code)))

    return test


def _not_asked(case: schemathesis.Case, status: int) -> Iterator[Any]:
    """Yield the checks that ask too much of this answer."""
    # No schema can say that a cursor must be one that a page gave, that a key stands for one request, that a revision
    # is a number and never null, that what a body names must be there, or that shelving ends in the future: such
    # requests are refused although the description allows their form.
    beyond_schema = "cursor" in (case.query or {}) or not {"Idempotency-Key", "If-Match"}.isdisjoint(case.headers or {})
    if beyond_schema or case.path.endswith(BEYOND_SCHEMA):
        yield positive_data_acceptance
    # A body that is too large is refused before it is looked into, and of a parameter given twice the last one counts.
    if status == 413 or any(isinstance(value, list) for value in (case.query or {}).values()):
        yield negative_data_rejection


for _operation in described.get_all_operations():
    _id = _operation.ok().definition.raw["operationId"]
    globals()[f"test_what_is_answered_is_what_is_described_of_{_id}"] = answers_of(_id)


def test_every_operation_is_complete(stocked: Api) -> None:
    document = stocked.client("admin").get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    names, nobody = [], set()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            names.append(operation["operationId"])
            assert operation["summary"], path
            assert operation["description"], path
            if operation["security"] == []:
                nobody.add(path)
                continue
            assert [name for way in operation["security"] for name in way] == ["HTTPBearer", "Session"], path
            for status in ("401", "403", "429", "500", "503"):
                assert "application/problem+json" in operation["responses"][status]["content"], (path, status)
    assert len(names) == len(set(names))
    session = "/api/v1/session"
    assert nobody == {
        "/livez",
        session,
        *(f"{session}/{name}" for name in ("ticket", "methods", "oidc", "oidc/callback")),
    }
    assert "ValidationError" not in str(document)
    for name in ("Alert", "FeedPage", "ShelveOrder", "Problem"):
        assert document["components"]["schemas"][name]["examples"], name
