"""When devices and cameras were heard goes in as columns; who falls silent, by the rule that runs live, comes out.

A device that is heard and heard again before it is due moves nothing. What may move something is known beforehand: the
end of a gap longer than its grace, the first word of anybody behind the same gateway after it was due, and whatever is
said of a status. Between those the live rule is told who was heard last, as after a restart (`Silence.recall`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from detectors.finding import Finding
from detectors.silence import Silence
from detectors.watches import Watch
from hub.tuning.columns import MICROSECOND, Longs, micros, moment
from hub.tuning.replay import Listened
from ingest.city import City, DeviceKind
from ingest.observation import Frame, Observation, Quantity, Reading, Status

NEVER_US = np.int64(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardRows:
    """When one device or camera was heard, in any order: each receipt, with the earliest instant measured in it."""

    name: str
    received_us: Longs
    at_us: Longs


Heard = HeardRows | Status


@dataclass(frozen=True, slots=True)
class Group:
    """Those who are judged together, and in order what was heard of them: words, and a status now and then.

    Event n was heard at `received_us[n]` and is of `names[owner[n]]`; `own` are the numbers of each one's words. The
    first `past` were heard before the question's beginning.
    """

    names: tuple[str, ...]
    received_us: Longs
    owner: np.ndarray[tuple[int], np.dtype[np.int32]]
    own: Mapping[str, Longs]
    statuses: Mapping[int, Status]
    past: int

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return int(self.received_us.nbytes + self.owner.nbytes + sum(one.nbytes for one in self.own.values()))


def together(city: City) -> Iterator[tuple[str, ...]]:
    """Yield who is judged together: a gateway with what lies behind it in its grid, and everybody else alone."""
    groups: dict[str, list[str]] = {}
    for name in sorted(city.devices):
        leader, seen = name, {name}
        while (over := _gateway(city, leader)) is not None and over not in seen:
            leader = over
            seen.add(over)
        groups.setdefault(leader, []).append(name)
    yield from map(tuple, groups.values())
    yield from ((name,) for name in city.cameras)


def _gateway(city: City, name: str) -> str | None:
    device = city.devices[name]
    gateway = city.devices.get(device.gateway_id or "")
    if gateway is None or gateway.kind is not DeviceKind.GATEWAY or gateway.grid != device.grid:
        return None
    return gateway.device_id


def group_of(
    names: tuple[str, ...], rows: Mapping[str, Sequence[HeardRows]], told: Iterable[Status], since_us: int
) -> Group:
    """Return what was heard of `names` in the order in which it is observed."""
    statuses = [one for one in told if one.device_id in names]
    parts = [(number, part) for number, name in enumerate(names) for part in rows.get(name, ())]
    counts = [len(part.at_us) for _, part in parts] + [len(statuses)]
    owner = np.repeat(np.array([number for number, _ in parts] + [0], np.int32), np.array(counts, np.int64))
    words = len(owner) - len(statuses)
    owner[words:] = [names.index(one.device_id) for one in statuses]
    received_us, at_us = (
        np.concatenate([*columns, np.array(own, np.int64)]).astype(np.int64)
        for columns, own in (
            ([part.received_us for _, part in parts], [micros(one.received_at) for one in statuses]),
            ([part.at_us for _, part in parts], [micros(one.reported_at) for one in statuses]),
        )
    )
    is_status = np.arange(len(owner)) >= words
    # Of one instant a status comes first in the past that is read again, and last in what is observed.
    rank = np.where(is_status, np.where(received_us < since_us, -1, 1), 0)
    order = np.lexsort((owner, at_us, rank, received_us))
    owner, received_us, is_status = owner[order], received_us[order], is_status[order]
    return Group(
        names,
        received_us,
        owner,
        {name: np.flatnonzero((owner == number) & ~is_status) for number, name in enumerate(names)},
        {int(number): statuses[int(order[number]) - words] for number in np.flatnonzero(is_status)},
        int(np.searchsorted(received_us, since_us)),
    )


class Listening:
    """The rule of silence over one group: shown what may move it, told the rest."""

    def __init__(self, silence: Silence, group: Group, since: datetime, listened: Listened) -> None:
        """Take the rule as it stands at the beginning of the question, `since`."""
        self._silence, self._group, self._listened = silence, group, listened
        self._deaf = list(listened.deaf)
        self._latest = since
        self._watches: dict[str, Watch] = {**silence.devices, **silence.cameras}

    def findings(self, begin_us: int) -> list[Finding]:
        """Return what is found, with what was heard from `begin_us` on remembered."""
        group, found = self._group, list[Finding]()
        for number in range(int(np.searchsorted(group.received_us, begin_us)), group.past):
            self._silence.recall(self._event(number))
        stirring, position, count = self._stirring(), group.past, len(group.received_us)
        while position < count:
            if self._is_at_rest():
                target = self._target(stirring, position)
                self._remember(position, target)
                position = target
                if position == count:
                    break
            found += self._show(position)
            position += 1
        while self._deaf:
            found += self._resume(*self._deaf.pop(0))
        if not self._listened.is_heard:
            self._listen_from(self._listened.until)
        return found + self._advance(self._listened.until)

    def _stirring(self) -> Longs:
        """Return the events by which somebody may be overdue, or is heard after he was."""
        group = self._group
        received_us = group.received_us
        words = np.sort(np.concatenate(list(group.own.values())))
        told = np.array(sorted(group.statuses), np.int64)
        ends = np.array([micros(end) for _, end in self._deaf], np.int64)
        found = [told, np.searchsorted(received_us, ends)]
        for name, watch in self._watches.items():
            own = words if watch.behind else group.own[name]
            grace_us = watch.grace // MICROSECOND
            overdue = np.flatnonzero(np.diff(received_us[own], append=NEVER_US) > grace_us)
            found.append(own[overdue[overdue + 1 < len(own)] + 1])
            # A status may be a word, too.
            for since in (own[overdue], told):
                found.append(np.searchsorted(received_us, received_us[since] + grace_us, side="right"))
        every = np.unique(np.concatenate(found))
        stirring: Longs = every[every < len(received_us)]
        return stirring

    def _is_at_rest(self) -> bool:
        """Tell whether nothing is in the air: everybody is open and awaited, or was heard since somebody listened."""
        for watch in self._watches.values():
            if watch.waiting or (watch.open_since is not None and (watch.behind or watch.clear_after)):
                return False
            is_awaited = watch.open_since is None and watch.is_judged
            is_fresh = watch.offline_at is None and watch.heard is not None and watch.heard >= watch.listened_from
            if is_awaited and not is_fresh:
                return False
        return True

    def _target(self, stirring: Longs, position: int) -> int:
        """Return the next event from `position` on that must be shown."""
        group, found = self._group, len(self._group.received_us)
        after = int(np.searchsorted(stirring, position))
        if after < len(stirring):
            found = int(stirring[after])
        for name, watch in self._watches.items():
            if watch.open_since is not None:  # his next word ends it
                own = group.own[name]
                after = int(np.searchsorted(own, position))
                if after < len(own):
                    found = min(found, int(own[after]))
        return found

    def _remember(self, position: int, target: int) -> None:
        """Tell the rule who was heard last of the events from `position` to `target`, which are not shown."""
        if target == position:
            return
        for own in self._group.own.values():
            before = int(np.searchsorted(own, target)) - 1
            if before >= 0 and own[before] >= position:
                self._silence.recall(self._event(int(own[before])))

    def _show(self, number: int) -> list[Finding]:
        at, found = moment(int(self._group.received_us[number])), list[Finding]()
        while self._deaf and self._deaf[0][1] <= at:
            found += self._resume(*self._deaf.pop(0))
        at = self._latest = max(self._latest, at)
        silence, status = self._silence, self._group.statuses.get(number)
        if at > silence.next_due:
            found += silence.advance(at)
        watch = self._watches.get(self._group.names[self._group.owner[number]])
        if watch is None:
            return found
        if status is not None:
            return found + silence.tell(watch, status, at)
        return found + silence.hear(watch, at)

    def _resume(self, deaf_from: datetime, until: datetime) -> list[Finding]:
        found = self._advance(deaf_from)
        self._listen_from(until)
        return found

    def _listen_from(self, at: datetime) -> None:
        self._latest = max(self._latest, at)
        self._silence.resume(self._latest)

    def _advance(self, at: datetime) -> list[Finding]:
        self._latest = max(self._latest, at)
        return self._silence.advance(self._latest)

    def _event(self, number: int) -> Observation:
        """Return an event as an observation; of a word only who and when counts."""
        status = self._group.statuses.get(number)
        if status is not None:
            return status
        name, at = self._group.names[self._group.owner[number]], moment(int(self._group.received_us[number]))
        if name in self._silence.cameras:
            return Frame(name, at, (), at)
        return Reading(name, Quantity.RSSI_DBM, 0.0, at, at)


def heard_from(
    recorded: Iterable[tuple[Observation, bool]], devices: Collection[str], cameras: Collection[str]
) -> Iterator[Heard]:
    """Yield what was `recorded` of those names as who was heard when; what came late was heard as well.

    A camera is heard by its frames alone.
    """
    words: dict[str, dict[int, int]] = {}
    for one, _ in recorded:
        if isinstance(one, Status):
            if one.device_id in devices or one.device_id in cameras:
                yield one
            continue
        name, at = (one.camera_id, one.captured_at) if isinstance(one, Frame) else (one.device_id, one.measured_at)
        if name in (cameras if isinstance(one, Frame) else devices):
            mine, at_us, received_us = words.setdefault(name, {}), micros(at), micros(one.received_at)
            mine[received_us] = min(at_us, mine.get(received_us, at_us))
    for name, mine in words.items():
        received, at_all = np.array(list(mine), np.int64), np.array(list(mine.values()), np.int64)
        yield HeardRows(name=name, received_us=received, at_us=at_all)
