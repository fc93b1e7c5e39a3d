# SPDX-License-Identifier: GPL-3.0-or-later
"""The cards of networks, and networks that are not what their card says."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from twostep.inference import weights
from twostep.inference.score import auto_genre
from twostep.inference.score.networks import Networks

from .. import mutate
from .form import Format


def _damaged(rng: Random, kind: str, file: str) -> bytes:
    value = json.loads((weights.ALL_SHIPPED / kind / file).read_text("utf-8"))
    text = mutate.as_json(mutate.some_value(rng, value, tuple(value)))
    return mutate.often_whole(rng, text)


def _read_dance(path: Path) -> None:
    card = weights.read_card(path.parent)
    assert all(isinstance(name, str) for name in card.styles)
    for name in (None, *card.styles):
        assert 0 <= card.usual(name) <= 1


def _read_score(path: Path) -> None:
    Networks(weights.read_bundle(path.parent, "score"), "cpu")


def _make_genre(rng: Random) -> tuple[str, bytes]:
    return "motion.json", _damaged(rng, "style", "motion.json")


FORMS = (
    Format("dance card", lambda rng: ("dance.json", _damaged(rng, "dance", "dance.json")),
           _read_dance),
    Format("score card", lambda rng: ("score.json", _damaged(rng, "score", "score.json")),
           _read_score),
    Format("genre card", _make_genre, auto_genre.read_weights),
)  # fmt: skip
