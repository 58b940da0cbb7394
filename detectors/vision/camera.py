"""A camera's address in, decoded pictures with their time stamps out: the one file that knows PyAV.

`pictures()` yields until the stream ends, breaks, stalls or cannot be opened, and then raises StreamError with a named
reason; whoever calls it decides when to try again. Nothing raised or logged here holds the address's credentials:
FFmpeg's own messages quote the whole URL, so only their cause is passed on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import av
import av.error
import av.logging
import numpy as np
from av.video.reformatter import VideoReformatter

from detectors.vision.address import AddressError, Kind, file_path, kind_of, shown
from detectors.vision.motion import CELLS_ACROSS, Grey
from detectors.vision.pictures import Bgr
from detectors.vision.settings import VisionSettings

MOST_UNREADABLE = 1000  # packets of a file in a row

av.logging.set_level(None)  # FFmpeg prints addresses, passwords and all, to stderr


class Broken(StrEnum):
    """Why a stream gives no more pictures."""

    BAD_ADDRESS = "bad_address"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    UNREADABLE = "unreadable"  # it is not video that can be decoded
    STALLED = "stalled"  # connected, but no picture for too long
    CUT = "cut"  # the other side closed the connection
    ENDED = "ended"  # a file is at its end


class StreamError(Exception):
    """A stream gives no more pictures; `why` says the reason, the message what can be shown of the circumstances."""

    def __init__(self, why: Broken, detail: str) -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why


class _Scalers:
    """One scaler for each kind of small picture: a scaler that changes its task sets itself up anew each time."""

    def __init__(self) -> None:
        self.grey = VideoReformatter()
        self.colour: dict[tuple[int, int], VideoReformatter] = defaultdict(VideoReformatter)


@dataclass(slots=True)
class Decoded:
    """One decoded picture, converted only as far as someone asks; grey by one thread, in colour perhaps by another."""

    pts_s: float | None
    width_px: int
    height_px: int
    _frame: Any
    _scalers: _Scalers

    def grey(self) -> Grey:
        """Return the small picture that the motion gate compares."""
        high = max(2, round(CELLS_ACROSS * self.height_px / self.width_px))
        small = self._scalers.grey.reformat(self._frame, CELLS_ACROSS, high, "gray", interpolation="AREA")
        return cast(Grey, small.to_ndarray())

    def fitted(self, width_px: int, height_px: int) -> Bgr:
        """Return the picture in colour, scaled to fit into the given size; never enlarged, its proportions kept."""
        scale = min(1.0, width_px / self.width_px, height_px / self.height_px)
        size = max(2, round(self.width_px * scale)), max(2, round(self.height_px * scale))
        picture = self._scalers.colour[size].reformat(self._frame, *size, "bgr24", interpolation="AREA")
        return cast(Bgr, np.ascontiguousarray(picture.to_ndarray()))


def pictures(url: str, settings: VisionSettings) -> Iterator[Decoded]:
    """Yield the pictures of `url` as they come (a file: as fast as they are taken) and raise StreamError at the end."""
    try:
        kind = kind_of(url)
    except AddressError as error:
        raise StreamError(Broken.BAD_ADDRESS, str(error)) from None
    container = _open(url, kind, settings)
    try:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # frame threads hold pictures back, one for each thread
        stream.codec_context.thread_count = 1
        yield from _decoded(container, stream, url, kind, settings)
    finally:
        container.close()


def length_s(file: str) -> float | None:
    """Return how long a recording says that it lasts (None: it does not say); raise StreamError as `pictures` does."""
    container = _open(file, Kind.FILE, VisionSettings())
    try:
        return container.duration / av.time_base if container.duration else None
    finally:
        container.close()


def _open(url: str, kind: Kind, settings: VisionSettings) -> Any:
    # FFmpeg would watch a live stream for up to five seconds to guess its frame rate, which nobody here asks for.
    options = {"fpsprobesize": "0", "probesize": "500000", "analyzeduration": "2000000"}
    if kind is Kind.RTSP:
        options["rtsp_transport"] = "tcp"  # over UDP one lost packet smears the picture until the next key frame
    elif kind is Kind.FILE:
        options = {}
    name = str(file_path(url)) if kind is Kind.FILE else url
    began_s = time.monotonic()
    try:
        container = av.open(
            name,
            format="mpegts" if kind is Kind.TCP else None,
            options=options,
            timeout=None if kind is Kind.FILE else (settings.open_timeout_s, settings.read_timeout_s),
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if kind is not Kind.FILE and time.monotonic() - began_s >= settings.open_timeout_s:
            # FFmpeg answers a time limit with whatever it was busy with: "invalid data", say.
            raise StreamError(Broken.UNREACHABLE, f"{shown(url)}: no answer in time") from None
        raise _broken(error, url, Broken.UNREACHABLE) from None
    if not container.streams.video or container.format.name == "tty":  # FFmpeg paints a text file as a picture of it
        container.close()
        raise StreamError(Broken.NO_VIDEO, f"{shown(url)} carries no video")
    return container


def _decoded(container: Any, stream: Any, url: str, kind: Kind, settings: VisionSettings) -> Iterator[Decoded]:
    scalers = _Scalers()
    decoded_at_s = time.monotonic()
    unreadable = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = [] if packet is None else packet.decode()
        except av.error.InvalidDataError:
            frames, unreadable = [], unreadable + 1  # one torn packet; the next key frame mends it
        except (av.error.FFmpegError, OSError) as error:
            raise _broken(error, url, Broken.CUT) from None
        for frame in frames:
            if frame.is_corrupt or not frame.width or not frame.height:
                continue
            yield Decoded(frame.time, frame.width, frame.height, frame, scalers)
            decoded_at_s, unreadable = time.monotonic(), 0
        if packet is None:
            if kind is Kind.FILE:
                raise StreamError(Broken.ENDED, f"{shown(url)} is at its end")
            raise StreamError(Broken.CUT, f"{shown(url)} closed the connection")
        if kind is Kind.FILE:
            if unreadable > MOST_UNREADABLE:
                raise StreamError(Broken.UNREADABLE, f"{shown(url)} holds nothing that can be decoded")
        elif time.monotonic() - decoded_at_s > settings.read_timeout_s:
            why = Broken.UNREADABLE if unreadable else Broken.STALLED
            raise StreamError(why, f"{shown(url)} sends data but no picture for {settings.read_timeout_s:g} s")


def _broken(error: Exception, url: str, otherwise: Broken) -> StreamError:
    """Return what `error` means, without its own words: FFmpeg quotes the address in them."""
    why = otherwise
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError | PermissionError):
        why = Broken.UNAUTHORISED
    elif isinstance(error, av.error.HTTPNotFoundError | FileNotFoundError):
        why = Broken.NOT_FOUND
    elif isinstance(error, av.error.ExitError):  # our own time limit
        why = Broken.STALLED if otherwise is Broken.CUT else Broken.UNREACHABLE
    elif isinstance(error, av.error.InvalidDataError | av.error.DecoderNotFoundError):
        why = Broken.UNREADABLE
    cause = "no answer in time" if isinstance(error, av.error.ExitError) else getattr(error, "strerror", None)
    return StreamError(why, f"{shown(url)}: {cause or type(error).__name__}")
