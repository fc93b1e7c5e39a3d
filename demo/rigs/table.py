# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all characters, as a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from . import measure
from .measure import BOUNDS
from .perform import Performance

_HEAD = (
    "character", "recognised as", "bones", "keyed", "recognised in", "keyed in",
    "round trip", "directions", "slide", "sink", "float", "speed",
)  # fmt: skip
_TRIP = ("trip_deg", "trip_cm")
_UNITS = (
    "", "", "", "", "ms", "s", "mean °, mean cm", "mean °, 95 %, worst limb",
    "mean cm, worst", "worst cm", "worst cm", "worst ratio",
)  # fmt: skip


def page(
    performances: Sequence[Performance],
    failed: dict[str, str],
    seconds: float,
    blender: str,
    command: str,
) -> str:
    """Markdown. failed: by character, why it did not dance; seconds: how long the dance is."""
    count = sum(bool(each.missed) for each in performances) + len(failed)
    verdict = "All within bounds." if not count else f"Out of bounds: {count} (bold)."
    lines = [
        "# Every family of rigs, dancing",
        "",
        f"{len(performances)} characters dance the same {seconds:.0f} seconds, made by the "
        "networks that ship to the song that ships, in Blender "
        f"{blender}, {dt.datetime.now(dt.UTC):%Y-%m-%d}. {verdict} Made by",
        "",
        f"    {command}",
        "",
        _line(_HEAD),
        _line(["---"] * len(_HEAD)),
        _line(_UNITS),
        _line([*[""] * 6, *_bounds()]),
        *(_line(_cells(each)) for each in performances),
        "",
        *(f"- **{name}** does not dance: {why}" for name, why in failed.items()),
        *(f"- {each.family.label}: {said}" for each in performances for said in each.warnings),
        "",
        "![Each family at six moments of the dance](rigs.png)",
        "",
        "## What is measured",
        "",
        *_method(),
    ]
    return "\n".join(lines) + "\n"


def _bounds() -> list[str]:
    b = BOUNDS
    return [
        f"≤ {b['trip_deg']:g}, {b['trip_cm']:g}", f"≤ {b['limbs_mean']:g}",
        f"< {b['slide_worst']:g}", f"≤ {b['sink_worst']:g}", f"≤ {b['float_worst']:g}",
        f"≤ {b['speed_ratio']:g}",
    ]  # fmt: skip


def _cells(one: Performance) -> list[str]:
    def said(*names: str) -> str:
        return ", ".join(
            _bold(f"{getattr(one.figures, name):.2f}", name in one.missed) for name in names
        )

    trip = said("trip_deg", "trip_cm")
    if one.again is not None:
        kept = (_bold(f"{one.again[i]:.2f}", n in one.missed) for i, n in enumerate(_TRIP))
        first = f"{one.figures.trip_deg:.2f}, {one.figures.trip_cm:.2f}"
        trip = f"({first}) {', '.join(kept)}"

    return [
        one.family.label, one.recognised, str(one.bones), str(one.keyed),
        f"{one.look_ms:.1f}", f"{one.apply_s:.2f}",
        trip, said("limbs_mean", "limbs_p95", "limb_worst"),
        said("slide_mean", "slide_worst"), said("sink_worst"), said("float_worst"),
        said("speed_ratio"),
    ]  # fmt: skip


def _bold(text: str, out: bool) -> str:
    return f"**{text}**" if out else text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _method() -> list[str]:
    return [
        "The dance goes the way that it goes in Blender's panel: recognised, fitted to the "
        "character's proportions, feet planted, keyed. Then Blender plays it, and every frame of "
        "the evaluated scene is measured. Centimetres are those of the character at its own size.",
        "",
        "- **recognised in, keyed in**: of one run on two cores, from the bones' names and places "
        "to what they mean, and from the motion to the last key.",
        "- **round trip**: the pose is read back as *Score* reads it. How far each joint that has "
        "a bone is turned in the world from how the dance turns it, and, on our own body, how far "
        "it is from where the dance has it; mean over joints and frames. Legs and arms that follow "
        "hands and feet by inverse kinematics turn about themselves as their bend asks, and a "
        "robot's hinges turn about one axis only: what such a rig makes of the dance is in "
        "brackets, and what is judged is the round trip of what it can do: what was read off it "
        "is danced by it, and read again.",
        "- **directions**: how far thighs, shins, upper arms and forearms point from where the "
        "dance's point; feet likewise, ankle to toe against their T-pose; and the trunk, hips to "
        "neck as the pelvis sees it, against its own rest. Mean over all, 95th percentile, mean of "
        "the worst of them.",
        "- **slide**: of every contact of the dance, what the ankle or the toe that it names moves "
        "along the floor: the largest distance between any two of its places.",
        "- **sink, float**: how far an ankle or toe in contact is under or over where it is when "
        "the character stands at rest. A heel that the dance raises by more than "
        f"{1000 * measure.RAISED:.0f} mm is not asked to be down.",
        f"- **speed**: how fast a joint turns in the world by how fast the dance's does, or by "
        f"{measure.CALM:.0f} °/s where that is slower; both over three frames. A flip would show.",
    ]
