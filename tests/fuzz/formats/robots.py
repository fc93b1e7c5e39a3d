# SPDX-License-Identifier: GPL-3.0-or-later
"""Robots as URDF files."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from twostep.inference.readers.urdf import links, read_urdf

from .. import mutate
from .form import Format

_SEED = """<?xml version="1.0" encoding="utf-8"?>
<robot name="r">
 <link name="base"/>
 <link name="hip"/>
 <link name="knee"/>
 <joint name="a" type="revolute">
  <origin xyz="0 0.1 0" rpy="0 0 0.5"/>
  <parent link="base"/><child link="hip"/><axis xyz="0 0 1"/>
  <limit lower="-1" upper="1"/>
 </joint>
 <joint name="b" type="fixed">
  <origin xyz="0 0 -0.4"/>
  <parent link="hip"/><child link="knee"/>
 </joint>
</robot>
"""
_WORDS = ('type="continuous"', 'link="hip"', 'link="base"', 'link="none"', "<joint>", "</joint>",
          "<parent/>", 'xyz="1 2"', 'xyz="nan 0 0"', 'rpy="1 2 3 4"', 'xyz="1e308 1e308 1e308"',
          "&a;", "&amp;", "<!--", "<![CDATA[", 'encoding="utf-7"')  # fmt: skip


def _bomb(rng: Random) -> str:
    """Entities of entities, and elements in elements."""
    if rng.random() < 0.5:
        depth = rng.choice((1000, 100_000))
        return "<robot>" + "<a>" * depth + rng.choice(("", "</a>" * depth + "</robot>"))
    many = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    file = '<!ENTITY f SYSTEM "file:///etc/passwd">'
    return f'<!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{many}{file}]><robot>&e9;&f;</robot>'


def _make(rng: Random) -> tuple[str, bytes]:
    kind = rng.random()
    if kind < 0.05:
        return "robot.urdf", _bomb(rng).encode()
    if kind < 0.3:
        return "robot.urdf", mutate.some_bytes(rng, _SEED.encode())
    return "robot.urdf", mutate.some_text(rng, _SEED, _WORDS).encode("utf-8", "surrogatepass")


def _read(path: Path) -> None:
    joints = read_urdf(path)
    actuated = sum(joint.axis is not None for joint in joints)
    rows = np.zeros((2, 7 + actuated))
    rows[:, 6] = 1.0
    links(joints, rows)


FORMS = (Format("urdf", _make, _read),)
