# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as ONNX files with half-size weights, and their card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from twostep.models.score.export import difference, export, vouch


class Twice(nn.Module):
    """The same weights used in two unrolled steps."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        once = self.inner(x)
        return once, self.inner(torch.tanh(once))


def _written(path: Path, half: bool) -> tuple[Path, float, dict[str, Tensor]]:
    torch.manual_seed(0)
    given = {"x": torch.randn(1, 3, 64)}
    axes = {name: {1: "time"} for name in ("x", "once", "again")}
    module = Twice()
    export(module, given, ["once", "again"], axes, path, half=half)
    longer = {"x": torch.randn(1, 7, 64)}
    return path, difference(module, longer, path), given


def test_full_size_weights_compute_the_same(tmp_path: Path) -> None:
    assert _written(tmp_path / "a.onnx", half=False)[1] < 1e-5


def test_half_size_weights_compute_nearly_the_same_from_half_the_bytes(tmp_path: Path) -> None:
    whole = _written(tmp_path / "a.onnx", half=False)[0].stat().st_size
    path, wrong, _ = _written(tmp_path / "b.onnx", half=True)
    assert 1e-7 < wrong < 1e-2
    assert path.stat().st_size < 0.7 * whole
    # One copy for both steps: 64 x 64 numbers of two bytes, and little else.
    assert path.stat().st_size < 64 * 64 * 2 + 3000
    assert list(tmp_path.glob("*.part")) == []


def test_card_keeps_what_others_entered(tmp_path: Path) -> None:
    path, _, _ = _written(tmp_path / "a.onnx", half=True)
    vouch([path], {"parameters": {"a": 1}, "guidance": 2.0}, version="7")
    other = tmp_path / "b.onnx"
    other.write_bytes(b"something")
    card = json.loads(vouch([other], {"parameters": {"b": 2}}).read_text())
    assert card["version"] == "7"
    assert card["guidance"] == 2.0
    assert card["parameters"] == {"a": 1, "b": 2}
    assert card["sha256"]["a.onnx"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(card["sha256"]) == {"a.onnx", "b.onnx"}
