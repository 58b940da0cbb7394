"""A camera's address in, decoded pictures with their time stamps out: the one file that knows PyAV.

`pictures()` yields until the stream ends, breaks, stalls or cannot be opened, and then raises StreamError with a named
reason; whoever calls it decides when to try again. Nothing raised or logged here holds the address's credentials:
FFmpeg's own messages quote the whole URL, so only their cause is passed on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import av
import av.error
import av.logging
import numpy as np
from av.format import Flags
from av.video.reformatter import VideoReformatter

from detectors.outages import Outage
from detectors.vision.address import AddressError, Kind, file_path, host_of, kind_of, shown
from detectors.vision.damage import Damage
from detectors.vision.motion import CELLS_ACROSS, Grey
from detectors.vision.names import UnknownHostError, look_up
from detectors.vision.pictures import Bgr
from detectors.vision.settings import VisionSettings

MOST_UNREADABLE = 1000  # packets of a file in a row
HASTE_KEYS_S = 4.0  # with key frames further apart, one that leaves out the others sees less than one that comes late
# Pictures begin with a key frame. Cameras that save bits send one in ten or twenty seconds, and whoever joins at a
# relay waits for it; to hang up and come again would only begin the wait anew.
KEY_FRAME_WAIT_S = 30.0

av.logging.set_level(None)  # FFmpeg prints addresses, passwords and all, to stderr


class StreamError(Exception):
    """A stream gives no more pictures; `why` says the reason, the message what can be shown of the circumstances."""

    def __init__(self, why: Outage, detail: str) -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why


class _Scalers:
    """One scaler for each kind of small picture: a scaler that changes its task sets itself up anew each time."""

    def __init__(self) -> None:
        self.grey = VideoReformatter()
        self.colour: dict[tuple[int, int], VideoReformatter] = defaultdict(VideoReformatter)


class _Haste:
    """Lets a decoder leave out all but key frames while pictures come late, where key frames are not far apart."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._key_at_s: float | None = None
        self._apart_s = float("inf")
        self._hurries, self._after_key = False, False

    def before(self, packet: Any, behind: bool) -> None:
        """Set the decoder right for `packet`."""
        if packet is None or packet.pts is None:
            return
        if behind and self._apart_s <= HASTE_KEYS_S:
            self._become(True)
        elif self._after_key:  # what follows a key frame can be decoded again
            self._become(False)
        if packet.is_keyframe:
            at_s = float(packet.pts * packet.time_base)
            if self._key_at_s is not None and at_s > self._key_at_s:
                self._apart_s = at_s - self._key_at_s
            self._key_at_s = at_s
        self._after_key = packet.is_keyframe

    def _become(self, hurries: bool) -> None:
        if hurries is not self._hurries:
            self._hurries = hurries
            self._decoder.skip_frame = "NONKEY" if hurries else "DEFAULT"


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
        small = self._scalers.grey.reformat(self._frame, CELLS_ACROSS, high, "gray", interpolation="AREA", threads=1)
        return cast(Grey, small.to_ndarray())

    def fitted(self, width_px: int, height_px: int) -> Bgr:
        """Return the picture in colour, scaled to fit into the given size; never enlarged, its proportions kept."""
        scale = min(1.0, width_px / self.width_px, height_px / self.height_px)
        size = max(2, round(self.width_px * scale)), max(2, round(self.height_px * scale))
        picture = self._scalers.colour[size].reformat(self._frame, *size, "bgr24", interpolation="AREA", threads=1)
        return cast(Bgr, np.ascontiguousarray(picture.to_ndarray()))


def pictures(
    url: str,
    settings: VisionSettings,
    *,
    alive: Callable[[], object] = lambda: None,
    behind: Callable[[], bool] = lambda: False,
) -> Iterator[Decoded]:
    """Yield the pictures of `url` as they come (a file: as fast as they are taken) and raise StreamError at the end.

    `alive` is called whenever data came, though no picture may have come of them. While `behind` says that pictures
    come late, because decoding takes longer than the camera, only key frames are decoded.
    """
    try:
        kind = kind_of(url)
    except AddressError as error:
        raise StreamError(Outage.BAD_ADDRESS, str(error)) from None
    container = _open(url, kind, settings, alive)
    try:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # frame threads hold pictures back, one for each thread
        stream.codec_context.thread_count = 1
        yield from _decoded(container, stream, url, kind, settings, alive, behind)
    finally:
        container.close()


def length_s(file: str) -> float | None:
    """Return how long a recording says that it lasts (None: it does not say); raise StreamError as `pictures` does."""
    container = _open(file, Kind.FILE, VisionSettings())
    try:
        return container.duration / av.time_base if container.duration else None
    finally:
        container.close()


def _open(url: str, kind: Kind, settings: VisionSettings, alive: Callable[[], object] = lambda: None) -> Any:
    # FFmpeg would watch a live stream for up to five seconds to guess its frame rate, which nobody here asks for.
    options = {"fpsprobesize": "0", "probesize": "500000", "analyzeduration": "2000000"}
    if kind is Kind.RTSP:
        options["rtsp_transport"] = "tcp"  # over UDP one lost packet smears the picture until the next key frame
    elif kind is Kind.FILE:
        options = {}
    name = str(file_path(url)) if kind is Kind.FILE else url
    if kind is not Kind.FILE:
        try:
            look_up(host_of(url), settings.open_timeout_s)  # FFmpeg calls a name it cannot look up an I/O error
        except UnknownHostError as error:
            raise StreamError(Outage.UNKNOWN_HOST, f"{shown(url)}: {error}") from None
        alive()
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
            raise StreamError(Outage.UNREACHABLE, f"{shown(url)}: no answer, or no key frame, in time") from None
        raise _broken(error, url, Outage.UNREACHABLE) from None
    if not container.streams.video or container.format.name == "tty":  # FFmpeg paints a text file as a picture of it
        container.close()
        raise StreamError(Outage.NO_VIDEO, f"{shown(url)} carries no video")
    return container


def _decoded(
    container: Any,
    stream: Any,
    url: str,
    kind: Kind,
    settings: VisionSettings,
    alive: Callable[[], object],
    behind: Callable[[], bool],
) -> Iterator[Decoded]:
    scalers, damage, haste = _Scalers(), Damage(), _Haste(stream.codec_context)
    # Where the format has no time stamps (motion JPEG, bare H.264) FFmpeg makes up a rate, which is not the camera's.
    stamped = not container.format.flags & Flags.no_timestamps.value or kind is Kind.FILE
    shown_s, unreadable, key_came = time.monotonic(), 0, False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise _broken(error, url, Outage.CUT) from None
        alive()
        haste.before(packet, behind())
        try:
            frames = [] if packet is None else packet.decode()
        except av.error.InvalidDataError:
            frames, unreadable = [], unreadable + 1
            damage.note()
        except (av.error.FFmpegError, OSError) as error:
            raise _broken(error, url, Outage.CUT) from None
        if packet is not None and packet.is_corrupt:
            damage.note()
        key_came = key_came or (packet is not None and packet.is_keyframe)
        for frame in frames:
            if not damage.shows(key=frame.key_frame, whole=not frame.is_corrupt) or not frame.width or not frame.height:
                continue
            yield Decoded(frame.time if stamped else None, frame.width, frame.height, frame, scalers)
            shown_s, unreadable = time.monotonic(), 0
        if packet is None:
            if kind is Kind.FILE:
                raise StreamError(Outage.ENDED, f"{shown(url)} is at its end")
            raise StreamError(Outage.CUT, f"{shown(url)} closed the connection")
        if kind is Kind.FILE:
            if unreadable > MOST_UNREADABLE:
                raise StreamError(Outage.UNREADABLE, f"{shown(url)} holds nothing that can be decoded")
            continue
        limit_s = settings.read_timeout_s if key_came else KEY_FRAME_WAIT_S
        if time.monotonic() - shown_s > limit_s:
            raise _fruitless(url, limit_s, key_came, damage.torn)


def _fruitless(url: str, limit_s: float, key_came: bool, torn: bool) -> StreamError:
    """Return what is to be said of a stream that sends data but shows nothing."""
    if not key_came:
        return StreamError(Outage.UNREADABLE, f"{shown(url)} sends data but no key frame for {limit_s:g} s")
    if torn:
        return StreamError(Outage.UNREADABLE, f"{shown(url)} sends torn pictures and no whole one for {limit_s:g} s")
    return StreamError(Outage.STALLED, f"{shown(url)} sends data but no picture for {limit_s:g} s")


def _broken(error: Exception, url: str, otherwise: Outage) -> StreamError:
    """Return what `error` means, without its own words: FFmpeg quotes the address in them."""
    why = otherwise
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError | PermissionError):
        why = Outage.UNAUTHORISED
    elif isinstance(error, av.error.HTTPNotFoundError | FileNotFoundError):
        why = Outage.NOT_FOUND
    elif isinstance(error, av.error.ExitError):  # our own time limit
        why = Outage.STALLED if otherwise is Outage.CUT else Outage.UNREACHABLE
    elif isinstance(error, av.error.InvalidDataError | av.error.DecoderNotFoundError):
        why = Outage.UNREADABLE
    cause = "no answer in time" if isinstance(error, av.error.ExitError) else getattr(error, "strerror", None)
    return StreamError(why, f"{shown(url)}: {cause or type(error).__name__}")
