"""A photo from outside: only its pixels come in, and what is none is refused with a sentence."""

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hub.photos import LARGEST_BYTES, PhotoRefused, cleaned

SECRET = b"Taken by Wang at home"


def jpeg(size=(64, 48), *, orientation=None, **options) -> bytes:
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    if orientation is not None:
        exif[0x0112] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=SECRET, **options)
    return out.getvalue()


def png(mode="RGB", size=(40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG")
    return out.getvalue()


def test_only_the_pixels_come_in():
    given_bytes = jpeg()
    assert SECRET in given_bytes
    photo = cleaned(given_bytes)
    assert (photo.media_type, photo.width_px, photo.height_px) == ("image/jpeg", 64, 48)
    assert SECRET not in photo.data
    with Image.open(io.BytesIO(photo.data)) as kept:
        assert not kept.getexif()
        assert "comment" not in kept.info
    assert photo.sha256 == hashlib.sha256(photo.data).hexdigest()
    assert str(len(photo.data)) not in repr(photo)


def test_a_picture_that_was_held_sideways_stands_upright():
    photo = cleaned(jpeg(orientation=6))
    assert (photo.width_px, photo.height_px) == (48, 64)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_every_kind_of_png_is_taken(mode):
    photo = cleaned(png(mode))
    assert (photo.media_type, photo.width_px, photo.height_px) == ("image/png", 40, 30)


def test_a_larger_picture_than_anybody_looks_at_is_made_smaller():
    assert cleaned(jpeg((5000, 40))).width_px == 4096
    sideways = cleaned(jpeg((9000, 80), orientation=6))
    assert (sideways.width_px, sideways.height_px) == (36, 4096)
    assert cleaned(png(size=(5000, 10))).width_px == 4096


def test_a_png_of_too_many_pixels_is_refused_before_it_is_decoded():
    with pytest.raises(PhotoRefused, match="24 million pixels"):
        cleaned(png("1", (5000, 5000)))


def huge_png() -> bytes:
    """A few bytes that say they are a hundred thousand pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"<svg onload='alert(1)'/>", "neither a JPEG nor a PNG"),
        (b"GIF89a" + bytes(200), "neither a JPEG nor a PNG"),
        (jpeg()[:400], "damaged|neither"),
        (b"\xff" * (LARGEST_BYTES + 1), "larger than 8 MiB"),
        (huge_png(), "million pixels"),
    ],
    ids=["empty", "svg", "gif", "cut", "large", "bomb"],
)
def test_what_is_no_photo_is_refused_in_words(data, said):
    with pytest.raises(PhotoRefused, match=said):
        cleaned(data)


WHOLE = {"jpeg": jpeg(), "png": png()}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # it tells of metadata that it leaves out
@settings(max_examples=60)
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_is_either_still_a_picture_or_refused(kind, where, damage):
    data = bytearray(WHOLE[kind])
    where %= len(data)
    data[where : where + len(damage)] = damage
    try:
        photo = cleaned(bytes(data))
    except PhotoRefused:
        return
    with Image.open(io.BytesIO(photo.data)) as kept:
        kept.load()
