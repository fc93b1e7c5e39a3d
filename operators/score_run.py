# SPDX-License-Identifier: GPL-3.0-or-later
"""Music being made for a dance: reads the poses, asks the worker, adds the strip."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..inference.errors import TwostepError
from ..inference.files import make_folder, remove_folder, replaced, scratch
from ..inference.genres import GENRES
from ..inference.jobs import AUTO, ScoreJob
from ..inference.motion import Motion
from ..scene import armature, poses, strips, takes
from ..scene.folders import user_folder
from . import session, watch
from .session import state
from .watch import Rhythm, Watch, Watching


@dataclass(frozen=True)
class Wish:
    """What music is asked for. rhythm: as the user set it; None: as the dance is read."""

    genre: str
    seed: int
    loop: bool
    rhythm: Rhythm | None
    mute_earlier: bool


def plan(context: bpy.types.Context) -> tuple[Watch, Wish]:
    """What the panel asks for. Changes nothing. Raises TwostepError for what cannot be."""
    settings = context.scene.twostep.score
    wish = Wish(
        settings.genre,
        settings.seed,
        settings.use_loop,
        watch.by_hand(settings),
        settings.use_mute_earlier,
    )
    return watch.of_settings(context, settings), wish


def plan_variation(context: bpy.types.Context) -> tuple[Watch, Wish]:
    """The selected take's recipe, or the latest one's, with the next seed that is not taken."""
    ob = poses.check(armature.character(context))
    take = takes.chosen(context.scene, ob)
    if take is None:
        raise TwostepError(f"There is no music for {ob.name} to vary yet; press Score first.")
    try:
        wish, frames = _wish(take.recipe)
    except (KeyError, TypeError, ValueError) as error:
        raise TwostepError(
            f"The strip {take.strip.name} does not tell how it was made; press Score instead."
        ) from error
    alike = [
        _wish(each.recipe)[0] for each in takes.of(context.scene, ob) if _readable(each.recipe)
    ]
    seeds = {each.seed for each in alike if replace(each, seed=wish.seed) == wish}
    seed = wish.seed + 1
    while seed in seeds:
        seed += 1
    muting = context.scene.twostep.score.use_mute_earlier
    return watch.over(context, ob, frames), replace(wish, seed=seed, mute_earlier=muting)


class ScoreRun(Watching):
    """Music on its way: first the poses are read, then the worker makes it."""

    SAID, MOVE = "Music is being made", "score"
    READING = 0.3

    def __init__(self, watch: Watch, wish: Wish) -> None:
        super().__init__(watch)
        self.wish = wish
        self._files = Path(bpy.app.tempdir) / f"twostep-score-{session.next_number()}"
        self._motion, self._made = self._files / "motion.npz", self._files / "music.wav"
        self._folder = takes.folder(user_folder("music"))

    def start(self) -> None:
        """Begin to read. Raises TwostepError when there will be no place for the music."""
        with scratch(self._folder / "music.wav"):
            super().start()

    def _seen(self, motion: Motion) -> None:
        make_folder(self._files, "; see to it that it may be written.")
        with replaced(self._motion) as path:
            motion.save(path)
        rhythm = self.wish.rhythm
        job = ScoreJob(
            motion=self._motion,
            out=self._made,
            genre=self.wish.genre,
            seed=self.wish.seed,
            loop=self.wish.loop,
            bpm=rhythm.bpm if rhythm else None,
            beats_per_bar=rhythm.beats_per_bar if rhythm else None,
            first_downbeat=self._first_downbeat(rhythm) if rhythm else None,
            provider=session.provider(),
        )
        self._ask("score", job.to_fields())
        state.stage = "Starting"

    def _first_downbeat(self, rhythm: Rhythm) -> float:
        """Seconds to the first bar that starts within the music."""
        return self.watch.seconds(rhythm.downbeat) % (60 / rhythm.bpm * rhythm.beats_per_bar)

    def apply(self) -> str:
        """Keep the file and add its strip. Raises TwostepError, nothing changed, if it cannot."""
        ob, scene = self._found("its music was made")
        genre = self.result["genre"]
        path, number = takes.next_path(self._folder, ob, genre, self.wish.seed)
        takes.keep(self._made, path)
        self._note_provider()
        label = GENRES[genre].label
        earlier = takes.of(scene, ob)
        try:
            takes.add(
                scene, path, self.watch.first, f"{ob.name} - {label}", self._recipe(ob, number)
            )
        except strips.NoSoundError as error:
            self.warnings.append(f"{error} It is in {path}.")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if self.wish.mute_earlier:
            for take in earlier:
                take.strip.mute = True
        if self.wish.rhythm is None:
            watch.shown(scene.twostep.score, self._rhythm())
        bpm, seconds = self.result["bpm"], self.result["seconds"]
        return f"{label} at {bpm:.0f} bpm for {seconds:.0f} s: {path.name}"

    def close(self) -> None:
        """Tidy up, however it ended; a job that still runs is stopped."""
        self._drop()
        super().close()
        # With its folder: the worker may have heard too late that nobody waits for what it writes.
        remove_folder(self._files)

    def _rhythm(self) -> Rhythm:
        downbeat = self.watch.frame(self.result["first_downbeat"])
        return Rhythm(self.result["bpm"], self.result["beats_per_bar"], downbeat)

    def _recipe(self, ob: bpy.types.Object, number: int) -> dict[str, Any]:
        asked = {
            "asked_genre": self.wish.genre,
            "seed": self.wish.seed,
            "loop": self.wish.loop,
            "rhythm": asdict(self.wish.rhythm) if self.wish.rhythm else None,
        }
        downbeat = self._rhythm().downbeat
        return takes.recipe(ob, number, self.watch.frames, downbeat, asked, self.result)


def _wish(recipe: takes.Recipe) -> tuple[Wish, poses.Frames]:
    """What a recipe asks for again: its genre is the one that was played, even if Auto chose it."""
    rhythm = Rhythm(**recipe["rhythm"]) if recipe["rhythm"] else None
    genre = recipe["genre"] if recipe["genre"] in GENRES else AUTO
    first, last = recipe["frames"]
    wish = Wish(genre, int(recipe["seed"]), bool(recipe["loop"]), rhythm, mute_earlier=False)
    return wish, (float(first), float(last))


def _readable(recipe: takes.Recipe) -> bool:
    try:
        _wish(recipe)
    except (KeyError, TypeError, ValueError):
        return False
    return True
