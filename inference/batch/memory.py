# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory there is, and how much this process has; on every system, with nothing installed.

Bytes throughout. None: this system does not tell.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

#: What a control group (a container, a farm's slot) may have and has, and its cache that can go.
_GROUP = Path("/sys/fs/cgroup")


def resident() -> int | None:
    """The memory that this process occupies now (its highest so far, on a Mac)."""
    if sys.platform == "win32":
        return _windows_resident()
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def free() -> int | None:
    """What can be had without swapping; half of all, on a Mac, which tells no more."""
    if sys.platform == "win32":
        return _windows_free()
    told = [_linux_free(), _group_free()]
    known = [value for value in told if value is not None]
    if known:
        return min(known)
    if "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


def _linux_free() -> int | None:
    return _fields(Path("/proc/meminfo")).get("MemAvailable:", 0) * 1024 or None


def _group_free() -> int | None:
    try:
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
    except (OSError, ValueError):  # there is none, or it may have all
        return None
    return max(0, most - used + _fields(_GROUP / "memory.stat").get("inactive_file", 0))


def _fields(path: Path) -> dict[str, int]:
    """The whole numbers of a file of lines “name number ...”."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0]: int(line[1]) for line in lines if len(line) > 1 and line[1].isdecimal()}


class _Status(ctypes.Structure):
    """Windows' MEMORYSTATUSEX."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("all", "free", "page_all", "page_free")),
        *((name, ctypes.c_uint64) for name in ("virtual", "virtual_free", "extended")),
    ]


class _Counters(ctypes.Structure):
    """Windows' PROCESS_MEMORY_COUNTERS."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("faults", ctypes.c_uint32),
        ("highest", ctypes.c_size_t),
        ("resident", ctypes.c_size_t),
        *((f"more_{number}", ctypes.c_size_t) for number in range(6)),
    ]


def _windows_free() -> int | None:
    status = _Status()
    status.length = ctypes.sizeof(status)
    told = ctypes.WinDLL("kernel32").GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.free) if told else None


def _windows_resident() -> int | None:
    counters = _Counters()
    counters.length = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    ask = kernel.K32GetProcessMemoryInfo
    ask.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    told = ask(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.length)
    return int(counters.resident) if told else None
