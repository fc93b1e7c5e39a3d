# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages to the worker, one JSON object a line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from random import Random
from typing import Any

from twostep.inference import worker
from twostep.inference.errors import TwostepError

from .. import mutate
from .form import Format

_MESSAGES: tuple[dict[str, Any], ...] = (
    {"id": 1, "type": "dance", "song": "/none.wav", "out": "/none.npz", "start": 0, "length": None,
     "style": "auto", "energy": 1.0, "seed": 3, "provider": "cpu", "candidates": 2},
    {"id": "a", "type": "score", "motion": "/none.npz", "out": "/none.wav", "genre": "house"},
    {"id": 2, "type": "sample", "work": {"kind": "dance", "name": "a", "out": "/none",
     "formats": ["npz"], "dance": {"song": "/none.wav"}, "landing": {"limbs": "IK"}}},
    {"id": 1, "type": "cancel"},
    {"type": "no such thing"},
)  # fmt: skip
_NAMES = ("id", "type", "song", "work", "motion", "seed", "out", "dance", "kind")


def _line(rng: Random) -> bytes:
    text = mutate.as_json(mutate.some_value(rng, rng.choice(_MESSAGES), _NAMES))
    text = text.replace(b"\n", b" ")
    return mutate.often_whole(rng, text)


def _make(rng: Random) -> tuple[str, bytes]:
    return "lines.jsonl", b"\n".join(_line(rng) for _ in range(rng.choice((1, 1, 1, 5))))


def _read(path: Path) -> None:
    """Each line is answered, and an ordinary job after them is done all the same."""
    out = io.StringIO()
    service = worker.Service(out, {**worker.WORKS, "echo": lambda values, *_: (values, ())})
    last = '\n{"id": "last", "type": "echo", "well": true}\n'
    text = path.read_text(encoding="utf-8", errors="replace") + last
    service.listen(text.splitlines())
    service._quitting.clear()
    service.serve()
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    if not any(each.get("type") == "quit" for each in _objects(text)):
        assert {"id": "last", "event": "result", "well": True} in told
    errors = [each for each in told if each["event"] == "error"]
    unforeseen = [each for each in errors if each.get("foreseen") is False]
    assert not unforeseen, unforeseen[0]["report"]
    if errors:
        raise TwostepError(max((each["message"] for each in errors), key=len))


def _objects(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        found += [value] if isinstance(value, dict) else []
    return found


FORMS = (Format("worker", _make, _read),)
