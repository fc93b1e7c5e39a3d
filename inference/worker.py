# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker process: jobs as JSON lines on stdin, what happens as JSON lines on stdout.

    in    {"id": 1, "type": "dance", "song": "/a.wav", "out": "/b.npz", ...}   see `jobs.DanceJob`
          {"id": 1, "type": "score", "motion": "/a.npz", "out": "/b.wav", ...}  see `jobs.ScoreJob`
          {"id": 1, "type": "sample", "work": {...}}  see `batch.work.Work`
          {"id": 1, "type": "cancel"}      {"type": "quit"}
    out   {"event": "ready", "version": 1}
          {"id": 1, "event": "progress", "fraction": 0.4, "stage": "Listening"}
          {"id": 1, "event": "warning", "message": "..."}
          {"id": 1, "event": "result", "path": "/b.npz", "provider": "CPU", ...}
          {"id": 1, "event": "error", "message": "one sentence", "report": "traceback",
           "foreseen": true}                       false: a fresh process may do better
          {"id": 1, "event": "cancelled"}

Every job ends with exactly one of result, error and cancelled. The end of stdin is a quit.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TextIO

from .batch import memory
from .dance import dance
from .errors import Cancelled, TwostepError, shown, told
from .jobs import DanceJob, ScoreJob
from .progress import Asked, Progress

#: Version of the protocol.
VERSION = 1
#: Progress is told at most this often, seconds.
OFTEN = 0.05

Message = dict[str, Any]
#: Does the job of some fields; returns what to tell of its result, and warnings.
Work = Callable[[Message, Progress, Asked], tuple[Message, Sequence[str]]]


class Service:
    """Runs jobs one after the other; `listen` takes messages in, from another thread."""

    def __init__(self, out: TextIO, works: Mapping[str, Work] | None = None) -> None:
        self._out = out
        self._works = WORKS if works is None else works
        self._lock = threading.Lock()
        self._jobs: queue.Queue[Message | None] = queue.Queue()
        self._cancelled: set[Any] = set()
        self._quitting = threading.Event()

    def listen(self, lines: Iterable[str]) -> None:
        """Take in messages until there are no more or one says quit."""
        for line in lines:
            if not line.strip():
                continue
            try:
                message = json.loads(line)
                if not isinstance(message, dict):
                    raise ValueError("not a JSON object")
            except (ValueError, RecursionError) as error:
                self._send({"event": "error", "message": _bad_line(error), "report": line[:1000]})
                continue
            if message.get("type") == "quit":
                break
            self._take(message)
        self._quitting.set()
        self._jobs.put(None)

    def serve(self) -> None:
        """Do the jobs until told to quit."""
        self._send({"event": "ready", "version": VERSION})
        while (message := self._jobs.get()) is not None:
            identity = message.get("id")
            try:
                self._send({"id": identity, **self._do(identity, message)})
            except Cancelled:
                self._send({"id": identity, "event": "cancelled"})
            except Exception as error:
                self._send({"id": identity, "event": "error", **_told(error)})
            finally:
                self._cancelled.discard(identity)

    def _take(self, message: Message) -> None:
        kind, identity = message.get("type"), message.get("id")
        if isinstance(identity, (dict, list)):
            text = "A message's “id” must be a number or a text."
            self._send({"event": "error", "message": text, "report": ""})
        elif kind == "cancel":
            self._cancelled.add(identity)
        elif isinstance(kind, str) and kind in self._works:
            self._cancelled.discard(identity)
            self._jobs.put(message)
        else:
            known = ", ".join((*self._works, "cancel"))
            text = f"The worker knows no message of type {shown(kind)}; use {known} or quit."
            self._send({"id": identity, "event": "error", "message": text, "report": ""})

    def _do(self, identity: Any, message: Message) -> Message:
        def stopped() -> bool:
            return identity in self._cancelled or self._quitting.is_set()

        last = -OFTEN

        def progress(fraction: float, stage: str) -> None:
            nonlocal last
            if time.monotonic() - last >= OFTEN or fraction >= 1:
                last = time.monotonic()
                share = round(fraction, 4)
                self._send({"id": identity, "event": "progress", "fraction": share, "stage": stage})

        if stopped():
            raise Cancelled("Stopped before it began.")
        values = {key: value for key, value in message.items() if key not in ("id", "type")}
        result, warnings = self._works[message["type"]](values, progress, stopped)
        for warning in warnings:
            self._send({"id": identity, "event": "warning", "message": warning})
        return {"event": "result", **result}

    def _send(self, message: Message) -> None:
        with self._lock:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()


def _dance(values: Message, progress: Progress, stopped: Asked) -> tuple[Message, Sequence[str]]:
    job = DanceJob.from_fields(values)
    if job.out is None:
        raise TwostepError("The job names no file to write; give its path as “out”.")
    made = dance(job, progress, stopped)
    return {
        "path": str(job.out),
        "provider": made.provider,
        "provider_note": made.provider_note,
        "weights": made.weights,
        "bpm": round(made.song.bpm, 3),
        "style": made.style,
        "seconds": made.seconds,
        "loop": made.loop,
        "beats": [round(float(beat), 4) for beat in made.song.beats],
    }, made.warnings


def _score(values: Message, progress: Progress, stopped: Asked) -> tuple[Message, Sequence[str]]:
    from .score.score import score

    made = score(ScoreJob.from_fields(values), progress, stopped)
    return {
        "path": str(made.path),
        "provider": made.provider,
        "provider_note": made.provider_note,
        "weights": made.weights,
        "bpm": round(made.cues.grid.bpm, 3),
        "beats_per_bar": made.cues.grid.beats_per_bar,
        "first_downbeat": round(made.first_downbeat, 4),
        "genre": made.genre,
        "seconds": made.seconds,
        "beats": [round(float(beat), 4) for beat in made.beats],
    }, made.warnings


def _sample(values: Message, progress: Progress, stopped: Asked) -> tuple[Message, Sequence[str]]:
    from .batch.sample import sample
    from .batch.work import Work as Unit

    fields = values.get("work")
    if not isinstance(fields, dict):
        raise TwostepError("The job names no unit; give its fields as “work”.")
    made = sample(Unit.from_fields(fields), progress, stopped)
    return {"memory": memory.resident()}, made.warnings


#: What the worker can do, by the type of the message that asks for it.
WORKS: dict[str, Work] = {"dance": _dance, "score": _score, "sample": _sample}


def main(works: Mapping[str, Work] | None = None) -> int:
    """Serve on this process's own stdin and stdout; `works` are others than the worker's own."""
    for number in (signal.SIGINT, signal.SIGTERM):  # Blender's ways with them leave half files
        signal.signal(number, signal.default_int_handler)
    faulthandler.enable()  # where a library takes the process down, its last words say so
    out = _protected_stdout()
    lines = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors="replace")
    service = Service(out, works)
    threading.Thread(target=service.listen, args=(lines,), daemon=True).start()
    try:
        service.serve()
    except (BrokenPipeError, KeyboardInterrupt):
        # Nobody listens any more: there is nothing to tell and nobody to tell it to.
        os._exit(1)
    out.flush()
    # Not a plain return: at exit Python waits for the lock of the stdin that the thread reads.
    os._exit(0)


def _protected_stdout() -> TextIO:
    """The protocol's own stream; whatever libraries print goes to stderr instead."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


def _told(error: Exception) -> Message:
    if isinstance(error, MemoryError):
        traceback.clear_frames(error.__traceback__)  # telling takes some of what they hold
    report = "".join(traceback.format_exception(error))
    return {"message": told(error), "report": report, "foreseen": isinstance(error, TwostepError)}


def _bad_line(error: Exception) -> str:
    return f"The worker was sent a line that is not a JSON object ({error}); nothing was done."
