# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the dance model: `python -m twostep.models.dance.train --shards DIR --run DIR --budget 60`.

Three stages share the budget: f, d and the deterministic g (JEPA with VICReg); the flow in the
frozen latent space; then flow, decoder and the deterministic g refine each other in it. Everything
is scheduled by the time spent, so the same script serves two CPU cores and a large GPU. A
checkpoint is written every few minutes; the same command goes on from it.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import time
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .config import SIZES, Config
from .network import DanceModel
from .pairing import Dances, Library, Pairing
from .refining import refining_step
from .steps import Tensors, encoding_step, flow_step
from .watch import Watch

log = logging.getLogger(__name__)

STAGES = {"encoding": encoding_step, "flow": flow_step, "refining": refining_step}
#: Share of the budget that each stage gets, and of the learning rate it begins with.
SHARES = (0.2, 0.47, 0.33)
RATES = (1.0, 1.0, 0.6)
SEGMENTS = 3
EMA_DECAY = 0.999
CHECKPOINT_MINUTES = 4.0
LOOK_MINUTES = 8.0
WARMUP_STEPS = 100


@dataclass
class State:
    """Where a run stands. minutes: spent so far in each stage."""

    model: DanceModel
    average: DanceModel
    optimiser: torch.optim.AdamW
    stage: int = 0
    step: int = 0
    minutes: list[float] = field(default_factory=lambda: [0.0] * len(STAGES))

    def save(self, path: Path) -> None:
        partial = path.with_suffix(".part")
        torch.save(
            {
                "config": self.model.config.to_dict(),
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "stage": self.stage,
                "step": self.step,
                "minutes": self.minutes,
            },
            partial,
        )
        os.replace(partial, path)


def stage_parameters(model: DanceModel, stage: int) -> list[nn.Parameter]:
    """What a stage trains; the encoder is frozen after the first."""
    parts: list[nn.Module] = [
        [model.encoder, model.decoder, model.jepa, model.inverse],
        [model.flow, model.decoder],
        [model.flow, model.decoder, model.jepa],
    ][stage]
    return [parameter for part in parts for parameter in part.parameters()]


def optimiser_for(model: DanceModel, stage: int) -> torch.optim.AdamW:
    """A fresh optimiser for what the stage trains."""
    return torch.optim.AdamW(
        stage_parameters(model, stage), model.config.learning_rate, (0.9, 0.98), weight_decay=0.02
    )


def load_average(path: Path, device: str = "cpu") -> DanceModel:
    """The averaged model of a checkpoint, ready for inference."""
    kept = torch.load(path, map_location=device, weights_only=True)
    model = DanceModel(Config(**kept["config"])).to(device)
    model.load_state_dict(kept["average"])
    return model.eval()


def resume(path: Path, state: State) -> State:
    """The state as `State.save` wrote it."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    state.model.load_state_dict(kept["model"])
    state.average.load_state_dict(kept["average"])
    state.stage, state.step = kept["stage"], kept["step"]
    state.minutes = [*kept["minutes"], 0.0, 0.0][: len(STAGES)]
    if state.stage < len(STAGES):
        state.optimiser = optimiser_for(state.model, state.stage)
        if state.step:  # a stage that has not begun has nothing to go on with
            state.optimiser.load_state_dict(kept["optimiser"])
    return state


def learning_rate(base: float, step: int, progress: float) -> float:
    """Linear warm-up by steps, then a cosine over the stage's share of the budget."""
    return (
        base
        * min(1.0, (step + 1) / WARMUP_STEPS)
        * 0.5
        * (1 + math.cos(math.pi * min(progress, 1)))
    )


@torch.no_grad()
def average_in(average: nn.Module, model: nn.Module, step: int) -> None:
    """Move the averaged weights towards the present ones (EMA with a quick start)."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def take_step(state: State, batch: Tensors, progress: float) -> dict[str, float]:
    """One optimiser step of the present stage; returns its terms."""
    state.model.train()
    state.model.encoder.train(state.stage == 0)
    highest = RATES[state.stage] * state.model.config.learning_rate
    rate = learning_rate(highest, state.step, progress)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    terms = list(STAGES.values())[state.stage](state.model, batch, progress)
    state.optimiser.zero_grad(set_to_none=True)
    terms["loss"].backward()
    nn.utils.clip_grad_norm_(stage_parameters(state.model, state.stage), 1.0)
    state.optimiser.step()
    average_in(state.average, state.model, state.step)
    state.step += 1
    return {name: float(value.detach()) for name, value in terms.items()}


def next_stage(state: State) -> None:
    """Go on to the next stage with the averaged weights, of which the encoder stays frozen."""
    state.model.load_state_dict(state.average.state_dict())
    state.stage, state.step = state.stage + 1, 0
    if state.stage < len(STAGES):
        state.optimiser = optimiser_for(state.model, state.stage)


def train(state: State, pairing: Pairing, watch: Watch, run: Path, budget: float) -> None:
    """Spend what is left of the budget (minutes)."""
    shares = [share * budget for share in SHARES]
    device = next(state.model.parameters()).device
    saved = looked = spoken = time.monotonic()
    recent: list[dict[str, float]] = []
    while state.stage < len(STAGES):
        began = time.monotonic()
        progress = state.minutes[state.stage] / shares[state.stage]
        config = state.model.config
        size = config.flow_batch if state.stage else config.encoding_batch
        batch = Tensors(pairing.draw(size), device)
        recent.append(take_step(state, batch, progress))
        now = time.monotonic()
        state.minutes[state.stage] += (now - began) / 60
        over = state.minutes[state.stage] >= shares[state.stage]
        if now - spoken > 30 or over:
            means = {k: float(np.mean([r[k] for r in recent if k in r])) for k in recent[-1]}
            _write_log(run, state, means)
            recent, spoken = [], now
        if now - looked > 60 * LOOK_MINUTES or over:
            _write_log(run, state, watch.look(state.average, state.stage))
            looked = time.monotonic()
        if over:
            next_stage(state)
        if now - saved > 60 * CHECKPOINT_MINUTES or over:
            state.save(run / "checkpoint.pt")
            saved = time.monotonic()


def _write_log(run: Path, state: State, values: dict[str, float]) -> None:
    line = {"stage": state.stage, "step": state.step, "minutes": sum(state.minutes)}
    line |= {"cpu_minutes": time.process_time() / 60, **values}
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}
    with open(run / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(rounded) + "\n")
    log.info("%s", "  ".join(f"{k} {v}" for k, v in rounded.items()))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the dance model.")
    parser.add_argument(
        "--shards", type=Path, required=True, help="folder of motion.npz, music.npz"
    )
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoints and the log")
    parser.add_argument("--budget", type=float, required=True, help="minutes for all stages")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asked.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(asked.seed)
    dances = Dances(asked.shards / "motion.npz", "train", SEGMENTS)
    library = Library.load(asked.shards / "music.npz", "train")
    pairing = Pairing(dances, library, asked.seed)
    model = DanceModel(SIZES[asked.size]).to(asked.device)
    mean, std = dances.statistics()
    model.set_statistics(torch.from_numpy(mean), torch.from_numpy(std))
    state = State(model, deepcopy(model).eval(), optimiser_for(model, 0))
    if (asked.run / "checkpoint.pt").exists():
        state = resume(asked.run / "checkpoint.pt", state)
    watch = Watch(asked.shards, asked.device)
    train(state, pairing, watch, asked.run, asked.budget)


if __name__ == "__main__":
    main()
