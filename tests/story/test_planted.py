"""Recordings with planted events and nuisances: the sweep and the search find what trying everything finds."""

from __future__ import annotations

from itertools import product

import pytest

from hub.config.yaml_source import ConfigError
from hub.tuning.axis import Axis, axis_of
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Cancelled, Progress, judging_of
from hub.tuning.labels.exposure import exposure_of
from hub.tuning.labels.place import apart
from hub.tuning.replay import replay
from hub.tuning.search import Aim, Figure, Goal, Method, Range, search
from hub.tuning.search_words import explained, search_document
from hub.tuning.sweep import sweep, sweep_document
from tests.support import planted

PARKING = ("parking.illegal", "parking.illegal.dwell_s", "parking.illegal.confidence")
BURST = ("water.burst", "water.burst.fall_kpa", "water.burst.raise_after_s")


def counted(made, rule, changes):
    """Return (false alarms, misses) by a whole replay and plain counting: an event is its slot and its time."""
    alerts = [
        one
        for one in replay(made, with_thresholds(made.configuration, changes), grids=None, since=planted.START,
                          until=made.until)
        if one.rule == rule
    ]  # fmt: skip
    hit = {
        label.label_id
        for label in made.labels
        if any(
            apart(one.subject, label.subject) is not None
            and one.since <= label.until
            and label.since <= (one.cleared_at or made.until)
            for one in alerts
        )
    }
    real = {label.label_id for label in made.labels if label.verdict.is_real}
    return len(hit - real), len(real - hit)


@pytest.mark.parametrize(
    ("made", "names", "first", "second"),
    [
        (planted.parking(1), PARKING, (120.0, 180.0, 240.0), (0.3, 0.45)),
        (planted.water(1), BURST, (50.0, 80.0), (0.0, 60.0, 120.0)),
    ],
    ids=["parking", "water"],
)
def test_each_cell_of_a_sweep_is_what_a_whole_replay_with_its_thresholds_raises(made, names, first, second):
    rule, one, other = names
    question, configuration = made.question(rule), made.configuration
    notes: list[Progress] = []
    found = sweep(
        judging_of(made, question),
        configuration,
        [Axis(one, first), Axis(other, second)],
        made.labels,
        exposure_of(configuration, question),
        notes.append,
    )
    assert [cell.values for cell in found.cells] == list(product(first, second))
    for cell in found.cells:
        false, missed = counted(made, rule, dict(zip((one, other), cell.values, strict=True)))
        assert (cell.false_alarms, len(cell.matched.missed)) == (false, missed), cell.values
    assert notes[-1].done == 1.0
    assert [note.done for note in notes] == sorted(note.done for note in notes)
    fronted = [found.cells[index] for index in found.front]
    for cell in found.cells:  # what is not on the front is beaten by something on it
        if cell.scores.delay_s.value is not None and cell not in fronted:
            assert any(
                best.false_alarms <= cell.false_alarms
                and best.scores.delay_s.value <= cell.scores.delay_s.value
                and len(best.matched.missed) <= len(cell.matched.missed)
                for best in fronted
            )
    document = sweep_document(found)
    histogram = document["histogram"]
    assert sum(histogram["true"]) + sum(histogram["false"]) > 0
    assert len(histogram["edges"]) == len(histogram["true"]) + 1


@pytest.mark.parametrize(
    ("made", "names", "ranges"),
    [
        (planted.parking(2, events=12, nuisances=14), PARKING, ((100.0, 310.0), (0.3, 0.55))),
        (planted.water(2, events=11, nuisances=12), BURST, ((40.0, 100.0), (0.0, 220.0))),
    ],
    ids=["parking", "water"],
)
def test_a_search_finds_what_trying_everything_finds(made, names, ranges):
    rule, one, other = names
    question, configuration = made.question(rule), made.configuration
    judging, exposure = judging_of(made, question), exposure_of(configuration, question)
    space = [Range(path, low, high) for path, (low, high) in zip((one, other), ranges, strict=True)]
    goal = Goal(Figure.RECALL, 0.8)
    full = search(judging, configuration, space, goal, made.labels, exposure, budget=400)
    quick = search(judging, configuration, space, goal, made.labels, exposure, budget=40, seed=3)
    assert (full.method, quick.method) == (Method.GRID, Method.SAMPLER)
    assert full.reached
    assert quick.reached
    assert quick.best.scores.recall.value >= 0.8
    assert quick.best.false_alarms == full.best.false_alarms
    assert full.best.false_alarms < full.now.false_alarms
    assert len(quick.tried) <= 41
    again = search(judging, configuration, space, goal, made.labels, exposure, budget=40, seed=3)
    assert again.best.changes == quick.best.changes


def test_a_target_beyond_reach_is_said_to_be_so():
    made = planted.parking(1)
    question, configuration = made.question("parking.illegal"), made.configuration
    found = search(
        judging_of(made, question),
        configuration,
        [Range("parking.illegal.dwell_s", 300.0, 600.0)],
        Goal(Figure.RECALL, 0.95, Aim.DELAY),
        made.labels,
        exposure_of(configuration, question),
        budget=30,
    )
    assert found.method is Method.GRID
    assert not found.reached
    assert found.best.changes == {"parking.illegal.dwell_s": 300.0}
    said = {sentence.key: sentence for sentence in explained(found)}
    assert "cannot be reached" in said["not_reached"].text_en
    assert "目标无法达到" in said["not_reached"].text_zh
    assert said["edge"].figures["path"] == "parking.illegal.dwell_s"
    assert search_document(found)["reached"] is False


def test_without_labels_enough_nothing_is_proposed():
    made = planted.parking(1)
    question, configuration = made.question("parking.illegal"), made.configuration
    found = search(
        judging_of(made, question),
        configuration,
        [Range("parking.illegal.dwell_s", 60.0, 300.0)],
        Goal(Figure.RECALL, 0.95),
        made.labels[:5],
        exposure_of(configuration, question),
    )
    assert found.best is None
    assert len(found.tried) == 1
    assert any(sentence.key == "unknown" for sentence in explained(found))


def test_a_combination_that_contradicts_itself_is_a_cell_with_its_problem():
    made = planted.parking(1, events=3, nuisances=2)
    question, configuration = made.question("parking.illegal"), made.configuration
    axes = [Axis("parking.illegal.box_floor", (0.1, 0.5)), Axis("parking.illegal.confidence", (0.3, 0.6))]
    found = sweep(judging_of(made, question), configuration, axes, made.labels, exposure_of(configuration, question))
    assert [cell.problem is None for cell in found.cells] == [True, True, False, True]
    assert "box_floor" in found.cells[2].problem
    assert sweep_document(found)["cells"][2]["scores"] is None


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ([], "one or two"),
        ([Axis("parking.illegal.dwel_s", (1.0,))], "parking.illegal.dwell_s meant"),
        ([Axis("parking.illegal.dwell_s", (1.0, 1.0))], "given twice"),
        ([Axis("parking.illegal.severity", ("minor",))], "no number"),
        ([Axis("parking.illegal.dwell_s", (0.1,))], "dwell_s"),
        ([Axis("parking.illegal.dwell_s", tuple(map(float, range(1, 500))))], "at most 400"),
    ],
)
def test_what_cannot_be_swept_is_refused_with_words(axes, said):
    made = planted.parking(1, events=1, nuisances=0)
    question, configuration = made.question("parking.illegal"), made.configuration
    with pytest.raises(ConfigError, match=said):
        sweep(judging_of(made, question), configuration, axes, made.labels, exposure_of(configuration, question))


def test_a_sweep_that_nobody_wants_any_more_ends():
    made = planted.parking(1, events=2, nuisances=0)
    question, configuration = made.question("parking.illegal"), made.configuration

    def told(progress: Progress) -> None:
        if progress.done > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        sweep(
            judging_of(made, question),
            configuration,
            [Axis("parking.illegal.dwell_s", (60.0, 120.0, 180.0))],
            made.labels,
            exposure_of(configuration, question),
            told,
        )


@pytest.mark.parametrize(
    "path", ["parking.illegal.dwell_s", "parking.illegal.confidence", "water.leak.nights", "water.burst.fall_kpa",
             "streetlight.burning.after_sunset_min", "zone:kerb.dwell_s", "gas.leak.low_pct_lel"]
)  # fmt: skip
def test_default_values_lie_around_what_holds_now_and_within_what_is_allowed(path):
    configuration = planted.parking(1, events=1, nuisances=0).configuration
    axis = axis_of(configuration, path)
    assert 4 <= len(axis.values) <= 11, axis.values
    assert list(axis.values) == sorted(set(axis.values))
    for value in axis.values:
        with_thresholds(configuration, {path: value})
