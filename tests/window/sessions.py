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
    Session("first_use", "first_use", limit=2400),
    Session("next_day", "next_day", blend="dance.blend", limit=2400),
    Session("quick_start", "quick_start", limit=1200),
    Session("remove", "remove", limit=1200),
    Session("drop", "drop", profile="other"),
    Session("gallery", "gallery", profile="other", limit=3600),
    Session(
        "remove_by_command",
        profile="other",
        command=("--command", "extension", "remove", "user_default.twostep"),
    ),
)
