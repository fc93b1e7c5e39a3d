# SPDX-License-Identifier: GPL-3.0-or-later
"""Twostep in real Blender windows, as a user has it; see __main__.py."""
