"""Labels to text and back, as JSON lines or CSV; every bad line is named with its number and what would be right; pure.

Both forms have the same columns, those of `COLUMNS`. Needed are `rule`, `subject`, `since` and `verdict`; a label
without an id of its own gets one made from what it says, so that the same file read twice says nothing new.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID, uuid5

from hub.tuning.labels.label import Label, Source, Verdict

NAMESPACE = UUID("0c3b9b0e-58a5-5d55-8a53-0b8a4f5a6c21")  # ours, drawn once
COLUMNS = (
    "label_id", "rule", "subject", "grid", "since", "until", "verdict", "reason", "source", "weight", "by", "at",
    "alert_id",
)  # fmt: skip
NEEDED = ("rule", "subject", "since", "verdict")
MOST = 100_000
LONGEST = 1000  # of a reason
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # what a spreadsheet would take for a formula, and our mark against it
SHOWN = 20  # bad lines that are told of one by one


class Form(StrEnum):
    """How labels are written."""

    JSONL = "jsonl"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """Return the type for HTTP."""
        return "text/csv; charset=utf-8" if self is Form.CSV else "application/x-ndjson"


class Known(Protocol):
    """What a label can speak of: the rules there are, and where its subjects lie."""

    def rules(self) -> Iterable[str]:
        """Return the names of all rules."""
        ...

    def grid_of(self, subject: str) -> str | None:
        """Return the grid that a device, circuit, camera or a zone's place lies in; None for what is not known."""
        ...

    def has_grid(self, grid: str) -> bool:
        """Tell whether there is such a grid."""
        ...

    def names(self) -> Iterable[str]:
        """Return the names of all devices, circuits, cameras and zones."""
        ...

    def refused(self, rule: str, subject: str) -> str:
        """Return why `rule` can never speak of `subject`, which the city has; nothing where it can."""
        ...


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong with one line, and what would be right."""

    line: int
    says: str


class BadLabels(ValueError):
    """A file of which nothing is taken: `lines` says what is wrong with which line."""

    def __init__(self, lines: list[BadLine]) -> None:
        self.lines = lines
        shown = [f"line {bad.line}: {bad.says}" for bad in lines[:SHOWN]]
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        super().__init__("\n".join([*shown, *more]))


def written(labels: Iterable[Label], form: Form) -> Iterator[str]:
    """Yield the lines of `labels`, each with its end; CSV begins with its header."""
    if form is Form.JSONL:
        for label in labels:
            yield json.dumps(document(label), ensure_ascii=False) + "\n"
        return
    yield "\ufeff" + _row(COLUMNS)  # the mark by which spreadsheets know UTF-8
    for label in labels:
        yield _row([_cell(value) for value in document(label).values()])


def document(label: Label) -> dict[str, Any]:
    """Return `label` as JSON-ready data."""
    return {
        "label_id": str(label.label_id),
        "rule": label.rule,
        "subject": label.subject,
        "grid": label.grid,
        "since": _instant(label.since),
        "until": None if label.until is None else _instant(label.until),
        "verdict": label.verdict.value,
        "reason": label.reason,
        "source": label.source.value,
        "weight": round(label.weight, 6),
        "by": label.by,
        "at": _instant(label.at),
        "alert_id": None if label.alert_id is None else str(label.alert_id),
    }


def read(data: bytes, form: Form, known: Known, *, by: str, at: datetime) -> list[Label]:
    """Return the labels of a file; raise BadLabels with every line that is wrong.

    `by` and `at` stand in where a line names nobody and no time.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadLabels([BadLine(line, "is not UTF-8; save the file as UTF-8 (in a spreadsheet: CSV UTF-8)")]) from None
    found: list[Label] = []
    bad: list[BadLine] = []
    lines: dict[UUID, int] = {}
    for number, fields, wrong in _rows(text, form):
        problems = [wrong] if wrong else []
        if fields is not None:
            label, problems = label_of(fields, known, by=by, at=at)
            if label is not None:
                before = lines.setdefault(label.label_id, number)
                if before != number:
                    problems = [f"says the same as line {before}; leave one of them out"]
                else:
                    found.append(label)
        bad += [BadLine(number, problem) for problem in problems]
    if len(lines) > MOST:
        bad.insert(0, BadLine(MOST + 1, f"a file may hold at most {MOST} labels; part it"))
    if bad:
        raise BadLabels(bad)
    return found


def label_of(
    fields: Mapping[str, Any], known: Known, *, by: str, at: datetime, source: Source = Source.IMPORT
) -> tuple[Label | None, list[str]]:
    """Return the label that `fields` say, or None and everything that is wrong with them."""
    says = _Fields(fields)
    extra = sorted(set(map(str, fields)) - set(COLUMNS))
    if extra:
        near = get_close_matches(extra[0], COLUMNS, n=1)
        says.wrong.append(f"{extra[0]}: there is no such column" + (f"; is {near[0]} meant?" if near else ""))
    rule, subject = says.text("rule", 81), says.text("subject", 200)
    rules = sorted(known.rules())
    if rule and rule not in rules:
        near = get_close_matches(rule, rules, n=1)
        says.wrong.append(f"rule: there is no rule {rule}" + (f"; is {near[0]} meant?" if near else ""))
    since, until = says.moment("since"), says.moment("until", needed=False)
    if since is not None and until is not None and until < since:
        says.wrong.append("until: must not lie before since")
    if since is not None and since > at:
        says.wrong.append("since: lies in the future")
    grid = says.text("grid", 200, needed=False) or (known.grid_of(subject) if subject else None)
    if subject and grid is None:
        # Not for files: among some thousand names the nearest takes a while, and a file may have 100,000 lines.
        near = get_close_matches(subject, list(known.names()), n=1) if source is not Source.IMPORT else []
        if near:
            says.wrong.append(f"subject: there is no {subject} in the city; is {near[0]} meant?")
        else:
            says.wrong.append(f"subject: there is no {subject} in the city; name the grid that it lies in under grid")
    if grid is not None and not known.has_grid(grid):
        says.wrong.append(f"grid: there is no grid {grid}")
    verdict = says.choice("verdict", Verdict)
    from_, weight = says.choice("source", Source, source), says.weight()
    said_at = says.moment("at", needed=False) or at
    alert_id, label_id = says.uuid("alert_id"), says.uuid("label_id")
    # What a file says may be of a time when the zone was another; what somebody draws now is of what is there now.
    if source is Source.DRAWN and rule in rules and subject and known.grid_of(subject) and alert_id is None:
        why = known.refused(rule, subject)
        if why:
            says.wrong.append(f"subject: {why}")
    reason, said_by = says.text("reason", LONGEST, needed=False), says.text("by", 200, needed=False) or by
    if says.wrong or since is None or verdict is None or from_ is None or not rule or not subject or grid is None:
        return None, says.wrong
    if label_id is None:
        same = (rule, subject, _instant(since), until and _instant(until), verdict.value, reason, fields.get("by"))
        label_id = uuid5(NAMESPACE, json.dumps([*same, fields.get("at"), weight, str(alert_id)], default=str))
    return Label(
        label_id=label_id,
        rule=rule,
        subject=subject,
        grid=grid,
        since=since,
        until=until,
        verdict=verdict,
        reason=reason,
        source=from_,
        weight=weight,
        by=said_by,
        at=said_at,
        alert_id=alert_id,
    ), []


def _rows(text: str, form: Form) -> Iterator[tuple[int, Mapping[str, Any] | None, str]]:
    """Yield (number of the line, its fields, or None and what is wrong)."""
    if form is Form.JSONL:
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
            except (ValueError, RecursionError):
                yield number, None, 'is no JSON; each line is one object, such as {"rule": "water.burst", …}'
                continue
            if isinstance(fields, dict):
                yield number, fields, ""
            else:
                yield number, None, "must be one JSON object"
        return
    mark = _delimiter(text)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=mark)
    try:
        header = reader.fieldnames or []
        missing = [name for name in NEEDED if name not in header]
        if missing:
            yield 1, None, f"the header lacks {', '.join(missing)}; the columns are: {', '.join(COLUMNS)}"
            return
        for row in reader:
            if not any(row.values()):
                continue  # a spreadsheet leaves empty rows behind
            if None in row:
                says = f"has more than the {len(header)} fields of the header; quote a field that holds {mark!r}"
                yield reader.line_num, None, says
            elif any(value is None for value in row.values()):
                yield reader.line_num, None, f"has fewer than the {len(header)} fields of the header"
            else:
                yield reader.line_num, {name: _plain(value) for name, value in row.items() if value != ""}, ""
    except csv.Error as error:
        yield reader.line_num, None, f"is no CSV: {error}"


def _delimiter(text: str) -> str:
    """Return what parts the header's columns: a comma, or what spreadsheets write where a comma parts decimals."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=lambda mark: sum(name.strip('" \r') in COLUMNS for name in header.split(mark)))


class _Fields:
    """Reads one line's fields and gathers what is wrong with them."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self.wrong: list[str] = []

    def text(self, name: str, longest: int, *, needed: bool = True) -> str:
        value = self.fields.get(name)
        if value is None or value == "":
            if needed:
                self.wrong.append(f"{name}: is missing")
            return ""
        if not isinstance(value, str) or len(value) > longest or any(ord(c) < 32 and c not in "\t\n" for c in value):
            self.wrong.append(f"{name}: must be text of at most {longest} characters, without control characters")
            return ""
        return value.encode("utf-8", "replace").decode()

    def moment(self, name: str, *, needed: bool = True) -> datetime | None:
        value = self.fields.get(name)
        if value is None and not needed:
            return None
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 1970 <= found.year <= 9000:
            self.wrong.append(f"{name}: must be a time with its timezone, such as 2026-11-22T18:00:00+08:00")
            return None
        return found.astimezone(UTC)

    def choice(self, name: str, choices: type[Any], default: Any = None) -> Any:
        value = self.fields.get(name)
        if value is None and default is not None:
            return default
        try:
            return choices(value)
        except ValueError:
            self.wrong.append(f"{name}: must be one of {', '.join(each.value for each in choices)}")
            return None

    def weight(self) -> float:
        value = self.fields.get("weight")
        try:
            weight = 1.0 if value is None or isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            weight = 0.0
        if not 1.0 <= weight <= 1e9:
            self.wrong.append("weight: must be a number of at least 1, one over the share that was labelled")
            return 1.0
        return weight

    def uuid(self, name: str) -> UUID | None:
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return UUID(value)
        except (AttributeError, TypeError, ValueError):
            self.wrong.append(f"{name}: must be a UUID")
            return None


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula; `_plain` takes it back."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
