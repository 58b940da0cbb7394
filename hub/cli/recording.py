"""`lianqin recording export`: stored observations as a file, which replays where there is no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant, local
from hub.cli.naming import check_grids, check_subjects
from hub.settings import from_environment

if TYPE_CHECKING:
    from hub.tuning.judging import Told
    from ingest.city import City
    from ingest.observation import Observation

recording_app = typer.Typer(help="Stored observations as files.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(recording_app, name="recording")


@recording_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; JSON lines.")],
    since: Annotated[str, typer.Option(help="2026-11-22T18:00, a date, or 18:00; city time.")],
    until: Annotated[str, typer.Option(help="Likewise; now by default.")] = "",
    subject: Annotated[
        list[str] | None, typer.Option(help="Only this device, circuit, camera or zone; may be repeated.")
    ] = None,
    grids: Annotated[str, typer.Option(help="Grids, parted by commas; all by default.")] = "",
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
) -> None:
    """Write what was received in a span to a file that sweep, search, diff and backtest take as --recording.

    Of a lamp its whole circuit is written, since the lamps of a circuit are judged together. The file holds what
    cameras saw as boxes, and no picture. For example:
    lianqin recording export kerb.jsonl --since 2026-11-16 --subject cam-01
    """
    from hub import clock
    from hub.cli.progress import shown
    from hub.config.load import load_city
    from hub.store.recording import StoredRecording
    from hub.store.session import StoreUnavailable
    from hub.tuning.recorded_file import written

    settings = from_environment()
    known = load_city(city or settings.city)
    zone = ZoneInfo(known.timezone)
    begin, end = instant(since, zone), instant(until, zone) if until else clock.now()
    if begin >= end:
        raise CommandError("--since must lie before --until")
    chosen = sorted({part.strip() for part in grids.split(",") if part.strip()})
    check_grids(chosen, known)
    check_subjects(subject, known)
    recording = StoredRecording(settings.database_url)
    if subject:
        recording = recording.of(sorted(_heard(subject, known)))
    part = file.with_name(f".{file.name}.part")  # a half-written recording is taken for none
    counted = _Counted()
    try:
        with shown("exporting") as told, part.open("w", encoding="utf-8") as out:
            found = (one for one, _ in recording.recorded(chosen or None, begin, end))
            out.writelines(written(counted.passing(found, begin, end, told)))
        if counted.many:
            part.replace(file)
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    if not counted.many:
        raise CommandError(f"nothing of that is on record from {local(begin, zone)} to {local(end, zone)}")
    print(f"{file}: {counted.many} observations of {len(counted.names)} devices and cameras")


class _Counted:
    """Counts what passes, and tells how far it has come."""

    def __init__(self) -> None:
        self.many = 0
        self.names: set[str] = set()

    def passing(
        self, found: Iterator[Observation], begin: datetime, end: datetime, told: Told
    ) -> Iterator[Observation]:
        from hub.tuning.judging import Progress
        from ingest.observation import Frame

        for one in found:
            self.many += 1
            self.names.add(one.camera_id if isinstance(one, Frame) else one.device_id)
            if self.many % 5000 == 0:
                told(Progress((one.received_at - begin) / (end - begin)))
            yield one


def _heard(subjects: Sequence[str], city: City) -> set[str]:
    """Return the devices and cameras that what is judged of `subjects` goes by."""
    cameras = {zone.zone_id: camera.camera_id for camera in city.cameras.values() for zone in camera.zones}
    names: set[str] = set()
    for subject in subjects:
        bare = subject.partition("@")[0]
        device = city.devices.get(bare)
        circuit = city.circuits.get(bare if device is None else device.circuit_id or "")
        names |= set(circuit.lamps) if circuit is not None else {cameras.get(bare, bare)}
        names |= {bare} if device is not None else set()
    return names
