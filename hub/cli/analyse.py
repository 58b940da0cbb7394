"""`lianqin analyse VIDEO`: a recording is watched like a camera, and what would be raised is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from hub.cli.compare import (
    boxes_in,
    compared_by,
    file_pictures,
    judged,
    labels_in,
    print_compared,
    watched_again,
)
from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

if TYPE_CHECKING:
    from detectors.vision.camera import StreamError
    from hub.alerts.alert import Alert
    from hub.alerts.change import AlertChange
    from hub.tuning.analyse import Bill
    from hub.tuning.changed_pictures import People

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines: each alert as it ended, then the cost.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(analyse)


def analyse(
    video: Annotated[str, typer.Argument(help="A recording: any file that FFmpeg reads.")],
    camera: Annotated[str, typer.Option(help="As which camera of the city it is judged: its zones, its grid.")],
    start: Annotated[str, typer.Option(help="When it begins, ISO 8601; without a zone it is the city's time.")],
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    detectors: Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="YOLO weights in place of those that the camera has in the city file.")
    ] = None,
    save_detections: Annotated[
        Path | None, typer.Option(help="Write frames, and looks at the view, here as JSON lines, as they go over MQTT.")
    ] = None,
    compare_model: Annotated[
        Path | None, typer.Option(help="Watch it again with these weights, and print what they change.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="With --compare-model: labels (JSON lines or CSV) by which both are scored.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="With --compare-model: write a ZIP with a picture of each alert that differs.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Watch a recording as fast as it goes, with no broker and no database, and print what would be raised and cleared.

    Time is the recording's own. The cost is printed last.
    """
    from hub.config.load import load

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    begin = instant(start, zone)
    path = _existing(video)
    if save_detections is not None and save_detections.exists() and save_detections.samefile(path):
        raise CommandError(f"{save_detections} is the recording itself: save the detections elsewhere")
    try:
        from detectors.vision.camera import StreamError, length_s
        from detectors.vision.models import Models
        from detectors.vision.worker import CameraError, chosen
        from hub.tuning.analyse import Bill
        from hub.tuning.analyse import analyse as watch
        from hub.tuning.changed_pictures import note_people
        from hub.vision_models import watches
        from hub.vision_settings import perception
    except ImportError as error:
        raise CommandError(f"{error.name} cannot be imported: install lianqin[vision]") from None

    bill = Bill()
    if labels is not None and compare_model is None:
        raise CommandError("--labels scores two sets of weights: give --compare-model too")
    if pictures is not None and compare_model is None:
        raise CommandError("--pictures shows what other weights change: give --compare-model too")
    if pictures is not None and pictures.exists():
        raise CommandError(f"{pictures} is there already: name a file that is not")
    try:
        (watched,) = chosen(configuration.city, [camera])
        length = length_s(str(path))
        seen_by = perception(replace(settings, city=city or settings.city))
        if model is not None:
            seen_by = seen_by.with_model(camera, model, said_by="--model")
        models = Models(cache=settings.data / "yolo")
        (finder,) = watches(seen_by, [camera], models)
        other = None
        if compare_model is not None:
            (other,) = watches(seen_by.with_model(camera, compare_model, said_by="--compare-model"), [camera], models)
    except CameraError as error:
        raise CommandError(str(error)) from None
    except StreamError as error:
        raise CommandError(_why(error, video, bill)) from None
    if not watched.zones:
        print(f"lianqin: camera {camera} has no zones: no vehicle and no stall can be at fault", file=sys.stderr)

    known = None if labels is None else labels_in(labels, configuration)
    found: dict[UUID, Alert] = {}
    boxes = 0
    people: People = {}
    broken: StreamError | None = None
    with _saving(save_detections) as save, _progress(length, path.name) as advance:
        try:
            frames = watch(
                path,
                configuration,
                camera_id=camera,
                start=begin,
                model=finder,
                settings=finder.settings,
                bill=bill,
            )
            for frame in frames:
                save(frame.payload)
                boxes += boxes_in(frame.payload)
                note_people(people, frame.payload)
                for change in frame.changes:
                    found[change.alert.alert_id] = change.alert
                    if not as_json:
                        print(_line(change, zone), flush=True)
                advance(bill.vision.video_s)
        except StreamError as error:
            broken = error
    if not bill.vision.decoded:
        raise CommandError(f"{video} holds no picture that can be decoded")
    _report(list(found.values()), bill, configuration.version, as_json=as_json)
    if broken is not None:
        raise CommandError(_why(broken, video, bill))
    if other is None or compare_model is None:
        return
    base = judged(str(model or "its own weights"), list(found.values()), bill, boxes, begin)
    with _progress(length, f"{path.name} again") as advance:
        candidate = watched_again(path, configuration, camera, begin, other, str(compare_model), advance, people)
    compared = compared_by(base, candidate, configuration, camera, known)
    if pictures is not None:
        file_pictures(compared, path, begin, people, pictures)
    print_compared(compared, zone, as_json=as_json)


def _existing(video: str) -> Path:
    if "://" in video and not video.startswith("file://"):
        raise CommandError("analyse reads a recording, a file: a camera's stream is watched by `lianqin vision`")
    path = Path(video.removeprefix("file://")).expanduser()
    if not path.exists():
        raise CommandError(f"there is no file {path}")
    if not path.is_file():
        raise CommandError(f"{path} is no file")
    return path.resolve()  # an absolute path is never taken for an address, whatever its name


def _why(error: StreamError, video: str, bill: Bill) -> str:
    from detectors.outages import Outage

    if bill.vision.decoded:
        return f"{video} cannot be read beyond {bill.vision.video_s:.1f} s ({error}); printed is what was found so far"
    match error.why:
        case Outage.UNREADABLE:
            return f"{video} is no video that can be decoded"
        case Outage.NO_VIDEO:
            return f"{video} carries no video"
        case Outage.UNAUTHORISED:
            return f"{video} may not be read by this user"
    return f"{video} cannot be read ({error})"


def _line(change: AlertChange, zone: ZoneInfo) -> str:
    alert = change.alert
    reason = alert.reason if alert.clear_reason is None else alert.clear_reason
    box = alert.box
    place = f" [{box.x1:.2f} {box.y1:.2f} {box.x2:.2f} {box.y2:.2f}]" if box is not None else ""
    return (
        f"{_local(change.at, zone)}  {change.type.value.removeprefix('alert.'):<7}  {alert.severity.value:<8} "
        f"{alert.rule}  {alert.subject}{place}  since {_local(alert.since, zone)}: {reason.text}"
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _report(alerts: list[Alert], bill: Bill, version: str, *, as_json: bool) -> None:
    from hub.dispatch.document import alert_document

    if as_json:
        for alert in alerts:
            print(json.dumps(alert_document(alert, ()), ensure_ascii=False))
        print(json.dumps({"cost": _cost(bill)}))
        return
    still_open = sum(alert.cleared_at is None for alert in alerts)
    print(
        f"{len(alerts)} raised, {len(alerts) - still_open} cleared, {still_open} open at the end, "
        f"with configuration {version}"
    )
    cost = bill.vision
    rate = f" ({bill.cpu_s_per_video_s:.3f} for each second of video)" if bill.cpu_s_per_video_s is not None else ""
    took = f", median inference {bill.median_inference_ms:.1f} ms" if bill.median_inference_ms is not None else ""
    refused = f"; {bill.refused} frames the hub could not have read" if bill.refused else ""
    print(
        f"{cost.video_s:.1f} s of video took {cost.cpu_s:.1f} CPU-seconds{rate}: {cost.decoded} frames decoded, "
        f"{cost.processed} processed{took}{refused}"
    )


def _cost(bill: Bill) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 4)

    return {
        "video_s": rounded(bill.vision.video_s),
        "cpu_s": rounded(bill.vision.cpu_s),
        "cpu_s_per_video_s": rounded(bill.cpu_s_per_video_s),
        "decoded": bill.vision.decoded,
        "processed": bill.vision.processed,
        "refused": bill.refused,
        "median_inference_ms": rounded(bill.median_inference_ms),
    }


@contextmanager
def _saving(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Open `path` for lines; without one, what is to be saved is let go."""
    if path is None:
        yield lambda line: None
        return
    refused = f"the detections cannot be written to {path}"
    try:
        file = path.open("wb")
    except OSError as error:
        raise CommandError(f"{refused}: {error.strerror}") from None

    def save(line: bytes) -> None:
        try:
            file.write(line + b"\n")
        except OSError as error:
            raise CommandError(f"{refused}: {error.strerror}") from None

    try:
        yield save
    finally:
        try:
            file.close()
        except OSError as error:
            raise CommandError(f"{refused}: {error.strerror}") from None


@contextmanager
def _progress(length: float | None, name: str) -> Iterator[Callable[[float], None]]:
    """Show on a terminal's stderr how much of the recording is done; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done_s: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(escape(name)),
        BarColumn(),
        TextColumn("{task.completed:.0f} s of video"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    # Lines for a terminal go through the bar, which steps aside; lines for a file or a pipe must not.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(name, total=length)
        yield lambda done_s: bar.update(task, completed=done_s)
