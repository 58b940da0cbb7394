"""`lianqin demo|ingest|vision|api|deliver|tuning`: the roles, each a process."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from hub.cli.failure import CommandError
from hub.settings import Settings, from_environment

Mark = Annotated[str, typer.Option(hidden=True, help="Words in the command line by which a supervisor knows its own.")]


def register(app: typer.Typer) -> None:
    """Add the roles to the command line."""
    app.command()(demo)
    app.command()(ingest)
    app.command()(vision)
    app.command()(api)
    app.command()(deliver)
    app.command()(tuning)


def _begin(role: str) -> tuple[Settings, threading.Event]:
    from hub.log import configure

    settings = from_environment()
    configure(level=settings.log_level, form=settings.log_format, role=role)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return settings, stop


def demo(
    for_s: Annotated[float | None, typer.Option("--for", min=1, help="End by itself after this many seconds.")] = None,
    may_open: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser, on a desktop.")] = True,
) -> None:
    """Run the whole hub and a living city on this machine, with nothing installed beforehand."""
    from hub.demo.run import DemoError, run

    settings = from_environment()
    try:
        raise SystemExit(run(settings, for_s=for_s, may_open=may_open))
    except DemoError as error:
        raise CommandError(str(error)) from None


def ingest(
    grids: Annotated[str, typer.Option(help="Grids of this worker, parted by commas; all by default.")] = "",
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Prometheus port on loopback; 0: none.")] = 0,
    mark: Mark = "",
) -> None:
    """Take messages from the broker, judge them and store what they mean."""
    from hub.worker.ingest_role import GridsTaken
    from hub.worker.serve import serve

    settings, stop = _begin("ingest")
    chosen = frozenset(part.strip() for part in grids.split(",") if part.strip()) or None
    try:
        serve(settings, grids=chosen, metrics_port=metrics_port, stop=stop)
    except GridsTaken as error:
        raise CommandError(str(error)) from None


def vision(
    cameras: Annotated[str, typer.Option(help="Cameras of this worker, parted by commas; all by default.")] = "",
    learn_view: Annotated[
        str,
        typer.Option(
            metavar="CAMERAS",
            help="Only say that these cameras look where they should now: their views are learned anew. Then end.",
        ),
    ] = "",
    mark: Mark = "",
) -> None:
    """Watch cameras and publish what stands in their pictures."""
    try:
        from hub.vision_role import VisionError, learn_views, serve
    except ImportError as error:
        raise CommandError(f"{error.name} cannot be imported: install lianqin[vision]") from None
    if learn_view:
        named = [part.strip() for part in learn_view.split(",") if part.strip()]
        try:
            forgotten = learn_views(from_environment(), named)
        except (VisionError, OSError) as error:
            raise CommandError(str(error)) from None
        for camera_id, was_known in forgotten.items():
            print(
                f"{camera_id}: its view is learned anew within a minute, by the vision role on this machine"
                if was_known
                else f"{camera_id}: no view of it is known in this machine's data folder; nothing was to be forgotten"
            )
        return
    settings, stop = _begin("vision")
    chosen = [part.strip() for part in cameras.split(",") if part.strip()] or None
    try:
        serve(settings, cameras=chosen, stop=stop)
    except VisionError as error:
        raise CommandError(str(error)) from None


def api(mark: Mark = "") -> None:
    """Serve the HTTP API."""
    from hub.api.serve import serve
    from hub.config.load import load

    settings, stop = _begin("api")
    configuration = load(settings.city, settings.detectors)
    serve(settings, configuration, stop)


def deliver(
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Prometheus port on loopback; 0: none.")] = 0,
    mark: Mark = "",
) -> None:
    """Send the feed to the endpoints that want it, apart from the API (which does it too by default)."""
    from hub.deliveries.serve import sender_of, serve
    from hub.log import logger
    from hub.worker.delivery_metrics import counting

    settings, stop = _begin("deliver")
    sender = sender_of(settings)
    logger("deliveries").info("the role that delivers starts")
    with counting(metrics_port) as told:
        serve(settings, sender, stop, told=told)


def tuning(
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Prometheus port on loopback; 0: none.")] = 0,
    mark: Mark = "",
) -> None:
    """Work on what the tuning workbench asks: replays, sweeps, searches; at low priority, beside live work."""
    from hub.tuning.runs.serve import serve

    settings, stop = _begin("tuning")
    serve(settings, metrics_port=metrics_port, stop=stop)
