# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes a while and needs nothing of Blender is reckoned aside, while Blender goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Aside(Generic[Result]):
    """A function that runs in a thread of its own, begun at once; it may not touch bpy.

    Nobody has to wait for it: Blender may even be left meanwhile.
    """

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return not self._thread.is_alive()

    def result(self) -> Result:
        """What it returned, when it is done; raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:  # told where the result is asked for
            self._error = error
