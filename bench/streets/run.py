"""`python -m bench street-truth`: renders streets, lets the hub watch them, and says what it found and what it missed.

    python -m bench street-truth --hours 6 --first-seed 1 --out bench/results/streets
    python -m bench street-truth --days 4 --first-seed 2000000

One scene is one camera for twelve minutes. Each gives one line in OUT/scenes.jsonl; what is there already, made by the
same model, thresholds, scenes and detectors, is not done again, so a run that was cut off goes on where it stopped.
Recordings stay in OUT/clips and detections in OUT/detections, so that another model or another detector can be tried on
them (`--judge-again` takes the detections and runs the detectors alone). `--hours` takes scenes of busy hours alone,
`--days` whole days with their quiet hours (`bench/streets/day.py`). Seeds below 1,000,000 are for development; figures
that are told come from a series above, on which nothing was ever tuned. Once its results were looked into, it is used
up.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import cv2

import detectors
import hub.alerts
from bench.streets import match, truth
from bench.streets.cause import Found, cause
from bench.streets.day import bustle, day_seeds
from bench.streets.film import shoot, stands_of
from bench.streets.script import MADE_AS, Script, script
from bench.streets.site import SCENE_S
from bench.streets.table import ON_TIME_S, markdown
from bench.streets.watch import begins, configuration, judge_again, watch
from detectors.vision.settings import VisionSettings
from detectors.vision.yolo import Detector
from hub.demo.training.evaluate import SHIPPED

FIRST_FINAL_SEED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How scenes are watched; the same for all of a run."""

    out: Path
    model: Path
    model_digest: str
    per_s: float
    again: bool

    def clip(self, seed: int) -> Path:
        """Return where the scene's recording lies."""
        return self.out / "clips" / f"{seed}-{self.per_s:g}.ts"

    def detections(self, seed: int) -> Path:
        """Return where its detections lie."""
        return self.out / "detections" / f"{seed}-{self.per_s:g}-{self.model_digest}.gz"


def main(words: Sequence[str]) -> int:
    options = _options(words)
    job = Job(
        out=options.out,
        model=options.model,
        model_digest=digest(options.model),
        per_s=options.pictures_per_s,
        again=options.judge_again,
    )
    for name in ("clips", "detections"):
        (job.out / name).mkdir(parents=True, exist_ok=True)
    seeds = _seeds(options)
    if options.film_only:
        for number, seed in enumerate(seeds, 1):
            _made(job, script(seed))
            say(f"{number} of {len(seeds)}: {job.clip(seed)}")
        return 0
    results = job.out / "scenes.jsonl"
    wanted = {seed: fingerprint(job, script(seed)) for seed in seeds}
    kept = _kept(results, wanted)
    if not job.again:
        seeds_left = [seed for seed in seeds if seed not in kept]
    else:
        seeds_left, kept = list(seeds), {}
    unseen = [seed for seed in seeds_left if job.again and not job.detections(seed).exists()]
    if unseen:
        what = f"{len(unseen)} of {len(seeds)} scenes (the first: {unseen[0]})"
        say(f"{what} have not been watched by model {job.model_digest}: run this without --judge-again first")
        return 1
    say(f"{len(seeds)} scenes, {len(seeds) - len(seeds_left)} of them done before; model {job.model_digest}")
    began_s = time.monotonic()
    for number, told in enumerate(_all(job, seeds_left, options.processes), 1):
        kept[told["seed"]] = told
        with results.open("a") as out:
            out.write(json.dumps(told) + "\n")
        left_s = (time.monotonic() - began_s) / number * (len(seeds_left) - number)
        say(f"{number} of {len(seeds_left)}: {_line(told)}; {left_s / 60:.0f} min left")
        if options.stop_after_min and time.monotonic() - began_s > options.stop_after_min * 60:
            say(f"stopped after {options.stop_after_min:g} min")
            break
    print_report([kept[seed] for seed in seeds if seed in kept])
    return 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench street-truth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--hours", type=float, default=1.0, help="how many camera-hours (default 1)")
    parser.add_argument("--days", type=int, help="how many camera-days, with their quiet hours, instead of --hours")
    parser.add_argument("--first-seed", type=int, default=FIRST_FINAL_SEED, help="the first scene's seed")
    parser.add_argument("--seeds", type=int, nargs="+", help="just these scenes")
    parser.add_argument("--out", type=Path, default=Path("bench/results/streets"), help="where results are kept")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="the weights (default: the shipped ones)")
    parser.add_argument(
        "--pictures-per-s",
        type=float,
        default=VisionSettings().busy_fps,
        help="while something moves (default: as often as the model looks at a busy street)",
    )
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--stop-after-min", type=float, default=0.0, help="begin no more scenes after this long")
    parser.add_argument("--film-only", action="store_true", help="render the recordings and watch none")
    parser.add_argument("--judge-again", action="store_true", help="take kept detections; run the detectors alone")
    return parser.parse_args(words)


def _seeds(options: argparse.Namespace) -> list[int]:
    """Return which scenes are asked for."""
    if options.seeds:
        return list(options.seeds)
    if options.days:
        return day_seeds(options.first_seed, options.days)
    count = max(1, round(options.hours * 3600 / SCENE_S))
    return list(range(options.first_seed, options.first_seed + count))


def digest(model: Path) -> str:
    """Return eight hexadecimal digits that name the weights."""
    files = sorted(model.glob("*")) if model.is_dir() else [model]
    found = hashlib.sha256()
    for file in files:
        if file.suffix in (".bin", ".xml", ".pt", ".onnx", ".engine"):
            found.update(file.read_bytes())
    return found.hexdigest()[:8]


def fingerprint(job: Job, given: Script) -> str:
    """Return what a scene's result depends on, by name."""
    return f"{MADE_AS}/{job.per_s:g}/{job.model_digest}/{configuration(given.site).version}/{_judges()}"


@cache
def _judges() -> str:
    """Return eight hexadecimal digits that name the code that makes alerts of boxes, and that which judges them."""
    found = hashlib.sha256()
    packages = [sorted(Path(package.__path__[0]).glob("*.py")) for package in (detectors, hub.alerts)]
    for file in (*packages[0], *packages[1], Path(truth.__file__), Path(match.__file__)):
        found.update(file.read_bytes())
    return found.hexdigest()[:8]


def _kept(results: Path, wanted: dict[int, str]) -> dict[int, dict[str, Any]]:
    """Return the scenes of earlier runs that need not be done again; a line that was cut off is none."""
    found = {}
    for line in results.read_text().splitlines() if results.exists() else ():
        try:
            told = json.loads(line)
        except json.JSONDecodeError:
            continue
        if wanted.get(told["seed"]) == told["made_with"]:
            found[told["seed"]] = told
    return found


def _all(job: Job, seeds: Sequence[int], processes: int) -> Iterator[dict[str, Any]]:
    """Yield what became of each scene, as each is done."""
    if processes <= 1:
        watcher = Watcher(job)
        for seed in seeds:
            yield watcher.scene(seed)
        return
    with ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(job,)
    ) as pool:
        tasks = [pool.submit(_one, seed) for seed in seeds]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            for task in tasks:
                task.cancel()


_watchers: list[Watcher] = []


def _begin(job: Job) -> None:
    _watchers.append(Watcher(job))


def _one(seed: int) -> dict[str, Any]:
    return _watchers[0].scene(seed)


class Watcher:
    """A loaded model that watches one scene after the other."""

    def __init__(self, job: Job) -> None:
        cv2.setNumThreads(1)
        self._job = job
        self._model = None if job.again else Detector(job.model, confidence_floor=0.1)

    def scene(self, seed: int) -> dict[str, Any]:
        """Return what became of one scene, as JSON-ready data."""
        job, given = self._job, script(seed)
        place = given.site
        made = _made(job, given)
        kept = job.detections(seed)
        seen = judge_again(place, kept) if self._model is None else watch(place, job.clip(seed), self._model, kept)
        stands = stands_of(made)
        due = truth.events(place.zones, stands, made["taken_s"])
        matched = match.match(due, seen.alarms)
        processed = list(_processed(kept, begins(place)))
        by_key = {(stand.actor_id, stand.from_s): stand for stand in stands}
        told_events = []
        for event, number in zip(due, matched.of_event, strict=True):
            told = asdict(event) | {"delay_s": None, "cleared_after_s": None, "cause": None}
            if number is not None and event.due_s is not None:
                alarm = seen.alarms[number]
                told["delay_s"] = round(event.delay_s(alarm.raised_s), 2)
                if alarm.cleared_s is not None:
                    told["cleared_after_s"] = round(alarm.cleared_s - event.until_s, 2)
            late = told["delay_s"] is None or abs(told["delay_s"]) > ON_TIME_S
            if event.needed and late:
                stand = next(s for key, s in by_key.items() if key[0] == event.actor_id and s.box == event.box)
                told["cause"] = asdict(cause(event, stand, made["taken_s"], processed))
            told_events.append(told)
        return {
            "seed": seed,
            "made_with": fingerprint(job, given),
            "bustle": bustle(seed).value,
            "hour": place.hour,
            "rain": "rain" if place.rain else "dry",
            "height": place.height,
            "hours": made["taken_s"][-1] / 3600,
            "pictures": len(made["taken_s"]),
            "processed": seen.processed,
            "cpu_s": round(seen.cpu_s, 2),
            "events": told_events,
            "alarms": [
                asdict(alarm) | {"verdict": verdict.value}
                for alarm, verdict in zip(seen.alarms, matched.verdicts, strict=True)
            ],
            "others": list(seen.others),
        }


def _made(job: Job, given: Script) -> dict[str, Any]:
    """Return what the recording shows; film it first where that has not been done."""
    video = job.clip(given.site.seed)
    beside = video.with_suffix(".json")
    if video.exists() and beside.exists():
        made: dict[str, Any] = json.loads(beside.read_text())
        if made["made_as"] == MADE_AS:
            return made
    return shoot(given, video, job.per_s)


def _processed(kept: Path, begin: datetime) -> Iterator[tuple[float, list[Found]]]:
    """Yield second and boxes of every frame that the model saw."""
    for line in gzip.decompress(kept.read_bytes()).splitlines():
        frame = json.loads(line)
        if "boxes" not in frame:
            continue  # a look at the camera's view
        at_s = (datetime.fromisoformat(frame["at"]) - begin).total_seconds()
        yield at_s, [Found(b["label"], b["confidence"], tuple(b["box"])) for b in frame["boxes"]]


def _line(told: dict[str, Any]) -> str:
    needed = [event for event in told["events"] if event["needed"]]
    found = sum(event["delay_s"] is not None for event in needed)
    false = sum(alarm["verdict"] in ("false", "again") for alarm in told["alarms"])
    what = f"{told['hour']}, {told['rain']}, {told['height']} camera"
    return f"seed {told['seed']} ({what}): {found} of {len(needed)} found, {false} false, {told['cpu_s']:.1f} CPU-s"


def print_report(scenes: Sequence[dict[str, Any]]) -> None:
    """Print the table, and every event that was missed or late and every alarm that was false."""
    if not scenes:
        say("no scene was watched")
        return
    say("\n" + markdown(scenes) + "\n")
    for told in scenes:
        for event in told["events"]:
            if event["cause"] is not None:
                late = "missed" if event["delay_s"] is None else f"{event['delay_s']:+.1f} s"
                why = event["cause"]
                say(
                    f"seed {told['seed']} {event['zone_id']} {event['actor_id']} due {event['due_s']:.0f} s: {late} "
                    f"({why['fault']}: found in {why['found_share']:.2f} of the pictures, confidence "
                    f"{why['confidence']:.2f}; visible {event['visible']:.2f})"
                )
        for alarm in told["alarms"]:
            if alarm["verdict"] in ("false", "again"):
                when = f"seed {told['seed']} {alarm['zone_id']}: {alarm['verdict']} at {alarm['raised_s']:.0f} s"
                say(f"{when}: {alarm['text']}")
        for other in told["others"]:
            if not other.startswith("camera.lost"):
                say(f"seed {told['seed']} {other}")


def say(text: str) -> None:
    print(text, flush=True)
