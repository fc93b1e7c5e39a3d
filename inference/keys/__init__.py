# SPDX-License-Identifier: GPL-3.0-or-later
"""From channels to f-curves: rotation modes, and as few keys as a tolerance allows."""

from .hermite import Spline
from .reduce import Reduced, reduced
from .turns import as_mode, as_quaternions, path_of

__all__ = ["Reduced", "Spline", "as_mode", "as_quaternions", "path_of", "reduced"]
