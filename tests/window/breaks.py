# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to break it in a window, each a session of its own; all must end clean."""

from __future__ import annotations

from .launch import Session

#: In the profile "user", where the extension is installed and enabled.
BREAKS: tuple[Session, ...] = ()
