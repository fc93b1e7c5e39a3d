# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files that every system takes, made by a pattern."""

from __future__ import annotations

import hashlib
import re
import unicodedata

#: Room for suffixes and for the names of temporary files; most file systems take 255 bytes.
MOST_BYTES = 180
#: What Windows takes for devices, whatever follows after a dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029]')


def safe(name: str) -> str:
    """The name with what some system does not take in it replaced; may be empty.

    Letters are composed (NFC), so that a name is the same whether macOS told it or another. A name
    that is too long is cut and gets a mark of what it was, so that two stay two.
    """
    # "ignore": names of files that are no text (surrogates) are none that others could write.
    clean = unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode("utf-8")
    clean = _FORBIDDEN.sub("_", clean).lstrip(". ").rstrip(". ")
    if _DEVICES.match(clean):
        clean = f"_{clean}"
    data = clean.encode("utf-8")
    if len(data) <= MOST_BYTES:
        return clean
    mark = hashlib.sha256(data).hexdigest()[:8]
    return f"{data[: MOST_BYTES - 9].decode('utf-8', 'ignore').rstrip('. ')}_{mark}"


def same(name: str) -> str:
    """What two names share that are one where letters have no case."""
    return unicodedata.normalize("NFC", name).casefold()
