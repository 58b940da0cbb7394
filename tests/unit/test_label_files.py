"""Labels written and read again say the same, whatever they say; and what is no label is told by its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.tuning.labels.file import SHOWN, BadLabels, Form, label_of, read, written
from hub.tuning.labels.label import Label, Source, Verdict

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Town:
    """What these labels can speak of."""

    def rules(self) -> list[str]:
        return ["parking.illegal", "water.burst"]

    def grid_of(self, subject: str) -> str | None:
        return {"water-1": "02"}.get(subject)

    def has_grid(self, grid: str) -> bool:
        return grid in ("01", "02")

    def names(self) -> list[str]:
        return ["water-1"]

    def refused(self, rule: str, subject: str) -> str:
        return "" if rule.startswith("water.") else f"{subject} is a water device, which {rule} does not judge"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t"), max_size=40)
LABELS = st.lists(
    st.builds(
        Label,
        label_id=st.uuids(),
        rule=st.sampled_from(["parking.illegal", "water.burst"]),
        subject=st.sampled_from(["water-1", "z1@0.50,0.70", "z,1", '"z"', "=z", "'z"]),
        grid=st.sampled_from(["01", "02"]),
        since=st.integers(0, 10**14).map(lambda past: NOW - timedelta(microseconds=past)),
        until=st.none(),
        verdict=st.sampled_from(Verdict),
        reason=WORDS,
        source=st.sampled_from(Source),
        weight=st.sampled_from([1.0, 2.5, 3.333333]),
        by=st.sampled_from(["li.na", "值班员", "-", "+1"]),
        at=st.just(NOW),
        alert_id=st.none() | st.uuids(),
    ),
    max_size=5,
    unique_by=lambda label: label.label_id,
)


@given(LABELS, st.sampled_from(Form))
def test_what_is_written_is_read_as_it_was(labels: list[Label], form: Form) -> None:
    data = "".join(written(labels, form)).encode()
    assert read(data, form, Town(), by="somebody", at=NOW) == labels


def lines(data: str, form: Form = Form.CSV) -> list[tuple[int, str]]:
    with pytest.raises(BadLabels) as caught:
        read(data.encode(), form, Town(), by="somebody", at=NOW)
    return [(bad.line, bad.says) for bad in caught.value.lines]


def test_every_bad_line_of_a_table_is_named_with_what_would_be_right() -> None:
    header = "rule,subject,since,verdict,weight,untill\n"
    row = "water.burst,water-1,2026-11-20T08:00:00+08:00,true,1,\n"
    assert lines(header + row.replace("true", "real")) == [(2, "verdict: must be one of true, false, missed")]
    assert lines(header + row.replace(",1,", ",0.5,")) == [
        (2, "weight: must be a number of at least 1, one over the share that was labelled")
    ]
    assert lines(header + row.replace(",1,", ",1,x")) == [(2, "untill: there is no such column; is until meant?")]
    assert lines(header + row.replace("+08:00", "")) == [
        (2, "since: must be a time with its timezone, such as 2026-11-22T18:00:00+08:00")
    ]
    assert lines(header + row.replace("2026-11-20", "2027-11-20")) == [(2, "since: lies in the future")]
    assert lines(header + row.replace("water-1", "water-9"))[0][1].startswith(
        "subject: there is no water-9 in the city"
    )
    assert lines(header + row + "water.burst,water-1\n") == [(3, "has fewer than the 6 fields of the header")]
    assert lines(header + '"never closed\n')[0][1].startswith("is no CSV")
    assert lines("") == [
        (1, "the header lacks rule, subject, since, verdict; the columns are: label_id, rule, subject, grid, since, "
         "until, verdict, reason, source, weight, by, at, alert_id")
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_from_a_spreadsheet_is_read_whatever_parts_it_and_however_it_ends_its_lines(mark: str) -> None:
    rows = [
        ["rule", "subject", "since", "verdict", "reason"],
        ["water.burst", "water-1", "2026-11-20T08:00:00+08:00", "true", "one"],
        ["", "", "", "", ""],
    ]
    text = "\ufeff" + "".join(mark.join(row) + "\r\n" for row in rows)
    (label,) = read(text.encode(), Form.CSV, Town(), by="somebody", at=NOW)
    assert (label.rule, label.reason) == ("water.burst", "one")
    more = text.replace("one", f"one{mark}two")
    assert lines(more) == [(2, f"has more than the 5 fields of the header; quote a field that holds {mark!r}")]


def test_who_draws_a_label_is_told_what_is_meant_and_what_no_rule_could_say() -> None:
    fields = {"subject": "watr-1", "rule": "parking.illegal", "since": "2026-11-20T08:00:00Z", "verdict": "true"}

    def wrong(source: Source, **other: str) -> list[str]:
        return label_of({**fields, **other}, Town(), by="somebody", at=NOW, source=source)[1]

    assert wrong(Source.DRAWN) == ["subject: there is no watr-1 in the city; is water-1 meant?"]
    other = {"subject": "water-1"}
    assert wrong(Source.DRAWN, **other) == ["subject: water-1 is a water device, which parking.illegal does not judge"]
    assert wrong(Source.DRAWN, **other, rule="water.burst") == []
    assert wrong(Source.IMPORT, **other) == []  # a file may tell of a time when the place was another


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    header = "rule,subject,since,verdict,reason\n"
    two_lines = 'water.burst,water-1,2026-11-20T08:00:00Z,true,"one\nand two"\n'
    assert lines(header + two_lines + "water.burst,water-1,never,true,x\n")[0][0] == 4


def test_of_very_many_bad_lines_the_first_are_told() -> None:
    with pytest.raises(BadLabels) as caught:
        read(b"[]\n" * 50, Form.JSONL, Town(), by="somebody", at=NOW)
    assert len(caught.value.lines) == 50
    assert str(caught.value).splitlines()[-1] == f"and {50 - SHOWN} more"


def test_a_line_without_an_id_gets_the_same_one_every_time() -> None:
    data = b'{"rule": "water.burst", "subject": "water-1", "since": "2026-11-20T08:00:00Z", "verdict": "true"}\n'
    first = read(data, Form.JSONL, Town(), by="li.na", at=NOW)
    again = read(data, Form.JSONL, Town(), by="chen.yu", at=NOW + timedelta(days=1))
    assert [label.label_id for label in first] == [label.label_id for label in again]
    assert (first[0].grid, first[0].by, first[0].at, first[0].source) == ("02", "li.na", NOW, Source.IMPORT)
    assert isinstance(first[0].label_id, UUID)
