# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.readers.pickles import load_arrays


class Attack:
    """Runs a shell command when an ordinary loader opens it."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_an_attack_does_not_run(tmp_path):
    target = tmp_path / "owned"
    path = tmp_path / "bad.pkl"
    path.write_bytes(pickle.dumps({"smpl_poses": Attack(f"touch '{target}'")}))
    with pytest.raises(TwostepError, match="harmful"):
        load_arrays(path)
    assert not target.exists()
    pickle.loads(path.read_bytes())  # it is a real attack
    assert target.exists()


@pytest.mark.parametrize(
    "payload",
    [
        b"cbuiltins\neval\n(S'1+1'\ntR.",
        b"cnumpy\nload\n(S'/etc/passwd'\ntR.",
        b"cnumpy.core.multiarray\nfromfile\n(S'/etc/passwd'\ntR.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04Pwhere\n.",
    ],
)
def test_nothing_but_array_builders_is_found(tmp_path, payload):
    path = tmp_path / "bad.pkl"
    path.write_bytes(payload)
    with pytest.raises(TwostepError):
        load_arrays(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_come_back_in_every_protocol(tmp_path, protocol):
    poses = np.arange(12, dtype=np.float64).reshape(3, 4)
    path = tmp_path / "good.pkl"
    data = {"poses": poses, "rate": np.float32(60), "name": "take", "order": poses[::-1]}
    path.write_bytes(pickle.dumps(data, protocol))
    found = load_arrays(path)
    np.testing.assert_array_equal(found["poses"], poses)
    np.testing.assert_array_equal(found["order"], poses[::-1])
    assert found["rate"] == 60 and found["name"] == "take"


def test_python_2_and_the_other_numpy_are_read(tmp_path):
    array = np.array([1.5, -2.0])
    text = pickle.dumps({"a": array}, 2)
    for module in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        path = tmp_path / "old.pkl"
        found = b"numpy.core.multiarray" if b"numpy.core" in text else b"numpy._core.multiarray"
        path.write_bytes(text.replace(found, module))
        np.testing.assert_array_equal(load_arrays(path)["a"], array)
    # As Python 2 wrote it: the raw bytes of the array in a byte string.
    old = (
        b"\x80\x02}q\x01U\x01aq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"q\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x02\x85cnumpy\ndtype\nq\x06U\x02f8K\x00K\x01\x87R"
        b"q\x07(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10"
        + array.tobytes()
        + b"tbs."
    )
    path = tmp_path / "python2.pkl"
    path.write_bytes(old)
    np.testing.assert_array_equal(load_arrays(path)["a"], array)


def test_what_is_no_dictionary_of_arrays_is_refused(tmp_path):
    path = tmp_path / "odd.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(TwostepError, match="dictionary"):
        load_arrays(path)
    path.write_bytes(pickle.dumps({"a": np.array([{}, {}], dtype=object)}))
    with pytest.raises(TwostepError, match="objects"):
        load_arrays(path)
    path.write_bytes(b"garbage")
    with pytest.raises(TwostepError, match="damaged"):
        load_arrays(path)
    with pytest.raises(TwostepError, match="cannot be read"):
        load_arrays(Path(tmp_path / "missing.pkl"))
