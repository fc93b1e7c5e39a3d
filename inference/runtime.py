# SPDX-License-Identifier: GPL-3.0-or-later
"""ONNX Runtime, kept from telling anybody of its use."""

from __future__ import annotations

import os
from types import ModuleType

#: Its wheels, from 1.29 on, keep a device's number and a database in the user's folder and send
#: to Microsoft which models run; with this set before it is imported they do neither.
TELEMETRY_OFF = {"ORT_DISABLE_TELEMETRY": "1"}


def onnxruntime() -> ModuleType:
    """The module. Nothing may import it otherwise; `tests/test_privacy.py` sees to that."""
    os.environ.update(TELEMETRY_OFF)
    import onnxruntime as module

    module.disable_telemetry_events()  # for builds that write to Windows' own log of events
    return module
