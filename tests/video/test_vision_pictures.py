import numpy as np
import pytest

from detectors.vision import pictures
from ingest.observation import COLOURS_BYTES, Box


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


def squares() -> pictures.Bgr:
    """Return a picture whose left half is blue above and green below, and whose right half is red."""
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:45, :80] = (200, 20, 20)
    picture[45:, :80] = (20, 200, 20)
    picture[:, 80:] = (20, 20, 200)
    return picture


def colours_of(x1: float, y1: float, x2: float, y2: float, label: str = "car") -> list[tuple[int, ...]]:
    (told,) = pictures.coloured(squares(), [Box(label, 0.9, 4, x1, y1, x2, y2)])
    assert (told.label, told.track_id, told.x1) == (label, 4, x1)
    return [tuple(told.colours[at : at + 3]) for at in range(0, len(told.colours), 3)]


def test_a_box_tells_the_mean_colours_of_its_patches_row_by_row() -> None:
    blue, green, red = (200, 20, 20), (20, 200, 20), (20, 20, 200)
    assert colours_of(0.0, 0.0, 0.5, 0.5) == [blue] * 9
    mixed = (110, 20, 110)
    upper, lower = [blue, mixed, red], [green, (20, 110, 110), red]
    found = colours_of(0.25, 0.0, 0.75, 1.0)
    assert np.abs(np.array(found[:3]) - upper).max() <= 1
    assert np.abs(np.array(found[6:]) - lower).max() <= 1


def test_of_people_no_colours_are_told() -> None:
    assert colours_of(0.1, 0.1, 0.3, 0.9, label="person") == []


def test_no_colour_is_nought_for_that_says_there_are_none() -> None:
    (told,) = pictures.coloured(np.zeros((90, 160, 3), np.uint8), [Box("stall", 0.9, None, 0.1, 0.1, 0.5, 0.5)])
    assert told.colours == b"\x01" * COLOURS_BYTES


@pytest.mark.parametrize(
    "corners", [(0.0, 0.0, 1e-6, 1e-6), (1 - 1e-6, 1 - 1e-6, 1.0, 1.0), (0.999, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)]
)
def test_boxes_of_any_size_anywhere_have_colours(corners: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = corners
    (told,) = pictures.coloured(squares(), [Box("car", 0.9, None, x1, y1, x2, y2)])
    assert len(told.colours) == COLOURS_BYTES
