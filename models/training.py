# SPDX-License-Identifier: GPL-3.0-or-later
"""A training run that lives on a budget of minutes: schedule, averaged weights, checkpoints.

Everything is scheduled by the time spent, so the same command serves two CPU cores and a large
GPU. A checkpoint is written every few minutes; the same command goes on from it.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
CHECKPOINT_MINUTES = 3.0
LOOK_MINUTES = 5.0
WARMUP_STEPS = 100
EMA_DECAY = 0.999
LONGEST_GRADIENT = 1.0

#: Gives the terms of the loss, the sum as "loss", at a progress of 0..1.
Step = Callable[[float], Mapping[str, Tensor]]
#: What a look at the averaged model finds.
Look = Callable[[nn.Module], Mapping[str, float]]


class Run:
    """One network, its optimiser and its averaged copy, kept in a folder.

    minutes: spent so far; cpu_minutes: of processor time in them; step: optimiser steps so far.
    These, and the weights, come from the folder's checkpoint where there is one.
    """

    def __init__(
        self, model: nn.Module, folder: Path, budget: float, rate: float,
        weight_decay: float = 0.01, warmup: int = WARMUP_STEPS,
    ) -> None:  # fmt: skip
        self.model, self.folder, self.budget, self.rate = model, folder, budget, rate
        self.warmup = warmup
        self.average = deepcopy(model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            model.parameters(), rate, (0.9, 0.98), weight_decay=weight_decay
        )
        self.step, self.minutes, self.cpu_minutes = 0, 0.0, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CHECKPOINT).exists():
            self._resume()

    @property
    def progress(self) -> float:
        """Share of the budget spent, 0..1."""
        return min(self.minutes / self.budget, 1.0)

    def train(self, step: Step, look: Look | None = None) -> None:
        """Spend what is left of the budget."""
        saved = looked = spoken = time.monotonic()
        recent: list[dict[str, float]] = []
        while self.minutes < self.budget:
            began, worked = time.monotonic(), time.process_time()
            recent.append(self.take(step))
            now = time.monotonic()
            self.minutes += (now - began) / 60
            self.cpu_minutes += (time.process_time() - worked) / 60
            over = self.minutes >= self.budget
            if now - spoken > 30 or over:
                self._write_log({k: float(np.mean([r[k] for r in recent])) for k in recent[-1]})
                recent, spoken = [], now
            if look is not None and (now - looked > 60 * LOOK_MINUTES or over):
                self._write_log(look(self.average))
                looked = time.monotonic()
            if now - saved > 60 * CHECKPOINT_MINUTES or over:
                self.save()
                saved = time.monotonic()

    def take(self, step: Step) -> dict[str, float]:
        """One optimiser step; the terms of its loss."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate_now()
        terms = step(self.progress)
        self.optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        average_in(self.average, self.model, self.step)
        self.step += 1
        return {name: float(value.detach()) for name, value in terms.items()}

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        path = self.folder / CHECKPOINT
        partial = path.with_suffix(".part")
        kept = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "minutes": self.minutes,
            "cpu_minutes": self.cpu_minutes,
        }
        torch.save(kept, partial)
        os.replace(partial, path)

    def _resume(self) -> None:
        kept = torch.load(self.folder / CHECKPOINT, map_location="cpu", weights_only=True)
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.step, self.minutes = kept["step"], kept["minutes"]
        self.cpu_minutes = kept.get("cpu_minutes", 0.0)

    def _rate_now(self) -> float:
        """Linear warm-up by steps, then a cosine over the budget."""
        warm = min(1.0, (self.step + 1) / self.warmup)
        return self.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress)))

    def _write_log(self, values: Mapping[str, float]) -> None:
        line = {
            "step": self.step, "minutes": self.minutes, "cpu_minutes": self.cpu_minutes, **values
        }  # fmt: skip
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")
        log.info("%s", "  ".join(f"{k} {v}" for k, v in rounded.items()))


def load_average(model: nn.Module, folder: Path) -> nn.Module:
    """The averaged weights of a run put into `model`, ready for inference."""
    kept = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    model.load_state_dict(kept["average"])
    return model.eval()


@torch.no_grad()
def average_in(average: nn.Module, model: nn.Module, step: int) -> None:
    """Move the averaged weights towards the present ones (EMA with a quick start)."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of every training command: --run, --budget, --device, --threads, --seed."""
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--budget", type=float, required=True, help="minutes in all")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="CPU threads, else torch's own choice")
    parser.add_argument("--seed", type=int, default=0)


def prepare(asked: argparse.Namespace) -> None:
    """Set up logging, threads and the random numbers as the arguments say."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
