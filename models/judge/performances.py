# SPDX-License-Identifier: GPL-3.0-or-later
"""The dances to judge, made by the same inference that ships."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...inference.audio import Song, analyse
from ...inference.motion import FPS, Motion
