"""The training data and the score: boxes where the truth is, and average precision by hand."""

import numpy as np
import pytest

from hub.demo.scenes.description import LABELS, TruthBox
from hub.demo.training.dataset import HEIGHT_PX, PAD_PX, PICTURE_PX, Sample, augment, make_samples, worth_finding
from hub.demo.training.score import Found, Wanted, average_precision, overlap


def truth(visible: float, size: float = 0.2) -> TruthBox:
    return TruthBox(label="car", xyxy=(0.1, 0.1, 0.1 + size, 0.1 + size), actor_id="a", visible_fraction=visible)


def test_hidden_things_and_specks_need_not_be_found() -> None:
    assert worth_finding(truth(1.0), 640, 360)
    assert not worth_finding(truth(0.1), 640, 360)
    assert not worth_finding(truth(1.0, size=0.01), 640, 360)


def test_samples_are_the_same_for_a_seed_and_as_many_as_asked() -> None:
    first, second = make_samples(6, 123, processes=1), make_samples(6, 123, processes=1)
    assert len(first) == 6
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
        np.testing.assert_array_equal(a.boxes, b.boxes)


def test_a_mirrored_sample_has_mirrored_boxes() -> None:
    picture = np.zeros((PICTURE_PX, 320, 3), np.uint8)
    picture[60:120, 32:96] = 200  # from a tenth to three tenths of the width
    sample = Sample(picture, np.array([[0, 0.1, 1 / 3, 0.3, 2 / 3]], np.float32))
    seen = set()
    for seed in range(20):
        moved = augment(sample, np.random.default_rng(seed))
        _, x0, _, x1, _ = moved.boxes[0].tolist()
        bright = np.nonzero(moved.picture[90].max(axis=1) > 100)[0]
        assert (bright.min() / 320, (bright.max() + 1) / 320) == pytest.approx((x0, x1), abs=0.01)
        seen.add(round(x0, 1))
    assert seen == {0.1, 0.7}


def test_the_loss_gets_boxes_on_the_letterboxed_picture() -> None:
    torch = pytest.importorskip("torch")
    from hub.demo.training.train import pack

    sample = Sample(np.zeros((PICTURE_PX, 320, 3), np.uint8), np.array([[3, 0.0, 0.0, 1.0, 1.0]], np.float32))
    batch = pack([sample, sample])
    assert batch["img"].shape == (2, 3, HEIGHT_PX, 320)
    assert batch["batch_idx"].tolist() == [0, 1]
    assert batch["cls"].tolist() == [[3], [3]]
    full = [0.5, 0.5, 1.0, PICTURE_PX / HEIGHT_PX]
    torch.testing.assert_close(batch["bboxes"], torch.tensor([full, full]))
    assert PICTURE_PX + 2 * PAD_PX == HEIGHT_PX


BOX = (0.1, 0.1, 0.3, 0.3)
ELSEWHERE = (0.6, 0.6, 0.8, 0.8)


def test_perfect_boxes_score_one_and_none_score_nothing() -> None:
    wanted = [Wanted("car", BOX, True)]
    assert average_precision([(wanted, [Found("car", BOX, 0.9)])], "car") == pytest.approx(1.0)
    assert average_precision([(wanted, [])], "car") == 0.0
    assert average_precision([(wanted, [Found("car", BOX, 0.9)])], "bus") is None


def test_a_false_box_costs_only_when_it_is_surer() -> None:
    wanted = [Wanted("car", BOX, True)]
    right, wrong = Found("car", BOX, 0.8), Found("car", ELSEWHERE, 0.5)
    assert average_precision([(wanted, [right, wrong])], "car") == pytest.approx(1.0)
    surer = Found("car", ELSEWHERE, 0.9)
    assert average_precision([(wanted, [right, surer])], "car") == pytest.approx(0.5)


def test_a_second_box_on_one_thing_is_wrong_and_one_on_a_hidden_thing_is_not() -> None:
    twice = [Found("car", BOX, 0.9), Found("car", BOX, 0.85)]
    two = [Wanted("car", BOX, True), Wanted("car", ELSEWHERE, True)]
    assert average_precision([(two, [*twice, Found("car", ELSEWHERE, 0.5)])], "car") == pytest.approx(5 / 6)
    hidden = [Wanted("car", BOX, True), Wanted("car", ELSEWHERE, False)]
    assert average_precision([(hidden, [Found("car", ELSEWHERE, 0.95), twice[0]])], "car") == pytest.approx(1.0)


def test_overlap_of_boxes() -> None:
    assert overlap(BOX, BOX) == pytest.approx(1.0)
    assert overlap(BOX, ELSEWHERE) == 0.0
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)


def test_the_classes_keep_their_order() -> None:
    assert LABELS == ("car", "bus", "truck", "motorcycle", "person", "stall")
