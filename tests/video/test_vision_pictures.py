import numpy as np
import pytest

from detectors.vision import pictures
from ingest.observation import Box


def noise(width: int, height: int) -> pictures.Bgr:
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_even_the_worst_picture_fits_into_a_message() -> None:
    data = pictures.jpeg(noise(1920, 1080), 95)
    assert len(data) <= pictures.MOST_JPEG_BYTES
    height, width = pictures.pixels(data).shape[:2]
    assert width / height == pytest.approx(16 / 9, abs=0.02)


def test_people_are_made_unrecognisable_and_the_rest_is_left() -> None:
    stripes = np.zeros((200, 200, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    data = pictures.jpeg(stripes, 95)
    after = pictures.pixels(pictures.blurred(data, [Box("person", 0.9, None, 0.5, 0.25, 0.75, 0.75)], 95))
    assert after[60:140, 105:145].std() < 25
    assert after[60:140, 5:80].std() > 100


def test_without_people_the_very_same_bytes_are_sent() -> None:
    data = pictures.jpeg(noise(64, 64), 85)
    assert pictures.blurred(data, [], 85) is data


@pytest.mark.parametrize(
    "box", [(0.0, 0.0, 1.0, 1.0), (0.9, 0.0, 1.0, 0.05), (0.0, 0.95, 0.02, 1.0), (0.5, 0.5, 0.5001, 0.5001)]
)
def test_a_box_at_the_edge_is_drawn_with_its_words_inside_the_picture(box: pictures.Corners) -> None:
    grey = np.full((180, 320, 3), 128, np.uint8)
    data = pictures.annotated(pictures.jpeg(grey, 95), box, "parking.illegal 2026-11-23 09:30:00+08:00", 95)
    drawn = pictures.pixels(data).astype(int)
    assert drawn.shape == (180, 320, 3)
    assert ((drawn[..., 2] - drawn[..., 0]) > 100).sum() > 200
    assert (drawn.min(axis=2) > 200).sum() > 50


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xd9"])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(pictures.PictureError):
        pictures.pixels(data)
