"""What two sets of weights differ in and the recording in, a ZIP of a picture of each difference out.

The pictures are small, people are made unrecognisable wherever either set saw them, and nothing is drawn: whoever shows
them draws the box.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from detectors.vision.pictures import shown
from detectors.vision.stills import stills
from hub.tuning.dataset.plan import PERSON
from hub.tuning.diff import Diff
from hub.tuning.judging import Raised
from ingest.observation import Box

People = dict[datetime, list[Box]]  # in frames, by their instants

MOST = 60
WIDTH_PX = 720
QUALITY = 80
AROUND = timedelta(seconds=1)  # a picture lies between two frames that were looked at


def filed(
    diff: Diff,
    video: Path,
    start: datetime,
    people: People,
    target: Path,
    *,
    told: Callable[[float], None],
) -> dict[str, Any]:
    """Write the ZIP to `target`, none where nothing differs; return {alert: {file, at}}. `people` are blurred."""
    raised = _changed(diff)[:MOST]
    wanted: dict[float, list[Raised]] = {}
    for one in raised:
        wanted.setdefault((one.raised_at - start).total_seconds(), []).append(one)
    found: dict[str, Any] = {}
    if not wanted:
        return found
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (at_s, picture) in enumerate(stills(video, wanted, WIDTH_PX)):
            told(number / len(wanted))
            name = f"{at_s:010.3f}.jpg"
            at = wanted[at_s][0].raised_at
            archive.writestr(name, shown(picture, WIDTH_PX, _around(people, at), QUALITY)[2])
            for one in wanted[at_s]:
                found[str(one.alert_id)] = {"file": name, "at": at.isoformat()}
    if not found:
        target.unlink()
    return found


def _changed(diff: Diff) -> list[Raised]:
    """Return the alerts that stand for the differences: the candidate's, or the one that vanished; in order."""
    pairs = [pair.candidate for pair in (*diff.moved, *diff.severity)]
    by_id = {one.alert_id: one for one in (*diff.appeared, *diff.vanished, *pairs)}
    return sorted(by_id.values(), key=lambda one: (one.raised_at, one.rule, one.subject))


def note_people(people: People, payload: bytes) -> None:
    """Note the people of a frame as it goes over the wire; of anything else nothing."""
    if PERSON.encode() not in payload:
        return
    frame = json.loads(payload)
    found = [
        Box(PERSON, box["confidence"], None, *box["box"]) for box in frame.get("boxes", ()) if box["label"] == PERSON
    ]
    if found:
        people.setdefault(datetime.fromisoformat(frame["at"]), []).extend(found)


def people_in(seen: Iterable[Path]) -> People:
    """Return the people in files of saved detections, by the instants of their frames."""
    people: People = {}
    for path in seen:
        with path.open("rb") as lines:
            for line in lines:
                note_people(people, line)
    return people


def _around(people: People, at: datetime) -> list[Box]:
    return [person for instant, found in people.items() if abs(instant - at) <= AROUND for person in found]
