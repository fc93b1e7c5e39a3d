# SPDX-License-Identifier: GPL-3.0-or-later
"""Many dances in one Blender: what is left of each, and whether they get slower."""
