# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of other proportions than ours, and how their feet stand."""

from __future__ import annotations

import numpy as np

from twostep.inference.contacts import stretches
from twostep.inference.motion import Motion
from twostep.inference.proportions import Proportions
from twostep.inference.retarget import Figure
from twostep.inference.skeleton import (
    ANKLE_HEIGHT,
    CONTACT_JOINTS,
    INDEX,
    JOINT_COUNT,
    OFFSETS,
    PARENTS,
)

from .puppeteer import figure

SIDES = ("left", "right")


def body(
    *, thigh=1.0, shin=1.0, hips=1.0, foot=1.0, heel=0.0, arms=1.0, torso=1.0, scale=1.0, skip=()
) -> Figure:
    """Our figure with its parts so many times as long, its heels so many metres higher."""
    offsets = OFFSETS.astype(float)
    for side in SIDES:
        for joint, factor in (("knee", thigh), ("ankle", shin), ("elbow", arms), ("wrist", arms)):
            offsets[INDEX[f"{side}_{joint}"]] *= factor
        offsets[INDEX[f"{side}_hip"], 0] *= hips
        offsets[INDEX[f"{side}_foot"], :2] *= foot
        offsets[INDEX[f"{side}_foot"], 2] -= heel
    for joint in ("spine1", "spine2", "spine3", "neck", "head"):
        offsets[INDEX[joint]] *= torso
    heads = np.zeros((JOINT_COUNT, 3))
    for joint in range(1, JOINT_COUNT):
        heads[joint] = heads[PARENTS[joint]] + offsets[joint]
    heads[:, 2] += ANKLE_HEIGHT + heel - heads[INDEX["left_ankle"], 2]
    return figure(heads=heads, scale=scale, skip=skip)


def strays(motion: Motion, own: Proportions, contacts: np.ndarray) -> tuple[float, float]:
    """How far feet slide at most in a contact, and how far toes are off their height, metres."""
    places = motion.positions(own.offsets)
    slide = off = 0.0
    for column, joint in enumerate(CONTACT_JOINTS):
        for start, stop in stretches(contacts[:, column] > 0.5):
            foot = places[start:stop, joint]
            middle = np.median(foot[:, :2], axis=0)
            slide = max(slide, float(np.linalg.norm(foot[:, :2] - middle, axis=-1).max()))
            if column % 2:
                off = max(off, float(np.abs(foot[:, 2] - own.toe[column // 2]).max()))
    return slide, off


def turned_away(one: Motion, other: Motion, own: Proportions, *bones: tuple[str, str]) -> float:
    """Mean angle between the directions of bones (from, to) of two motions, degrees."""
    angles = []
    for side in SIDES:
        for start, end in bones:
            ways = []
            for motion in (one, other):
                places = motion.positions(own.offsets).astype(float)
                way = places[:, INDEX[f"{side}_{end}"]] - places[:, INDEX[f"{side}_{start}"]]
                ways.append(way / np.linalg.norm(way, axis=-1, keepdims=True))
            angles.append(np.arccos(np.clip((ways[0] * ways[1]).sum(-1), -1, 1)))
    return float(np.degrees(np.mean(angles)))
