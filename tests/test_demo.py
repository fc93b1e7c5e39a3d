# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: its film, its contact sheet, its files, its sentences."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="the demo draws with the bpy wheel")

from twostep.demo import make, pictures  # noqa: E402
from twostep.demo.__main__ import main  # noqa: E402
from twostep.demo.video import Film  # noqa: E402
from twostep.inference.errors import TwostepError  # noqa: E402
from twostep.inference.jobs import DanceJob  # noqa: E402
from twostep.inference.motion import Motion  # noqa: E402
from twostep.inference.skeleton import JOINT_COUNT, STANDING_HEIGHT  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SIZE = (64, 36)


def write_clicks(path: Path, seconds: float = 4.0, rate: int = 22050) -> Path:
    """A song of clicks at every full second, mono."""
    samples = np.zeros(round(seconds * rate), dtype=np.int16)
    for second in range(1, int(seconds)):
        samples[second * rate : second * rate + 200] = 20000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def sway(frames: int) -> Motion:
    root = np.zeros((frames, 3))
    root[:, 0] = 0.4 * np.sin(np.arange(frames) / 10)
    root[:, 2] = STANDING_HEIGHT
    rotations = np.zeros((frames, JOINT_COUNT, 4))
    rotations[..., 0] = 1
    return Motion(30.0, root, rotations, np.ones((frames, 4)))


def sound_of(path: Path) -> tuple[np.ndarray, int]:
    """The sound of a film as it is played: with the start that its time stamps tell, mono."""
    with av.open(str(path)) as file:
        rate = file.streams.audio[0].rate
        blocks, start = [], None
        for frame in file.decode(audio=0):
            start = frame.time if start is None else start
            blocks.append(frame.to_ndarray().mean(axis=0))
    samples = np.concatenate(blocks)
    skip = round(-start * rate)
    return (samples[skip:] if skip >= 0 else np.pad(samples, (-skip, 0))), rate


def clicks_in(path: Path) -> list[float]:
    samples, rate = sound_of(path)
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    first = loud[np.diff(loud, prepend=-rate) > rate // 4]
    return [int(i) / rate for i in first]


def film(path: Path, song: Path, frames: int, start: float = 0.0) -> Path:
    with Film(path, SIZE, 30, song, start) as reel:
        for i in range(frames):
            image = np.full((SIZE[1], SIZE[0], 3), 255 if i % 30 == 0 else 40, dtype=np.uint8)
            reel.add(av.VideoFrame.from_ndarray(image, format="rgb24"))
    return path


def test_film_has_pictures_and_sound_of_the_same_length(tmp_path):
    path = film(tmp_path / "f.mp4", write_clicks(tmp_path / "s.wav"), 75)
    with av.open(str(path)) as file:
        picture, sound = file.streams.video[0], file.streams.audio[0]
        assert picture.codec_context.name == "h264"
        assert sound.codec_context.name == "aac"
        assert float(picture.duration * picture.time_base) == pytest.approx(2.5, abs=1e-3)
        assert float(sound.duration * sound.time_base) == pytest.approx(2.5, abs=0.05)
        shown = [frame.to_ndarray(format="gray").mean() for frame in file.decode(video=0)]
    assert len(shown) == 75
    assert [i for i, level in enumerate(shown) if level > 150] == [0, 30, 60]


def test_film_has_the_pictures_colours(tmp_path):
    colours = np.array([[206, 145, 98], [0, 0, 0], [255, 255, 255], [30, 120, 125]], dtype=np.uint8)
    wide = colours.repeat(16, axis=0)[None].repeat(36, axis=0)
    pictures.write_png(tmp_path / "p.png", wide)
    with Film(tmp_path / "f.mp4", SIZE, 30, write_clicks(tmp_path / "s.wav"), 0.0) as reel:
        for _ in range(5):
            reel.add(pictures.read(tmp_path / "p.png"))
    with av.open(str(tmp_path / "f.mp4")) as file:
        frame = next(file.decode(video=0))
    assert (frame.color_range, frame.colorspace) == (1, 1)
    shown = frame.to_ndarray(format="rgb24")[18, 8::16].astype(int)
    assert np.abs(shown - colours).max() < 8


@pytest.mark.parametrize(("start", "expected"), [(0.0, [1.0, 2.0]), (0.25, [0.75, 1.75])])
def test_film_is_in_time_with_the_song(tmp_path, start, expected):
    path = film(tmp_path / "f.mp4", write_clicks(tmp_path / "s.wav"), 75, start)
    assert clicks_in(path) == pytest.approx(expected, abs=0.01)


def test_film_outlasts_its_song_in_silence(tmp_path):
    path = film(tmp_path / "f.mp4", write_clicks(tmp_path / "s.wav", 2.0), 120)
    samples, rate = sound_of(path)
    assert len(samples) / rate == pytest.approx(4.0, abs=0.05)
    assert np.abs(samples[round(2.2 * rate) :]).max() < 1e-3


def test_film_of_something_that_is_no_song(tmp_path):
    song = tmp_path / "song.wav"
    song.write_text("la la la")
    with pytest.raises(TwostepError, match="song.wav cannot be read"):
        film(tmp_path / "f.mp4", song, 3)


def test_contact_sheet_shows_each_picture_with_its_time(tmp_path):
    paths = []
    for i in range(5):
        paths.append(tmp_path / f"{i}.png")
        colour = np.array([40 * i + 30, 90, 200 - 30 * i], dtype=np.uint8)
        pictures.write_png(paths[-1], np.tile(colour, (90, 160, 1)))
    sheet = pictures.contact_sheet(paths, [0, 1.5, 61.25, 600, 3], side=80, columns=3)
    assert sheet.shape == (2 * 80, 3 * 80, 3)
    for i in range(5):
        row, column = divmod(i, 3)
        cell = sheet[80 * row : 80 * row + 80, 80 * column : 80 * column + 80]
        assert cell[10, 40].tolist() == pytest.approx([40 * i + 30, 90, 200 - 30 * i], abs=2)
        # The plate in the corner carries white dots on a darkened ground.
        plate = cell[-11:, 1:30]
        assert (plate == 255).all(axis=-1).sum() > 30
        assert (plate < 80).all(axis=-1).sum() > 60
    assert (sheet[85:155, 165:235] == 255).all()
    stamps = [sheet[70:80, 80 * i : 80 * i + 70] for i in (0, 1)]
    assert not np.array_equal(stamps[0] == 255, stamps[1] == 255)


def test_contact_sheet_keeps_the_middle_of_a_wide_picture(tmp_path):
    wide = np.zeros((90, 160, 3), dtype=np.uint8)
    wide[:, 40:120] = 200
    pictures.write_png(tmp_path / "wide.png", wide)
    sheet = pictures.contact_sheet([tmp_path / "wide.png"], [0], side=90, columns=1)
    assert sheet[20, 10:80].min() == 200
    assert sheet[20, [2, -2]].max() == 0  # 35 of 160 columns are cut from either side


def test_animation_plays_every_picture_for_ever(tmp_path):
    paths = []
    for i in range(6):
        paths.append(tmp_path / f"{i}.png")
        pictures.write_png(paths[-1], np.full((90, 160, 3), 40 * i + 20, dtype=np.uint8))
    path = tmp_path / "dance.webp"
    pictures.write_animation(path, paths, Fraction(15), side=64)
    data = path.read_bytes()
    # WebP's chunks: ANIM holds a colour and how often to play (0: for ever), ANMF a frame each.
    anim = data.index(b"ANIM") + 8
    assert data[anim + 4 : anim + 6] == b"\0\0"
    assert data.count(b"ANMF") == 6
    for start in (match.end() for match in re.finditer(b"ANMF....", data, re.DOTALL)):
        assert data[start + 6 : start + 12] == 2 * (63).to_bytes(3, "little")  # whole pictures
    lasts = data.index(b"ANMF") + 8 + 12
    assert int.from_bytes(data[lasts : lasts + 3], "little") == pytest.approx(1000 / 15, abs=1)


def test_draws_a_dance_as_film_and_sheet(tmp_path):
    from twostep.scene.render import workbench_draws
    from twostep.scene.show import new_show

    song = write_clicks(tmp_path / "My song.wav")
    job = DanceJob(song=song, length=0.4)
    show = new_show(sway(12), song, "My dance", job.to_fields(), SIZE, workbench_draws(tmp_path))
    told: list[float] = []
    files = make.film(show, sway(12), job, tmp_path / "v1.0", lambda s, _: told.append(s))
    assert [file.name for file in files] == ["v1.0.mp4", "v1.0.webp", "v1.0.png"]
    video, loop, sheet = files
    assert loop.read_bytes().count(b"ANMF") == 6
    with av.open(str(video)) as file:
        shown = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert len(shown) == 12
    assert min(picture.std() for picture in shown) > 5
    image = pictures.read(sheet).to_ndarray(format="rgb24")
    assert image.shape == (2 * 240, 6 * 240, 3)
    assert image.std() > 10
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_show_is_ready_to_play(tmp_path):
    from twostep.scene.show import new_show, save_blend, save_fbx

    song = write_clicks(tmp_path / "song.wav")
    show = new_show(sway(45), song, "song pop", {"seed": 3}, SIZE)
    save_blend(tmp_path / "show.blend")
    save_fbx(show, tmp_path / "show.fbx")
    song.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "show.blend"))
    scene = bpy.context.scene
    assert (scene.render.fps, scene.render.fps_base) == (30, 1)
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (1, 45, 1)
    assert scene.camera is not None
    assert scene.sync_mode == "AUDIO_SYNC"
    rig = bpy.data.objects["Dancer"]
    assert rig.animation_data.action.name == "song pop"
    assert tuple(rig.animation_data.action.frame_range) == (1, 45)
    scene.frame_set(40)
    assert rig.pose.bones["pelvis"].head.x == pytest.approx(0.4 * np.sin(3.9), abs=1e-4)
    if show.warnings:
        assert "without sound" in show.warnings[0]
    else:
        assert [sound.packed_file is not None for sound in bpy.data.sounds] == [True]
    assert {ob.name for ob in bpy.data.objects if ob.type == "MESH"} == {"Dancer body", "Stage"}
    assert (tmp_path / "show.fbx").stat().st_size > 100_000


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """The networks that ship, or else small random ones."""
    from twostep.inference.weights import CARD, SHIPPED

    if (SHIPPED / CARD).is_file():
        return SHIPPED
    pytest.importorskip("onnx", reason="no networks ship yet, and none can be made here")
    from tests.inference import tiny_networks

    return tiny_networks.build(tmp_path_factory.mktemp("networks"))


def run_demo(*arguments: object, networks: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twostep.demo", *map(str, arguments)],
        env={**os.environ, "TWOSTEP_WEIGHTS": str(networks)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_one_command_makes_everything(tmp_path, networks):
    out = tmp_path / "new" / "folder"
    ran = run_demo("--out", out, "--length", 3, "--size", "64x36", networks=networks)
    assert ran.returncode == 0, ran.stderr
    made = sorted(path.suffix for path in out.iterdir())
    assert made == [".blend", ".bvh", ".fbx", ".mp4", ".npz", ".png", ".wav", ".webp"]
    for path in out.iterdir():
        assert path.stem.startswith("first_steps")
        assert str(path) in ran.stdout
        assert path.stat().st_size > 1000
    assert len(Motion.load(next(out.glob("*.npz")))) == 90
    with av.open(str(next(out.glob("*.mp4")))) as file:
        assert file.duration / 1e6 == pytest.approx(3.0, abs=0.05)
    assert "Traceback" not in ran.stderr
    music = next(out.glob("*.wav"))
    with wave.open(str(music)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (44_100, 3 * 44_100)
        heard = np.frombuffer(sound.readframes(3 * 44_100), dtype="<i2") / 32768
    assert 0.01 < np.abs(heard).max() < 0.999
    check_music_strip(next(out.glob("*.blend")), music)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_clean_while_it_draws(tmp_path, networks, number):
    """Blender has plans of its own with signals once it is imported."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # not ignored in the background
    run = subprocess.Popen(
        [sys.executable, "-m", "twostep.demo", "--out", tmp_path, "--size", "64x36"],
        env={**os.environ, "TWOSTEP_WEIGHTS": str(networks)},
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    while "Drawing" not in said:
        letter = run.stderr.read(1)
        assert letter, said
        said += letter
    run.send_signal(number)
    rest = run.communicate(timeout=120)[1]
    assert run.returncode == 130
    assert "Stopped." in rest and "Traceback" not in rest
    left = sorted(path.suffix for path in tmp_path.iterdir())
    assert left == [".blend", ".bvh", ".fbx", ".log", ".npz", ".wav"]


def check_music_strip(blend: Path, music: Path) -> None:
    """The dance's own music is in the sequencer, muted, and remembers how it was made."""
    from twostep.scene import takes, versions

    bpy.ops.wm.open_mainfile(filepath=str(blend))
    scene, rig = bpy.context.scene, bpy.data.objects["Dancer"]
    if not versions.strips(scene):
        return  # this Blender has no sound; the warning is tested with the show
    take = takes.of(scene, rig)[-1]
    assert Path(bpy.path.abspath(take.strip.sound.filepath)) == music
    assert take.strip.sound.filepath.startswith("//")
    assert take.strip.mute and versions.edges(take.strip)[0] == scene.frame_start
    assert take.recipe["genre"] in music.stem and take.recipe["frames"] == [1.0, 90.0]
    song = next(s for s in versions.strips(scene) if s != take.strip)
    assert not song.mute and song.channel != take.strip.channel


def test_without_pictures(tmp_path, networks):
    ran = run_demo("--out", tmp_path, "--length", 3, "--no-render", networks=networks)
    assert ran.returncode == 0, ran.stderr
    made = sorted(p.suffix for p in tmp_path.iterdir())
    assert made == [".blend", ".bvh", ".fbx", ".npz", ".wav"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.wav"], "nowhere.wav"),
        ([str(ROOT / "pyproject.toml")], "pyproject.toml"),
    ],
)
def test_a_song_that_is_none_is_one_sentence(tmp_path, networks, arguments, sentence):
    ran = run_demo(*arguments, "--out", tmp_path / "out", networks=networks)
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert sentence in last
    assert "Traceback" not in ran.stderr
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize(("option", "value"), [("style", "polka"), ("length", "-3")])
def test_what_is_wrong_is_one_sentence(tmp_path, capsys, option, value):
    assert main([f"--{option}", value, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err.strip()
    assert option in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", ["63x36", "8x8", "large"])
def test_sizes_that_no_film_can_have_are_refused(capsys, size):
    with pytest.raises(SystemExit) as stopped:
        main(["--size", size])
    assert stopped.value.code == 2
    assert "--size" in capsys.readouterr().err
