# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bones of anybody's humanoid armature are the SMPL joints: by name, else by shape.

Every family of rigs is one data file here; see `families` for what stands in it.
"""

from .controls import Controls, Switch
from .presets import Preset
from .recognise import recognise
from .recognition import Recognition
from .rig import Rig

__all__ = ["Controls", "Preset", "Recognition", "Rig", "Switch", "recognise"]
