# SPDX-License-Identifier: GPL-3.0-or-later
"""How long work tells how far it is, and is asked to stop."""

from __future__ import annotations

from collections.abc import Callable

from .errors import Cancelled

#: Told the share done, 0..1, and what is being done.
Progress = Callable[[float, str], None]
#: Asked often; True stops the work.
Asked = Callable[[], bool]


class Teller:
    """Passes progress on, and stops the work when asked to."""

    def __init__(self, progress: Progress | None = None, cancelled: Asked | None = None) -> None:
        self._progress, self._cancelled = progress, cancelled

    def __call__(self, share: float, stage: str) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("Stopped; nothing was changed.")
        if self._progress is not None:
            self._progress(share, stage)
