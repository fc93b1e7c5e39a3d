# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from twostep.inference import cli, dance
from twostep.inference.motion import Motion
from twostep.inference.weights import VARIABLE


@pytest.fixture
def folder(weights, monkeypatch):
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    real = dance.dance
    monkeypatch.setattr(
        dance, "dance", lambda job, progress=None: real(job, progress, None, weights)
    )


def test_a_dance_is_written_and_told(folder, tune, tmp_path, capsys):
    out = tmp_path / "a.npz"
    arguments = ["dance", str(tune), "--out", str(out), "--length", "2", "--style", "modern"]
    assert cli.main([*arguments, "--seed", "4", "--energy", "1.5", "--no-retime"]) == cli.DONE
    said = capsys.readouterr()
    assert f"{out}: 2.0 s of modern" in said.out and "computed on CPU" in said.out
    assert "Dancing" in said.err
    assert len(Motion.load(out)) == 60


def test_a_loop_is_written_and_told(folder, tune, tmp_path, capsys):
    out = tmp_path / "a.npz"
    assert cli.main(["dance", str(tune), "--out", str(out), "--length", "5", "--loop"]) == cli.DONE
    assert f"{out}: 4.0 s of" in capsys.readouterr().out
    motion = Motion.load(out)
    assert len(motion) == pytest.approx(121, abs=1)
    np.testing.assert_array_equal(motion.root[0], motion.root[-1])


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--style", "polka"], "“style” must be one of auto, salsa"),
        (["--energy", "3"], "“energy” must be"),
        (["--seed", "-1"], "“seed” must be"),
        (["--length", "0"], "“length” must be"),
        (["--length", "1", "--loop"], "1.0 s of “tune.wav” are less than one bar"),
        (["--provider", "gpu"], "“provider” must be"),
        (["--context", "nowhere.npz"], "no motion file nowhere.npz"),
        (["--out", "a.mp3"], "ends in .npz or .bvh"),
        (["--out", "nowhere/a.npz"], "The folder nowhere does not exist"),
    ],
)
def test_mistakes_are_one_sentence(folder, tune, tmp_path, capsys, monkeypatch, more, sentence):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["dance", str(tune), "--out", "a.npz", *more]) == cli.FAILED
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error
    assert os.listdir(tmp_path) == []


def test_what_is_no_option_is_misuse(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["dance"])
    assert caught.value.code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_request_to_end_are_clean(weights, tmp_path, number):
    pytest.importorskip("tqdm", reason="the progress bar needs tqdm")
    from .conftest import song

    out = tmp_path / "out"
    out.mkdir()
    long = song(tmp_path / "long.wav", seconds=120.0)
    # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        [sys.executable, "-m", "twostep", "dance", str(long), "--out", str(out / "a.npz"),
         "--candidates", "16"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, VARIABLE: str(weights)},
    )  # fmt: skip
    said = ""
    while "Listening" not in said:
        letter = run.stderr.read(1)
        assert letter, said
        said += letter
    run.send_signal(number)
    rest = run.communicate()[1]
    assert run.wait(60) == cli.INTERRUPTED
    assert "Stopped; nothing was written." in rest and "Traceback" not in rest
    assert os.listdir(out) == []
