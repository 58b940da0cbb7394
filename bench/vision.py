"""The vision sections of `make bench`: what a camera costs, how many a machine holds, how fast the model is."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.vision_clips import ARRIVES_S, CLIP_S, DWELL_S, FPS, STANDS_S, clip, footage
from bench.vision_live import Live, alerts, measured
from bench.vision_throughput import throughput
from tests.support.servers import Servers

Row = tuple[str, str, str, str]

COST_S = 20.0
CAPACITY_S = 30.0
LARGE_CLIP_S = 40.0  # large pictures take long to encode
AIMS = {360: 20, 1080: 8}
TRIED = {360: (20, 30, 45), 1080: (8, 12)}
ALWAYS = {"busy_fps": 5.0, "watch_margin": 1.0}  # five pictures a second for as long as anything moves anywhere
OFTEN = "five looks a second"


def cost(servers: Servers, _city: Path, runs: int) -> tuple[dict[str, Any], list[Row]]:
    """Measure one camera beside ultralytics' track() on the same clip and weights, turn about; and what each finds."""
    weights, name = footage().weights, footage().name
    street = clip(360, CLIP_S)
    ours: list[Live] = []
    theirs: list[dict[str, Any]] = []
    for _ in range(runs):
        ours.append(_live(servers, street, 1, COST_S)[0])
        theirs.append(_track(street, weights, seconds=COST_S))
        _say(
            f"  ours {ours[-1].cpu_s_per_camera_s:.4f}, track() {theirs[-1]['cpu_s_per_video_s']:.3f} CPU-s per second"
        )
    often = _live(servers, street, 1, COST_S, ALWAYS)[0]
    strided = _track(street, weights, seconds=COST_S, stride=5)
    found = _live(servers, street, 1, CLIP_S, from_start=True)[1]
    closely = _live(servers, street, 1, CLIP_S, ALWAYS, from_start=True)[1]
    tracked = _track(street, weights)
    mine = statistics.median(live.cpu_s_per_camera_s for live in ours)
    loop = statistics.median(each["cpu_s_per_video_s"] for each in theirs)
    events = [change for _, _, change in found]
    whole = events == ["alert.raised", "alert.cleared"]
    agree = found == closely
    measured_ = {
        "clip": name,
        "ours": [asdict(live) for live in ours],
        "track": theirs,
        "often": asdict(often),
        "track_stride_5": strided,
        "alerts": found,
        "alerts_often": closely,
        "track_whole": tracked,
        "due_s": ARRIVES_S + DWELL_S,
        "ratio": loop / mine,
    }
    return measured_, [
        (f"a street camera, 640×360 at {FPS} fps ({name})", "", "", ""),
        ("  lianqin vision, CPU-seconds a second", f"{mine:.4f}", "", ""),
        ("    of it decoding and gate", f"{statistics.median(_capture(live) for live in ours):.4f}", "", ""),
        ("  ultralytics track(), every picture", f"{loop:.3f}", "", ""),
        ("    as many times as much", f"{loop / mine:.1f}", "≥ 20", _kept(loop / mine >= 20)),
        ("  ultralytics track(), vid_stride=5", f"{strided['cpu_s_per_video_s']:.3f}", "", ""),
        (f"  lianqin vision with {OFTEN}", f"{often.cpu_s_per_camera_s:.4f}", "", ""),
        (f"  one car stands {STANDS_S:.0f} s: alerts", ", ".join(events) or "none", "raised, cleared", _kept(whole)),
        (f"    with {OFTEN}", "the same" if agree else json.dumps(closely), "the same", _kept(agree)),
        ("    alarms of track() with dwell by id", f"{len(tracked['alarms_s'])}", "", ""),
    ]  # fmt: skip


def capacity(servers: Servers, _city: Path, _runs: int) -> tuple[dict[str, Any], list[Row]]:
    """Let ever more cameras be watched, until they are more than this machine holds."""
    rows: list[Row] = []
    found: dict[str, Any] = {}
    for high, aim in AIMS.items():
        street = clip(high, CLIP_S if high == 360 else LARGE_CLIP_S)
        held, lives = 0, list[Live]()
        for cameras in TRIED[high]:
            live, _ = _live(servers, street, cameras, CAPACITY_S)
            lives.append(live)
            held = cameras if live.holds(FPS) else held
            _say(f"  {cameras} × {high}p: {_told(live)}")
        found[f"{high}p"] = [asdict(live) for live in lives]
        rows += [
            (f"cameras of {high * 16 // 9}×{high} that it holds", f"{held}", f"≥ {aim}", _kept(held >= aim)),
            *((f"  {live.cameras}", _told(live), "", "") for live in lives),
        ]
    return found, rows


def batches(_servers: Servers, _city: Path, _runs: int) -> tuple[dict[str, Any], list[Row]]:
    """Measure the model alone, by batch: through our adapter, and beside it the runtime's own peak."""
    found = throughput(footage().weights)
    rows = [(f"model on {found['device']} ({found['model']}), peak", f"{found['peak_fps']:,.0f} pictures/s", "", "")]
    for size, fps in found["fps_by_batch"].items():
        rows.append(
            (f"  through our adapter, {size} at once", f"{fps:,.0f} pictures/s", "", f"{fps / 5:,.0f} cameras at 5")
        )
    if found["missing"]:
        rows.append((f"  {found['missing']}", "", "", ""))
    return found, rows


def _live(
    servers: Servers,
    street: Path,
    cameras: int,
    seconds: float,
    vision: dict[str, Any] | None = None,
    *,
    from_start: bool = False,
) -> tuple[Live, list[tuple[str, str, str]]]:
    """Return what was measured, and what the hub made of it."""
    with tempfile.TemporaryDirectory(prefix="lianqin-bench-") as name:
        folder = Path(name)
        live, heard = measured(
            servers, folder, street, cameras,
            seconds=seconds, weights=footage().weights, vision=vision, from_start=from_start,
        )  # fmt: skip
        return live, alerts(folder, heard)


def _track(street: Path, weights: Path, *, seconds: float | None = None, stride: int = 1) -> dict[str, Any]:
    more = ["--seconds", str(seconds)] if seconds is not None else []
    done = subprocess.run(
        [sys.executable, "-m", "bench.vision_track", str(street), str(weights), "--stride", str(stride), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _capture(live: Live) -> float:
    return live.capture_cpu_s / live.seconds / live.cameras


def _told(live: Live) -> str:
    looks: Sequence[float] = sorted(live.looks_fps.values()) or [0.0]
    return (
        f"age p50 {live.age_s(0.5):.2f} s, p99 {live.age_s(0.99):.2f} s; {looks[0]:.1f} to {looks[-1]:.1f} looks/s; "
        f"decoded {min(live.decoded_fps.values(), default=0):.1f} fps; machine {live.machine_share:.0%}"
    )


def _kept(holds: bool) -> str:
    return "kept" if holds else "MISSED"


def _say(text: str) -> None:
    print(text, flush=True)
