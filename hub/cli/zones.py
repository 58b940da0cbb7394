"""`lianqin zones CAMERA PICTURE`: one picture of a camera with its zones laid over it, to check or to draw them by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.failure import CommandError
from hub.settings import from_environment


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(zones)


def zones(
    camera: Annotated[str, typer.Argument(help="The camera's id in the city file.")],
    picture: Annotated[Path, typer.Argument(help="Where to write the picture: a .jpg or .png file.")],
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    video: Annotated[Path | None, typer.Option(help="Take it from this recording, not from the camera.")] = None,
    second: Annotated[float, typer.Option(min=0, help="Which second of the stream or recording to take.")] = 1.0,
    grid: Annotated[bool, typer.Option(help="Draw lines at every tenth of the width and height.")] = True,
) -> None:
    """Draw a camera's zones into one of its pictures, with the fractions of width and height that the city file wants.

    Everything that the camera sees is in that file: treat it as the personal data that it may be.
    """
    from hub.config.load import load_city

    if picture.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise CommandError(f"{picture}: the name must end in .jpg or .png")
    found = load_city(city or from_environment().city)
    try:
        from detectors.vision.camera import StreamError
        from detectors.vision.pictures import image_file, with_zones
        from detectors.vision.settings import VisionSettings
        from detectors.vision.still import still
        from detectors.vision.worker import CameraError, chosen
    except ImportError as error:
        raise CommandError(f"{error.name} cannot be imported: install lianqin[vision]") from None
    try:
        (watched,) = chosen(found, [camera])
        if video is not None and not video.is_file():
            raise CommandError(f"there is no file {video}")
        taken = still(watched.url if video is None else str(video.resolve()), second, VisionSettings())
    except (CameraError, StreamError) as error:
        raise CommandError(str(error)) from None
    try:
        picture.write_bytes(image_file(with_zones(taken, watched.zones, grid=grid), picture.suffix.lower()))
    except OSError as error:
        raise CommandError(f"{picture} cannot be written: {error.strerror}") from None
    names = ", ".join(zone.zone_id for zone in watched.zones)
    height, width = taken.shape[:2]
    print(f"{picture}: {width}×{height}, zones of camera {camera}: {names or 'none yet'}")
