# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on registered once in this Blender, and a fresh file for every test."""

from __future__ import annotations

import atexit

import pytest

bpy = pytest.importorskip("bpy", reason="these tests run under the bpy wheel")

import twostep  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _addon():
    twostep.register()
    # A class that is still registered when the interpreter exits crashes 4.2 and hangs 4.5,
    # so this also has to happen when pytest is interrupted.
    atexit.register(_unregister_once)
    yield
    _unregister_once()


_done: list[bool] = []


def _unregister_once() -> None:
    if not _done:
        _done.append(True)
        twostep.unregister()


@pytest.fixture(autouse=True)
def context(_addon):
    bpy.ops.wm.read_homefile(use_empty=True)
    return bpy.context
