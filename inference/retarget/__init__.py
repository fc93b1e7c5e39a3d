# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a `Motion` over to anybody's figure, and the figure's poses back: one definition.

    Motion ─ fit ─▶ Motion on the figure's own proportions ─ channels ─▶ what to key on each bone
                    └ planted: its feet stand there too; reached: its hands meet
    Motion ◀─ poses ─ how the figure's bones are turned

`figure` is what is measured of the rest pose; `puppet` is which bones are keyed, and how.
"""

from ..travel import Track
from .channels import Channel, channels
from .figure import OPTIONAL, Figure, missing, smallest_turn, stand_in
from .fit import fit
from .plant import planted
from .poses import joined_poses, poses
from .puppet import Handle, Puppet, Role, plain
from .reach import reached

__all__ = [
    "OPTIONAL",
    "Channel",
    "Figure",
    "Handle",
    "Puppet",
    "Role",
    "Track",
    "channels",
    "fit",
    "joined_poses",
    "missing",
    "plain",
    "planted",
    "poses",
    "reached",
    "smallest_turn",
    "stand_in",
]
