# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of several lines: Blender's layouts know single lines only."""

from __future__ import annotations

import re
import unicodedata

#: Kana and Chinese characters, between which a line may end.
_FREE = "\u3005-\u30ff\u3400-\u9fff"
#: What no line begins with, and what none ends with.
_CLOSING, _OPENING = "、。，：；！？）」』》”ー", "（「『《“"
_PIECE = re.compile(
    rf"\s*[{_OPENING}]*(?:[{_FREE}]|[^\s{_FREE}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*"
)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many Latin letters, of which a Chinese one takes two."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and _width(lines[-1] + piece) > width:
            lines.append("")
        for letter in piece if lines[-1] else piece.lstrip():
            if _width(lines[-1] + letter) > width:  # no line holds it whole, such as a path
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines if line.strip()]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
