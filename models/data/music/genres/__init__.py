# SPDX-License-Identifier: GPL-3.0-or-later
"""The bands of all genres, one file each."""

from __future__ import annotations

from ..band import Band
from .ballet_jazz import BALLET_JAZZ
from .breaks import BREAK
from .house import HOUSE
from .krump import KRUMP
from .la_hiphop import LA_HIPHOP
from .lock import LOCK
from .middle_hiphop import MIDDLE_HIPHOP
from .modern import MODERN
from .pop import POP
from .salsa import SALSA
from .street_jazz import STREET_JAZZ
from .waack import WAACK
from .waltz import WALTZ

BANDS: dict[str, Band] = {
    "break": BREAK,
    "pop": POP,
    "lock": LOCK,
    "waack": WAACK,
    "middle_hiphop": MIDDLE_HIPHOP,
    "la_hiphop": LA_HIPHOP,
    "house": HOUSE,
    "krump": KRUMP,
    "street_jazz": STREET_JAZZ,
    "ballet_jazz": BALLET_JAZZ,
    "salsa": SALSA,
    "waltz": WALTZ,
    "modern": MODERN,
}
