# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is uninstalled in a window, with its worker warm: nothing of it is left."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from . import addon, hands
from .driver import step, tell, wait
from .eyes import see


@step
def a_worker_is_warm():
    assert addon.enabled() and addon.folder().is_dir()
    yield from addon.set_up()
    yield from addon.start_dance()
    yield from hands.press("ESC")
    yield addon.still(20)
    assert addon.workers()


@step
def uninstall():
    repos = bpy.context.preferences.extensions.repos
    number = next(i for i, each in enumerate(repos) if each.module == "user_default")
    bpy.ops.extensions.package_uninstall("INVOKE_DEFAULT", repo_index=number, pkg_id="twostep")
    yield wait(lambda: not addon.folder().exists(), "gone from the disk", 60)
    yield wait(lambda: not addon.workers(), "without its worker", 10)
    yield from see()


@step
def nothing_is_left():
    assert not addon.registered() and not addon.enabled()
    assert addon.NAME not in bpy.context.preferences.addons
    modules = [name for name in sys.modules if name.startswith(addon.NAME)]
    assert not modules, modules[:5]
    assert not hasattr(bpy.context.scene, "twostep")
    extensions = Path(bpy.utils.user_resource("EXTENSIONS"))
    files = [path for path in extensions.rglob("*") if path.is_file()]
    ours = [path for path in files if {"twostep", "onnxruntime", "av"} & set(path.parts)]
    assert not ours, ours[:5]
    tell(files_of_extensions_left=len(files))
