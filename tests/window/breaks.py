# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to break it in a window, each a session of its own; all must end clean."""

from __future__ import annotations

from .launch import Session

#: In the profile "user", where the extension is installed and enabled.
BREAKS: tuple[Session, ...] = (
    Session("break_meanwhile", "break_meanwhile"),
    Session("break_deleted", "break_deleted"),
    Session("break_windows", "break_windows"),
    Session("break_files", "break_files", expected=("broken.blend",)),
    Session(
        "break_off",
        "break_off",
        # The log has the report that the user may copy.
        expected=("stopped unexpectedly", "Traceback", "Unforeseen"),
    ),
    Session("break_quit", "break_quit"),
    Session("break_kill", "break_kill", ends=False),
)
