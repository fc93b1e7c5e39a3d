# SPDX-License-Identifier: GPL-3.0-or-later
"""What the jobs of a scene's batch come to: who dances to what, and how the files are called."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy

from ..inference.batch import expand, names, naming
from ..inference.batch.work import Work
from ..inference.errors import TwostepError
from ..inference.jobs import DanceJob
from . import exporters, versions
from .keys import RECIPE, scene_fps

#: More seeds than anybody has time for; a slip of the finger, then.
_MOST_SEEDS = 10_000
#: How actions are called when the pattern does not say which is which.
_OF_ACTIONS = "{action}_{rig}"


@dataclass(frozen=True)
class Item:
    """A dance of the batch: a new one to a song, or an action that there is."""

    ob: bpy.types.Object
    song: Path | None = None
    style: str = ""
    seed: int = 0
    action: bpy.types.Action | None = None


@dataclass(frozen=True)
class Choice:
    """What a job comes to."""

    armatures: tuple[bpy.types.Object, ...]
    songs: tuple[Path, ...] = ()
    styles: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    actions: tuple[tuple[bpy.types.Object, bpy.types.Action], ...] = ()

    def __len__(self) -> int:
        dances = len(self.armatures) * len(self.songs) * len(self.styles) * len(self.seeds)
        return dances + len(self.actions)

    def __iter__(self) -> Iterator[Item]:
        """One after the other; those that share a dance follow each other."""
        for song in self.songs:
            for style in self.styles:
                for seed in self.seeds:
                    for ob in self.armatures:
                        yield Item(ob, song, style, seed)
        for ob, action in self.actions:
            yield Item(ob, action=action)


def choice(scene: bpy.types.Scene, job: Any) -> Choice:
    """What a job of the scene's batch asks for. Raises TwostepError that says what is lacking."""
    armatures = _armatures(scene, job)
    if job.kind == "ACTIONS":
        made = made_for(armatures)
        if not made:
            raise TwostepError("Twostep has made no actions for them yet; press Dance first.")
        return Choice(armatures, actions=made)
    songs = songs_of(job)
    known = job.bl_rna.properties["styles"].enum_items.keys()
    styles = tuple(style for style in known if style in job.styles)
    if not styles:
        raise TwostepError("Choose at least one style.")
    return Choice(armatures, songs, styles, seeds_of(job.seeds))


def choices(scene: bpy.types.Scene) -> list[Choice]:
    """What all jobs that are in use ask for. Raises TwostepError that names the job."""
    found = []
    for number, job in enumerate(scene.twostep.batch.jobs, 1):
        if job.use:
            try:
                found.append(choice(scene, job))
            except TwostepError as error:
                raise TwostepError(f"Job {number}: {error}") from error
    if not found:
        raise TwostepError("There are no jobs to export; add one.")
    return found


def formats(batch: Any) -> tuple[str, ...]:
    """The formats that are wanted and that this Blender has. Raises TwostepError: none is."""
    wanted = [form for form in exporters.FORMATS if form in batch.formats]
    found = tuple(form for form in wanted if not exporters.lacking(form))
    if not found:
        told = exporters.lacking(wanted[0]) if wanted else "Choose at least one format."
        raise TwostepError(told)
    return found


def preview(scene: bpy.types.Scene) -> tuple[str, int, int]:
    """The first file's name, and how many dances and files there will be. Raises TwostepError."""
    _, first = next(works(scene))
    dances = sum(map(len, choices(scene)))
    return f"{first.name}.{first.formats[0]}", dances, dances * len(first.formats)


def works(scene: bpy.types.Scene) -> Iterator[tuple[Item, Work]]:
    """The dances of the batch as units of work, named, but for how they land.

    What two jobs ask for alike is there once. Raises TwostepError when anything is lacking, as soon
    as two names clash too.
    """
    batch = scene.twostep.batch
    common = {
        "out": place_of(batch.folder),
        "rig": Path(bpy.data.filepath or "untitled.blend"),
        "fps": scene_fps(scene),
        "preset": batch.preset,
        "formats": formats(batch),
        "meshes": batch.use_meshes,
    }
    known: set[Item] = set()
    taken: dict[str, Work] = {}
    for item in itertools.chain(*choices(scene)):
        if item in known:
            continue
        known.add(item)
        work = _work(scene.twostep, item, common)
        pattern = pattern_of(batch, work.kind)
        name = naming.name(pattern, work, len(known))
        if not name:
            raise TwostepError("The names of the files are empty; write something such as {song}.")
        work = replace(work, name=name)
        other = taken.setdefault(names.same(name), work)
        if other is not work:
            lacking = naming.lacking(pattern, other, work).replace("{armature}", "{rig}")
            raise TwostepError(
                f"Two dances would be called “{name}”; put {lacking} into the names."
            )
        yield item, work


def pattern_of(batch: Any, kind: str) -> str:
    """How units of a kind are called. Raises TwostepError for what is no pattern.

    The rig is what the armature is called here, not the file.
    """
    pattern = batch.pattern
    try:
        naming.check(pattern)
    except TwostepError as error:
        raise TwostepError(f"The pattern of the names {error}") from error
    if kind == "export" and "{action}" not in pattern:
        pattern = _OF_ACTIONS
    return pattern.replace("{rig}", "{armature}")


def _work(settings: Any, item: Item, common: dict[str, Any]) -> Work:
    """A dance with the Dance panel's settings, or an action as it is."""
    common = {**common, "name": "unit", "armature": item.ob.name}
    if item.action is not None:
        return Work("export", action=item.action.name, **common)
    assert item.song is not None
    dance = DanceJob(
        song=item.song,
        style=item.style,
        energy=round(settings.energy, 4),
        seed=item.seed,
        retime=settings.use_retime,
        loop=settings.use_loop,
    )
    return Work("dance", dance=dance, **common)


def seeds_of(text: str) -> tuple[int, ...]:
    """The numbers of a text such as 1-4, 7. Raises TwostepError when it is none."""
    found: list[int] = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = re.fullmatch(r"(\d{1,18})(?:\s*[-–]\s*(\d{1,18}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise TwostepError(f"“{part}” are no seeds; write numbers and ranges such as 1-4, 7.")
        if last - first >= _MOST_SEEDS:
            raise TwostepError(f"“{part}” are more than {_MOST_SEEDS} seeds; choose fewer.")
        found += range(first, last + 1)
    if not found:
        raise TwostepError("There are no seeds; write numbers and ranges such as 1-4, 7.")
    return tuple(dict.fromkeys(found))


def songs_of(job: Any) -> tuple[Path, ...]:
    """The songs of a job, those in its folders too. Raises TwostepError when there are none."""
    paths = tuple(bpy.path.abspath(song.path) for song in job.songs if song.path)
    if not paths:
        raise TwostepError("There are no songs to dance to; add songs or a folder.")
    changed = (Path(path).stat().st_mtime_ns if Path(path).is_dir() else 0 for path in paths)
    return _listed(paths, tuple(changed))


def made_for(
    meant: Sequence[bpy.types.Object],
) -> tuple[tuple[bpy.types.Object, bpy.types.Action], ...]:
    """The actions that Twostep made for some armatures, by name.

    Whoever plays an action has it; else whom it was made for; else who has all its bones.
    """
    made = [action for action in bpy.data.actions if isinstance(action.get(RECIPE), str)]
    armatures = [ob for ob in bpy.data.objects if ob.type == "ARMATURE"] if made else []
    known, players = {ob.name for ob in armatures}, _players(armatures)
    found: list[tuple[bpy.types.Object, bpy.types.Action]] = []
    for action in made:
        slots = {slot.name_display for slot in action.slots} if versions.SLOTTED else set()
        if action in players:
            found += [(ob, action) for ob in meant if ob in players[action]]
        elif slots & known:
            found += [(ob, action) for ob in meant if ob.name in slots]
        else:
            bones = bones_of(action)
            found += [(ob, action) for ob in meant if bones and bones <= set(ob.data.bones.keys())]
    return tuple(found)


def bones_of(action: bpy.types.Action) -> set[str]:
    """The bones that an action moves."""
    paths = (curve.data_path for curve in versions.curves(action))
    return {path.split('"')[1] for path in paths if path.startswith('pose.bones["')}


def frames_of(action: bpy.types.Action) -> tuple[int, int]:
    """First and last frame of an action: those set by hand, else those of its keys."""
    first, last = action.frame_range
    return math.floor(first), math.ceil(last)


def place_of(folder: str) -> Path:
    """The folder that is meant. Raises TwostepError when none is."""
    if not folder.strip():
        raise TwostepError("Choose the folder that the files shall go to.")
    if folder.startswith("//") and not bpy.data.filepath:
        raise TwostepError(
            "The folder lies beside this file, which was never saved; save it, or choose another."
        )
    return Path(bpy.path.abspath(folder))


def _armatures(scene: bpy.types.Scene, job: Any) -> tuple[bpy.types.Object, ...]:
    """Whom a job is about."""
    if job.source == "OBJECT":
        if job.armature is None:
            raise TwostepError("Choose a character.")
        if not _is_in(scene, job.armature):
            raise TwostepError(f"{job.armature.name} is not in this scene; choose another.")
        return (job.armature,)
    if job.source == "COLLECTION" and job.collection is None:
        raise TwostepError("Choose a collection.")
    meant: Sequence[bpy.types.Object] = scene.objects
    if job.source == "COLLECTION":
        meant = [ob for ob in job.collection.all_objects if _is_in(scene, ob)]
    found = [ob for ob in meant if ob.type == "ARMATURE"]
    if job.source == "SELECTED":
        layer = _layer(scene)
        found = [ob for ob in found if layer is not None and ob.select_get(view_layer=layer)]
    if not found:
        where = {"SELECTED": "is selected", "COLLECTION": f"is in {_name(job.collection)}"}
        raise TwostepError(f"No armature {where.get(job.source, 'is in this scene')}.")
    return tuple(sorted(found, key=lambda ob: ob.name))


def _layer(scene: bpy.types.Scene) -> bpy.types.ViewLayer | None:
    """The view layer whose selection counts."""
    layer = bpy.context.view_layer
    return layer if layer is not None and layer.id_data == scene else scene.view_layers[0]


def _is_in(scene: bpy.types.Scene, ob: bpy.types.Object) -> bool:
    return scene.objects.get(ob.name) == ob


def _name(collection: bpy.types.Collection | None) -> str:
    return collection.name if collection is not None else "it"


def _players(
    armatures: Sequence[bpy.types.Object],
) -> dict[bpy.types.Action, set[bpy.types.Object]]:
    """Who plays an action, now or in the NLA."""
    found: dict[bpy.types.Action, set[bpy.types.Object]] = {}
    for ob in armatures:
        data = ob.animation_data
        strips = (strip for track in data.nla_tracks for strip in track.strips) if data else ()
        for holder in (data, *strips) if data else ():
            if holder.action is not None:
                found.setdefault(holder.action, set()).add(ob)
    return found


@lru_cache(maxsize=64)
def _listed(paths: tuple[str, ...], _changed: tuple[int, ...]) -> tuple[Path, ...]:
    """Panels ask at every redraw: folders are read when they have changed."""
    try:
        found = expand.alternatives("song", list(paths), (), Path.cwd())
    except TwostepError as error:
        raise TwostepError(f"The songs {error}") from error
    return tuple(song for song, _ in found)
