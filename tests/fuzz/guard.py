# SPDX-License-Identifier: GPL-3.0-or-later
"""What reading a file must not do: run, write, delete, connect, eat memory."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

#: Memory of addresses that a case may ask for beyond what the process has, bytes.
ROOM = 1 << 30
#: What readers may keep for a case, whatever its size, and for each of its bytes.
KEEP, KEEP_EACH = 192 << 20, 64
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
              "os.startfile", "os.remove", "os.rename", "os.rmdir", "os.truncate", "os.link",
              "os.symlink", "os.chmod", "os.chown", "os.mkdir", "os.putenv", "os.kill",
              "shutil.rmtree", "subprocess.Popen", "socket.connect", "socket.bind",
              "socket.getaddrinfo", "socket.__new__", "urllib.Request", "ctypes.dlopen",
              "ctypes.dlsym", "pty.spawn",
              "webbrowser.open")  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Whose code may run: that of installed modules, which readers import when they first need them.
_LIBRARIES = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"),
                    str(Path(sysconfig.get_path("purelib"))),
                    str(Path(__file__).resolve().parents[2])})  # fmt: skip
_GENERATED = ("<string>", "<frozen", "<attrs", "<lambdifygenerated")


@dataclass
class Watch:
    """What a case did. broken: what it must not have done. peak: bytes it had at most."""

    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0
    armed: bool = False


#: What the case does that is being read.
_watches = [Watch()]


def install() -> None:
    """Watch this process from now on; there is no way back."""
    sys.addaudithook(_heard)
    _limit_memory()


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch what is done inside; seconds are those of the processor."""
    watch = _watches[0] = Watch()
    before = _memory_reset()
    began = time.process_time()
    watch.armed = True
    try:
        yield watch
    finally:
        watch.armed = False
        watch.seconds = time.process_time() - began
        watch.peak = max(0, _status("VmHWM") - before)


def allowance(size: int) -> int:
    """How much memory the reading of a file of some bytes may take."""
    return KEEP + KEEP_EACH * size


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    watch = _watches[0]
    if not watch.armed:
        return
    if (
        event.startswith(_FORBIDDEN)
        or (event == "open" and _writes(*arguments))
        or (event == "exec" and _foreign(arguments[0]))
    ):
        told = f"{event} {str(arguments)[:160]}"
        watch.broken.append(told)
        raise PermissionError(f"the fuzzer forbids {told}")


def _writes(path: Any, mode: Any, flags: Any, *_: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & _WRITING)


def _foreign(code: Any) -> bool:
    name = code.co_filename if isinstance(code, CodeType) else "?"
    # Dataclasses and named tuples of modules that are imported late are made of generated text.
    return not name.startswith((*_LIBRARIES, *_GENERATED))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    size = _status("VmSize")
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))


def _memory_reset() -> int:
    """Forget the highest memory so far; what is in use now, bytes."""
    with suppress(OSError):  # only Linux keeps and forgets it
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(name)), 0)
