# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles of numpy arrays, read without running anything that they carry.

A pickle is a program. Python's own reader calls whatever it names, and even one that is allowed to
call numpy alone can be led to fill the memory, to compute for ever, or to change numpy's types. So
this follows the program by hand (opcodes as in `pickletools`): it knows those that hold values, and
of calls the handful that stand for arrays, which it makes itself.
"""

from __future__ import annotations

import codecs
import io
import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TwostepError

_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
#: The opcodes whose argument is the value.
_VALUES = (
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING",
    "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
)  # fmt: skip
#: … and what others stand for, made anew each time.
_EMPTY: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = ("PROTO", "FRAME")
#: Hashing what holds other things may take for ever, and so may numbers that hash alike.
_KEYS, _KEY_BITS, _MEMO_BITS = (str, bytes, int, float, type(None)), 60, 32
#: What calls are given, in bytes of the file: more is the same given again and again, which would
#: fill the memory. An item of a list counts as so many bytes.
_ROOM, _SPARE, _ITEM = 4, 1024, 16
_TYPE = re.compile(r"\?|[biufSU]\d{1,4}")


def load_arrays(path: Path) -> dict[str, Any]:
    """The arrays, numbers and texts of the dictionary in a pickle, of Python 2 or 3, by key.

    What else is in it is left out. Raises TwostepError when it is damaged, is no dictionary or asks
    for anything but arrays.
    """
    name = Path(path).name
    try:
        found = _Reader(Path(path).read_bytes()).read()
    except TwostepError:
        raise
    except OSError as error:
        raise TwostepError(f"{name} cannot be read: {error.strerror}.") from error
    except Exception as error:  # a damaged pickle can raise anything
        raise TwostepError(f"{name} is damaged: it is no pickle of arrays.") from error
    if not isinstance(found, dict):
        raise TwostepError(f"{name} holds no dictionary of arrays.")
    plain = {
        str(key): value.values if isinstance(value, _Array) else value
        for key, value in found.items()
    }
    kinds = (np.ndarray, np.generic, str, bytes, int, float)
    return {key: value for key, value in plain.items() if isinstance(value, kinds)}


@dataclass(frozen=True)
class _Name:
    """A name that the pickle asks for."""

    module: str
    name: str


@dataclass
class _Type:
    """A numpy dtype on its way."""

    code: str
    order: str = "="

    def made(self) -> np.dtype[Any]:
        if self.code.startswith("O"):
            raise TwostepError("The pickle holds arrays of objects, which are not read.")
        if not _TYPE.fullmatch(self.code) or self.order not in ("<", ">", "=", "|"):
            raise ValueError("no type of numbers or texts")
        return np.dtype(self.order + self.code)


@dataclass
class _Array:
    """An array on its way; values: the array, once it is there."""

    values: np.ndarray | None = None


class _Reader:
    """Follows a pickle from its first opcode to its last."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._room = _SPARE + _ROOM * len(data)

    def read(self) -> Any:
        """What the pickle stands for. Raises TwostepError for what is not allowed, or anything."""
        while code := self._data.read(1):
            opcode = _OPCODES[code.decode("latin1")]
            if opcode.name == "STRING":
                argument: Any = _text(self._data.readline())
            else:
                argument = opcode.arg.reader(self._data) if opcode.arg else None
            if opcode.name == "STOP":
                return self._stack.pop()
            self._follow(opcode.name, argument)
        raise ValueError("it has no end")

    def _follow(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _EMPTY:
            self._stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            self._stack.append(tuple(self._popped(len(self._stack) - _TUPLES[name])))
        elif name not in _IGNORED:
            step = getattr(self, f"_on_{name.lower()}", None)
            if step is None:
                raise TwostepError(
                    f"The pickle does {name}, which may be harmful; it was not read."
                )
            step(argument)

    def _popped(self, start: int) -> list[Any]:
        """What lies on the stack from `start` on, taken away."""
        if start < 0:
            raise ValueError("the stack is empty")
        taken, self._stack[start:] = self._stack[start:], []
        return taken

    def _marked(self) -> list[Any]:
        return self._popped(self._marks.pop())

    def _on_mark(self, _: None) -> None:
        self._marks.append(len(self._stack))

    def _on_pop(self, _: None) -> None:
        self._stack.pop()

    def _on_pop_mark(self, _: None) -> None:
        self._marked()

    def _on_tuple(self, _: None) -> None:
        self._stack.append(tuple(self._marked()))

    def _on_list(self, _: None) -> None:
        self._stack.append(self._marked())

    def _on_dict(self, _: None) -> None:
        items = self._marked()
        self._stack.append({})
        self._set(items)

    def _on_append(self, _: None) -> None:
        self._append([self._stack.pop()])

    def _on_appends(self, _: None) -> None:
        self._append(self._marked())

    def _append(self, values: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise TypeError("only lists are appended to")
        self._stack[-1].extend(values)

    def _on_setitem(self, _: None) -> None:
        self._set(self._popped(len(self._stack) - 2))

    def _on_setitems(self, _: None) -> None:
        self._set(self._marked())

    def _set(self, items: list[Any]) -> None:
        if not isinstance(self._stack[-1], dict):
            raise TypeError("only dictionaries have keys")
        self._stack[-1].update(_pairs(zip(items[::2], items[1::2], strict=True)))

    def _on_put(self, number: int) -> None:
        if number >> _MEMO_BITS:
            raise ValueError("no place of a memo")
        self._memo[number] = self._stack[-1]

    _on_binput = _on_long_binput = _on_put

    def _on_memoize(self, _: None) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _on_get(self, number: int) -> None:
        self._stack.append(self._memo[number])

    _on_binget = _on_long_binget = _on_get

    def _on_global(self, names: str) -> None:
        self._name(*names.split(" "))

    def _on_stack_global(self, _: None) -> None:
        self._name(*self._popped(len(self._stack) - 2))

    def _name(self, module: str, name: str) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError("a name is a text")
        if (module, name) not in _CALLS and (module, name) != ("numpy", "ndarray"):
            told = ascii(f"{module}.{name}")[1:61]
            raise TwostepError(
                f"The pickle asks for {told}, which may be harmful; it was not read."
            )
        self._stack.append(_Name(module, name))

    def _on_reduce(self, _: None) -> None:
        called, arguments = self._popped(len(self._stack) - 2)
        if not isinstance(called, _Name):
            raise TypeError("only names are called")
        self._spend(arguments)
        self._stack.append(_CALLS[called.module, called.name](*arguments))

    def _on_build(self, _: None) -> None:
        state = self._stack.pop()
        made = self._stack[-1]
        if isinstance(made, _Type):
            made.order = state[1]
        elif isinstance(made, _Array):
            shape, kind, fortran, data = state[-4:]  # a version may come first
            self._spend((shape, data))
            made.values = _array(data, kind, shape, "F" if fortran else "C")
        else:
            raise TwostepError("The pickle changes what is no array; it was not read.")

    def _spend(self, values: Any) -> None:
        for each in values:
            if isinstance(each, (str, bytes, bytearray)):
                self._room -= len(each)
            elif isinstance(each, (list, tuple, dict)):
                self._room -= len(each) * _ITEM
        if self._room < 0:
            raise ValueError("it makes more than it holds")


def _text(line: bytes) -> str:
    """A byte string of Python 2 as it is written in text: with quotes and backslashes."""
    return codecs.escape_decode(line.strip()[1:-1])[0].decode("latin1")


def _pairs(items: Any) -> dict[Any, Any]:
    found = {}
    for key, value in items:
        if not isinstance(key, _KEYS):
            raise TypeError("only texts and numbers are keys")
        if isinstance(key, int) and key.bit_length() > _KEY_BITS:
            raise ValueError("no key is so large")
        found[key] = value
    return found


def _array(data: Any, kind: _Type, shape: tuple[int, ...], order: Any = "C") -> np.ndarray:
    """The array that bytes stand for, which may be a text as Python 2 has them."""
    dtype = kind.made()
    raw = data.encode("latin1") if isinstance(data, str) else data
    if not (isinstance(raw, (bytes, bytearray)) and all(isinstance(n, int) for n in shape)):
        raise TypeError("an array is made of bytes")
    if not dtype.itemsize or math.prod(shape) * dtype.itemsize != len(raw):
        raise ValueError("an array claims more or less than there is")
    return np.frombuffer(bytearray(raw), dtype).reshape(shape, order=order)


def _scalar(kind: _Type, data: Any) -> Any:
    return _array(data, kind, (1,))[0]


def _code(code: Any) -> str:
    return code.decode("latin1") if isinstance(code, bytes) else code + ""


def _encoded(text: str, encoding: str = "latin1") -> bytes:
    """What protocol 2 stores bytes with; only the one encoding it uses."""
    if encoding not in ("latin1", "latin-1"):
        raise TwostepError("The pickle holds oddly encoded bytes; it was not read.")
    return text.encode("latin1")


#: What stands for arrays, texts and dictionaries, and how it is made here.
_CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(module, "_reconstruct"): lambda *_: _Array() for module in _MULTIARRAY},
    **{(module, "scalar"): _scalar for module in _MULTIARRAY},
    **{(module, "_frombuffer"): _array for module in _NUMERIC},
    ("numpy", "dtype"): lambda code, *_: _Type(_code(code)),
    ("_codecs", "encode"): _encoded,
    ("collections", "OrderedDict"): lambda items=(): _pairs(items),
}
