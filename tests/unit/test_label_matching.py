"""Which alert is which event: stories at event level, and the laws that matching holds to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.alerts.alert import NAMESPACE
from hub.tuning.judging import Raised
from hub.tuning.labels.assign import assign
from hub.tuning.labels.label import Label, Source, Verdict, latest
from hub.tuning.labels.match import match
from hub.tuning.labels.place import apart, parted

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PARKING, BURST = "parking.illegal", "water.burst"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def alert(since: float, until: float | None, subject: str = "z1@0.50,0.70", *, rule: str = PARKING) -> Raised:
    zone, position = parted(subject)
    return Raised(
        alert_id=uuid5(NAMESPACE, f"{rule}|{subject}|{since}|{until}"),
        rule=rule,
        subject=subject,
        grid="01",
        zone_id=zone if position else None,
        camera_id="cam-1" if position else None,
        since=at(since),
        raised_at=at(since + 10),
        cleared_at=None if until is None else at(until),
        severity=Severity.MINOR,
        reason_text="it stood",
        clear_reason_text=None,
        numbers={},
        box=None,
        config_version="v",
    )


def label(
    since: float,
    until: float | None,
    subject: str = "z1@0.50,0.70",
    *,
    is_real: bool = True,
    rule: str = PARKING,
    said: float = 10_000,
    alert_id: UUID | None = None,
) -> Label:
    return Label(
        label_id=uuid5(NAMESPACE, f"label|{rule}|{subject}|{since}|{until}|{is_real}|{said}"),
        rule=rule,
        subject=subject,
        grid="01",
        since=at(since),
        until=None if until is None else at(until),
        verdict=Verdict.TRUE if is_real else Verdict.FALSE,
        reason="",
        source=Source.DRAWN,
        weight=1.0,
        by="li.na",
        at=at(said),
        alert_id=alert_id,
    )


def test_an_event_with_nothing_raised_is_missed_and_an_alert_without_a_label_is_not_false() -> None:
    found = match([alert(0, 100), alert(5000, 5100)], [label(0, 90), label(2000, 2100)])
    assert [(one.since, word.since) for one, word in found.pairs] == [(at(0), at(0))]
    assert [word.since for word in found.missed] == [at(2000)]
    assert [one.since for one in found.unlabelled] == [at(5000)]
    assert list(found.words().values()) == ["true"]


def test_a_nuisance_that_raises_nothing_any_more_is_quiet() -> None:
    found = match([], [label(0, 90, is_real=False)])
    assert (len(found.quiet), found.missed) == (1, ())


def test_one_event_that_raises_three_alerts_is_found_once_and_repeated_twice() -> None:
    found = match([alert(0, 90), alert(100, 190), alert(200, 290)], [label(0, 300)])
    assert (len(found.pairs), len(found.repeats), found.unlabelled) == (1, 2, ())


def test_as_many_as_can_belong_together_although_the_nearest_would_be_taken_first() -> None:
    # The first alert fits both events and lies nearer to the second; greed would leave the second alert without one.
    both, second_only = alert(0, 1000), alert(400, 1000)
    first, second = label(0, 150), label(150, 1000)
    found = match([both, second_only], [first, second])
    assert {(one.since, word.since) for one, word in found.pairs} == {(at(0), at(0)), (at(400), at(150))}


def test_a_place_matches_where_a_box_jitters_but_not_across_the_zone() -> None:
    near, far = alert(0, 100, "z1@0.55,0.75"), alert(0, 100, "z1@0.80,0.70")
    found = match([near, far], [label(0, 100)])
    assert [one.subject for one, _ in found.pairs] == [near.subject]
    assert [one.subject for one in found.unlabelled] == [far.subject]


def test_a_label_of_the_whole_zone_matches_anywhere_in_it_and_two_cars_keep_their_own() -> None:
    assert match([alert(0, 100, "z1@0.80,0.10")], [label(0, 100, "z1")]).pairs
    left, right = alert(0, 100, "z1@0.50,0.70"), alert(0, 100, "z1@0.58,0.70")
    said = [label(0, 100, "z1@0.58,0.70", is_real=False), label(0, 100, "z1@0.50,0.70")]
    found = match([left, right], said)
    assert {one.subject: word.subject for one, word in found.pairs} == {
        left.subject: left.subject,
        right.subject: right.subject,
    }


def test_devices_match_by_name_and_rules_never_mix() -> None:
    said = [label(0, 100, "water-1", rule=BURST)]
    assert match([alert(0, 100, "water-1", rule=BURST)], said).pairs
    assert not match([alert(0, 100, "water-2", rule=BURST)], said).pairs
    assert not match([alert(0, 100, "water-1", rule="water.leak")], said).pairs


def test_a_minute_between_alert_and_label_is_one_event_and_more_is_two() -> None:
    assert match([alert(160, 200)], [label(0, 100)]).pairs
    assert not match([alert(161, 200)], [label(0, 100)]).pairs


def test_an_alert_that_never_cleared_lasts_as_long_as_what_it_may_be() -> None:
    assert match([alert(0, None)], [label(50, 500)]).pairs
    assert match([alert(0, None)], [label(50, None)]).pairs


def test_events_that_began_before_the_span_are_told_of_and_not_counted() -> None:
    span = (at(100), at(1000))
    early = label(0, 300)
    found = match([alert(110, 300)], [early, label(1000, 1100)], span=span)
    assert (found.pairs, found.missed, [word for _, word in found.aside]) == ((), (), [early])
    assert list(found.words().values()) == ["true"]


def test_the_last_word_counts_on_one_alert_and_on_one_interval() -> None:
    one = alert(0, 100)
    first = label(0, 100, alert_id=one.alert_id, said=200)
    corrected = label(0, 100, is_real=False, alert_id=one.alert_id, said=300)
    drawn_over = label(-5, 110, said=400)
    assert latest([first, corrected]) == [corrected]
    assert latest([drawn_over, corrected, first]) == [drawn_over]
    assert latest([first, label(500, 600, said=100)]) == [first, label(500, 600, said=100)]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 40), st.sampled_from([0.0, 0.25, 1000.0]), st.integers(0, 9)),
        max_size=25,
    )
)
def test_the_last_words_are_those_that_looking_at_all_of_them_finds(spans: list[tuple[int, int, float, int]]) -> None:
    labels = [
        label(begin + off, begin + off + length, said=2000 + said * 30 + number)
        for number, (begin, length, off, said) in enumerate(spans)
    ]

    def is_same(one: Label, other: Label) -> bool:
        shared = min(one.ends_at, other.ends_at) - max(one.since, other.since)
        return shared >= (max(one.ends_at, other.ends_at) - min(one.since, other.since)) / 2

    kept = [
        one for one in labels if not any(other.at > one.at and is_same(one, other) for other in labels)
    ]  # fmt: skip
    assert {one.label_id for one in latest(labels)} == {one.label_id for one in kept}


def test_an_alert_belongs_to_the_label_that_was_given_to_it_although_its_interval_has_changed() -> None:
    one = alert(0, 5000)
    given_to_it = label(0, 20, is_real=False, alert_id=one.alert_id)
    found = match([one], [given_to_it, label(30, 5000)])
    assert [word for _, word in found.pairs] == [given_to_it]


SUBJECTS = st.sampled_from(["z1@0.50,0.70", "z1@0.55,0.70", "z1@0.65,0.70", "z1", "z2@0.50,0.70"])
ALERTS = st.lists(
    st.builds(
        lambda since, length, subject: alert(since, since + length, subject),
        st.integers(0, 600),
        st.integers(1, 300),
        SUBJECTS,
    ),
    max_size=7,
    unique_by=lambda one: one.alert_id,
)
LABELS = st.lists(
    st.builds(
        lambda since, length, subject, is_real, said: label(since, since + length, subject, is_real=is_real, said=said),
        st.integers(0, 600),
        st.integers(1, 300),
        SUBJECTS,
        st.booleans(),
        st.integers(1000, 1005),
    ),
    max_size=7,
    unique_by=lambda one: one.label_id,
)


@given(ALERTS, LABELS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_changes_nothing(alerts, labels, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled, said = chance.sample(alerts, len(alerts)), chance.sample(labels, len(labels))
    assert match(alerts, labels) == match(shuffled, said)


@given(ALERTS, LABELS)
def test_each_alert_and_each_label_is_told_of_exactly_once(alerts, labels) -> None:  # type: ignore[no-untyped-def]
    found = match(alerts, labels)
    told = [one for one, _ in (*found.pairs, *found.repeats, *found.aside)] + list(found.unlabelled)
    assert sorted(one.alert_id for one in told) == sorted(one.alert_id for one in alerts)
    counted = list(found.labels())
    assert sorted(word.label_id for word in counted) == sorted(word.label_id for word in latest(labels))


@given(ALERTS, LABELS)
def test_an_alarm_where_nobody_said_anything_changes_no_other(alerts, labels) -> None:  # type: ignore[no-untyped-def]
    before, after = match(alerts, labels), match([*alerts, alert(0, 900, "z9@0.10,0.10")], labels)
    assert (before.pairs, before.missed, before.quiet) == (after.pairs, after.missed, after.quiet)
    assert len(after.unlabelled) == len(before.unlabelled) + 1


@given(ALERTS, LABELS)
def test_a_further_alarm_never_leaves_fewer_events_with_one(alerts, labels) -> None:  # type: ignore[no-untyped-def]
    for one in alerts:
        fewer = [other for other in alerts if other is not one]
        assert len(match(fewer, labels).pairs) <= len(match(alerts, labels).pairs)


@given(st.lists(st.dictionaries(st.integers(0, 3), st.integers(0, 8), max_size=4), max_size=4))
def test_assignment_is_the_largest_and_the_closest_of_all_there_are(near) -> None:  # type: ignore[no-untyped-def]
    options = [{other: distance / 8 for other, distance in one.items()} for one in near]
    given_ = assign(options, 4)
    assert len(set(given_.values())) == len(given_)
    best = (0, 0.0)
    for chosen in permutations([*range(4), *[None] * len(options)], len(options)):
        pairs = [(left, other) for left, other in enumerate(chosen) if other is not None]
        if all(other in options[left] for left, other in pairs):
            best = max(best, (len(pairs), -sum(options[left][other] for left, other in pairs)))
    assert (len(given_), -sum(options[left][other] for left, other in given_.items())) == best


def test_a_subject_with_an_at_sign_that_is_no_position_is_a_name() -> None:
    assert parted("pump@hall") == ("pump@hall", None)
    assert parted("z@nan,0.1") == ("z@nan,0.1", None)
    assert apart("z@0.1,0.1", "z@0.2,0.1") is not None
    assert apart("z@0.1,0.1", "z@0.21,0.1") is None
