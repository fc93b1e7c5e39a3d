# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Blenders a run starts, one after the other, and what each does."""

from __future__ import annotations

from .launch import Session

#: Installs the zip as its documentation says, in a fresh user's Blender.
INSTALL = Session(
    "install",
    command=("--command", "extension", "install-file", "--repo", "user_default", "{zip}"),
)
#: What a user does in the first days, in order: each goes on where the one before ended.
FIRST_DAYS = (
    INSTALL,
    Session("first_use", "first_use", limit=1800),
    Session("next_day", "next_day", blend="dance.blend", limit=1200),
    Session("quick_start", "quick_start"),
    Session("gallery", "gallery", limit=1800),
    Session("remove", "remove"),
    Session("drop", "drop", profile="other"),
    Session(
        "remove_by_command",
        profile="other",
        command=("--command", "extension", "remove", "user_default.twostep"),
    ),
)
