# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats, one after the other."""

from __future__ import annotations

from . import cards, jobs, lines, motions, pickled, reports, rigs, robots, sounds
from .form import Format

__all__ = ["FORMATS", "Format"]

FORMATS: dict[str, Format] = {
    form.name: form
    for module in (sounds, motions, pickled, robots, jobs, reports, rigs, cards, lines)
    for form in module.FORMS
}
