# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes watched from outside: what they write, and whom they try to reach.

Python's own audit events tell of Python alone, everywhere; strace, where it is, of every system
call, whoever makes it. A namespace takes the network away, and the right to write into a folder.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Run at the start of every Python that has its folder on PYTHONPATH.
_SITE = """
import json, os, sys

_FILE = os.open(os.environ["TWOSTEP_AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WATCHED = (
    "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "webbrowser.",
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "sqlite3.connect",
)

def _heard(event, arguments):
    if event == "open":
        if not isinstance(arguments[2], int) or not arguments[2] & _WRITING:
            return
    elif not event.startswith(_WATCHED):
        return
    told = [os.fsdecode(each) if isinstance(each, (str, bytes, os.PathLike)) else repr(each)
            for each in arguments]
    os.write(_FILE, (json.dumps([event, *told]) + "\\n").encode())

sys.addaudithook(_heard)
"""
#: Calls that change what is on disk, and those that reach out.
_WRITES = (
    "open", "openat", "creat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "unlink",
    "unlinkat", "rmdir", "link", "linkat", "symlink", "symlinkat", "truncate",
)  # fmt: skip
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: (\w+).*)?$")
_TEXT = re.compile(r'(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"')
_REFUSED = ("EROFS", "EACCES", "EPERM")


@dataclass
class Seen:
    """What a process and its children did.

    wrote: files and folders that were written, made, renamed or deleted; refused: those that could
    not be; reached: sockets and addresses of networks; events: Python's own, in all processes.
    """

    wrote: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    reached: list[str] = field(default_factory=list)
    events: list[list[str]] = field(default_factory=list)
    traced: bool = False


def watch(
    command: Sequence[str],
    variables: Mapping[str, str],
    folder: Path,
    read_only: Path | None = None,
    timeout: float = 600.0,
) -> Seen:
    """Run it to its end with no network; folder: an empty one, where it also starts."""
    folder.mkdir(parents=True, exist_ok=True)
    site, audit, trace = folder / "site", folder / "audit.jsonl", folder / "trace"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_SITE)
    (folder / "here").mkdir()
    paths = os.pathsep.join(filter(None, (str(site), variables.get("PYTHONPATH", ""))))
    variables = {**variables, "PYTHONPATH": paths, "TWOSTEP_AUDIT": str(audit)}
    tracing = tracer(trace)
    done = subprocess.run(
        [*cut_off(read_only), *tracing, *command],
        env=dict(variables),
        cwd=folder / "here",
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    seen = Seen(traced=bool(tracing))
    if audit.exists():
        seen.events = [json.loads(line) for line in audit.read_text().splitlines()]
    if tracing:
        _read(trace, folder / "here", seen)
    own = {str(audit), str(trace)}
    seen.wrote -= own
    return seen


@functools.cache
def cutter() -> tuple[str, ...] | None:
    """What takes the network away from a command, if this user may do so."""
    for flags in ("-rnm", "-nm"):
        command = ("unshare", flags)
        if shutil.which("unshare") and _works((*command, "sh", "-c", "mount --bind / /mnt")):
            return command
    return None


def cut_off(read_only: Path | None) -> list[str]:
    """Where it can be done: no network, and a folder that nobody may write into."""
    command = cutter()
    if command is None:
        return []
    if read_only is None:
        return list(command)
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return [*command, "sh", "-c", script, str(read_only)]


@functools.cache
def _strace() -> tuple[str, ...]:
    for extra in (("--seccomp-bpf",), ()):
        command = ("strace", "-f", *extra)
        if shutil.which("strace") and _works((*command, "-o", os.devnull, "true")):
            return command
    return ()


def tracer(out: Path) -> list[str]:
    """What notes every system call that matters, where it can be done."""
    if not _strace():
        return []
    calls = f"trace=%network,{','.join(_WRITES)}"
    return [*_strace(), "-y", "-s", "4096", "-e", calls, "-e", "signal=none", "-o", str(out)]


def _works(command: Sequence[str]) -> bool:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _read(trace: Path, here: Path, seen: Seen) -> None:
    for line in _whole(trace):
        match = _LINE.match(line)
        if match is None:
            continue
        _, call, arguments, code, error = match.groups()
        if call not in _WRITES:
            if "AF_INET" in arguments or "AF_NETLINK" in arguments or "sun_path" in arguments:
                seen.reached.append(line)
        elif "open" not in call or re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", arguments):
            paths = {_path(match, here) for match in _TEXT.finditer(arguments)}
            if int(code) >= 0:
                seen.wrote |= paths
            elif error in _REFUSED:
                seen.refused |= paths


def _path(match: re.Match[str], here: Path) -> str:
    folder, name = match.groups()
    return os.path.normpath(os.path.join(here, folder or "", name))


def _whole(trace: Path) -> Iterator[str]:
    """Lines of calls; those that another thread interrupted are put together."""
    begun: dict[str, str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        pid, _, rest = line.partition(" ")
        if rest.endswith("<unfinished ...>"):
            begun[pid] = line[: -len("<unfinished ...>")].rstrip()
        elif "resumed>" in rest:
            yield begun.pop(pid, "") + rest.partition("resumed>")[2]
        else:
            yield line
