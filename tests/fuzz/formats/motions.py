# SPDX-License-Identifier: GPL-3.0-or-later
"""Motions: npz of ours and of AMASS, BVH of several skeletons."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from twostep.inference import bvh
from twostep.inference.errors import TwostepError
from twostep.inference.motion import FPS, Motion
from twostep.inference.readers import read_motion

from .. import mutate
from .form import Format

_DTYPES = ("<f4", "<f8", "<f2", "<i4", "|b1", "<U3", "|S5", "|O", "<c16", "|V8", ">f4", "<M8[s]",
           "<f16", "|S0", "[('a', '<f4')]")  # fmt: skip
_WORDS = ("HIERARCHY", "ROOT", "JOINT", "End", "Site", "{", "}", "OFFSET", "CHANNELS", "MOTION",
          "Frames:", "Frame", "Time:", "Xposition", "Yrotation", "Zrotation", "Wrotation",
          "Xscale", "-10", "Hips", "LeftUpLeg", "hip", "abdomen")  # fmt: skip


def still(frames: int = 12) -> Motion:
    """A figure that stands and turns its arms a little."""
    rotations = np.zeros((frames, 24, 4), np.float32)
    angles = np.linspace(0, 0.3, frames)[:, None] * np.linspace(-1, 1, 24)
    rotations[..., 0], rotations[..., 1] = np.cos(angles), np.sin(angles)
    root = np.tile(np.array([0, 0, 0.975], np.float32), (frames, 1))
    return Motion(FPS, root, rotations, np.zeros((frames, 4), np.float32))


@cache
def npz_seeds() -> tuple[bytes, ...]:
    """One of ours, and one as AMASS has it."""
    ours, amass = io.BytesIO(), io.BytesIO()
    motion = still()
    np.savez_compressed(ours, fps=np.float64(30), root=motion.root, rotations=motion.rotations,
                        contacts=motion.contacts)  # fmt: skip
    np.savez(amass, poses=np.full((12, 156), 0.1), trans=np.ones((12, 3)),
             mocap_framerate=np.float64(120), gender="neutral", betas=np.zeros(16))  # fmt: skip
    return ours.getvalue(), amass.getvalue()


def npy(shape: object, dtype: str, data: bytes, order: bool = False) -> bytes:
    """An array file that says of itself whatever it likes."""
    told = dtype if dtype.startswith("[") else repr(dtype)
    head = f"{{'descr': {told}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


def archive(arrays: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of array files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in arrays.items():
            file.writestr(f"{name}.npy", content)
    return out.getvalue()


def _odd_arrays(rng: Random) -> bytes:
    frames = rng.choice((0, 1, 2, 5, 30, 10**9, 2**62, -1))
    ours = {"fps": (), "root": (frames, 3), "rotations": (frames, 24, 4), "contacts": (frames, 4)}
    amass = {"poses": (frames, rng.choice((72, 156, 66, 3))), "trans": (frames, 3),
             "mocap_framerate": ()}  # fmt: skip
    arrays = {}
    for name, shape in rng.choice((ours, amass)).items():
        dtype = rng.choice(_DTYPES) if rng.random() < 0.15 else "<f8"
        shape = rng.choice(((), (3,), (2, 2), (10**9,), (2**40, 2**40), (0, 10**9), "10**9",
                            "(1,)*70", (-5, 3))) if rng.random() < 0.15 else shape  # fmt: skip
        rate = rng.choice((30, 0, -1, 1e-300, 1e300, np.nan, np.inf, 60, 1e6, 1e-4))
        value = rate if shape == () else rng.choice((0.0, 0.0, 0.1, np.nan, np.inf, 1e30, 1e308))
        count = (
            min(2880, int(np.prod([abs(n) for n in shape], dtype=float)))
            if isinstance(shape, tuple)
            else 1
        )
        arrays[name] = npy(shape, dtype, np.full(count, value, "<f8").tobytes(), rng.random() < 0.1)
    if "rotations" in arrays and rng.random() < 0.7 and 0 <= frames <= 30:
        turned = np.tile(np.array([1.0, 0, 0, 0]), (frames, 24, 1))
        arrays["rotations"] = npy(turned.shape, "<f8", turned.tobytes())
    method = rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2,
                         zipfile.ZIP_LZMA))  # fmt: skip
    return archive(arrays, method)


def _make_npz(rng: Random) -> tuple[str, bytes]:
    kind = rng.random()
    if kind < 0.4:
        content = _odd_arrays(rng)
    elif kind < 0.43:
        content = npy((3,), "<f8", bytes(24))
    else:
        content = mutate.some_bytes(rng, rng.choice(npz_seeds()), npz_seeds())
    return "take.npz", content


def _checked(motion: Motion) -> None:
    """What is read can be danced on."""
    assert len(motion) >= 2 and np.isfinite(motion.root).all()
    assert np.isfinite(motion.rotations).all() and np.isfinite(motion.contacts).all()
    motion.resampled(FPS)


def _load(path: Path) -> None:
    try:
        motion = Motion.load(path)
    except ValueError as error:  # as it says; whoever calls it tells the user
        raise TwostepError(str(error)) from error
    assert motion.fps > 0
    if len(motion):
        motion.resampled(FPS)


@cache
def bvh_seeds() -> tuple[str, ...]:
    """One with our joints' names, one with Mixamo's, one in Daz's way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.bvh"
        bvh.write(still(4), path)
        ours = path.read_text()
    return ours, _renamed(ours, _MIXAMO), _renamed(ours, _DAZ)


_MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck",
    "head": "Head", "left_collar": "LeftShoulder", "left_shoulder": "LeftArm",
    "left_elbow": "LeftForeArm", "left_wrist": "LeftHand", "left_hip": "LeftUpLeg",
    "left_knee": "LeftLeg", "left_ankle": "LeftFoot", "left_foot": "LeftToeBase",
    "left_hand": "LeftHandIndex1",
}  # fmt: skip
_DAZ = {
    "pelvis": "hip", "spine2": "abdomen", "spine3": "chest", "left_collar": "lCollar",
    "left_shoulder": "lShldr", "left_elbow": "lForeArm", "left_wrist": "lHand",
    "left_hip": "lThigh", "left_knee": "lShin", "left_ankle": "lFoot", "left_foot": "lFoot_end",
    "left_hand": "lMid1",
}  # fmt: skip


def _renamed(text: str, names: dict[str, str]) -> str:
    words = dict(names)
    for ours, theirs in names.items():
        if ours.startswith("left"):
            other = theirs.replace("Left", "Right") if "Left" in theirs else "r" + theirs[1:]
            words[ours.replace("left", "right")] = other
    return "\n".join(
        " ".join(words.get(word, word) for word in line.split()) for line in text.split("\n")
    )


def _make_bvh(rng: Random) -> tuple[str, bytes]:
    seed = rng.choice(bvh_seeds())
    if rng.random() < 0.15:
        return "take.bvh", mutate.some_bytes(rng, seed.encode())
    return "take.bvh", mutate.some_text(rng, seed, _WORDS).encode("utf-8", "surrogatepass")


def _prepare_bvh() -> None:
    for number, text in enumerate(bvh_seeds()):
        path = Path(f"warm{number}.bvh")
        path.write_text(text)
        read_motion(path)
        path.unlink()


def _prepare_npz() -> None:
    for number, content in enumerate(npz_seeds()):
        path = Path(f"warm{number}.npz")
        path.write_bytes(content)
        read_motion(path)
        path.unlink()


FORMS = (
    Format("npz", _make_npz, lambda path: _checked(read_motion(path)), _prepare_npz),
    Format("npz of a dance", _make_npz, _load, npz_seeds),
    Format("bvh", _make_bvh, lambda path: _checked(read_motion(path)), _prepare_bvh),
)
