# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts Blenders for a run, and hears of them: results, output, processes that are left."""

from __future__ import annotations

import array
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

#: How long a process that Blender started may outlive it, seconds.
_PATIENCE = 10.0
#: Lines of Blender's output that tell of a fault, whoever wrote them.
_FAULT = re.compile(
    r"^\s*(Traceback \(most recent|Error\b|\w*Error:|.*EXCEPTION_|Segmentation)", re.M
)
_ASK = (
    "import bpy, sys; print('is', bpy.app.version_string.replace(' ', '_'), "
    "'%d.%d' % sys.version_info[:2])"
)


class LaunchError(Exception):
    """A Blender could not be started at all; the text says what to do."""


@dataclass(frozen=True)
class Session:
    """One Blender from its start to its end.

    scenario: a module in inside/; profile: whose settings it has, a new user's if nobody had them
    before; command: arguments instead of a scenario, without a window; blend: a file in the run's
    folder to open; expected: patterns of lines of fault that belong to what is tried; ends: False
    when the scenario itself makes an end of Blender; limit: seconds until it is taken to hang.
    """

    name: str
    scenario: str = ""
    profile: str = "user"
    command: tuple[str, ...] = ()
    blend: str = ""
    expected: tuple[str, ...] = ()
    ends: bool = True
    limit: float = 600.0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Step:
    """What became of a step of a session."""

    session: str
    name: str
    ok: bool
    seconds: float = 0.0
    error: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    shots: list[str] = field(default_factory=list)


class Program:
    """A Blender: which it is, and the folder of its run, in which it is always started.

    It is only ever told of paths in that folder. A program that needs a screen and finds none is
    run under xvfb-run where that is installed.
    """

    def __init__(self, path: str, folder: Path) -> None:
        found = shutil.which(path)
        if found is None:
            raise LaunchError(f"There is no program {path}.")
        self.path = str(Path(found).resolve())
        self.work = folder.resolve()
        self.work.mkdir(parents=True)
        self.run = uuid.uuid4().hex
        self.version, self.python = self._asked()

    def prepare(self, settings: Mapping[str, Any], files: Sequence[Path] = ()) -> None:
        """Put into the folder what the sessions need there."""
        shutil.copytree(HERE / "inside", self.work / "inside", dirs_exist_ok=True)
        for each in files:
            if not (self.work / each.name).exists():
                shutil.copy2(each, self.work / each.name)
        write_song(self.work / "long.wav", beats=1200)
        self._settings = {"run": self.run, "version": self.version, **settings}

    def go(self, session: Session) -> list[Step]:
        """Run a session; what became of its steps, and of Blender itself."""
        (self.work / "config.json").write_text(
            json.dumps({**self._settings, **session.settings}), encoding="utf-8"
        )
        command = [each.format(**self._settings) for each in session.command]
        arguments = command or [
            *([session.blend] if session.blend else []),
            "--enable-event-simulate",
            "--window-geometry", "0", "0", "1600", "900",
            "--python", "inside/start.py", "--", session.scenario,
        ]  # fmt: skip
        log = self.work / f"{session.name}.log"
        (self.work / "results" / f"{session.scenario}.jsonl").unlink(missing_ok=True)
        code = self._start(arguments, log, session)
        steps = self._steps(session) if session.scenario else []
        return [*steps, self._ended(session, code, log)]

    def left(self) -> list[int]:
        """Processes that Blender started in this run and that have outlived it (Linux)."""
        mark, found = f"TWOSTEP_WINDOW_RUN={self.run}".encode(), []
        for each in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (each / "environ").read_bytes() and each.name != str(os.getpid()):
                    found.append(int(each.name))
            except OSError:
                continue
        return found

    def _left_for_long(self) -> list[int]:
        """Those that do not notice within some seconds that Blender is gone."""
        until = time.monotonic() + _PATIENCE
        while (left := self.left()) and time.monotonic() < until:
            time.sleep(0.2)
        return left

    def _start(self, arguments: Sequence[str], log: Path, session: Session) -> int | None:
        """The exit code; None when it had to be stopped."""
        user = self.work / session.profile
        user.mkdir(exist_ok=True)
        variables = {**os.environ, "BLENDER_USER_RESOURCES": str(user), "PYTHONUNBUFFERED": "1"}
        # The wheels of the extension shall serve, nothing that is found by chance.
        variables.pop("PYTHONPATH", None)
        screen = [] if session.command else _screen()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*screen, self.path, *arguments],
                cwd=self.work,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return process.wait(session.limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _stop(process)

    def _steps(self, session: Session) -> list[Step]:
        path = self.work / "results" / f"{session.scenario}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        read = [json.loads(line) for line in lines]
        steps = [
            Step(
                session.name, each["step"], each["ok"], each["seconds"], each["error"],
                each.get("facts", {}), each.get("shots", []),
            )
            for each in read
            if each["event"] == "end"
        ]  # fmt: skip
        named = [name for each in read if each["event"] == "start" for name in each["steps"]]
        begun = [each["step"] for each in read if each["event"] == "begin"]
        for name in named[len(steps) :]:
            if name not in begun:
                said = "not reached"
            elif session.ends:
                said = "Blender ended in it"
            else:  # as it was meant to
                said = ""
            steps.append(Step(session.name, name, not said, error=said))
        return steps or [Step(session.name, "(start)", False, error="no step was begun")]

    def _ended(self, session: Session, code: int | None, log: Path) -> Step:
        """Whether Blender ended well, said nothing of faults and left nothing running."""
        faults = []
        if code is None:
            faults.append(f"it did not end in {session.limit:g} s and was stopped")
        elif code and session.ends:
            faults.append(f"exit code {code}")
        said = log.read_text(encoding="utf-8", errors="replace")
        faults += [
            line.strip()
            for line in said.splitlines()
            if _FAULT.match(line) and not any(re.search(each, line) for each in session.expected)
        ]
        for number in self._left_for_long():
            faults.append(f"process {number} was left")
            _kill(number)
        if faults:
            faults.append(f"(all it said: {log.name})")
        return Step(session.name, "(end)", not faults, error="\n".join(faults))

    def _asked(self) -> tuple[str, str]:
        """Version of Blender and of its Python."""
        command = [self.path, "--background", "--factory-startup", "--python-expr", _ASK]
        done = subprocess.run(
            command, cwd=self.work, capture_output=True, text=True, timeout=300, check=False
        )
        found = re.search(r"^is (\S+) (\S+)$", done.stdout, re.M)
        if not found:
            raise LaunchError(f"{self.path} is no Blender: {(done.stdout + done.stderr)[-500:]}")
        return found[1].replace("_", " "), found[2]


def write_song(path: Path, beats: int) -> None:
    """A drum at 120 beats a minute, long enough for work on it to be interrupted."""
    rate = 22_050
    beat = array.array("h")
    for index in range(rate // 2):
        seconds = index / rate
        kick = math.sin(2 * math.pi * 55 * seconds) * math.exp(-9 * seconds)
        beat.append(round(24_000 * kick))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(beat.tobytes() * beats)


def _screen() -> list[str]:
    """What gives a program a screen, where there is none and one can be had."""
    there = sys.platform != "linux" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    found = shutil.which("xvfb-run")
    if there or not found:
        return []  # the program may bring its own
    return [found, "-a", "-s", "-screen 0 1600x900x24 +extension GLX"]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started in its own group."""
    for kind in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if process.poll() is not None:
            return
        if hasattr(os, "killpg"):
            os.killpg(process.pid, kind)
        else:
            process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue


def _kill(number: int) -> None:
    try:
        os.kill(number, getattr(signal, "SIGKILL", signal.SIGTERM))
    except OSError:  # it has ended by now
        return
