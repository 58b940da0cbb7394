"""A folder of drawn streets and a number of minutes in, trained weights and an OpenVINO model out.

    python -m hub.demo.training.draw --out STREETS --streets 2000 &
    python -m hub.demo.training.train --out DIR --streets STREETS --minutes 90 --seed 1 --width 384 --stop-after 45
    python -m hub.demo.training.train --out DIR --streets STREETS --minutes 90 --seed 1 --resume

Runs on a CPU, for as long as it is given: the rate of learning follows the clock, so a slower machine ends on time too,
only with less learnt. `DIR` receives `street_weights.pt`, `street_openvino_model/` and `training.json`, and after each
round `state.pt`, from which `--resume` goes on. With `--start WEIGHTS` training begins at an earlier run's weights. The
network fits any input, so a run may begin on a smaller one, which costs less, and go on with the one that is shipped.
"""

import argparse
import json
import math
import time
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hub.demo.training.batches import Shelf, batches
from hub.demo.training.dataset import SHIPPED_CANVAS, Canvas
from hub.demo.training.export import export, load_network
from hub.demo.training.network import make_network

BATCH = 16
PEAK_RATE = 2.5e-3
ROUND_STEPS = 250
_LAST_RATE = 1e-5
_WARM_UP_SHARE = 0.02
_DECAY = 5e-4
_AVERAGE = 0.9985
_FIRST_CUT_SHARE = 0.4  # of the pictures are cut and enlarged at first, none at the end
_LOSS_PARTS = ("box_loss", "cls_loss", "dfl_loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run of training: how long, on what input, how fast it learns at most, where it begins.

    `stop_after` ends it at that minute, on the schedule that `minutes` sets, to be resumed later.
    """

    minutes: float
    seed: int
    width_px: int = SHIPPED_CANVAS.width_px
    stop_after: float | None = None
    peak_rate: float = PEAK_RATE
    start: Path | None = None
    brain_floats: bool = True


@dataclass(slots=True, kw_only=True)
class Learner:
    """All that changes while training, and all that a later process needs to go on."""

    network: Any
    average: Any
    optimizer: torch.optim.Optimizer
    step: int = 0
    spent_s: float = 0.0

    @classmethod
    def begin(cls, plan: Plan) -> "Learner":
        """Return a learner that has learnt nothing, or what the plan's start has."""
        torch.manual_seed(plan.seed)
        network = load_network(plan.start) if plan.start else make_network()
        network = network.to(memory_format=torch.channels_last)
        return cls(network=network, average=deepcopy(network).eval(), optimizer=_optimizer(network))

    def save(self, out: Path) -> None:
        """Write the averaged weights and the whole state; each file is replaced at once."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "spent_s": self.spent_s,
        }
        for name, value in (("state.pt", state), ("street_weights.pt", self.average.state_dict())):
            partial = out / f".{name}.partial"
            torch.save(value, partial)
            partial.replace(out / name)

    def load(self, out: Path) -> None:
        """Take up the state that `save` wrote."""
        state = torch.load(out / "state.pt", map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.spent_s = int(state["step"]), float(state["spent_s"])


def rate(share: float, peak: float) -> float:
    """Return the learning rate when `share` of the time is over: up in a straight line, then down along a cosine."""
    if share < _WARM_UP_SHARE:
        return peak * max(share, 1e-3) / _WARM_UP_SHARE
    down = min(1.0, (share - _WARM_UP_SHARE) / (1.0 - _WARM_UP_SHARE))
    return _LAST_RATE + (peak - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * down))


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
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.999), fused=True)


def _follow(average: Any, network: Any, step: int) -> None:
    """Move the averaged weights a little towards the trained ones; faster at first."""
    keep = _AVERAGE * (1 - math.exp(-(step + 1) / 300))
    current = network.state_dict()
    followed = [(mine, current[name]) for name, mine in average.state_dict().items() if mine.dtype.is_floating_point]
    torch._foreach_lerp_([mine for mine, _ in followed], [theirs for _, theirs in followed], 1 - keep)


def train(shelf: Shelf, plan: Plan, learner: Learner, *, out: Path) -> None:
    """Teach the learner until the plan's minutes are over; its state is saved after each round."""
    learner.network.train()
    criterion = learner.network.init_criterion()
    canvas = Canvas(plan.width_px)
    planned_s = plan.minutes * 60
    end_s = planned_s if plan.stop_after is None else min(planned_s, plan.stop_after * 60)
    last_s = time.monotonic()
    while learner.spent_s < end_s:
        shelf.look_again()
        rng = np.random.default_rng((plan.seed, 81, learner.step))
        total, steps, round_s = torch.zeros(3), 0, learner.spent_s
        cut_share = _FIRST_CUT_SHARE * max(0.0, 1.0 - round_s / planned_s)
        for batch in batches(shelf, canvas, rng, size=BATCH, count=ROUND_STEPS, cut_share=cut_share):
            now_rate = rate(learner.spent_s / planned_s, plan.peak_rate)
            for group in learner.optimizer.param_groups:
                group["lr"] = now_rate
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=plan.brain_floats):
                predicted = learner.network(batch["img"])
            loss, parts = criterion(_full_precision(predicted), batch)
            learner.optimizer.zero_grad(set_to_none=True)
            loss.sum().backward()
            torch.nn.utils.clip_grad_norm_(learner.network.parameters(), 10.0)
            learner.optimizer.step()
            _follow(learner.average, learner.network, learner.step)
            total += torch.stack([parts[name].detach() for name in _LOSS_PARTS])
            steps += 1
            learner.step += 1
            now_s = time.monotonic()
            learner.spent_s += now_s - last_s
            last_s = now_s
            if learner.spent_s >= end_s:
                break
        box, label, spread = (total / steps).tolist()
        print(
            f"{learner.spent_s / 60:.1f} of {plan.minutes:g} min, {learner.step * BATCH} passes over "
            f"{len(shelf)} pictures: box {box:.3f} class {label:.3f} spread {spread:.3f}; rate {now_rate:.5f}, "
            f"{steps * BATCH / (learner.spent_s - round_s):.1f} images/s",
            flush=True,
        )
        learner.save(out)


def main() -> None:
    """Train, export, and say how it went."""
    parser = argparse.ArgumentParser(description="Train the demo's street model on drawn streets.")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and the exported model")
    parser.add_argument("--streets", type=Path, required=True, help="folder that hub.demo.training.draw fills")
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--width", type=int, default=SHIPPED_CANVAS.width_px, help="of the model's input, in pixels")
    parser.add_argument("--stop-after", type=float, help="end at this minute of the run, to be resumed later")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument("--resume", action="store_true", help="go on from the state that is in --out")
    parser.add_argument("--peak-rate", type=float, default=PEAK_RATE)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fp32", action="store_true", help="do not compute in bfloat16 where the CPU can")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    plan = Plan(
        minutes=given.minutes,
        seed=given.seed,
        width_px=given.width,
        stop_after=given.stop_after,
        peak_rate=given.peak_rate,
        start=given.start,
        brain_floats=not given.fp32 and torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    )
    learner = Learner.begin(plan)
    if given.resume:
        learner.load(given.out)
    shelf = Shelf(given.streets)
    train(shelf, plan, learner, out=given.out)
    folder = export(learner.average, Canvas(plan.width_px), given.out)
    record = asdict(plan) | {"start": str(plan.start or ""), "pictures": len(shelf), "passes": learner.step * BATCH}
    (given.out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"{record['passes']} passes in {learner.spent_s / 60:.0f} min; the model is {folder}")


if __name__ == "__main__":
    main()
