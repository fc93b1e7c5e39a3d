# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user can do. The list below is the whole of it, in the order of registration."""

from __future__ import annotations


def register() -> None:
    """Make the operators known to Blender."""


def unregister() -> None:
    """Take them back."""
