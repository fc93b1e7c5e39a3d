# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of the worker process: starts it, talks to it, notices when it dies."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import TwostepError
from .runtime import TELEMETRY_OFF

#: The folder that is the package `twostep`, under whatever name it was imported here.
ROOT = Path(__file__).resolve().parent.parent

#: Inside Blender the package has another name and lies on no path, so a child loads it from its
#: folder, as `twostep`. Arguments after "--": the folder, the module, and folders of wheels, which
#: come after all others so that Blender's own numpy is the one that is found.
_BOOT = """
import importlib, importlib.util, os, pathlib, sys, traceback
folder, name, *paths = sys.argv[sys.argv.index("--") + 1:]
root = pathlib.Path(folder)
sys.path += [path for path in paths if path not in sys.path]
try:
    spec = importlib.util.spec_from_file_location(
        "twostep", root / "__init__.py", submodule_search_locations=[str(root)])
    sys.modules["twostep"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    main = importlib.import_module("twostep." + name).main
except BaseException:  # said plainly: Blender would print this whole script after it
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
sys.exit(main())
"""

#: How long a worker may take to quit by itself, seconds.
_PATIENCE = 2.0
#: The exit code of a process that was killed (SIGKILL, which Windows does not know).
_KILLED = -9

Message = dict[str, Any]


def command(module: str = "inference.worker", python: str | None = None) -> list[str]:
    """How `module`'s main is run by an interpreter, this one if none is named."""
    return [python or sys.executable, "-P", "-c", _BOOT, "--", str(ROOT), module]


def blender_command(blender: str, module: str, extra_path: Sequence[str | Path] = ()) -> list[str]:
    """How `module`'s main is run inside the Blender of that path, without window or preferences."""
    quiet = ["--background", "--factory-startup", "--python-exit-code", "1", "--python-expr"]
    return [blender, *quiet, _BOOT, "--", str(ROOT), module, *map(str, extra_path)]


class Worker:
    """A worker process, started when first needed and started anew when it has died.

    python: the interpreter; extra_path: folders of wheels that it shall import from; cache_dir: a
    folder of the user's for compiled code. instead: a command that starts another process that
    speaks as the worker does; name: what users call it; environment: variables that it shall have;
    heard: called, from another thread, whenever there is something to poll.
    All methods return at once but `close`.
    """

    def __init__(
        self,
        python: str | None = None,
        extra_path: Sequence[str | Path] = (),
        cache_dir: str | Path | None = None,
        *,
        instead: Sequence[str] | None = None,
        name: str = "Twostep's worker",
        environment: Mapping[str, str] | None = None,
        heard: Callable[[], None] | None = None,
    ) -> None:
        self._command = command(python=python) if instead is None else list(instead)
        self._environment = {**_environment(extra_path, cache_dir), **(environment or {})}
        self._name = name
        self._heard = heard
        self._events: queue.Queue[tuple[subprocess.Popen[str], Message]] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        #: Which process each job that has not ended was given to, by its id.
        self._open: dict[Any, subprocess.Popen[str] | None] = {}

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def busy(self) -> bool:
        """Whether a job has not ended yet, as far as `poll` has told."""
        return bool(self._open)

    def start(self) -> None:
        """Start the process if it does not run. Raises TwostepError when it cannot be started."""
        if self.alive:
            return
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                encoding="utf-8",
                errors="replace",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise TwostepError(
                f"{self._name} could not be started with {self._command[0]} "
                f"({error.strerror}); reinstall Blender or Twostep."
            ) from error
        self._process = process
        complaints: deque[str] = deque(maxlen=60)
        collector = threading.Thread(target=_collect, args=(process, complaints), daemon=True)
        collector.start()
        reader = threading.Thread(
            target=self._read, args=(process, complaints, collector), daemon=True
        )
        reader.start()

    def submit(self, job: Message) -> None:
        """Send a job (its "id" chosen by the caller); the answers come through `poll`."""
        self.start()
        self._open[job.get("id")] = self._process
        self._write(job)

    def poll(self) -> list[Message]:
        """What the worker has said since the last call; empty when nothing.

        When the process has died, each job that it leaves behind ends with an error event.
        """
        messages: list[Message] = []
        while True:
            try:
                process, message = self._events.get_nowait()
            except queue.Empty:
                return messages
            if message.get("event") == "died":
                left = [each for each, its in self._open.items() if its is process]
                messages += [{**message, "event": "error", "id": each} for each in left]
            else:
                ended = message.get("event") in ("result", "error", "cancelled")
                left = [message.get("id")] if ended else []
                messages.append(message)
            for each in left:
                self._open.pop(each, None)

    def cancel(self) -> None:
        """Ask the worker to drop all its jobs; each ends with a "cancelled" event."""
        for identity in self._open:
            self._write({"id": identity, "type": "cancel"})

    def leave(self) -> None:
        """Ask the process to drop everything and end."""
        self._write({"type": "quit"})

    def close(self) -> None:
        """Stop the process, by force if need be; what it was doing leaves no file."""
        process, self._open = self._process, {}
        if process is None:
            return
        self.leave()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def _write(self, message: Message) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            # The pipe is broken because the process is dead; its reader tells so in a moment.
            return

    def _read(
        self, process: subprocess.Popen[str], complaints: deque[str], collector: threading.Thread
    ) -> None:
        assert process.stdout is not None
        chatter: deque[str] = deque(maxlen=60)
        for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if isinstance(message, dict):
                self._tell(process, message)
            else:
                chatter.append(line)
        code = process.wait()
        collector.join(_PATIENCE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):  # what was not sent yet has nobody to go to
                    pipe.close()
        said = [*chatter, *complaints]  # the last complaint tells more than “Blender quit”
        self._tell(process, {"event": "died", **_last_words(self._name, code, said)})

    def _tell(self, process: subprocess.Popen[str], message: Message) -> None:
        self._events.put((process, message))
        if self._heard is not None:
            self._heard()


def _collect(process: subprocess.Popen[str], complaints: deque[str]) -> None:
    assert process.stderr is not None
    complaints.extend(process.stderr)


def _last_words(name: str, code: int, tail: list[str]) -> Message:
    lines = [line.strip() for line in tail if line.strip()]
    fatal = (line for line in lines if line.startswith("Fatal Python error"))
    said = next(fatal, lines[-1] if lines else "")
    if not said and code == _KILLED:
        said = "killed, as systems do when memory runs out"
    cause = f"exit code {code}" + (f": {said[:200]}" if said else "")
    return {
        "message": f"{name} stopped unexpectedly ({cause}); try again.",
        "report": "".join(tail),
        "foreseen": False,
    }


def _environment(extra_path: Sequence[str | Path], cache_dir: str | Path | None) -> dict[str, str]:
    environment = {**os.environ, **TELEMETRY_OFF}
    paths = [*map(str, extra_path), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment["PYTHONIOENCODING"] = "utf-8"
    if cache_dir is not None:
        environment["NUMBA_CACHE_DIR"] = str(Path(cache_dir) / "numba")
    return environment
