# SPDX-License-Identifier: GPL-3.0-or-later
"""How pieces are built from sections."""

from __future__ import annotations

#: Name, bars and energy (0..1) of each section.
Form = tuple[tuple[str, int, float], ...]

#: Each piece draws one of these.
FORMS: tuple[Form, ...] = (
    (("intro", 4, 0.2), ("verse", 8, 0.5), ("build", 4, 0.7), ("chorus", 8, 1.0),
     ("break", 4, 0.25), ("chorus", 8, 0.95)),
    (("intro", 2, 0.3), ("verse", 8, 0.55), ("chorus", 8, 0.9), ("break", 4, 0.3),
     ("build", 4, 0.65), ("chorus", 8, 1.0), ("outro", 2, 0.2)),
    (("chorus", 4, 0.85), ("verse", 8, 0.45), ("chorus", 8, 0.9), ("break", 4, 0.2),
     ("verse", 4, 0.6), ("chorus", 8, 1.0)),
    (("intro", 4, 0.15), ("build", 4, 0.4), ("verse", 8, 0.6), ("chorus", 8, 0.85),
     ("break", 2, 0.2), ("chorus", 8, 1.0), ("outro", 4, 0.35)),
    (("verse", 8, 0.4), ("verse", 8, 0.65), ("break", 4, 0.15), ("build", 4, 0.6),
     ("chorus", 12, 1.0)),
)  # fmt: skip
