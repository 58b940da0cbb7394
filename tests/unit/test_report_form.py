"""Whatever a form says, it is either a report or refused in words; whatever a text holds, XML can carry it."""

import json
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import georeport
from hub.api.allowance import Allowance
from hub.api.problem import Problem
from hub.api.report_form import read
from hub.config.load import load_city
from hub.config.load_dispatch import load_dispatch
from hub.dispatch import plain_xml
from tests.support.town import write_city

LAMP = "0000000101"
NAMES = [
    *("service_code", "lat", "long", "address_string", "address_id", "description", "media_url", "coordinate_system"),
    *("phone", "email", "first_name", "jurisdiction_id", "attribute[X]"),
]
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([LAMP, "30.25", "120.16", "1e309", "-0", "٣٠", "nan", "https://host/x.jpg", "gcj02", "wgs84", " "]),
)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("city")
    return load_dispatch(None, load_city(write_city(folder))).plan


def outcome(fields, plan):
    try:
        return read(fields, plan)
    except Problem as problem:
        return problem


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_form_is_a_report_or_refused_in_words(plan, fields):
    said = outcome(fields, plan)
    if isinstance(said, Problem):
        assert said.status in (400, 404)
        assert said.detail
        return
    assert said.category.reportable
    assert said.position is not None or said.address
    if said.position is not None:
        assert -180 <= said.position[0] <= 180
        assert -90 <= said.position[1] <= 90
    assert "\0" not in said.description + said.address
    json.dumps(said.document())


@given(st.dictionaries(st.sampled_from(["description", "address", "status_notes"]), st.none() | st.text()))
def test_any_text_can_be_answered_in_both_forms(entry):
    shown = georeport.answer("requests", [entry], "xml")
    root = ElementTree.fromstring(shown.body)
    assert {child.tag for child in root[0]} == set(entry)
    assert json.loads(georeport.answer("requests", [entry], "json").body) == [entry]


@given(st.text())
def test_text_survives_xml_but_for_what_it_cannot_hold(text):
    made = plain_xml.document(plain_xml.leaf("said", text))
    found = ElementTree.fromstring(made).text or ""
    kept = "".join(char if char in "\t\n\r" or char >= " " else "\ufffd" for char in text)
    if all(char not in text for char in "\r\ufffe\uffff") and not any("\ud800" <= char <= "\udfff" for char in text):
        assert found == kept


def test_markup_in_a_report_stays_text():
    shown = georeport.answer("requests", [{"description": "<script>alert(1)</script>&amp;"}], "xml")
    assert b"<script>" not in shown.body
    assert ElementTree.fromstring(shown.body).findtext("request/description") == "<script>alert(1)</script>&amp;"


def test_an_allowance_grants_a_burst_and_then_so_many_a_minute():
    allowance, caller = Allowance(a_minute=60, burst=3), UUID(int=1)
    assert [allowance.wait_s(caller, 0.0) for _ in range(3)] == [0, 0, 0]
    assert allowance.wait_s(caller, 0.0) == pytest.approx(1.0)
    assert allowance.wait_s(caller, 0.5) == pytest.approx(0.5), "a refused request costs nothing"
    assert allowance.wait_s(UUID(int=2), 0.5) == 0
    assert allowance.wait_s(caller, 1.0) == 0


@given(st.lists(st.floats(0, 3), max_size=80))
def test_no_minute_grants_more_than_the_burst_and_its_share(gaps):
    allowance, now_s, granted = Allowance(a_minute=30, burst=5), 0.0, []
    for gap_s in gaps:
        now_s += gap_s
        if allowance.wait_s(UUID(int=1), now_s) == 0:
            granted.append(now_s)
    for index, first in enumerate(granted):
        within = [at for at in granted[index:] if at < first + 60]
        assert len(within) <= 5 + 30
