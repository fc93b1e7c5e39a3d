# SPDX-License-Identifier: GPL-3.0-or-later
"""`twostep batch` on the command line: parts, farms, mistakes, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from twostep.inference import cli
from twostep.inference.batch.command import chosen
from twostep.inference.errors import TwostepError

from .batches import DONE, FAILED, INTERRUPTED, LIMIT, MISUSED, batch, dance, posix, right, started


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_farm_stop_it_cleanly(songs, tmp_path, number):
    jobs = tmp_path / "JOBS.toml"
    jobs.write_text(
        f'target = "out"\n[[jobs]]\nsong = "{songs.as_posix()}/fast.wav"\n'
        'seeds = "1-300"\ncandidates = 16\nformats = ["npz"]\n'
    )
    process = started(jobs, "--processes", 2)
    said = ""
    while ": done" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    os.killpg(process.pid, number)
    rest, complained = process.communicate(timeout=LIMIT)
    assert process.returncode == INTERRUPTED, complained
    assert "cancelled" in rest and "Traceback" not in complained
    left = tmp_path / "out"
    assert right(left) > 0
    assert not [path for path in left.rglob("*") if ".part" in path.name]
    assert all(path.is_file() for path in (left / ".twostep").iterdir())


def jobs_of(folder: Path, songs: Path, count: int) -> Path:
    path = folder / "JOBS.toml"
    path.write_text(
        f'target = "out"\n[[jobs]]\nsong = "{songs.as_posix()}/fast.wav"\nlength = 2\n'
        f'seeds = "1-{count}"\nformats = ["npz"]\npattern = "n{{seed}}"\n'
    )
    return path


@posix
def test_a_farm_is_told_and_runs_a_part(songs, tmp_path):
    jobs = jobs_of(tmp_path, songs, 5)
    code, said, _ = batch(jobs, "--dry-run")
    assert code == DONE and said.splitlines()[-1] == "5 units" and not (tmp_path / "out").exists()
    target = tmp_path / "elsewhere"
    part = ("--units", "2,4-5", "--target", target, "--progress", "openjd")
    code, said, _ = batch(jobs, *part)
    assert code == DONE and sorted(path.name for path in target.glob("*.npz")) == [
        "n2.npz", "n4.npz", "n5.npz"
    ]  # fmt: skip
    lines = said.splitlines()
    shares = [float(line.split()[1]) for line in lines if line.startswith("openjd_progress: ")]
    assert shares == sorted(shares) and shares[-1] == 100
    assert any(line.startswith("openjd_status: n4") for line in lines)
    (tmp_path / "gone.toml").write_text(jobs.read_text("utf-8").replace("fast.wav", "gone.wav"))
    code, said, _ = batch(tmp_path / "gone.toml", "--units", "1", "--progress", "openjd")
    assert code == FAILED and "openjd_fail: 1 unit: 1 failed. n1: failed: There is" in said
    code, said, _ = batch(tmp_path / "gone.toml", "--units", "1", "--exit-zero")
    assert code == DONE and "gone.wav" in said


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--units", "6"], "the units are 1 to 5"),
        (["--units", "a"], "--units must be like"),
        (["--chunk", "3/2"], "--chunk must be"),
        (["--preset", "maya"], "--preset must be one of generic, unity, unreal"),
        (["--processes", "0"], "must be 1 or more"),
    ],
)
def test_misuse_is_one_sentence(songs, tmp_path, capsys, more, sentence):
    try:
        code = cli.main(["batch", str(jobs_of(tmp_path, songs, 5)), *more])
    except SystemExit as ended:
        code = ended.code
    assert code == MISUSED and sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_job_file_that_is_wrong_is_misuse(tmp_path, capsys):
    path = tmp_path / "JOBS.toml"
    path.write_text('target = "out"\n[[jobs]]\nsong = "a.wav"\nseed = -1\n')
    assert cli.main(["batch", str(path)]) == MISUSED
    assert "JOBS.toml, line 4: jobs[1].seed" in capsys.readouterr().err


def test_chunks_are_all_units_once(tmp_path):
    works = [dance("a" * count, tmp_path, tmp_path / "x.wav") for count in range(1, 12)]
    parts = [chosen(works, chunk=f"{part}/4") for part in (1, 2, 3, 4)]
    assert [work for part in parts for work in part] == works
    assert {len(part) for part in parts} == {2, 3}
    assert chosen(works, "1,3-4,4") == (works[0], works[2], works[3])
    assert chosen(works, "3-6", "2/2") == (works[4], works[5])
    with pytest.raises(TwostepError, match="1 to 11"):
        chosen(works, "12")


def test_every_option_is_documented(capsys):
    page = (Path(cli.__file__).parents[1] / "docs" / "batch_command.md").read_text("utf-8")
    with pytest.raises(SystemExit):
        cli.main(["batch", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert len(options) >= 10 and {name for name in options if f"`{name}" not in page} == set()
