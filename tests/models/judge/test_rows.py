# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of many dances: distances, rows, targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twostep.models.judge import targets
from twostep.models.judge.clips import Clip
from twostep.models.judge.dancers import Row
from twostep.models.judge.distribution import Pool, common, distance, spread
from twostep.models.judge.frechet import Scale
from twostep.models.judge.interval import Interval
from twostep.models.judge.judged import Judged, Yardstick, judge, judge_clip
from twostep.models.judge.metrics import measure, pooled
from twostep.models.judge.plan import Plan
from twostep.models.judge.rows import RowFigures, Truth, summarise

from .figures import swinging, trembling, wandering
from .test_performances import Heard, song

SLOW = np.arange(0.2, 21, 0.6)


def pool(shift: float, rng: np.random.Generator) -> Pool:
    return Pool(
        {style: [rng.normal(shift, 1, (8, 4)) for _ in range(5)] for style in ("salsa", "pop")}
    )


def test_distances_are_of_equal_numbers_and_know_their_interval():
    rng = np.random.default_rng(0)
    truth, near, far = pool(0, rng), pool(0, rng), pool(1, rng)
    counts = common([near, far], truth, level=True)
    assert counts == {"salsa": 40, "pop": 40}
    few = Pool({"salsa": truth.dances["salsa"][:1], "pop": truth.dances["pop"][:2]})
    assert common([near], few, level=True) == {"salsa": 8, "pop": 8}
    assert common([near], few, level=False) == {"salsa": 8, "pop": 16}
    scale = Scale.of(truth.whole())
    alike, apart = (distance(made, truth, counts, scale) for made in (near, far))
    assert alike.low <= alike.mean <= alike.high < apart.low
    assert apart.mean == pytest.approx(4 + alike.mean, abs=1.2)
    assert spread(far, counts, scale).mean == pytest.approx(np.sqrt(2 * 4), rel=0.15)


def test_a_plan_dances_what_the_report_needs():
    songs = [Heard(Path(f"{n}.wav"), song(20.0)) for n in range(3)]
    plan = Plan(songs, ("salsa", "pop"), (0, 1), (5.0, 10.0, 70.0), slow_long=1)
    assert (plan.main, plan.short) == (10.0, 5.0)
    orders = plan.orders(Row("a", "shipped", Path()))
    judged = [o for o in orders if o.spans == (5.0, 10.0)]
    assert len(judged) == 3 * 2 * 2
    assert {o.seconds for o in orders if o.late or o.heard.held} == {5.0}
    assert len([o for o in orders if o.spans == (70.0,)]) == 2 * 2
    assert sum(o.closely for o in orders) == 3 * 2
    slow = plan.orders(Row("b", "edge", Path(), slow=True))
    assert len([o for o in slow if o.spans == (5.0, 10.0)]) == 2 * 2
    assert len([o for o in slow if o.spans == (70.0,)]) == 1
    still = plan.orders(Row("c", "jepa", Path(), seeded=False))
    assert {o.seed for o in still} == {0}


@pytest.fixture(scope="module")
def truth() -> tuple[Truth, Yardstick]:
    clips = [
        Clip(f"take{n}", "pop", split, swinging(SLOW, 20.0, 0.02 * n), SLOW)
        for n, split in enumerate(("train", "train", "test", "test"))
    ]
    reference = pooled([(clip, measure(clip.motion, clip.beats, segment=None)) for clip in clips])
    yardstick = Yardstick.of(clips, reference)
    judged = [judge_clip(clip, yardstick) for clip in clips]
    return Truth.of(judged, [clip.split != "train" for clip in clips]), yardstick


def summarised(dances, truth: tuple[Truth, Yardstick]) -> list[RowFigures]:
    real, yardstick = truth
    names = dict.fromkeys(dict.fromkeys(name for name, _ in dances), True)
    outcomes = [
        OutcomeOf((judge(motion, SLOW, (name, "song", "pop", seed), yardstick),))
        for seed, (name, motion) in enumerate(dances)
    ]
    return summarise(outcomes, names, real, 20.0)


class OutcomeOf:
    """An outcome of which only the judged dance matters."""

    class order:
        class row:
            name = ""

    def __init__(self, judged: tuple[Judged, ...]) -> None:
        self.judged = judged


def test_a_statue_meets_no_target(truth):
    rows = summarised(
        [("shipped", trembling(20.0, 0.002)), ("dancer", swinging(SLOW, 20.0))], truth
    )
    statue, dancer = (next(r for r in rows if r.name == name) for name in ("shipped", "dancer"))
    assert dancer.moves
    assert not statue.moves
    told = targets.verdicts(statue, None, rows, 20.0)
    assert "longest freeze, s" in {v.title for v in told}
    assert not any(v.met for v in told)
    good = targets.verdicts(dancer, None, rows, 20.0)
    assert next(v for v in good if v.title.startswith("F1 over null, share")).met


def test_fast_trembling_moves_no_one_either(truth):
    # Fast enough to move as much as a dancer by its joints' speed: it still keeps no beat.
    rows = summarised([("shipped", trembling(20.0, 0.02))], truth)
    found = targets.verdicts(rows[1], None, rows, 20.0)
    assert not next(v for v in found if v.title.startswith("F1 over null, share")).met


def test_truth_stands_first_and_its_share_is_one(truth):
    rows = summarised([("dancer", swinging(SLOW, 20.0)), ("dancer", wandering(20.0))], truth)
    assert [row.name for row in rows] == ["truth", "dancer"]
    assert rows[0].lengths[0.0]["speed_ratio"].mean == pytest.approx(1, abs=0.05)
    assert rows[0].lengths[0.0]["f1_margin"].size == 2
    assert len(rows[1].blocks) == 2


def row(name: str, generated: bool, fid: float, speed: float | None) -> RowFigures:
    figures = {key: Interval(fid, fid, fid, 5) for key in ("fidk", "fidg")}
    figures["travel_ratio"] = Interval(1, 1, 1, 5)
    return RowFigures(name, generated, {60.0: figures}, {}, [], speed)


def test_distances_are_to_be_under_every_other_networks_and_speed_fifty_times():
    shipped, edge = row("shipped", True, 20.0, 80.0), row("edge", True, 25.0, 1.0)
    copies = row("retrieval", False, 5.0, None)
    told = targets.verdicts(shipped, None, [shipped, edge, copies], 60.0)
    assert [v.met for v in told] == [True, True, True]
    assert "edge" in told[0].wanted
    better = row("jepa", True, 15.0, 90.0)
    slower = row("shipped", True, 20.0, 40.0)
    told = targets.verdicts(slower, None, [slower, edge, copies, better], 60.0)
    assert [v.met for v in told] == [False, False, False]
