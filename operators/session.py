# SPDX-License-Identifier: GPL-3.0-or-later
"""The one worker process of this Blender, and what the panel shows of its work."""

from __future__ import annotations

import atexit
import itertools
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..inference.client import Worker
from ..scene.folders import user_folder

log = logging.getLogger(__name__)

_PACKAGE = __package__.rpartition(".")[0]


@dataclass
class State:
    """What goes on: shown in the panel, never saved with the file."""

    running: bool = False
    cancelling: bool = False
    fraction: float = 0.0
    stage: str = ""
    said: str = ""
    move: str = ""
    provider: str = ""
    provider_note: str = ""
    trouble: str = ""
    report: str = ""


state = State()

_workers: list[Worker] = []
_numbers = itertools.count(1)


def worker() -> Worker:
    """The worker, made when first asked for and kept warm from then on."""
    if not _workers:
        _workers.append(Worker(extra_path=wheel_folders(), cache_dir=user_folder("cache")))
        atexit.register(close)
    return _workers[0]


def cancel() -> None:
    """Let the worker, if there is one, drop what it was asked for."""
    for each in _workers:
        each.cancel()


def next_number() -> int:
    """A number that no other job of this session has."""
    return next(_numbers)


def close() -> None:
    """Stop the worker process, if there is one."""
    atexit.unregister(close)
    while _workers:
        _workers.pop().close()


def provider() -> str:
    """What the preferences say the networks shall run on."""
    addon = bpy.context.preferences.addons.get(_PACKAGE)
    return addon.preferences.provider if addon and addon.preferences else "auto"


def wheel_folders() -> list[str]:
    """Where this Blender's own Python finds packages, the extension's wheels among them."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
