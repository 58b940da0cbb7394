"""A number of images, epochs and a seed in, trained weights and an OpenVINO model out.

    python -m hub.demo.training.train --out DIR --images 3200 --epochs 16 --seed 1

Runs on a CPU. `DIR` receives `street_weights.pt`, `street_openvino_model/` and `training.json`. With `--start WEIGHTS`
training goes on from weights that an earlier run saved, with a rate and scenes of its own.
"""

import argparse
import json
import math
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hub.demo.training.dataset import (
    HEIGHT_PX,
    PAD_PX,
    PICTURE_PX,
    Sample,
    augment,
    letterbox,
    make_samples,
)
from hub.demo.training.export import export, load_network
from hub.demo.training.network import make_network

BATCH = 16
PEAK_RATE = 2.5e-3
_LAST_RATE = 2e-5
_WARM_UP_STEPS = 120
_DECAY = 5e-4
_AVERAGE = 0.998
_LOSS_PARTS = ("box_loss", "cls_loss", "dfl_loss")
FIRST_TRAINING_SEED = 1_000_000  # evaluation draws from other seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run of training. `stop_after` ends it early, on the schedule that `epochs` sets."""

    epochs: int
    seed: int
    peak_rate: float = PEAK_RATE
    start: Path | None = None
    stop_after: int | None = None


def pack(samples: list[Sample]) -> dict[str, torch.Tensor]:
    """Return the batch as the loss of `ultralytics` wants it: RGB pictures, and boxes as centre and size."""
    pictures = np.stack([letterbox(sample.picture)[..., ::-1] for sample in samples])
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    owners, classes, boxes = [], [], []
    for number, sample in enumerate(samples):
        x0, x1 = sample.boxes[:, 1], sample.boxes[:, 3]
        y0, y1 = ((sample.boxes[:, k] * PICTURE_PX + PAD_PX) / HEIGHT_PX for k in (2, 4))
        owners.append(np.full(len(sample.boxes), number, np.float32))
        classes.append(sample.boxes[:, :1])
        boxes.append(np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], axis=1))
    return {
        "img": images.contiguous(memory_format=torch.channels_last),
        "batch_idx": torch.from_numpy(np.concatenate(owners)),
        "cls": torch.from_numpy(np.concatenate(classes)),
        "bboxes": torch.from_numpy(np.concatenate(boxes)),
    }


def _rate(step: int, steps: int, peak: float) -> float:
    """Return the learning rate of one step: up in a straight line, then down along a cosine."""
    warm_up = max(1, min(_WARM_UP_STEPS, steps // 8))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    share = (step - warm_up) / max(1, steps - warm_up)
    return _LAST_RATE + (peak - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))


def _full_precision(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _full_precision(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_full_precision(part) for part in value)
    return value


def _optimizer(network: Any) -> torch.optim.Optimizer:
    """Return AdamW that decays convolution weights only; norms and biases are left alone."""
    decayed = [p for p in network.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in network.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": _DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.999))


def _follow(average: Any, network: Any, step: int) -> None:
    """Move the averaged weights a little towards the trained ones; faster at first."""
    keep = _AVERAGE * (1 - math.exp(-(step + 1) / 300))
    current = network.state_dict()
    with torch.no_grad():
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(keep).add_(current[name], alpha=1 - keep)


def train(samples: list[Sample], plan: Plan, *, out: Path, brain_floats: bool) -> Any:
    """Return the averaged network after the plan's passes; saves its weights after each."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng((plan.seed, 81))
    network = load_network(plan.start) if plan.start else make_network()
    network = network.to(memory_format=torch.channels_last)
    epochs = plan.epochs
    average = deepcopy(network).eval()
    optimizer = _optimizer(network)
    per_epoch = len(samples) // BATCH
    steps = per_epoch * epochs
    network.train()
    criterion = network.init_criterion()
    step, started_s = 0, time.monotonic()
    for epoch in range(epochs):
        order = rng.permutation(len(samples))
        total = torch.zeros(3)
        for k in range(per_epoch):
            chosen = order[k * BATCH : (k + 1) * BATCH]
            batch = pack([augment(samples[int(index)], rng) for index in chosen])
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, steps, plan.peak_rate)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=brain_floats):
                predicted = network(batch["img"])
            loss, parts = criterion(_full_precision(predicted), batch)
            optimizer.zero_grad(set_to_none=True)
            loss.sum().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimizer.step()
            _follow(average, network, step)
            total += torch.stack([parts[name].detach() for name in _LOSS_PARTS])
            step += 1
        box, label, spread = (total / per_epoch).tolist()
        speed = step * BATCH / (time.monotonic() - started_s)
        print(
            f"epoch {epoch + 1}/{epochs}: box {box:.3f} class {label:.3f} spread {spread:.3f}; {speed:.1f} images/s",
            flush=True,
        )
        torch.save(average.state_dict(), out / "street_weights.pt")
        if plan.stop_after == epoch + 1:
            break
    return average


def main() -> None:
    """Draw the scenes, train, export, and say how long each took."""
    parser = argparse.ArgumentParser(description="Train the demo's street model on rendered scenes.")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and the exported model")
    parser.add_argument("--images", type=int, default=3200)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stop-after", type=int, help="end after this many of the epochs")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--peak-rate", type=float, default=PEAK_RATE)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fp32", action="store_true", help="do not compute in bfloat16 where the CPU can")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    brain_floats = not given.fp32 and torch.ops.mkldnn._is_mkldnn_bf16_supported()

    started_s = time.monotonic()
    samples = make_samples(given.images, FIRST_TRAINING_SEED + given.seed * 100_000, given.threads)
    drawn_s = time.monotonic() - started_s
    boxes = sum(len(sample.boxes) for sample in samples)
    print(f"{len(samples)} pictures with {boxes} boxes drawn in {drawn_s:.0f} s", flush=True)
    plan = Plan(
        epochs=given.epochs,
        seed=given.seed,
        peak_rate=given.peak_rate,
        start=given.start,
        stop_after=given.stop_after,
    )
    network = train(samples, plan, out=given.out, brain_floats=brain_floats)
    trained_s = time.monotonic() - started_s - drawn_s
    folder = export(network, given.out)
    record = {
        "images": given.images,
        "epochs": given.epochs,
        "seed": given.seed,
        "bfloat16": brain_floats,
        "drawing_s": round(drawn_s),
        "training_s": round(trained_s),
    }
    (given.out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"trained in {trained_s:.0f} s; the model is {folder}")


if __name__ == "__main__":
    main()
