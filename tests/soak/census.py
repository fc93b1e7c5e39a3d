# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what a process holds: memory, files, threads, children, data-blocks. Linux only."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from twostep.operators import session, work

PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")


def census() -> dict[str, Any]:
    """Everything that is counted, fit for JSON."""
    gc.collect()
    pid = worker_pid()
    return {
        "blender": process(os.getpid()),
        "worker": process(pid) if pid else None,
        "children": children(os.getpid()),
        "blocks": blocks(),
        "python": {
            "objects": len(gc.get_objects()),
            "modules": len(sys.modules),
            "threads": sorted(each.name.split("-")[0] for each in threading.enumerate()),
        },
        "classes": classes(),
        "handlers": handlers(),
        "keymaps": keymaps(),
        "going": len(work._going) + len(work._ticking) + session.state.running,
        "files": files(),
    }


def process(pid: int) -> dict[str, Any]:
    """Resident memory and what of it is not of files, bytes; threads; what is open, by kind."""
    status = dict(line.split(":\t") for line in _read(pid, "status").splitlines())
    opened = Counter(_kind(target) for target in _opened(pid))
    return {
        "pid": pid,
        "rss": int(status["VmRSS"].split()[0]) << 10,
        "own": int(status["RssAnon"].split()[0]) << 10,
        "threads": int(status["Threads"]),
        "open": dict(sorted(opened.items())),
    }


def processor(pid: int) -> float:
    """Seconds of the processor that a process has had."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def children(pid: int) -> list[str]:
    """Names of a process' children; zombies are called so."""
    found = []
    for task in (PROC / str(pid) / "task").iterdir():
        for child in (task / "children").read_text().split():
            name, _, rest = _read(int(child), "stat").rpartition(")")
            zombie = "zombie " if rest.split()[0] == "Z" else ""
            found.append(zombie + name.partition("(")[2])
    return sorted(found)


def blocks() -> dict[str, list[int]]:
    """Data-blocks of every kind that there are any of: how many, their users, and orphans."""
    found = {}
    for kind in bpy.data.bl_rna.properties:
        if kind.type == "COLLECTION" and kind.identifier != "all_ids":  # 5.2 has all of them there
            users = [block.users for block in getattr(bpy.data, kind.identifier)]
            if users:
                found[kind.identifier] = [len(users), sum(users), users.count(0)]
    return found


def classes() -> int:
    """How many kinds of operators, panels, menus and properties are registered."""
    kinds = (bpy.types.Operator, bpy.types.Panel, bpy.types.Menu, bpy.types.PropertyGroup)
    return sum(each.is_registered for kind in kinds for each in _below(kind))


def handlers() -> int:
    """How many functions Blender calls when something happens."""
    lists = (getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers))
    return sum(len(each) for each in lists if isinstance(each, list))


def keymaps() -> int:
    """How many keys are taken."""
    found = bpy.context.window_manager.keyconfigs.addon
    return sum(len(keys.keymap_items) for keys in found.keymaps) if found else 0


def folders() -> set[Path]:
    """Where files may be left: Blender's and Python's temporary ones, and the user's."""
    places = (tempfile.gettempdir(), bpy.app.tempdir, bpy.utils.resource_path("USER"))
    return {Path(place) for place in places}


def files() -> list[str]:
    """All files and folders in them, as relative paths."""
    tops = [each for each in folders() if not folders() & set(each.parents)]
    return sorted(
        f"{top.name}/{path.relative_to(top)}"
        for top in tops
        for path in top.rglob("*")
        if "__pycache__" not in path.parts
    )


def worker_pid() -> int:
    """Of the worker's process; 0 when there is none."""
    for worker in session._workers:
        if worker.alive:
            return worker._process.pid
    return 0


def _opened(pid: int) -> Iterator[str]:
    folder = PROC / str(pid) / "fd"
    for link in os.listdir(folder):
        try:
            yield os.readlink(folder / link)
        except FileNotFoundError:  # that of the listing itself
            continue


def _kind(target: str) -> str:
    """What is open: pipe, socket, anon_inode ... or the path of a file."""
    return target.partition(":")[0] if not target.startswith("/") else target


def _below(kind: type) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _read(pid: int, name: str) -> str:
    return (PROC / str(pid) / name).read_text()
