# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of how to dance: ours, the user's own, and files that are none."""

from __future__ import annotations

import bpy
import pytest

from twostep import panels
from twostep.inference.errors import TwostepError
from twostep.scene import setting_presets

from .layouts import draw


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The user's, which is made when something is kept."""
    mine = tmp_path / "dances"

    def user_folder(name, *, create=True):
        assert name == "dances"
        if create:
            mine.mkdir(exist_ok=True)
        return mine

    monkeypatch.setattr(setting_presets, "user_folder", user_folder)
    return mine


@pytest.fixture
def settings(context):
    return context.scene.twostep


def state(settings):
    return {name: getattr(settings, name) for name in setting_presets.SETTINGS}


def test_ours_can_be_set(settings):
    """Whatever they have is a setting that can be so, and is so afterwards."""
    found, damaged = setting_presets.preset_files.read_all(
        setting_presets.OURS, lambda path: setting_presets._read(settings, path)
    )
    assert not damaged and tuple(found) == setting_presets.ours() and len(found) >= 5
    for preset in found:
        assert preset.about and not preset.about.endswith(".")
        assert bpy.ops.twostep.apply_settings(preset=preset.name) == {"FINISHED"}
        now = state(settings)
        assert {name: now[name] for name, _ in preset.values} == pytest.approx(dict(preset.values))


def test_the_default_is_what_everything_is_at_first(settings):
    first = state(settings)
    for preset in setting_presets.ours():
        setting_presets.apply(settings, preset.name, mine=False)
    assert state(settings) != first
    settings.seed, settings.song = 9, "Mine"
    default = setting_presets.ours()[0]
    assert default.label == "Default" and {name for name, _ in default.values} == set(first)
    bpy.ops.twostep.apply_settings(preset=default.name)
    assert state(settings) == first and (settings.seed, settings.song) == (9, "Mine")


def test_the_users_come_back_as_they_were(settings, folder):
    assert not setting_presets.own(settings)[0] and not folder.exists()  # looking makes no folder
    settings.energy, settings.travel, settings.tolerance_mm, settings.blend_in = 1.3, "ROOT", 7.5, 9
    settings.use_loop, settings.style = True, "auto"
    kept = state(settings)
    assert bpy.ops.twostep.save_settings(name="  My  Way ") == {"FINISHED"}
    assert [path.name for path in folder.iterdir()] == ["my_way.toml"]
    bpy.ops.twostep.apply_settings(preset=setting_presets.ours()[0].name)
    assert state(settings) != kept
    bpy.ops.twostep.apply_settings(preset="my_way", mine=True)
    assert state(settings) == pytest.approx(kept)
    settings.energy = 0.2
    bpy.ops.twostep.save_settings(name="My Way")
    ((preset,), damaged) = setting_presets.own(settings)
    assert dict(preset.values)["energy"] == 0.2 and not damaged
    bpy.ops.twostep.delete_settings(preset="my_way")
    assert not list(folder.iterdir())
    with pytest.raises(RuntimeError, match="not there any more"):
        bpy.ops.twostep.apply_settings(preset="my_way", mine=True)


def test_without_a_name(settings):
    with pytest.raises(RuntimeError, match="Give the preset a name"):
        bpy.ops.twostep.save_settings(name=" ")


@pytest.mark.parametrize(
    "text",
    [
        b"import os",
        b"\xff\xfe",
        b'label = "x"',
        b"label = 1\n[dance]\nenergy = 1.0",
        b'label = "x"\ndance = 3',
        b'label = "x"\n[dance]\nenergy = 9.0',
        b'label = "x"\n[dance]\nenergy = nan',
        b'label = "x"\n[dance]\nenergy = "1"',
        b'label = "x"\n[dance]\nenergy = true',
        b'label = "x"\n[dance]\nblend_in = 1.5',
        b'label = "x"\n[dance]\nblend_in = -1',
        b'label = "x"\n[dance]\nblend_in = 99999999999999999999',
        b'label = "x"\n[dance]\ntravel = "AWAY"',
        b'label = "x"\n[dance]\nstyle = "polka"',
        b'label = "x"\n[dance]\nuse_loop = 1',
        b'label = "x"\n[dance]\nsong = "mine"',
        b'label = "x"\n[dance]\n__class__ = "mine"',
    ],
)
def test_a_damaged_file_is_told_in_one_sentence_and_left_out(settings, folder, text):
    setting_presets.save(settings, "Good")
    (folder / "bad.toml").write_bytes(text)
    (good,), (said,) = setting_presets.own(settings)
    assert good.label == "Good" and "bad.toml" in said and said.endswith("repair or delete it.")
    drawn = draw(panels.TWOSTEP_PT_setting_presets, bpy.context)
    assert "repair or" in " ".join(drawn.texts)
    with pytest.raises(TwostepError, match="not there any more"):
        setting_presets.apply(settings, "bad", mine=True)


def test_the_menu(settings, context):
    setting_presets.save(settings, "Mine")
    drawn = draw(panels.TWOSTEP_PT_setting_presets, context)
    assert drawn.operators == [
        *["twostep.apply_settings"] * len(setting_presets.ours()),
        "twostep.apply_settings", "twostep.delete_settings", "twostep.save_settings",
    ]  # fmt: skip
