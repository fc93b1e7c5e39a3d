# SPDX-License-Identifier: GPL-3.0-or-later
"""Score networks of random weights that keep the contract of the real ones, in half a megabyte.

Everything the generator is told changes what it makes, and what is known spreads to its
neighbours. Decoder and encoder undo each other, but for the decoder's reach to both sides.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import helper

from twostep.inference.genres import NAMES
from twostep.inference.score.conditions import CHANNELS

from ..tiny_networks import save

WIDTH, REACH = 96, 3
FILES = ("flow.onnx", "autoencoder_decoder.onnx", "autoencoder_encoder.onnx", "vocoder.onnx")


def build(folder: Path) -> Path:
    """Write the networks and score.json into `folder`; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(6)
    patches = np.linalg.qr(random.normal(size=(1024, WIDTH)))[0].T
    save(folder / "flow.onnx", *_flow(random))
    save(folder / "autoencoder_decoder.onnx", *_decoder(patches, random))
    save(folder / "autoencoder_encoder.onnx", *_encoder(patches))
    save(folder / "vocoder.onnx", *_vocoder())
    card = {
        "version": "test",
        "sha256": {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in FILES},
        "mel_ceiling": [-20.0] * 256,
        "decoder_reach": REACH,
        "guidance": 2.0,
    }
    (folder / "score.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def _flow(random):
    def mixed(name: str, present: str | None, weight: str) -> list:
        nodes = [helper.make_node("MatMul", [name, weight], [f"{name}_mixed"])]
        if present:
            nodes.append(helper.make_node("Mul", [f"{name}_mixed", present], [f"{name}_told"]))
        return nodes

    nodes = [
        helper.make_node("Reshape", ["conditions", "rows"], ["heard"]),
        *mixed("heard", "guidance", "heard_weight"),
        *mixed("motion", "motion_present", "motion_weight"),
        *mixed("genre", None, "genre_weight"),
        *mixed("timbre", "timbre_present", "timbre_weight"),
        helper.make_node("Mul", ["known", "known_mask"], ["kept"]),
        helper.make_node("Transpose", ["kept"], ["kept_turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["kept_turned", "kernel"], ["near_turned"], pads=[4, 4],
                         group=WIDTH),
        helper.make_node("Transpose", ["near_turned"], ["near"], perm=[0, 2, 1]),
        helper.make_node("Sum", ["noise", "heard_told", "motion_told", "genre_mixed",
                                 "timbre_told", "near"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["free"]),
        helper.make_node("Sub", ["one", "known_mask"], ["unknown"]),
        helper.make_node("Mul", ["free", "unknown"], ["drawn"]),
        helper.make_node("Add", ["kept", "drawn"], ["latents"]),
    ]  # fmt: skip
    constants = {
        "rows": np.array([1, 64, 4 * CHANNELS]), "one": np.float32([1]),
        "heard_weight": random.normal(0, 0.1, (4 * CHANNELS, WIDTH)),
        "motion_weight": random.normal(0, 0.1, (64, WIDTH)),
        "genre_weight": random.normal(0, 0.5, (len(NAMES), WIDTH)),
        "timbre_weight": random.normal(0, 0.05, (2 * WIDTH, WIDTH)),
        "kernel": np.full((WIDTH, 1, 9), 0.1),
    }  # fmt: skip
    inputs = {
        "noise": [1, 64, WIDTH], "known": [1, 64, WIDTH], "known_mask": [1, 64, 1],
        "conditions": [1, 256, CHANNELS], "motion": [1, 64, 64], "motion_present": [1, 1],
        "genre": [1, len(NAMES)], "timbre": [1, 2 * WIDTH], "timbre_present": [1, 1],
        "guidance": [1],
    }  # fmt: skip
    return nodes, constants, inputs, {"latents": [1, 64, WIDTH]}


def _decoder(patches, random):
    kernel = random.normal(0, 0.002, (1024, WIDTH, 2 * REACH + 1))
    kernel[:, :, REACH] = patches.T
    nodes = [
        helper.make_node("Transpose", ["latents"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["turned", "kernel"], ["wide"], pads=[REACH, REACH]),
        helper.make_node("Transpose", ["wide"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["tokens", "shape"], ["mel"]),
    ]
    constants = {"kernel": kernel, "shape": np.array([1, -1, 256])}
    return nodes, constants, {"latents": [1, "tokens", WIDTH]}, {"mel": [1, "frames", 256]}


def _encoder(patches):
    nodes = [
        helper.make_node("Reshape", ["mel", "shape"], ["tokens"]),
        helper.make_node("MatMul", ["tokens", "weight"], ["latents"]),
    ]
    constants = {"shape": np.array([1, -1, 1024]), "weight": patches.T}
    return nodes, constants, {"mel": [1, "frames", 256]}, {"latents": [1, "tokens", WIDTH]}


def _vocoder():
    nodes = [
        helper.make_node("Sigmoid", ["rough"], ["gain"]),
        helper.make_node("ReduceMean", ["mel", "bands"], ["level"]),
        helper.make_node("Exp", ["level"], ["amplitude"]),
        helper.make_node("Mul", ["amplitude", "little"], ["hiss"]),
        helper.make_node("Reshape", ["hiss", "shape"], ["noise"]),
    ]
    constants = {
        "bands": np.array([2]), "shape": np.array([1, -1, 129]),
        "little": np.full((1, 1, 16 * 129), 1e-4),
    }  # fmt: skip
    return (
        nodes, constants, {"mel": [1, "frames", 256], "rough": [1, "rows", 257]},
        {"gain": [1, "rows", 257], "noise": [1, "notes", 129]},
    )  # fmt: skip
