# SPDX-License-Identifier: GPL-3.0-or-later
"""Only that a window opens, ticks and can be seen."""

from .driver import step, tell
from .eyes import see, window


@step
def the_window_is_there():
    yield from see()
    tell(size=[window().width, window().height])
