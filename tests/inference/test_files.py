# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import sys

import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.files import remove_folder, replaced


def test_the_file_is_there_whole(tmp_path):
    path = tmp_path / "a.npz"
    path.write_text("old")
    with replaced(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old" and temporary.parent == tmp_path
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.npz"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_a_failure_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.npz"
    path.write_text("old")
    with pytest.raises(type(error)), replaced(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.npz"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(TwostepError, match="The disk is full"),
        replaced(tmp_path / "a") as temporary,
    ):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_really_full_device_is_one_sentence(tmp_path):
    with pytest.raises(TwostepError, match="The disk is full"), replaced(tmp_path / "a"):
        with open("/dev/full", "w") as file:
            file.write("x" * 100_000)
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(TwostepError, match="nowhere does not exist"):
        with replaced(tmp_path / "nowhere" / "a.npz"):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_others_may_read_it_as_any_new_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    with replaced(tmp_path / "a"):
        pass
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode


def test_nothing_comes_after_into_a_folder_that_goes(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    with pytest.raises(TwostepError, match="does not exist"), replaced(folder / "a") as temporary:
        temporary.write_text("half")
        remove_folder(folder)
    with pytest.raises(TwostepError, match="does not exist"), replaced(folder / "b"):
        pass
    assert not os.listdir(tmp_path)
    remove_folder(folder)
