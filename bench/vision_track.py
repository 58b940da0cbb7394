"""A clip and weights in, ultralytics' own tracking loop over it out: `python -m bench.vision_track CLIP WEIGHTS`.

The loop is the one that its documentation shows: `model.track(source, stream=True, persist=True)`, every picture,
tracker and threads as they come. The simplest dwell is added to it: an id that has been in the zone for longer than
the dwell is an alarm. Prints one line of JSON. `--stride 5` looks at every fifth picture (ultralytics' `vid_stride`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time

from bench.vision_clips import DWELL_S, FPS, ZONE
from detectors.picture import inside
from detectors.vision import torchvision_stand_in

_WARM = 10  # pictures before the clock starts: the first builds the predictor and the tracker
_VEHICLES = {"car", "bus", "truck", "motorcycle"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip")
    parser.add_argument("weights")
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"YOLO_CONFIG_DIR": folder, "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
        torchvision_stand_in.ensure()
        from ultralytics import YOLO

        model = YOLO(options.weights, task="detect")
        vehicles = [number for number, name in model.names.items() if name in _VEHICLES]
        results = model.track(
            source=options.clip,
            stream=True,
            persist=True,
            classes=vehicles,
            vid_stride=options.stride,
            verbose=False,
        )
        since: dict[int, float] = {}
        alarms: dict[int, float] = {}
        looked, at_s, began_at_s, cpu_s, began_s = 0, 0.0, 0.0, 0.0, 0.0
        for result in results:
            at_s = looked * options.stride / FPS
            looked += 1
            if looked == _WARM:
                began_at_s, cpu_s, began_s = at_s, _cpu_s(), time.monotonic()
            if result.boxes.id is not None:
                for number, box in zip(result.boxes.id.tolist(), result.boxes.xyxyn.tolist(), strict=True):
                    if inside(((box[0] + box[2]) / 2, box[3]), ZONE):
                        since.setdefault(int(number), at_s)
                        if at_s - since[int(number)] >= DWELL_S:
                            alarms.setdefault(int(number), at_s)
            if at_s >= options.seconds:
                break
        took_s = at_s - began_at_s
        print(
            json.dumps(
                {
                    "cpu_s_per_video_s": (_cpu_s() - cpu_s) / took_s,
                    "wall_s_per_video_s": (time.monotonic() - began_s) / took_s,
                    "looked": looked,
                    "ids": len(since),
                    "alarms_s": sorted(alarms.values()),
                }
            )
        )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
