"""What is usual for one quantity at one place, by the hour of the week: learnt apart, and data to the detectors.

A profile has 168 cells, one for each hour of the local week from Monday 00:00. A cell holds the median of the hour's
means and their robust spread (1.4826 times the median absolute deviation, which is the standard deviation where values
are normal: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", JASA 88, 1993), or nothing where too
little was seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ingest.city import Calendar
from ingest.observation import NaiveTimeError, Quantity

CELLS = 168
HOUR = timedelta(hours=1)
_HALF_AN_HOUR = timedelta(minutes=30)
_SUNDAY, _MIDWEEK = 6, 2  # as datetime.weekday() counts


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week: the median and the spread of its means, in the quantity's unit, and of how many hours."""

    median: float
    spread: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is usual for `quantity` at `subject`, a device or a circuit, as learnt from [learnt_from, learnt_until).

    `hours` is from how many hours. Of a circuit it is the mean of its lamps, so that one unheard lamp changes little.
    `version` names its content: 12 hexadecimal digits.
    """

    subject: str
    quantity: Quantity
    learnt_from: datetime
    learnt_until: datetime
    hours: int
    cells: tuple[Cell | None, ...]
    version: str = field(init=False)

    def __post_init__(self) -> None:
        if self.learnt_from.tzinfo is None or self.learnt_until.tzinfo is None:
            raise NaiveTimeError(f"the profile of {self.subject} carries a time without a timezone")
        if len(self.cells) != CELLS:
            raise ValueError(f"a profile has {CELLS} cells, one for each hour of the week; here are {len(self.cells)}")
        content = json.dumps(document_of(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        object.__setattr__(self, "version", hashlib.sha256(content.encode()).hexdigest()[:12])


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of a city by subject and quantity; `version` names them all together, "" where there is none."""

    of: Mapping[tuple[str, Quantity], Profile] = field(default_factory=lambda: MappingProxyType({}))
    version: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.of:
            joined = " ".join(sorted(f"{one.subject} {one.quantity} {one.version}" for one in self.of.values()))
            object.__setattr__(self, "version", hashlib.sha256(joined.encode()).hexdigest()[:12])


NO_PROFILES = Profiles()


def profiles_of(profiles: Iterable[Profile]) -> Profiles:
    """Return `profiles` by subject and quantity; of two of the same the later one counts."""
    return Profiles(MappingProxyType({(one.subject, one.quantity): one for one in profiles}))


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour that `at` lies in, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def cell_of(hour: datetime, zone: ZoneInfo, calendar: Calendar) -> int:
    """Return the cell of the hour that begins at `hour`: 0 is Monday from 00:00 on, local time.

    The hour's middle decides, so that zones half an hour off have a cell too. An instant has one wall time in its zone:
    the hour that clocks run through twice falls into its cell twice, and into the one that they skip falls nothing. A
    public holiday is as a Sunday; a weekend that is worked through is as a Wednesday.
    """
    local = (hour + _HALF_AN_HOUR).astimezone(zone)
    day, weekday = local.date(), local.weekday()
    if day in calendar.workdays:
        weekday = _MIDWEEK if weekday > 4 else weekday
    elif day in calendar.holidays:
        weekday = _SUNDAY
    return weekday * 24 + local.hour


def document_of(profile: Profile) -> dict[str, object]:
    """Return a profile as JSON has it; null where a cell was not learnt."""
    cells = profile.cells
    return {
        "subject": profile.subject,
        "quantity": profile.quantity.value,
        "learnt_from": profile.learnt_from.astimezone(UTC).isoformat(),
        "learnt_until": profile.learnt_until.astimezone(UTC).isoformat(),
        "hours": profile.hours,
        "median": [None if cell is None else cell.median for cell in cells],
        "spread": [None if cell is None else cell.spread for cell in cells],
        "n": [0 if cell is None else cell.n for cell in cells],
    }


def profile_from(document: Mapping[str, object]) -> Profile:
    """Return the profile that `document_of` wrote; raise ValueError that says what is wrong with it."""
    try:
        median, spread, n = (list(document[name]) for name in ("median", "spread", "n"))  # type: ignore[call-overload]
        if not len(median) == len(spread) == len(n) == CELLS:
            raise ValueError(f"median, spread and n must have {CELLS} entries each, one for each hour of the week")
        return Profile(
            subject=str(document["subject"]),
            quantity=Quantity(str(document["quantity"])),
            learnt_from=datetime.fromisoformat(str(document["learnt_from"])),
            learnt_until=datetime.fromisoformat(str(document["learnt_until"])),
            hours=int(str(document["hours"])),
            cells=tuple(_cell(*three) for three in zip(median, spread, n, strict=True)),
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from None
    except TypeError:
        raise ValueError("a field holds something of the wrong kind") from None


def _cell(median: object, spread: object, n: object) -> Cell | None:
    if median is None or spread is None:
        return None
    # A city has some hundred thousand of these, and every role reads them whenever the configuration changes.
    if (
        (type(median) is float or type(median) is int)
        and (type(spread) is float or type(spread) is int)
        and (type(n) is int or type(n) is float)
        and -1e12 < median < 1e12
        and 0.0 <= spread < 1e12
        and -1e12 < n < 1e12
    ):
        return Cell(float(median), float(spread), int(n))
    raise ValueError("a cell holds something that is no number, or a spread below 0")
