"""A shadow's follower gives what a replay of the whole span gives, however often it looks and whenever it is killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alerts.alert import Alert
from hub.config.load import Configuration, load
from hub.tuning.candidate import with_thresholds
from hub.tuning.replay import replay
from hub.tuning.shadow.follow import Follower, SteppedBack
from hub.worker.fold import Fold
from ingest.observation import Observation, Reading
from ingest.window import Message
from tests.support.load import reports, write_town

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ROUNDS, ROUND_S = 120, 0.5
SILENT = "device: {silent: {at_least_s: 5, intervals: 2}}\n"
GRIDS = ("01", "02")
LAWS = settings(max_examples=25)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


END = at(ROUNDS * ROUND_S + 5)


@dataclass(frozen=True)
class Heard:
    since: datetime
    until: datetime


@dataclass(repr=False)
class Kept:
    """A recording in memory: observations as received, when somebody listened, alerts that were known already."""

    observations: list[tuple[Observation, bool]]
    intervals: list[Heard]
    known: dict[str, list[Alert]]

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        return [alert for grid in grids or GRIDS for alert in self.known.get(grid, [])]

    def recorded(
        self, grids: Sequence[str] | None, received_from: datetime, received_to: datetime, **_: object
    ) -> Iterator[tuple[Observation, bool]]:
        for one, late in self.observations:
            device = one.device_id  # type: ignore[union-attr]
            if received_from <= one.received_at < received_to and (grids is None or GRID_OF[device] in grids):
                yield one, late

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> list[Heard]:
        return [one for one in self.intervals if one.since <= until and one.until >= since]


GRID_OF: dict[str, str] = {}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    configuration = load(*write_town(tmp_path_factory.mktemp("town"), interval_s=2.0, more=SILENT))
    GRID_OF.update({name: device.grid for name, device in configuration.city.devices.items()})
    return configuration


@pytest.fixture(scope="module")
def candidate(live: Configuration) -> Configuration:
    return with_thresholds(live, {"gas.leak.raise_after_s": 4.0, "water.quality.raise_after_s": 0.5})


@pytest.fixture(scope="module")
def recording(live: Configuration) -> Kept:
    """A minute of a busy town: some devices fall silent, and the hub is deaf for six seconds."""
    fold = Fold(live, grids=None, recent=(), listening_since=START)
    messages = []
    for number in range(1, ROUNDS):
        second = number * ROUND_S
        if 30 <= second < 36:
            continue
        for place, (topic, payload) in enumerate(reports(number, at(second), second, calm=second > 50)):
            if "gas-3" in topic and 10 < second < 24:
                continue
            messages.append(Message(topic, payload, 0, 1, False, at(second) + timedelta(milliseconds=place)))
    observations = [(one, False) for one in fold.decode(messages).observations if isinstance(one, Reading)]
    return Kept(observations, [Heard(at(-60), at(30)), Heard(at(36), END)], {})


def told(alerts: Any) -> list[tuple[Any, ...]]:
    return sorted(
        (
            one.rule,
            one.subject,
            one.alert_id,
            one.severity,
            one.since,
            one.raised_at,
            str(one.cleared_at),
            one.reason.text,
        )
        for one in alerts
    )


def followed(
    recording: Kept, configuration: Configuration, looks: Sequence[datetime], kills: frozenset[int] = frozenset()
) -> list[Alert]:
    """Follow every grid with a look at each of `looks`; killed before those in `kills`."""
    found: dict[UUID, Alert] = {}
    for grid in GRIDS:
        stored: dict[UUID, Alert] = {one.alert_id: one for one in recording.known.get(grid, [])}
        follower = Follower(
            recording, configuration, grid=grid, known=list(stored.values()), at=START, heard_until=START
        )
        for number, (begin, until) in enumerate(pairwise([START, *looks])):
            if number in kills:
                follower = Follower(
                    recording,
                    configuration,
                    grid=grid,
                    known=sorted(stored.values(), key=lambda one: one.raised_at),
                    at=begin,
                    heard_until=follower.heard_until,
                    heard=recording.listening(START, begin, [grid]),
                    began_at=START,
                )
            heard = [Heard(one.since, min(one.until, until)) for one in recording.intervals if one.since <= until]
            for change in follower.follow(recording.recorded([grid], begin, until), heard=heard, until=until):
                stored[change.alert.alert_id] = found[change.alert.alert_id] = change.alert
    return list(found.values())


def test_a_candidate_raises_other_alerts_and_the_follower_tells_them(
    recording: Kept, live: Configuration, candidate: Configuration
):
    whole = replay(recording, candidate, grids=None, since=START, until=END)
    assert {"gas.leak", "water.quality", "device.silent", "streetlight.lamp_out"} <= {one.rule for one in whole}
    assert told(whole) != told(replay(recording, live, grids=None, since=START, until=END))
    assert told(followed(recording, candidate, [END])) == told(whole)


LOOKS = st.lists(st.floats(0.01, 64.9), max_size=40, unique=True).map(lambda seconds: [*map(at, sorted(seconds)), END])


@LAWS
@given(looks=LOOKS)
def test_how_often_it_looks_changes_nothing(recording: Kept, candidate: Configuration, looks: list[datetime]):
    looks = [look for look in looks if not at(30) < look < at(36)]  # nothing is known to be whole while nobody listens
    assert told(followed(recording, candidate, looks)) == told(
        replay(recording, candidate, grids=None, since=START, until=END)
    )


@LAWS
@given(looks=LOOKS, kills=st.frozensets(st.integers(0, 40), max_size=6))
def test_being_killed_changes_nothing(
    recording: Kept, candidate: Configuration, looks: list[datetime], kills: frozenset[int]
):
    looks = [look for look in looks if not at(30) < look < at(36)]
    assert told(followed(recording, candidate, looks, kills)) == told(
        replay(recording, candidate, grids=None, since=START, until=END)
    )


def test_what_is_open_already_is_not_raised_again(recording: Kept, live: Configuration, candidate: Configuration):
    first = replay(recording, live, grids=None, since=START, until=at(8))
    still = [one for one in first if one.cleared_at is None]
    assert still
    begun = Kept(
        recording.observations,
        [Heard(at(8), at(30)), Heard(at(36), END)],
        {grid: [one for one in first if one.grid == grid] for grid in GRIDS},
    )
    whole = replay(begun, candidate, grids=None, since=at(8), until=END)
    given_by: dict[UUID, Alert] = {}
    for grid in GRIDS:
        follower = Follower(begun, candidate, grid=grid, known=begun.known[grid], at=at(8), heard_until=at(8))
        for begin, until in pairwise([at(8), at(9), at(20), at(44), END]):
            for change in follower.follow(begun.recorded([grid], begin, until), heard=begun.intervals, until=until):
                given_by[change.alert.alert_id] = change.alert
    ended = {one.alert_id for one in still} & set(given_by)  # under the candidate they clear, as they were raised
    assert ended
    for alert_id in ended:
        assert given_by.pop(alert_id).cleared_at is not None
    assert told(given_by.values()) == told(whole)


def test_a_clock_set_back_is_noticed(recording: Kept, candidate: Configuration):
    follower = Follower(recording, candidate, grid="01", known=[], at=START, heard_until=START)
    list(follower.follow(recording.recorded(["01"], START, at(20)), heard=[Heard(START, at(20))], until=at(20)))
    with pytest.raises(SteppedBack) as caught:
        list(follower.follow([], heard=[Heard(START, at(20)), Heard(at(15), at(22))], until=at(22)))
    assert caught.value.since == at(15)
