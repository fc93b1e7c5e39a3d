# SPDX-License-Identifier: GPL-3.0-or-later
"""What fuzzing has found: the smallest case of each fault, now read or refused."""

from __future__ import annotations

import io
import json
import pickle
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from twostep.inference import dance, weights, worker
from twostep.inference.audio.decode import decode
from twostep.inference.batch import jobfile, sample, store
from twostep.inference.errors import TwostepError
from twostep.inference.jobs import DanceJob, ScoreJob
from twostep.inference.motion import Motion
from twostep.inference.readers import read_motion
from twostep.inference.readers.pickles import load_arrays
from twostep.inference.readers.urdf import links, read_urdf
from twostep.inference.rigs import families, presets
from twostep.inference.score import auto_genre

from .formats.motions import archive, bvh_seeds, npy, still
from .formats.sounds import wave

NEST = b"K\x01" + b"2\x86" * 60  # a tuple of twice a tuple of twice …
#: Keys that are hashed alike, and a text whose bytes are made over and over.
_ALIKE = ((number * (2**61 - 1)).to_bytes(12, "little") for number in range(1, 40_000))
ALIKE = b"}(" + b"".join(b"\x8a\x0c%bN" % number for number in _ALIKE) + b"u."
AGAIN = (b"](c_codecs\nencode\nq\x000X" + struct.pack("<I", 10**5) + b"x" * 10**5 + b"q\x010"
         + b"h\x00h\x01\x85R" * 2000 + b"e.")  # fmt: skip


def refused(read, path: Path, content: bytes | str) -> str:
    """What is told of a file, within a moment."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    began = time.process_time()
    with pytest.raises(TwostepError) as caught:
        read(path)
    assert time.process_time() - began < 5
    return str(caught.value)


def test_a_playlist_leads_to_no_other_file(tmp_path):
    tone = np.full(2000, 0.5, "<f4").tobytes()
    (tmp_path / "a.wav").write_bytes(wave(3, 4, 1, 22050, tone, len(tone)))
    assert len(decode(tmp_path / "a.wav")[0]) == 2000
    refused(decode, tmp_path / "b.mp3", "ffconcat version 1.0\nfile a.wav\n")


@pytest.mark.parametrize(("channels", "rate"), [(1, 1), (1, 2**31 - 1), (255, 44100)])
def test_sound_that_nobody_records_is_refused(tmp_path, channels, rate):
    data = bytes(2 * channels * 2000)
    refused(decode, tmp_path / "a.wav", wave(1, 2, channels, rate, data, len(data)))


def test_floats_without_a_square_are_read(tmp_path):
    data = struct.pack("<4f", 1e38, -1e38, 0.5, float("nan")) * 1000
    (tmp_path / "a.wav").write_bytes(wave(3, 4, 1, 22050, data, len(data)))
    assert np.isfinite(decode(tmp_path / "a.wav")[0] ** 2).all()


ARRAYS = {
    "one array": npy((3,), "<f8", bytes(24)),
    "more frames than there are": archive(
        {"fps": npy((), "<f8", struct.pack("<d", 30)), "root": npy((10**9, 3), "<f4", bytes(24))}
    ),
    "two rates": archive({"fps": npy((2,), "<f8", bytes(16))}),
    "another kind of compression": archive({"poses": npy((3,), "<f8", bytes(24))}, 14),
    "not even a zip": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_what_they_claim(tmp_path, name):
    refused(read_motion, tmp_path / "a.npz", ARRAYS[name])
    with pytest.raises(ValueError, match="a.npz"):
        Motion.load(tmp_path / "a.npz")


@pytest.mark.parametrize("rate", [1e-6, 1e6])
def test_a_rate_that_would_fill_the_memory_is_refused(tmp_path, rate):
    motion = still()
    out = io.BytesIO()
    np.savez(out, fps=np.float64(rate), root=motion.root, rotations=motion.rotations,
             contacts=motion.contacts)  # fmt: skip
    refused(read_motion, tmp_path / "a.npz", out.getvalue())
    text = bvh_seeds()[0].replace("Frame Time: 0.03333333", f"Frame Time: {1 / rate}")
    refused(read_motion, tmp_path / "a.bvh", text)


def test_nobody_goes_on_from_what_is_no_pose(tmp_path):
    motion = still()
    motion.root[3] = np.nan
    motion.save(tmp_path / "a.npz")
    with pytest.raises(TwostepError, match="damaged"):
        dance._context(tmp_path / "a.npz")
    assert DanceJob(tmp_path / "a.wav", context=tmp_path / "a.npz").context is not None


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("CHANNELS 3", "CHANNELS -10"),
        ("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 3 Zrotation Zrotation Yrotation"),
        ("Zrotation", "Qrotation"),
        ("Xposition", "Wposition"),
        ("Frames: 4", "Frames: -4"),
        ("OFFSET", "OFFSET 0 0 0 #"),
        ("OFFSET 0", "OFFSET nan"),
    ],
)
def test_a_hierarchy_that_cannot_be_is_refused(tmp_path, found, instead):
    text = bvh_seeds()[0]
    assert found in text
    refused(read_motion, tmp_path / "a.bvh", text.replace(found, instead))


def test_a_joint_may_be_called_by_a_long_number(tmp_path):
    text = bvh_seeds()[0].replace("JOINT left_hand", f"JOINT left_hand{'7' * 5000}")
    (tmp_path / "a.bvh").write_text(text)
    assert len(read_motion(tmp_path / "a.bvh")) == 4


def test_numbers_beyond_all_bodies_are_refused(tmp_path):
    text = bvh_seeds()[0]
    found = text.index("OFFSET", text.index("left_knee"))
    refused(
        read_motion, tmp_path / "a.bvh", text[:found] + "OFFSET 1e200 1e200 " + text[found + 9 :]
    )


def test_frames_without_channels_are_none(tmp_path):
    head, _ = bvh_seeds()[1].split("MOTION")
    lines = [line for line in head.splitlines() if "CHANNELS" not in line]
    text = "\n".join([*lines, "MOTION", "Frames: 1000000000", "Frame Time: 0.03", "0"])
    refused(read_motion, tmp_path / "a.bvh", text)


@pytest.mark.parametrize(
    "body",
    [
        b"\x80\x02}" + NEST + b"K\x01s.",  # hashing it takes for ever
        b"\x80\x02}X\x01\x00\x00\x00acnumpy\ndtype\n" + NEST + b"\x85Rs.",  # and so does writing it
        b"\x80\x04" + NEST + b"X\x01\x00\x00\x00a\x93.",
        b"\x80\x02}r\xff\xff\xff\x7f.x",  # a memo of so many places
        b"cnumpy\nndarray\n(I1000000000\ntR.",
        pytest.param(ALIKE, id="keys that hash alike"),
        pytest.param(AGAIN, id="the same text over and over"),
        pytest.param(b"}\x8b\x88\x13\0\0" + b"\x7f" * 5000 + b"Ns.", id="a key of 40000 bits"),
    ],
)
def test_a_pickle_neither_computes_nor_takes_memory(tmp_path, body):
    (tmp_path / "a.pkl").write_bytes(body)
    began = time.process_time()
    tracemalloc.start()
    try:
        assert load_arrays(tmp_path / "a.pkl") == {}
    except TwostepError as error:
        assert len(str(error)) < 200
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.process_time() - began < 5 and peak < 50 << 20


def test_a_pickle_changes_none_of_numpys_types(tmp_path):
    class Turned:
        def __reduce__(self):
            return np.dtype, ("f8",), (3, ">", None, None, None, -1, -1, 0)

    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"a": Turned(), "b": np.ones(2)}, 2))
    assert load_arrays(path)["b"].tolist() == [1, 1]
    assert np.dtype("f8").byteorder == "=" and np.float64(1).tobytes()[-1] == 0x3F


def test_a_robot_hangs_on_something(tmp_path):
    text = '<robot><joint name="a" type="fixed"><parent link="a"/><child link="a"/></joint></robot>'
    rows = np.zeros((1, 7))
    refused(lambda path: links(read_urdf(path), rows), tmp_path / "a.urdf", text)
    refused(read_urdf, tmp_path / "b.urdf", text.replace("<parent", '<origin xyz="1 2"/><parent'))
    with pytest.raises(TwostepError):
        read_urdf(tmp_path / "none.urdf")


DIGITS = "0x" + "f" * 5000


@pytest.mark.parametrize(
    "line",
    [
        f"seed = {DIGITS}",
        f"song = [{DIGITS}]",
        f"length = {10**400}",
        f"fps = {10**400}",
        f'seeds = "1-{"9" * 5000}"',
        'songs = "**.mp3"',
        'pattern = "{seed:999999999d}"',
        'pattern = "{energy:.999999999f}"',
        'pattern = "{seed:c}"\nseed = 1114112',
        f"{'x' * 3000} = 1",
        "energy = '" + "x" * 3000 + "'",
    ],
)
def test_jobs_that_ask_too_much(tmp_path, line):
    text = f'target = "out"\n[[jobs]]\n{line}\n'
    text += "" if line.startswith("song") else 'song = "a.wav"\n'
    assert len(refused(jobfile.read, tmp_path / "a.toml", text)) < 1000


def test_a_unit_of_lists_in_lists(tmp_path):
    deep = "[" * 400 + "]" * 400
    unit = f'{{"kind": "export", "name": "a", "out": "b", "armature": {deep}}}'
    refused(jobfile.read, tmp_path / "a.json", unit)


def test_many_fields_are_read_in_no_time(tmp_path):
    text = json.dumps({f"f{number}": 0 for number in range(50_000)})
    assert "is not known" in refused(jobfile.read, tmp_path / "a.json", text)


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"type": ["dance"], "id": 1}', '{"type": "sample", "id": 1}',
     '{"type": "sample", "work": 3, "id": 1}',
     *(json.dumps({"type": "dance", "id": 1, "song": "ß" * many}) for many in (250, 3000)),
     '{"type": "dance", "\\ud800": 1, "id": 1}'],
)  # fmt: skip
def test_the_worker_goes_on_after_any_line(line):
    out = io.StringIO()
    service = worker.Service(out, {**worker.WORKS, "echo": lambda values, *_: (values, ())})
    service.listen([line, '{"type": "echo", "id": 2}'])
    service._quitting.clear()
    service.serve()
    told = [json.loads(each) for each in out.getvalue().splitlines()]
    assert {"id": 2, "event": "result"} in told
    errors = [each for each in told if each["event"] == "error"]
    assert errors and all(each.get("foreseen", True) for each in errors)
    assert all(len(each["message"]) < 1000 for each in errors)


def test_a_damaged_preset_is_told_of(tmp_path):
    (tmp_path / "a.toml").write_text("a = " + "[" * 3000)
    (tmp_path / "b.toml").write_text(f'label = "b"\n[bones]\n"{"x" * 3000}" = "y"')
    found, told = presets.read_all(tmp_path)
    assert not found and len(told) == 2 and all(len(each) < 400 for each in told)


def test_a_damaged_family_and_damaged_cards_are_told_of(tmp_path):
    refused(families._read, tmp_path / "a.toml", 'label = "a"')
    card = {"version": "1", "sha256": {}, "latent": 64, "styles": ["pop"],
            "speed_quantiles": {"pop": [0.1, 0.2]}}  # fmt: skip
    for name, value in (("latent", float("inf")), ("speed_quantiles", {"pop": []}),
                        ("speed_quantiles", {}), ("guidance", float("nan"))):  # fmt: skip
        damaged = json.dumps({**card, name: value})
        refused(lambda path: weights.read_card(path.parent), tmp_path / "dance.json", damaged)
    refused(lambda path: weights.read_card(path.parent), tmp_path / "dance.json", "[" * 100_000)


def test_a_number_larger_than_any_float_is_damage(tmp_path):
    card = json.dumps({"mean": [10**400], "spread": [1], "matrix": [[1]], "bias": [1]})
    refused(auto_genre.read_weights, tmp_path / "motion.json", card)


def test_facts_of_a_sample_that_are_none(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"sample")
    store.keep(path, (), {"bpm": "fast", "first_downbeat": []})
    job = ScoreJob(path, tmp_path / "a.wav")
    assert sample._in_time(job, path) == job
