# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the music that the networks make for dances they have not seen, next to true renders.

    python -m twostep.models.judge.music --corpus DIR --shards DIR --out DIR
        [--genres salsa house | all] [--takes 2] [--seeds 2] [--seconds 30]
        [--motions FILE ...] [--weights DIR] [--also NAME=DIR ...] [--no-variants] [--paper DIR]
        [--docs DIR]

Beside what is generated stand true music, true music of other dances, music that is found instead
of made, other networks (--also) and the paper's recipe (--paper). Writes report.json, report.md,
the music as .wav, and mel pictures; --docs puts the report and two of them there as well.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

from ....inference import weights
from ....inference.audio import style
from ....inference.errors import TwostepError
from ....inference.genres import GENRES, NAMES
from ....inference.score.networks import Networks
from ..arguments import named
from . import alignment, change, figures, frechet, made, onsets, pictures, rebuilt, rows, sound
from .figures import Figures, Reference, Verdict
from .heard import Corpus, Heard
from .made import VARIANTS, Dance, Withholding
from .report import Report
from .rows import Row

#: Pieces of a genre that templates are learnt from, and those held out; their length, seconds, and
#: how much of the former Fréchet distances are taken to.
LEARNT, HELD_OUT, LENGTH, STYLED = 24, 6, 60.0, 30.0
#: How many loops are made; how many genres the slow baseline plays, and are told in other ways.
LOOPS, BASELINE, VARIED = 4, 5, 7
#: Pictures that stand in the report, and what they show.
PICTURES = {
    "score_mels.png": "a piece of each genre; marks on top are beats and downbeats, triangles the "
    "accents of the dance",
    "score_rebuilt.png": "truth, truth through autoencoder and vocoder, truth through Griffin-Lim, "
    "and what is generated",
}
#: How many true pieces are put together again, and for how long.
REBUILT, REBUILT_SECONDS = 13, 20.0


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    asked = _parser().parse_args(words)
    console = Console()
    try:
        report = judge(asked, console)
    except TwostepError as error:
        console.print(str(error), style="red")
        return 1
    console.print(Markdown(report.markdown()))
    console.print(f"Report, music and pictures are in {asked.out}.")
    return 0


def judge(asked: argparse.Namespace, console: Console) -> Report:
    """Make the music, judge it, and write report and pictures."""
    genres = list(NAMES) if asked.genres == ["all"] else asked.genres
    asked.out.mkdir(parents=True, exist_ok=True)
    dances = made.held_out(asked.shards, asked.seconds, asked.out)
    dances += [made.from_file(path, asked.seconds) for path in asked.motions]
    if not dances:
        raise TwostepError(f"There is no test take of 20 s or more in {asked.shards}/motion.npz.")
    corpus = Corpus(asked.corpus)
    learnt, reference = refer(corpus, genres)
    folder = asked.weights or weights.folder("score")
    networks = Networks(weights.read_bundle(folder, "score"), "cpu")
    pairs = made.pairs(dances, genres, asked.takes)
    wanted = [(dances[n], genre, seed) for (n, genre), seed in product(pairs, range(asked.seeds))]
    first = [one for one in wanted if one[2] == 0]

    report = Report()
    report.notes = [_note(asked, dances, len(wanted), networks)]
    report.columns["true"] = figures.judged(reference.held_out, reference, generated=False)

    def judged(title: str, row: Row, generated: bool = True) -> None:
        report.columns[title] = figures.judged(
            row.pieces, reference, row.joins, generated=generated, pace=row.pace
        )
        report.write(asked.out)  # at every stage, for those who cannot wait for the whole

    music = rows.generated(wanted, asked.seconds, folder, asked.out, console, "Scoring")
    judged("generated", music)
    report.columns["generated"].figures.update(_loops(dances, genres, folder, asked.out))
    for name, home in asked.also:
        row = rows.generated(wanted, asked.seconds, home, asked.out / name, console, name)
        judged(name, row)
    judged("shuffled", rows.shuffled(reference.held_out), generated=False)
    judged("retrieval", rows.retrieved(first, learnt))
    if asked.variants:
        _vary(report, networks, dances, genres, reference, console)
    if asked.paper:
        chosen = [one for one in first if one[1] in _some(genres, BASELINE)]
        row, trained = rows.by_paper(chosen, asked.seconds, asked.paper, console)
        report.notes.append(trained)
        judged("paper", row)
        report.same = _same_genres(music.pieces, report.columns["paper"], reference)
    _rebuild(report, networks, reference, music.pieces, asked.out)
    shown = [(GENRES[genre].label, _longest(music.pieces, genre)) for genre in genres]
    pictures.contact_sheet(shown, asked.out / "score_mels.png")
    rebuilt_in = genres[2 * len(genres) // 3]
    shutil.copy(asked.out / f"mel_{rebuilt_in}.png", asked.out / "score_rebuilt.png")
    report.pictures = PICTURES
    report.write(asked.out)
    if asked.docs:
        shutil.copy(asked.out / "report.md", asked.docs / "score.md")
        for name in PICTURES:
            shutil.copy(asked.out / name, asked.docs / name)
    return report


def refer(corpus: Corpus, genres: Sequence[str]) -> tuple[list[Heard], Reference]:
    """The training music of some genres, and what is known of true music. Raises TwostepError
    where there is none.
    """
    learnt = corpus.clips("train", LEARNT, LENGTH, genres)
    held_out = corpus.clips("test", HELD_OUT, LENGTH, genres)
    for genre in genres:
        for split, clips in (("train", learnt), ("test", held_out)):
            if not any(clip.genre == genre for clip in clips):
                raise TwostepError(
                    f"The corpus has no {GENRES[genre].label} in its {split} split: make a larger "
                    "one, or name other genres."
                )
    templates = alignment.learn((clip, onsets.flux(clip.mel)) for clip in learnt)
    stretches = [frechet.stretches(clip.cut(STYLED), style.embed) for clip in learnt]
    embedded = frechet.by_genre(learnt, stretches)
    return learnt, Reference(templates, held_out, embedded, style.probabilities, style.embed)


def _some(genres: Sequence[str], count: int) -> list[str]:
    """So many of the genres, evenly."""
    count = min(count, len(genres))
    return [genres[i * len(genres) // count] for i in range(count)]


def _same_genres(pieces: Sequence[Heard], other: Verdict, reference: Reference) -> Figures:
    """The Fréchet distances of some pieces over the genres that another verdict is about."""
    known = {NAMES[i] for i in np.flatnonzero(other.confusion.sum(axis=1))}
    own = [piece for piece in pieces if piece.genre in known]
    stretches = [frechet.stretches(piece, reference.embed) for piece in own]
    return reference.truth.distances(frechet.by_genre(own, stretches))


def _vary(
    report: Report,
    networks: Networks,
    dances: Sequence[Dance],
    genres: Sequence[str],
    reference: Reference,
    console: Console,
) -> None:
    """What comes of telling the networks less and else, and of dances on each other's grids."""
    withholding = Withholding(networks.bundle, "cpu")
    pairs = made.pairs(dances, _some(genres, VARIED), 1)
    for name in track(VARIANTS, "Telling less and else", console=console):
        pieces = [_variant(withholding, name, dances, number, genre) for number, genre in pairs]
        report.variants[name] = figures.judged(pieces, reference).figures
    if len(dances) > 1:
        found = [
            change.changes(networks, dances[n], dances[(n + 1) % len(dances)], genre, 0)
            for n, genre in track(pairs, "Another dance on the same beats", console=console)
        ]
        report.changes = figures.averaged(found)[1]


def _loops(
    dances: Sequence[Dance], genres: Sequence[str], folder: Path, out: Path
) -> dict[str, float]:
    """Figures of loops in some genres: the worst click, the mean and the worst step."""
    rows = []
    for number, genre in made.pairs(dances, genres, 1)[:LOOPS]:
        samples, downbeats = made.looped(dances[number], genre, 0, folder, out)
        rows.append(sound.loop_scores(samples, downbeats))
    steps = [row["loop_step"] for row in rows]
    return {
        "loop_click": max(row["loop_click"] for row in rows),
        "loop_step": sum(steps) / len(steps),
        "loop_step_worst": max(steps),
    }


def _variant(
    networks: Withholding, name: str, dances: Sequence[Dance], number: int, genre: str
) -> Heard:
    dance, other = dances[number], dances[(number + 1) % len(dances)]
    return made.told_as(networks, VARIANTS[name], dance, other, genre, 0)


def _rebuild(
    report: Report,
    networks: Networks,
    reference: Reference,
    music: Sequence[Heard],
    out: Path,
) -> None:
    """Puts one true piece of each genre together again, and draws it beside what is generated."""
    genres = dict.fromkeys(piece.genre for piece in music)
    true = [
        max(
            (p for p in reference.held_out if p.genre == genre), key=lambda p: p.samples is not None
        )
        for genre in genres
    ]
    true = [piece.cut(REBUILT_SECONDS) for piece in true[:REBUILT]]
    ways, missing = rebuilt.rebuilt(networks, true)
    report.notes += missing
    for way, pieces in ways.items():
        report.losses[way] = rebuilt.losses(true, pieces)
    for i, piece in enumerate(true):
        label = GENRES[piece.genre].label
        shown = [
            (f"{label}: truth", piece),
            *(
                (f"{label}: truth through {rebuilt.WAYS[way]}", ways[way][i])
                for way in ("autoencoder_vocoder", "griffin_lim")
                if way in ways
            ),
            (f"{label}: generated", _longest(music, piece.genre)),
        ]
        pictures.rows(shown, out / f"mel_{piece.genre}.png")


def _longest(music: Sequence[Heard], genre: str) -> Heard:
    return max((piece for piece in music if piece.genre == genre), key=lambda p: p.seconds)


def _note(
    asked: argparse.Namespace, dances: Sequence[Dance], count: int, networks: Networks
) -> str:
    names = ", ".join(dict.fromkeys(dance.name for dance in dances))
    return (
        f"{count} pieces of up to {asked.seconds:g} s for held-out dances ({names}), made by "
        f"networks {networks.bundle.version} at guidance {networks.guidance:g}."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m twostep.models.judge.music", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--shards", type=Path, required=True, help="folder with motion.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--genres", nargs="+", choices=[*NAMES, "all"], default=["all"])
    parser.add_argument("--takes", type=int, default=2, help="dances a genre")
    parser.add_argument("--seeds", type=int, default=2, help="pieces a dance and genre")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each dance")
    parser.add_argument("--motions", nargs="*", type=Path, default=[], help="more dances: files")
    parser.add_argument("--weights", type=Path, help="folder with score.json")
    parser.add_argument(
        "--also", type=named, nargs="*", default=[], metavar="NAME=DIR", help="more networks"
    )
    parser.add_argument("--paper", type=Path, help="run of the trained baseline, to judge it, too")
    parser.add_argument("--docs", type=Path, help="folder for score.md and its pictures")
    parser.add_argument("--no-variants", dest="variants", action="store_false")
    return parser


if __name__ == "__main__":
    sys.exit(main())
