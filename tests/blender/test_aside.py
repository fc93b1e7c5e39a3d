# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes long when a dance lands is reckoned beforehand, while Blender answers its user."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.keys import reduce
from twostep.inference.retarget.options import Options
from twostep.operators.aside import Aside
from twostep.operators.run import Run, plan
from twostep.scene import apply, armature, keys, puppets, versions

from ..dancers import dancer
from .conftest import add_song
from .driving import finished, going, started
from .figures import smpl_armature
from .sounds import beat, write_wav

PLACEMENT = keys.Placement(1.0, 24.0)
WISHES = (
    Options(),
    Options(keys="FEW"),
    Options(keys="FEW", loop=True, travel="ROOT"),
    Options(travel="PLACE", reach=0.5, keys="FEW", blend_in=5),
)


def strings(ob, options):
    return puppets.puppet(ob, armature.recognition(ob), options.limbs, options.travel == "ROOT")


def prepared(ob, motion, options):
    puppet = strings(ob, options)
    fitted = apply.fitted(motion, puppet.puppet.figure, options)
    draft = keys.drafted(ob, puppet, fitted.motion, PLACEMENT, options, fitted.path)
    few = (draft, draft.reduced()) if options.keys == "FEW" else None
    return apply.Prepared(fitted, few)


def values(curve):
    """Times and values of its keys."""
    found = np.empty(2 * len(curve.keyframe_points), np.float32)
    curve.keyframe_points.foreach_get("co", found)
    return found


def curves(ob):
    return {
        (curve.data_path, curve.array_index): values(curve)
        for curve in versions.playing_curves(ob.animation_data)
    }


def applied(ob, motion, options, made=None):
    apply.apply_dance(ob, motion, PLACEMENT, "Dance", {}, options, None, made)
    found = curves(ob)
    ob.animation_data_clear()
    return found


def assert_same(one, other):
    assert one.keys() == other.keys() and len(one) > 20
    for name, found in one.items():
        np.testing.assert_array_equal(found, other[name], err_msg=str(name))


@pytest.mark.parametrize("options", WISHES, ids=["all", "few", "loop", "place"])
def test_it_is_the_same_dance(context, monkeypatch, options):
    ob, motion = smpl_armature("Ann"), dancer(120.0, seconds=3.0)
    expected = applied(ob, motion, options)
    made = prepared(ob, motion, options)

    def again(*_, **__):
        raise AssertionError("it was reckoned a second time")

    monkeypatch.setattr(apply, "fitted", again)
    monkeypatch.setattr(keys, "reduced", again)
    assert_same(applied(ob, motion, options, made), expected)


@pytest.mark.parametrize("options", WISHES[:2], ids=["all", "few"])
def test_what_does_not_hold_any_more_is_reckoned_anew(context, options):
    ann, ben, motion = smpl_armature("Ann"), smpl_armature("Ben"), dancer(120.0, seconds=3.0)
    made = prepared(ann, motion, options)
    context.view_layer.objects.active = ben
    ben.data.transform(np.diag([1.2, 1.2, 1.2, 1.0]).tolist())
    expected = applied(ben, motion, options)
    assert_same(applied(ben, motion, options, made), expected)
    for bone in ann.pose.bones:
        bone.rotation_mode = "XYZ"
    expected = applied(ann, motion, options)
    assert_same(applied(ann, motion, options, made), expected)


def test_meanwhile_blender_goes_on(context, figure, worker, tmp_path, monkeypatch):
    """The steps return while it is reckoned; it can be cancelled then, and a fault is told."""
    add_song(context, write_wav(tmp_path / "Short.wav", beat(2.0)), 1)
    context.scene.twostep.keys = "FEW"
    held = threading.Event()
    real, mains = reduce.guess, []

    def slow(curves):
        mains.append(threading.current_thread() is threading.main_thread())
        assert held.wait(60)
        return real(curves)

    monkeypatch.setattr(reduce, "guess", slow)
    run = Run(plan(context))
    with started(run):
        going(run, lambda: bool(mains))
        assert mains == [False] and not run.done
        held.set()
        assert "keys, no further off than" in finished(run)

    monkeypatch.setattr(reduce, "guess", lambda _: 1 / 0)
    run = Run(plan(context))
    with started(run), pytest.raises(ZeroDivisionError):
        finished(run)


def test_a_dance_that_cannot_be_read_back(context, figure, worker, tmp_path):
    add_song(context, write_wav(tmp_path / "Short.wav", beat(2.0)), 1)
    run = Run(plan(context))
    with started(run), pytest.raises(TwostepError, match="could not be read back"):
        going(run, lambda: bool(run.result))
        Path(run.result["path"]).write_bytes(b"damaged")
        finished(run)


def test_what_is_raised_is_raised_where_it_is_asked_for():
    aside = Aside([].pop)
    with pytest.raises(IndexError):
        aside.result()
    assert aside.done and Aside(lambda: replace(PLACEMENT, fps=30.0)).result().fps == 30
