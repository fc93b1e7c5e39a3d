# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends that are asked for: Ctrl-C, and the request to end by a farm, a shell or a time limit."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stoppable() -> Iterator[None]:
    """Both raise KeyboardInterrupt meanwhile, so that what is half written is tidied up.

    Left to themselves a request to end leaves everything lying, and Ctrl-C is Blender's own
    affair where Blender runs this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
