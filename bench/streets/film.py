"""A script in, an H.264 recording and what was visible in each of its pictures out."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench.streets.script import MADE_AS, Script, light, pictures
from bench.streets.site import block
from bench.streets.truth import Corners, Stand, standing
from hub.demo.camera_stream import Encoder
from hub.demo.scenes.description import Actor, Light, Scene, TruthBox
from hub.demo.scenes.geometry import Projector
from hub.demo.scenes.render import Renderer

CODED_FPS = 7  # what the encoder is told: a key frame every ten pictures or so
WATCHED = frozenset({"car", "bus", "truck", "motorcycle", "stall"})
_KEPT_RENDERERS = 3


class Lit:
    """The street in each of its lights: what changes with the light is drawn once."""

    def __init__(self, script: Script) -> None:
        place = script.site
        self._scene = Scene(
            view=place.view,
            street=place.street,
            light=light(place, 0.0),
            actors=script.actors,
            props=place.props,
            seed=place.seed,
            noise=place.noise,
        )
        self._renderers: OrderedDict[Light, Renderer] = OrderedDict()

    def renderer(self, now: Light) -> Renderer:
        """Return what draws the street in the light of `now`."""
        if now not in self._renderers:
            self._renderers[now] = Renderer(replace(self._scene, light=now))
            if len(self._renderers) > _KEPT_RENDERERS:
                self._renderers.popitem(last=False)
        self._renderers.move_to_end(now)
        return self._renderers[now]


def shoot(script: Script, video: Path, per_s: float) -> dict[str, Any]:
    """Write the recording to `video` and what it shows beside it; return the latter, as JSON-ready data."""
    place = script.site
    lit = Lit(script)
    encoder = Encoder(place.view.width_px, place.view.height_px, CODED_FPS)
    taken: list[float] = []
    stands = [(actor, span, Seen()) for actor in script.actors if actor.label in WATCHED for span in standing(actor)]
    part = video.with_suffix(".part")
    with part.open("wb") as out:
        for at_s, shown_s in pictures(script, per_s):
            picture, boxes = lit.renderer(light(place, shown_s)).render(shown_s)
            out.write(encoder.encode(picture, at_s, keyframe=False)[0])
            truth = {box.actor_id: box for box in boxes}
            for actor, (from_s, to_s), seen in stands:
                seen.note(truth.get(actor.actor_id), from_s <= shown_s < to_s)
            taken.append(at_s)
    encoder.close()
    os.replace(part, video)
    found = [seen.stand(actor, span, place.view) for actor, span, seen in stands if seen.any]
    made: dict[str, Any] = {
        "seed": place.seed,
        "made_as": MADE_AS,
        "per_s": per_s,
        "taken_s": taken,
        "stands": [asdict(stand) for stand in found],
    }
    beside = video.with_suffix(".json.part")
    beside.write_text(json.dumps(made))
    os.replace(beside, video.with_suffix(".json"))
    return made


def stands_of(made: dict[str, Any]) -> list[Stand]:
    """Return what stood where, from what `shoot` wrote."""
    return [Stand(**{**each, "box": tuple(each["box"]), "seen": tuple(each["seen"])}) for each in made["stands"]]


class Seen:
    """How much of one stay was visible in each picture, and where it was."""

    def __init__(self) -> None:
        self._shares: list[float | None] = []
        self._box: Corners | None = None

    @property
    def any(self) -> bool:
        """Whether a picture was taken during the stay."""
        return any(share is not None for share in self._shares)

    def note(self, box: TruthBox | None, there: bool) -> None:
        """Take the next picture: the truth box, None where nothing of it can be seen."""
        if not there:
            self._shares.append(None)
            return
        self._shares.append(0.0 if box is None else round(box.visible_fraction, 3))
        if box is not None:
            self._box = box.xyxy

    def stand(self, actor: Actor, span: tuple[float, float], view: Any) -> Stand:
        """Return the stay; where it was never seen, the box is that of the block around it."""
        box = self._box
        if box is None:
            pose = actor.path.at(max(span[0], 0.0))
            assert pose is not None
            box = block(Projector(view), actor.size, pose.x_m, pose.y_m, pose.heading_deg)
        from_s, to_s = max(span[0], -1e6), min(span[1], 1e6)  # JSON knows no infinity
        return Stand(
            actor_id=actor.actor_id, label=actor.label, from_s=from_s, to_s=to_s, box=box, seen=tuple(self._shares)
        )
