"""Takes what somebody sent as a photo, gives the picture alone: a JPEG or PNG written anew, without its metadata.

The only file that knows Pillow. A photo from the street tells where and when it was taken, with which telephone, and
sometimes holds a smaller picture of what was cut away: none of that comes in. Nor does a file that is damaged, or one
that is a small file and a huge picture.
"""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, field

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

LARGEST_BYTES = 8 * 1024 * 1024
LARGEST_PIXELS = 64_000_000  # of a JPEG, which is decoded at a fraction of its size where that is enough
LARGEST_PNG_PIXELS = 24_000_000  # which is not
LONGEST_EDGE_PX = 4096
_LARGEST = (LONGEST_EDGE_PX, LONGEST_EDGE_PX)
_QUALITY = 88
_AT_ONCE = threading.BoundedSemaphore(2)  # a picture is small as a file and large as pixels
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
# Opened by their own readers: other libraries replace `Image.open`, ultralytics by one that installs packages.
_READERS = {b"\xff\xd8\xff": JpegImageFile, b"\x89PNG\r\n\x1a\n": PngImageFile}


class PhotoRefused(ValueError):
    """The file is no photo that can be taken; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One picture, addressed by the SHA-256 of its bytes."""

    sha256: str
    media_type: str
    width_px: int
    height_px: int
    data: bytes = field(repr=False)


def cleaned(data: bytes) -> Photo:
    """Return the picture in `data`, upright, at most 4096 px long, and nothing else; raise PhotoRefused."""
    if not data:
        raise PhotoRefused("the photo is empty")
    if len(data) > LARGEST_BYTES:
        raise PhotoRefused(f"the photo is larger than {LARGEST_BYTES // 2**20} MiB")
    try:
        with _AT_ONCE:
            return _written_anew(data)
    except PhotoRefused:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, ArithmeticError) as error:
        # Whatever a damaged file makes of its decoder, it is the file that is damaged.
        raise PhotoRefused(f"the photo is damaged: {type(error).__name__}") from None


def _written_anew(data: bytes) -> Photo:
    reader = next((reader for first, reader in _READERS.items() if data.startswith(first)), None)
    if reader is None:
        raise PhotoRefused("this is neither a JPEG nor a PNG")
    with reader(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        most = LARGEST_PIXELS if kind == "JPEG" else LARGEST_PNG_PIXELS
        if opened.width * opened.height > most:
            raise PhotoRefused(_too_many(most))
        if kind == "JPEG":
            opened.thumbnail(_LARGEST, Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(opened)
        wanted = "RGB" if kind == "JPEG" or not opened.has_transparency_data else "RGBA"
        pixels = upright.convert(wanted)
    pixels.thumbnail(_LARGEST, Image.Resampling.LANCZOS)
    bare = Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())  # what the pixels carried with them stays behind
    out = io.BytesIO()
    if kind == "JPEG":
        bare.save(out, "JPEG", quality=_QUALITY, optimize=True)
    else:
        bare.save(out, "PNG")
    written = out.getvalue()
    return Photo(
        sha256=hashlib.sha256(written).hexdigest(),
        media_type=_MEDIA_TYPES[kind],
        width_px=bare.width,
        height_px=bare.height,
        data=written,
    )


def _too_many(most: int) -> str:
    return f"the picture has more than {most // 1_000_000} million pixels"
