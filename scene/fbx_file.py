# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes FBX files the same, byte for byte, whenever and wherever they are written.

The exporter writes the time of day, and numbers its objects by Python's hashes of their names,
which are others in every process. Times and numbers have a fixed length, so they are replaced in
place. The format: https://code.blender.org/2013/08/fbx-binary-file-format-specification/
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
#: From this version on, lengths of nodes have eight bytes.
_WIDE = 7500
#: What the exporter itself writes as the time of creation elsewhere in the file.
_TIME = {"Year": 1970, "Month": 1, "Day": 1, "Hour": 10, "Minute": 0, "Second": 0, "Millisecond": 0}
#: The first number of an object; 0 is the scene.
_FIRST = 1_000_000
#: Bytes of a property's value, by the letter that says its kind.
_SIZES = {b"Y": 2, b"C": 1, b"B": 1, b"I": 4, b"F": 4, b"D": 8, b"L": 8}


@dataclass(frozen=True)
class _Node:
    """A node: the names from the top down to it, and the places of its properties by kind."""

    path: tuple[str, ...]
    properties: tuple[tuple[bytes, int], ...]


def settle(path: Path) -> None:
    """Set the times in a binary FBX file to a fixed one, and number its objects as they come."""
    numbers: dict[int, int] = {0: 0}
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError("not a binary FBX file")
        for node in _nodes(data, len(_MAGIC) + 4, len(data), ()):
            if node.path[:2] == ("FBXHeaderExtension", "CreationTimeStamp"):
                for kind, place in node.properties:
                    if kind == b"I" and node.path[-1] in _TIME:
                        struct.pack_into("<i", data, place, _TIME[node.path[-1]])
            elif _numbers(node.path):
                for kind, place in node.properties:
                    if kind == b"L":
                        (number,) = struct.unpack_from("<q", data, place)
                        settled = numbers.setdefault(number, _FIRST + len(numbers))
                        struct.pack_into("<q", data, place, settled)


def _numbers(path: tuple[str, ...]) -> bool:
    """Whether a node's whole numbers of eight bytes are those of objects."""
    match path:
        case ("Documents", "Document") | ("Documents", "Document", "RootNode"):
            return True
        case ("Objects", _) | ("Objects", "Pose", "PoseNode", "Node") | ("Connections", "C"):
            return True
    return False


def _nodes(data: mmap.mmap, start: int, stop: int, above: tuple[str, ...]) -> Iterator[_Node]:
    """All nodes between two places, each before those within it."""
    (version,) = struct.unpack_from("<I", data, len(_MAGIC))
    head = struct.Struct("<QQQB" if version >= _WIDE else "<IIIB")
    while start < stop:
        end, count, length, name_length = head.unpack_from(data, start)
        if end == 0:
            return
        name = data[start + head.size : start + head.size + name_length].decode()
        first = start + head.size + name_length
        path = (*above, name)
        yield _Node(path, tuple(_properties(data, first, count)))
        yield from _nodes(data, first + length, end, path)
        start = end


def _properties(data: mmap.mmap, place: int, count: int) -> Iterator[tuple[bytes, int]]:
    for _ in range(count):
        kind = data[place : place + 1]
        yield kind, place + 1
        if kind in _SIZES:
            place += 1 + _SIZES[kind]
        elif kind in (b"S", b"R"):
            place += 5 + struct.unpack_from("<I", data, place + 1)[0]
        else:
            place += 13 + struct.unpack_from("<I", data, place + 9)[0]
