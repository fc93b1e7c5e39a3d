# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance in, music out: through the function, the command line and the worker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from twostep.inference import bvh, cli
from twostep.inference.client import Worker
from twostep.inference.errors import Cancelled, TwostepError
from twostep.inference.genres import NAMES
from twostep.inference.jobs import ScoreJob
from twostep.inference.motion import Motion
from twostep.inference.score.loudness import Meter
from twostep.inference.score.score import score
from twostep.inference.weights import VARIABLE

from ...dancers import dancer, still_motion

PEAK = 10 ** (-1 / 20) * 32_767 + 1
AIST = "gBR_sBM_cAll_d04_mBR0_ch01.pkl"
LIMIT = 120.0


@pytest.fixture
def job(dance_file, tmp_path):
    return ScoreJob(dance_file, tmp_path / "a.wav", genre="house", seed=4, provider="cpu")


def read(path: Path) -> np.ndarray:
    rate, samples = wavfile.read(path)
    assert rate == 44_100 and samples.dtype == np.int16 and samples.ndim == 1
    return samples


@pytest.fixture(scope="module")
def piece(dance_file, score_weights, tmp_path_factory):
    """A piece for the whole dance, and all that was told while it was made."""
    out = tmp_path_factory.mktemp("out") / "a.wav"
    told: list[tuple[float, str]] = []
    job = ScoreJob(dance_file, out, genre="house", seed=4, provider="cpu")
    return score(job, lambda *each: told.append(each), folder=score_weights), told


def test_a_dance_gets_music_of_its_length(piece):
    made, told = piece
    assert len(read(made.path)) == 8 * 44_100 and made.seconds == 8
    assert made.genre == "house" and made.provider == "CPU" and made.weights == "test"
    assert made.cues.grid.bpm == pytest.approx(120, rel=0.02) and made.warnings == ()
    assert made.first_downbeat < 4 * 0.5 and len(made.beats) == pytest.approx(16, abs=1)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 6
    assert {"Reading the motion", "Watching the dance", "Composing", "Finishing"} <= {
        stage for _, stage in told
    }
    assert os.listdir(made.path.parent) == ["a.wav"]


def test_the_sound_is_as_it_should_be(piece):
    samples = read(piece[0].path)
    assert 0.2 * PEAK < np.abs(samples).max() <= PEAK
    meter = Meter()
    meter.add((samples / 32_768).astype(np.float32))
    assert meter.loudness() == pytest.approx(-16, abs=1.0)
    assert abs(samples.mean()) < 3
    assert abs(int(samples[0])) < 30 and np.abs(samples[-200:]).max() < 200
    assert not np.array_equal(samples[:1000], samples[1000:2000])


def test_the_same_job_is_the_same_file_and_another_seed_is_not(job, score_weights):
    job = replace(job, length=3.0)
    score(job, folder=score_weights)
    first = job.out.read_bytes()
    score(job, folder=score_weights)
    assert job.out.read_bytes() == first
    score(replace(job, seed=5), folder=score_weights)
    assert job.out.read_bytes() != first


def test_a_part_of_the_dance(job, score_weights):
    made = score(replace(job, start=4.25, length=3.1), folder=score_weights)
    assert len(read(job.out)) == round(3.1 * 44_100) == round(made.seconds * 44_100)
    # The dancer rests at every half second of the dance, so at .25, .75 ... of the part.
    off = (made.beats - 0.25 + 0.25) % 0.5 - 0.25
    assert np.abs(off).max() < 0.06
    score(replace(job, start=5.0, length=100.0), folder=score_weights)
    assert len(read(job.out)) == 3 * 44_100, "the music ends with the dance"


def test_what_the_user_knows_is_obeyed(job, score_weights):
    made = score(
        replace(job, length=3.0, bpm=100.0, beats_per_bar=3, first_downbeat=0.4),
        folder=score_weights,
    )
    assert made.cues.grid.bpm == pytest.approx(100) and made.cues.grid.beats_per_bar == 3
    assert made.first_downbeat == pytest.approx(0.4)
    assert any("House has 4 beats in a bar; with 3" in warning for warning in made.warnings)


def test_a_waltz_is_counted_in_three(job, score_weights):
    made = score(replace(job, length=3.0, genre="waltz"), folder=score_weights)
    assert made.cues.grid.beats_per_bar == 3
    assert not any("beats in a bar" in warning for warning in made.warnings)


def test_auto_chooses_a_genre(job, score_weights):
    made = score(replace(job, genre="auto", length=3.0), folder=score_weights)
    assert made.genre in NAMES


@pytest.mark.parametrize("bpm", [120.0, 97.3])
def test_a_loop_is_whole_bars_and_comes_round(job, score_weights, bpm):
    made = score(replace(job, loop=True, bpm=bpm, first_downbeat=0.0), folder=score_weights)
    samples = read(job.out)
    bar = 4 * 60 / bpm
    assert len(samples) == round(8 // bar * bar * 44_100)
    assert made.seconds == pytest.approx(8 // bar * bar, abs=1e-4)
    steps = np.abs(np.diff(np.concatenate([samples, samples]).astype(float), n=2))
    seam = steps[len(samples) - 50 : len(samples) + 50].max()
    assert seam <= steps.max() * 0.9, "no click at the seam"
    level = np.abs(samples.astype(float))
    assert level[:4410].mean() > 0.25 * level.mean() < 4 * level[-4410:].mean(), "no fades"


@pytest.mark.parametrize("kind", ["bvh", "pkl"])
def test_other_files_are_scored(kind, job, dance_file, score_weights, tmp_path, request):
    path = tmp_path / "a.bvh"
    if kind == "bvh":
        bvh.write(Motion.load(dance_file), path)
    else:
        path = request.getfixturevalue("data_folder") / "fixtures" / AIST
        if not path.is_file():
            pytest.skip("the AIST++ fixture is not here")
    made = score(replace(job, motion=path, length=4.0), folder=score_weights)
    assert len(read(job.out)) == 4 * 44_100
    assert 70 < made.cues.grid.bpm < 130


def motion_file(folder: Path, motion: Motion) -> Path:
    motion.save(folder / "motion.npz")
    return folder / "motion.npz"


def with_nan() -> Motion:
    motion = dancer(100.0, seconds=5.0)
    motion.root[50] = np.nan
    return motion


BAD = {
    "still": (lambda: still_motion(5.0), {}, "does not move"),
    "two frames": (lambda: dancer(100.0, seconds=5.0)[:2], {}, "only 0.1 s long"),
    "nan": (with_nan, {}, "not every value in it is a number"),
    "beyond the end": (lambda: dancer(100.0, seconds=5.0), {"start": 9.0}, "only 5.0 s long"),
    "no bar": (
        lambda: dancer(100.0, seconds=5.0), {"loop": True, "bpm": 45.0, "length": 2.5},
        "shorter than a bar",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_motions_are_one_sentence(name, tmp_path, score_weights):
    make, fields, sentence = BAD[name]
    out = tmp_path / "out"
    out.mkdir()
    job = ScoreJob(motion_file(tmp_path, make()), out / "a.wav", genre="house", **fields)
    with pytest.raises(TwostepError, match=sentence) as caught:
        score(job, folder=score_weights)
    assert "\n" not in str(caught.value) and os.listdir(out) == []


def test_missing_networks_are_told(job, tmp_path):
    with pytest.raises(TwostepError, match="score networks are missing.*reinstall"):
        score(job, folder=tmp_path / "nowhere")
    assert not job.out.exists()


@pytest.mark.parametrize("card", ["{", '{"version": "1", "sha256": {}}'])
def test_a_damaged_card_is_told(job, tmp_path, score_weights, card):
    folder = shutil.copytree(score_weights, tmp_path / "weights")
    (folder / "score.json").write_text(card)
    with pytest.raises(TwostepError, match="score.json is damaged"):
        score(job, folder=folder)


def test_one_flipped_bit_is_found(job, tmp_path, score_weights):
    folder = shutil.copytree(score_weights, tmp_path / "weights")
    path = folder / "flow.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(TwostepError, match="flow.onnx is damaged.*checksum"):
        score(job, folder=folder)
    assert not job.out.exists()


def test_without_a_vocoder_griffin_lim_plays_and_says_so(job, tmp_path, score_weights):
    folder = shutil.copytree(score_weights, tmp_path / "weights")
    (folder / "vocoder.onnx").unlink(missing_ok=True)
    made = score(replace(job, length=3.0), folder=folder)
    assert any("Griffin-Lim makes the sound" in warning for warning in made.warnings)
    assert np.abs(read(job.out)).max() > 3000


@pytest.mark.parametrize("stage", ["Watching the dance", "Composing", "Finishing"])
def test_a_cancelled_piece_leaves_nothing(job, score_weights, stage):
    job.out.write_bytes(b"an earlier take")
    reached: list[str] = []
    with pytest.raises(Cancelled):
        score(job, lambda _, name: reached.append(name), lambda: stage in reached, score_weights)
    assert job.out.read_bytes() == b"an earlier take"
    assert os.listdir(job.out.parent) == ["a.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a_read_only_folder_is_one_sentence(job, score_weights):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "locked"
        place.mkdir()
        Path(folder).chmod(0o755)
        place.chmod(0o555)
        root = os.geteuid() == 0
        if root:  # root may write anywhere
            (Path(folder) / "a.npz").write_bytes(job.motion.read_bytes())
            job = replace(job, motion=Path(folder) / "a.npz")
            score(replace(job, out=job.out, length=2.5), folder=score_weights)  # opens everything
            os.seteuid(65_534)
        try:
            with pytest.raises(TwostepError, match="may not be written; choose another place"):
                score(replace(job, out=place / "a.wav"), folder=score_weights)
            assert os.listdir(place) == []
        finally:
            if root:
                os.seteuid(0)


def test_a_missing_folder_is_one_sentence(job, score_weights, tmp_path):
    with pytest.raises(TwostepError, match="nowhere does not exist; choose another place"):
        score(replace(job, out=tmp_path / "nowhere" / "a.wav"), folder=score_weights)


def run(arguments: list[object], folder: Path, before: str = "") -> subprocess.CompletedProcess:
    """The command line in a process of its own; `before` is Python run in it first."""
    code = (
        f"import sys\n{before}\nfrom twostep.inference.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "score", *map(str, arguments)],
        capture_output=True, text=True, timeout=LIMIT, check=False,
        env={**os.environ, VARIABLE: str(folder.parent)},
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize("limit", [100_000, 750_000])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(job, score_weights, limit):
    """The first limit is met by what is made, the second by what is written at the end."""
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    arguments = [job.motion, "--out", job.out, "--genre", "house"]
    ran = run(arguments, score_weights, before)
    said = ran.stderr.strip().splitlines()[-1]
    assert ran.returncode == cli.FAILED and "larger than a file may be" in said, ran.stderr
    assert "Traceback" not in ran.stderr and os.listdir(job.out.parent) == []


def test_the_command_line_tells_what_it_made(job, score_weights):
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    ran = run(
        [job.motion, "--out", job.out, "--genre", "salsa", "--seed", "3", "--length", "4"],
        score_weights,
    )
    assert ran.returncode == cli.DONE, ran.stderr
    assert f"{job.out}: 4.0 s of salsa at 120 bpm, 4 beats a bar from" in ran.stdout
    assert "computed on CPU" in ran.stdout and len(ran.stdout.splitlines()) == 1
    assert len(read(job.out)) == 4 * 44_100


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--genre", "polka"], "“genre” must be one of auto, break"),
        (["--seed", "-1"], "“seed” must be"),
        (["--beats-per-bar", "5"], "“beats_per_bar” must be"),
        (["--bpm", "1000"], "“bpm” must be"),
        (["--out", "a.mp3"], "ends in .wav"),
        (["--out", "nowhere/a.wav"], "The folder nowhere does not exist"),
    ],
)
def test_mistakes_are_one_sentence(dance_file, tmp_path, capsys, monkeypatch, more, sentence):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["score", str(dance_file), "--out", "a.wav", *more]) == cli.FAILED
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_no_motion_is_one_sentence(tmp_path, capsys):
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    path = tmp_path / "song.mp3"
    path.write_bytes(b"")
    assert cli.main(["score", str(path), "--out", str(tmp_path / "a.wav")]) == cli.FAILED
    assert "choose a .npz, .bvh or .pkl file" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["song.mp3"]


def wait(worker: Worker, count: int = 1) -> list[dict]:
    messages, limit = [], time.monotonic() + LIMIT
    while time.monotonic() < limit:
        messages += worker.poll()
        ended = [m for m in messages if m["event"] in ("result", "error", "cancelled")]
        if len(ended) >= count:
            return messages
        time.sleep(0.01)
    raise AssertionError(f"the worker said only {messages}")


@pytest.fixture
def worker(score_weights, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(score_weights.parent))
    made = Worker()
    yield made
    made.close()


def test_the_worker_scores(worker, job):
    worker.submit({"id": 1, "type": "score", **replace(job, length=3.0).to_fields()})
    messages = wait(worker)
    told = messages[-1]
    assert (told["event"], told["id"], told["path"]) == ("result", 1, str(job.out))
    assert told["genre"] == "house" and told["seconds"] == 3 and told["provider"] == "CPU"
    assert told["bpm"] == pytest.approx(120, rel=0.03) and told["beats_per_bar"] == 4
    assert 0 <= told["first_downbeat"] < 2.1 and len(told["beats"]) >= 5
    fractions = [m["fraction"] for m in messages if m["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert len(read(job.out)) == 3 * 44_100
    json.dumps(told)


def test_the_worker_stays_for_the_next_job_after_a_bad_one(worker, job, tmp_path):
    fields = job.to_fields()
    worker.submit({"id": 1, "type": "score", **fields, "genre": "polka"})
    worker.submit({"id": 2, "type": "score", **fields, "motion": str(tmp_path / "no.npz")})
    worker.submit({"id": 3, "type": "score", **fields, "length": 3.0})
    ended = {m["id"]: m for m in wait(worker, 3) if m["event"] in ("result", "error")}
    assert "“genre” must be" in ended[1]["message"] and "no motion file" in ended[2]["message"]
    assert ended[3]["event"] == "result"


def test_the_worker_can_be_stopped(worker, job, tmp_path):
    motion_file(tmp_path, dancer(120.0, seconds=240.0))
    long = replace(job, motion=tmp_path / "motion.npz").to_fields()
    worker.submit({"id": 1, "type": "score", **long})
    while not any(m.get("stage") == "Composing" for m in worker.poll()):
        time.sleep(0.005)
    worker.cancel()
    assert wait(worker)[-1] == {"id": 1, "event": "cancelled"}
    assert os.listdir(tmp_path) == ["motion.npz"]
