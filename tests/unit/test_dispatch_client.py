"""The reference client's receiver takes what the hub signs and nothing else; its store takes everything in once."""

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub.deliveries.signing import key_from_text, signed_headers

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
KEY, ENDPOINT = key_from_text("k" * 32), UUID(int=1)
OLD, NEW, OTHER = (KEY.secret(ENDPOINT, salt) for salt in (b"old", b"new", b"other"))
BODY = '{"type": "lianqin.ping", "text": "派遣"}'.encode()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client's modules, as its own process finds them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "docs" / "dispatch-client"))
    yield lambda name: importlib.import_module(f"dispatch_client.{name}")
    for name in [name for name in sys.modules if name.startswith("dispatch_client")]:
        del sys.modules[name]


def test_what_the_hub_signs_is_genuine_also_while_a_secret_is_rotated(client: Any) -> None:
    verified = client("webhook").verified
    for ours, theirs in (([NEW], [NEW]), ([NEW, OLD], [OLD]), ([NEW, OLD], [NEW]), ([NEW], [OLD, NEW])):
        headers = signed_headers("msg_1", NOW, BODY, ours)
        assert verified(BODY, headers, theirs, NOW.timestamp())["text"] == "派遣"


@pytest.mark.parametrize(
    ("body", "changed", "secrets", "later_s"),
    [
        (BODY + b" ", {}, [NEW], 0),
        (BODY, {"webhook-id": "msg_2"}, [NEW], 0),
        (BODY, {"webhook-timestamp": "1795406401"}, [NEW], 0),
        (BODY, {"webhook-timestamp": ""}, [NEW], 0),
        (BODY, {"webhook-signature": ""}, [NEW], 0),
        (BODY, {"webhook-signature": "v1,"}, [NEW], 0),
        (BODY, {"webhook-signature": "v2,AAAA"}, [NEW], 0),
        (BODY, {"webhook-signature": "v1,ä"}, [NEW], 0),
        (BODY, {}, [OTHER], 0),
        (BODY, {}, [], 0),
        (BODY, {}, [NEW], 301),
        (BODY, {}, [NEW], -301),
    ],
)
def test_anything_else_is_not(
    client: Any, body: bytes, changed: dict[str, str], secrets: list[str], later_s: float
) -> None:
    webhook = client("webhook")
    headers = {**signed_headers("msg_1", NOW, BODY, [NEW]), **changed}
    with pytest.raises(webhook.NotGenuine):
        webhook.verified(body, headers, secrets, NOW.timestamp() + later_s)


def case_item(seq: int, revision: int, kind: str = "case.dispatched") -> dict[str, Any]:
    case = {"id": "c-1", "revision": revision, "stage": f"stage-{revision}", "department": "d", "last": {"by": "we"}}
    return {"seq": seq, "type": kind, "at": "2026-11-23T04:30:00.000000Z", "case": case}


def test_an_item_that_comes_twice_counts_once_and_the_higher_revision_holds(client: Any, tmp_path: Path) -> None:
    store, crew = client("store").Store(tmp_path / "s.sqlite"), client("crew").Crew("we")
    assert store.take_in([case_item(2, 2), case_item(1, 1, "case.filed")], crew.decide) == 2
    assert store.take_in([case_item(2, 2)], crew.decide) == 0
    assert [(each.key, each.order.command) for each in store.waiting()] == [("take-after-2", "take")]
    assert store._db.execute("SELECT revision, stage FROM cases").fetchall() == [(2, "stage-2")]
    store.close()


def test_what_fails_half_way_leaves_nothing(client: Any, tmp_path: Path) -> None:
    store = client("store").Store(tmp_path / "s.sqlite")

    def fails(item: dict[str, Any]) -> list[Any]:
        if item["seq"] == 2:
            raise ZeroDivisionError
        return []

    with pytest.raises(ZeroDivisionError):
        store.take_in([case_item(1, 1), case_item(2, 2)], fails, cursor=2)
    assert store.cursor() == 0
    assert store._db.execute("SELECT count(*) FROM inbox").fetchone() == (0,)
    store.close()


def test_a_case_s_orders_go_one_after_the_other(client: Any, tmp_path: Path) -> None:
    store, crew = client("store").Store(tmp_path / "s.sqlite"), client("crew").Crew("we")
    store.take_in([case_item(1, 1), case_item(2, 2, "case.taken")], crew.decide, cursor=2)
    (first,) = store.waiting()
    assert first.order.command == "take"
    store.answered(first.row, done=False, answer="409")
    (second,) = store.waiting()
    assert second.order.command == "progress"
    store.close()
