# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles of numpy arrays, loaded without running anything that they carry.

An ordinary loader calls whatever a pickle names. This one knows a handful of names, all of which
only build arrays, and refuses the rest.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TwostepError

_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_ALLOWED = frozenset(
    [
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        *((module, name) for module in _MULTIARRAY for name in ("_reconstruct", "scalar")),
        ("numpy.core.numeric", "_frombuffer"),
        ("numpy._core.numeric", "_frombuffer"),
        ("_codecs", "encode"),
        ("collections", "OrderedDict"),
    ]
)


def load_arrays(path: Path) -> dict[str, Any]:
    """The dictionary of arrays, numbers and texts in a pickle, of Python 2 or 3.

    Raises TwostepError when it is damaged, is no dictionary or asks for anything but arrays.
    """
    name = Path(path).name
    try:
        found = _Arrays(io.BytesIO(Path(path).read_bytes()), encoding="latin1").load()
    except TwostepError:
        raise
    except OSError as error:
        raise TwostepError(f"{name} cannot be read: {error.strerror}.") from error
    except Exception as error:  # a damaged pickle can raise anything
        raise TwostepError(f"{name} is damaged: it is no pickle of arrays.") from error
    if not isinstance(found, dict):
        raise TwostepError(f"{name} holds no dictionary of arrays.")
    return {str(key): _checked(value, name) for key, value in found.items()}


class _Arrays(pickle.Unpickler):
    """An unpickler that finds nothing but numpy's array builders."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise TwostepError(
                f"The pickle asks for {module}.{name}, which may be harmful; it was not loaded."
            )
        if name == "encode":
            return _encode
        return super().find_class(_modern(module), name)

    def persistent_load(self, _: Any) -> Any:
        raise TwostepError("The pickle refers to outside objects; it was not loaded.")


def _modern(module: str) -> str:
    """Numpy 1 and 2 keep the same functions under different names."""
    if module.startswith(("numpy.core", "numpy._core")):
        new = int(np.__version__.split(".")[0]) >= 2
        return module.replace("numpy._core" if not new else "numpy.core",
                              "numpy.core" if not new else "numpy._core")  # fmt: skip
    return module


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """What protocol 2 stores bytes with; only the one encoding it uses."""
    if encoding not in ("latin1", "latin-1"):
        raise TwostepError("The pickle holds oddly encoded bytes; it was not loaded.")
    return text.encode("latin1")


def _checked(value: Any, name: str) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        raise TwostepError(f"{name} holds arrays of objects, which are not read.")
    return value
