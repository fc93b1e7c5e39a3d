# SPDX-License-Identifier: GPL-3.0-or-later
"""Dance networks of random weights that keep the contract of the real ones, in a few kilobytes.

The decoder is a convolution that reaches 8 tokens to each side around a standing pose; the
predictor mixes noise, music, style, energy and context, so that each of them changes the dance.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from twostep.inference import pose_features
from twostep.inference.skeleton import JOINT_COUNT, STANDING_HEIGHT
from twostep.inference.styles import STYLES

WIDTH = 8


def build(folder: Path, reach: int = 8) -> Path:
    """Write encoder, predictor, decoder and dance.json into `folder`; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    save(folder / "encoder.onnx", *_encoder(random))
    save(folder / "predictor.onnx", *_predictor(random))
    save(folder / "decoder.onnx", *_decoder(random, reach))
    names = ("encoder.onnx", "predictor.onnx", "decoder.onnx")
    card = {
        "version": "test",
        "latent": WIDTH,
        "styles": list(STYLES),
        "sha256": {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names},
        "speed_quantiles": {style: list(np.linspace(0.1, 0.8, 21)) for style in STYLES},
    }
    (folder / "dance.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def standing() -> np.ndarray:
    """Pose features (152,) of a figure that stands in the rest pose."""
    features = np.zeros(pose_features.SIZE, np.float32)
    features[pose_features.POSE] = np.tile([1, 0, 0, 0, 1, 0], JOINT_COUNT)
    features[pose_features.HEIGHT] = STANDING_HEIGHT
    features[pose_features.CONTACT] = 0.5
    return features


def _encoder(random):
    weight = random.normal(0, 0.05, (4 * 152, WIDTH))
    nodes = [
        helper.make_node("Reshape", ["motion", "shape"], ["tokens"]),
        helper.make_node("MatMul", ["tokens", "weight"], ["latents"]),
    ]
    constants = {"shape": np.array([1, 15, 608]), "weight": weight}
    return nodes, constants, {"motion": [1, 60, 152]}, {"latents": [1, 15, WIDTH]}


def _predictor(random):
    inputs = {
        "context": ["batch", 15, WIDTH], "context_mask": ["batch", 15],
        "music": ["batch", 76, 48], "style": ["batch", 5], "energy": ["batch", 1],
        "noise": ["batch", 15, WIDTH], "guidance": [1],
    }  # fmt: skip
    nodes = [
        helper.make_node("Slice", ["music", "zero", "sixty", "one"], ["played"]),
        helper.make_node("Reshape", ["played", "shape"], ["heard"]),
        helper.make_node("MatMul", ["heard", "music_weight"], ["danced"]),
        helper.make_node("Mul", ["danced", "guidance"], ["guided"]),
        helper.make_node("MatMul", ["style", "style_weight"], ["styled"]),
        helper.make_node("Unsqueeze", ["styled", "one"], ["styled_all"]),
        helper.make_node("Unsqueeze", ["energy", "one"], ["energy_all"]),
        helper.make_node("Add", ["noise", "guided"], ["a"]),
        helper.make_node("Add", ["a", "styled_all"], ["b"]),
        helper.make_node("Unsqueeze", ["context_mask", "two"], ["mask"]),
        helper.make_node("Mul", ["context", "mask"], ["remembered"]),
        helper.make_node("Mul", ["remembered", "half"], ["c"]),
        helper.make_node("Add", ["b", "c"], ["d"]),
        helper.make_node("Add", ["energy_all", "half"], ["strength"]),
        helper.make_node("Mul", ["d", "strength"], ["e"]),
        helper.make_node("Tanh", ["e"], ["latents"]),
    ]
    constants = {
        "zero": np.array([0, 0]), "sixty": np.array([60, 48]), "one": np.array([1]),
        "two": np.array([2]), "shape": np.array([0, 15, 192]), "half": np.float32([0.5]),
        "music_weight": random.normal(0, 0.05, (192, WIDTH)),
        "style_weight": random.normal(0, 0.5, (5, WIDTH)),
    }  # fmt: skip
    constants["axes"] = np.array([1, 2])
    nodes[0] = helper.make_node("Slice", ["music", "zero", "sixty", "axes"], ["played"])
    return nodes, constants, inputs, {"latents": ["batch", 15, WIDTH]}


def _decoder(random, reach):
    kernel = random.normal(0, 0.02, (608, WIDTH, 2 * reach + 1))
    # Heights and turns are left nearly alone, or random weights would bury or spin the figure.
    per_frame = kernel.reshape(4, 152, WIDTH, -1)
    per_frame[:, [pose_features.HEIGHT, pose_features.TURN]] *= 0.2
    per_frame[:, pose_features.CONTACT] *= 8
    bias = np.tile(standing(), 4)
    nodes = [
        helper.make_node("Transpose", ["latents"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["turned", "kernel", "bias"], ["wide"], pads=[reach, reach]),
        helper.make_node("Transpose", ["wide"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["tokens", "shape"], ["features"]),
    ]
    constants = {"kernel": kernel, "bias": bias, "shape": np.array([0, -1, 152])}
    return (
        nodes, constants, {"latents": ["batch", "tokens", WIDTH]},
        {"features": ["batch", "frames", 152]},
    )  # fmt: skip


def save(path, nodes, constants, inputs, outputs):
    def told(shapes):
        return [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()]

    kept = [
        numpy_helper.from_array(
            value if value.dtype == np.int64 else value.astype(np.float32), name
        )
        for name, value in constants.items()
    ]
    graph = helper.make_graph(nodes, path.stem, told(inputs), told(outputs), kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
