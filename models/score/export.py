# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks as ONNX files with half-size weights, and the card that vouches for them.

Weights are stored as float16 and cast to float32 in the graph: ONNX Runtime folds the casts when it
opens the file, so that everything is computed in float32 as before.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from ...inference.runtime import onnxruntime

OPSET = 18
CARD = "score.json"
#: Arrays of fewer numbers (biases, norms) stay float32.
_SMALL = 2048

Axes = Mapping[str, Mapping[int, str]]


def export(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], axes: Axes, path: Path,
    *, half: bool = True,
) -> Path:  # fmt: skip
    """Write a network as `path`, whole or not at all.

    inputs: an example of each by name, in the order of `forward`. outputs: names of the results.
    axes: names of the dimensions that may vary, by input or output. half: weights as float16.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.onnx.export(
        module.cpu().eval(), tuple(inputs.values()), str(partial), input_names=list(inputs),
        output_names=list(outputs), dynamic_axes={name: dict(row) for name, row in axes.items()},
        opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    model = onnx.load(partial)
    _share(model.graph)
    if half:
        _halve(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, partial)
    os.replace(partial, path)
    return path


def _share(graph: onnx.GraphProto) -> None:
    """Keep equal weights once: unrolled steps bring a copy each."""
    kept: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    for weight in list(graph.initializer):
        shape = np.array([weight.data_type, *weight.dims], np.int64).tobytes()
        digest = hashlib.sha256(shape + numpy_helper.to_array(weight).tobytes()).digest()
        first = kept.setdefault(digest, weight.name)
        if first != weight.name:
            renamed[weight.name] = first
            graph.initializer.remove(weight)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)


def _halve(graph: onnx.GraphProto) -> None:
    """Store large float32 weights as float16 behind a Cast."""
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < _SMALL:
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name, stored = weight.name, f"{weight.name}.half"
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def difference(module: nn.Module, inputs: Mapping[str, Tensor], path: Path) -> float:
    """Largest difference between the results of the network and of its file, over all outputs."""
    with torch.no_grad():
        found = module.cpu().eval()(*inputs.values())
    wanted = [found] if isinstance(found, Tensor) else list(found)
    session = onnxruntime().InferenceSession(path, providers=["CPUExecutionProvider"])
    given: dict[str, NDArray] = {name: value.numpy() for name, value in inputs.items()}
    ran = session.run(None, given)
    return max(
        float(np.abs(one - other.numpy()).max()) for one, other in zip(ran, wanted, strict=True)
    )


def vouch(
    paths: Sequence[Path], facts: Mapping[str, object], version: str | None = None, card: str = CARD
) -> Path:
    """Enter files and facts about them in the card of their folder, beside what it holds already.

    A fact that is itself a mapping is merged into the one that is there, key by key.
    """
    place = paths[0].parent / card
    told: dict[str, Any] = {"version": "1", "sha256": {}}
    if place.exists():
        told = json.loads(place.read_text("utf-8"))
    for name, value in facts.items():
        known = told.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            told[name] = {**known, **value}
        else:
            told[name] = value
    for path in paths:
        told["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    told["version"] = version or told["version"]
    told["exported"] = datetime.now(UTC).date().isoformat()
    partial = place.with_suffix(".part")
    partial.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, place)
    return place
