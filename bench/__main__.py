"""`make bench`: measures the hub on this machine, prints a table, writes bench/results/*.json.

Every figure stands beside one of the bare parts, taken in the same minutes: absolute figures are this machine's, and
what else it does; ratios travel. Everything runs on loopback, and ends by itself after some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bench.latency import EVERY_S, RATE, latencies
from bench.receiving import bare_loop, durable, merging
from bench.replaying import FRAMES_A_SECOND, camera_day
from bench.town import GAS, READINGS_A_BATCH, write_city
from hub import clock
from tests.support.availability import Unavailable
from tests.support.servers import Servers

RESULTS = Path(__file__).with_name("results")
VISION = ("vision-cost", "vision-capacity", "vision-batches")
TUNING = ("tuning-camera", "tuning-water", "tuning-lamps", "tuning-ingest")
SECTIONS = ("singles", "batches", "latency", "replay", *TUNING, "console", *VISION)
PARTS = {"tuning": TUNING}
SINGLES, BATCHES = 40_000, 3_000  # messages
Row = tuple[str, str, str, str]  # what, figure, aim, kept
Section = Callable[[Servers, Path, int], tuple[dict[str, Any], list[Row]]]


def main() -> int:
    if sys.argv[1:2] == ["street-truth"]:
        from bench.streets import run  # loads the vision role's libraries, which the rest does without

        return run.main(sys.argv[2:])
    options = _options()
    rows: list[Row] = []
    found: dict[str, Any] = {}
    began = time.monotonic()
    servers = Servers(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="lianqin-bench-") as folder:
            city = write_city(Path(folder))
            found["machine"] = machine(servers)
            print(f"{json.dumps(found['machine'])}\n", flush=True)
            asked = options.only or SECTIONS
            for section in [part for name in asked for part in PARTS.get(name, (name,))]:
                say(f"{section} …")
                measured, told = _section(section)(servers, city, options.runs)
                found[section] = measured
                rows += told
    except Unavailable as error:
        say(f"nothing was measured: this needs {error}")
        return 1
    finally:
        servers.close()
    took_s = round(time.monotonic() - began)
    print_table(rows)
    say(f"\n{', '.join(map(str, _write(found, options.runs, took_s)))} has every run; it took {took_s} s")
    return 0


def _section(name: str) -> Section:
    """Return what measures the section. Those of the vision role load its libraries, which the others do without."""
    if name in VISION:
        from bench import vision

        return {"vision-cost": vision.cost, "vision-capacity": vision.capacity, "vision-batches": vision.batches}[name]
    if name in TUNING:
        from bench import tuning  # makes its own recordings, which takes minutes

        return tuning.PARTS[name]
    if name == "console":
        from bench.console import console  # drives a browser

        return console
    return {"singles": _singles, "batches": _batches, "latency": _latency, "replay": _replay}[name]


def _write(found: dict[str, Any], runs: int, took_s: int) -> list[Path]:
    """Write the hub's sections, the vision role's and the workbench's to a file each; what was not measured stays."""
    RESULTS.mkdir(exist_ok=True)
    paths = []
    apart = {"vision.json": set(VISION), "tuning.json": set(TUNING)}
    for name, own in {"latest.json": set(SECTIONS).difference(*apart.values()), **apart}.items():
        sections = {key: each for key, each in found.items() if key in own}
        if sections:
            about = {"machine": found["machine"], "command": "make bench", "runs": runs, "took_s": took_s}
            paths.append(RESULTS / name)
            paths[-1].write_text(json.dumps({**about, **sections}, indent=2) + "\n")
    return paths


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; medians are told (default 3)")
    parser.add_argument("--only", nargs="+", choices=(*PARTS, *SECTIONS), help="only these")
    return parser.parse_args()


def _singles(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[Row]]:
    """Messages of one reading each: durable ingest beside the bare receive loop, turn about."""
    bare, stored = [], []
    for _ in range(runs):
        bare.append(bare_loop(servers, SINGLES))
        stored.append(durable(servers, city, "singles", SINGLES))
        say(f"  bare {bare[-1]:,.0f}, durable {stored[-1]:,.0f} messages/s")
    ratio = statistics.median(stored) / statistics.median(bare)
    measured = {"messages": SINGLES, "bare_per_s": bare, "durable_per_s": stored, "ratio": ratio, "aim": 0.35}
    return measured, [
        ("bare paho receive loop", f"{statistics.median(bare):,.0f} messages/s", "", ""),
        ("durable ingest, one reading a message", f"{statistics.median(stored):,.0f} messages/s", "", ""),
        ("  of the bare loop", f"{ratio:.2f}", "≥ 0.35", kept(ratio >= 0.35)),
    ]


def _batches(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[Row]]:
    """Gateway messages of a hundred readings each: durable ingest beside COPY and merge of ready rows, turn about."""
    raw, stored = [], []
    for _ in range(runs):
        raw.append(merging(servers, city, BATCHES))
        stored.append(durable(servers, city, "batches", BATCHES))
        say(f"  COPY and merge {raw[-1]:,.0f}, durable {stored[-1]:,.0f} readings/s")
    ratio = statistics.median(stored) / statistics.median(raw)
    readings = BATCHES * READINGS_A_BATCH
    measured = {"readings": readings, "merge_per_s": raw, "durable_per_s": stored, "ratio": ratio, "aim": 0.5}
    return measured, [
        ("raw COPY and merge", f"{statistics.median(raw):,.0f} readings/s", "", ""),
        ("durable ingest, a hundred readings a message", f"{statistics.median(stored):,.0f} readings/s", "", ""),
        ("  of raw COPY and merge", f"{ratio:.2f}", "≥ 0.5", kept(ratio >= 0.5)),
    ]


def _latency(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[Row]]:
    """From a leak on the wire to its alert at a consumer, beside a steady load."""
    samples: list[float] = []
    for _ in range(runs):
        samples += latencies(servers, city)
        say(f"  p50 {quantile(samples, 0.5):.3f} s, longest {max(samples):.3f} s of {len(samples)}")
    p99 = quantile(samples, 0.99)
    measured = {"rate_per_s": RATE, "leak_every_s": EVERY_S, "leaks": len(GAS) * runs, "seconds": samples, "p99_s": p99}
    return measured, [
        (f"publish to SSE at {RATE:,} messages/s, p50", f"{quantile(samples, 0.5) * 1000:.0f} ms", "", ""),
        ("  p99", f"{p99 * 1000:.0f} ms", "< 1000 ms", kept(p99 < 1)),
        ("  longest", f"{max(samples) * 1000:.0f} ms", "", ""),
    ]


def _replay(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[Row]]:
    """One camera's day from the database; once, for it takes the longest."""
    done = camera_day(servers, city)
    measured = {
        "frames": done.frames,
        "boxes": done.boxes,
        "alerts": done.alerts,
        "wall_s": done.wall_s,
        "times_real": done.times_real,
        "frames_per_s": done.frames / done.wall_s,
    }
    what = f"replay of a camera's day, {FRAMES_A_SECOND} frames/s, {done.boxes / done.frames:.1f} boxes each"
    return measured, [
        (what, f"{done.times_real:,.0f} × real time", "> 1,000 ×", kept(done.times_real > 1000)),
        ("  in frames", f"{done.frames / done.wall_s:,.0f} frames/s", "", ""),
    ]


def machine(servers: Servers) -> dict[str, Any]:
    """Return what was measured on, and how busy it was before."""
    with psycopg.connect(servers.postgres("timescale").dsn("postgres")) as connection:
        row = connection.execute("SELECT version(), current_setting('fsync')").fetchone()
    assert row is not None
    return {
        "at": clock.now().isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": [round(each, 1) for each in os.getloadavg()],
        "python": platform.python_version(),
        "database": row[0].split(" (")[0],
        "fsync": row[1],
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def quantile(samples: list[float], share: float) -> float:
    """Return the sample below which at least `share` of all lie."""
    return sorted(samples)[min(len(samples) - 1, int(share * len(samples)))]


def kept(holds: bool) -> str:
    return "kept" if holds else "MISSED"


def print_table(rows: list[Row]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    print()
    for what, figure, aim, outcome in rows:
        print(f"{what:<{widths[0]}}  {figure:>{widths[1]}}  {aim:>{widths[2]}}  {outcome}".rstrip())


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
