# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles: damaged ones of AIST++'s form, and ones that attack whoever opens them."""

from __future__ import annotations

import builtins
import os
import pickle
import subprocess
from collections import OrderedDict
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from twostep.inference.readers import read_motion

from .. import mutate
from .form import Format
from .motions import _checked

#: An attack that succeeds writes this, which the guard sees.
_COMMAND = "touch owned"


class _Calls:
    """Is pickled as a call."""

    def __init__(self, what: Any, *arguments: Any, state: Any = None) -> None:
        self._reduced = (what, arguments) if state is None else (what, arguments, state)

    def __reduce__(self) -> Any:
        return self._reduced


@cache
def seeds() -> tuple[bytes, ...]:
    """A short take in every protocol."""
    data = {"smpl_poses": np.full((6, 72), 0.1), "smpl_trans": np.ones((6, 3)),
            "smpl_scaling": np.array([90.0]), "smpl_loss": 0.5,
            "order": OrderedDict(a=1)}  # fmt: skip
    return tuple(pickle.dumps(data, protocol) for protocol in range(6))


def attacks() -> tuple[Any, ...]:
    """Objects that do harm when an ordinary loader makes them."""
    system = _Calls(os.system, _COMMAND)
    return (
        system,
        _Calls(builtins.eval, "__import__('os').system('touch owned')"),
        _Calls(builtins.exec, "open('owned', 'w')"),
        _Calls(getattr, "", "join"),
        _Calls(partial, os.system, _COMMAND),
        _Calls(subprocess.Popen, ["touch", "owned"]),
        _Calls(np.load, "/etc/passwd"),
        _Calls(np.fromfile, "/etc/passwd"),
        _Calls(np.memmap, "owned", "u1", "w+", 0, (10,)),
        _Calls(np.ndarray, (10**12,)),
        _Calls(np.ndarray, (10**9,), "O"),
        _Calls(np.dtype, "O", False, True),
        _Calls(OrderedDict, [("a", system)]),
        _Calls(OrderedDict, (), state={"__class__": 1}),
        _Calls(np.dtype, "f8", state=(3, ">", None, None, None, -1, -1, 0)),
        _Calls(np.dtype, "V8", False, True,
               state=(3, "|", None, ("a",), {"a": (np.dtype("O"), 10**6)}, 8, 1, 0)),
    )  # fmt: skip


def _harmful(rng: Random) -> bytes:
    value: Any = rng.choice(attacks())
    for _ in range(rng.randrange(4)):
        value = rng.choice(([value], (value,), {"a": value}, OrderedDict(a=value)))
    return pickle.dumps({"smpl_poses": value, "smpl_trans": np.ones((2, 3))}, rng.randrange(6))


def _deep(rng: Random) -> bytes:
    """Little text, much to do: what is in itself twice, and twice again."""
    depth = rng.choice((5, 40, 200, 5000))
    nest = b"K\x01" + b"2\x86" * depth  # DUP, TUPLE2
    ends = (b"}" + nest + b"K\x01s.", b"}X\x0a\x00\x00\x00smpl_poses" + nest + b"s.",
            b"\x8f(" + nest + b"\x90.", b"(" + nest + b"\x91.")  # fmt: skip
    return b"\x80\x04" + rng.choice(ends)


def _by_hand(rng: Random) -> bytes:
    """Opcodes that name things on roundabout ways, or claim sizes that there are not."""
    names = (b"os\nsystem", b"builtins\neval", b"numpy\nload", b"posix\nsystem", b"nt\nsystem",
             b"numpy.core.multiarray\n_reconstruct", b"numpy\nndarray", b"numpy\ndtype",
             b"numpy\ncore.multiarray.fromfile", b"numpy\nos.system", b"_codecs\nencode",
             b"_codecs\ndecode", b"collections\nOrderedDict", b"numpy._core.numeric\n_frombuffer",
             b"numpy\nndarray.tofile", b"copyreg\n_reconstructor", b"\xff\n\xff")  # fmt: skip
    module, name = rng.choice(names).split(b"\n")
    argument = rng.choice((b"(S'touch owned'\ntR", b"(tR", b")\x81", b"(lR", b"}b", b"(NI1\ntb",
                           b"(}(S'__setstate__'\nNutb", b"N}\x86b", b")}\x92", b"Q", b"0",
                           b"(I1000000000\nI0\ntI0\ntR"))  # fmt: skip
    ways = (
        b"c%s\n%s\n%s." % (module, name, argument),
        b"(i%s\n%s\n." % (module, name),
        b"\x80\x04\x8c%c%s\x8c%c%s\x93%s." % (len(module), module, len(name), name, argument),
        b"\x80\x04\x8c%c%sq\x00\x8c%c%sq\x010h\x00h\x01\x93%s."
        % (len(module), module, len(name), name, argument),
        b"\x80\x02}r" + rng.choice((b"\xff\xff\xff\x7f", b"\0\0\0\x40")) + b".",
        b"\x80\x04\x8e" + (2**rng.choice((31, 40, 62))).to_bytes(8, "little") + b"abc.",
        b"\x80\x04B\xff\xff\xff\x7fabc.",
        b"\x80\x02\x8b\xff\xff\xff\x7fabc.",
        b"L" + b"9" * rng.choice((10, 5000)) + b"L\n.",
        b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b"abc.",
        b"\x80\x04\x95" + (2**62).to_bytes(8, "little") + b"}.",
        b"\x80\x02\x82\x01.", b"Pabc\n.", b"\x80\x05\x97.", b"(" * 5000 + b".",
        b"]" * 20000 + b"." , b"\x80\x02" + b"]q\x00h\x00a" * 3000 + b".",
        b"]" * 20000 + b"a" * 19999 + b".",
    )  # fmt: skip
    body = rng.choice(ways)
    return mutate.some_bytes(rng, body) if rng.random() < 0.3 else body


def _make(rng: Random) -> tuple[str, bytes]:
    kind = rng.random()
    if kind < 0.2:
        content = _harmful(rng)
    elif kind < 0.4:
        content = _by_hand(rng)
    elif kind < 0.45:
        content = _deep(rng)
    else:
        content = mutate.some_bytes(rng, rng.choice(seeds()), seeds())
    return "take.pkl", content


def _read(path: Path) -> None:
    try:
        _checked(read_motion(path))
    finally:
        # What a pickle did to numpy's own types would be felt by everything after it.
        assert np.dtype("f8").byteorder == "=" and np.dtype("f8").itemsize == 8
        assert not Path("owned").exists()


FORMS = (Format("pkl", _make, _read, seeds),)
