"""The hash-linked record's spelling: one meaning has one spelling, and the database's way with numbers is no change."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.record import canonical, link
from hub.store.rows import dumps, storable
from tests.support.stored import NOW, after

TEXTS = st.text(max_size=8)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | TEXTS | st.integers() | st.floats(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=8,
)


def as_jsonb_gives_it_back(text: str) -> object:
    """PostgreSQL keeps a JSON number as a decimal and prints it without an exponent."""

    def number(raw: str) -> float | int:
        plain = format(Decimal(raw), "f")
        return float(plain) if "." in plain else int(plain)

    return json.loads(text, parse_float=number)


@given(DOCUMENTS)
def test_a_document_is_spelled_alike_before_and_after_the_database(document: object) -> None:
    kept = storable(document)
    assert canonical(as_jsonb_gives_it_back(dumps(kept))) == canonical(kept)


@given(DOCUMENTS)
def test_whatever_a_document_holds_the_database_can_hold_it(document: object) -> None:
    text = dumps(document)
    text.encode()
    assert "\\u0000" not in text.replace("\\\\", "")
    json.loads(text, parse_constant=pytest.fail)


def test_order_of_keys_and_spelling_of_numbers_do_not_matter() -> None:
    spelled = b'{"a":100000000000000000000000,"b":1}'
    assert canonical({"b": 1.0, "a": 1e23}) == canonical({"a": 10**23, "b": 1}) == spelled


def test_every_part_of_a_link_counts() -> None:
    first = link("", kind="alert.raised", at=NOW, document={"a": 1})
    assert first == link("", kind="alert.raised", at=NOW, document={"a": 1})
    others = {
        link("0", kind="alert.raised", at=NOW, document={"a": 1}),
        link("", kind="alert.cleared", at=NOW, document={"a": 1}),
        link("", kind="alert.raised", at=after(1e-6), document={"a": 1}),
        link("", kind="alert.raised", at=NOW, document={"a": 2}),
    }
    assert len(others) == 4
    assert first not in others
