# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from twostep.inference import weights as stored
from twostep.inference.errors import TwostepError
from twostep.inference.networks import Networks


@pytest.fixture
def copy(weights, tmp_path):
    return shutil.copytree(weights, tmp_path / "weights")


def test_the_card_is_read(weights):
    card = stored.read_card(weights)
    assert card.width == 8 and card.styles[0] == "salsa"
    assert card.speed("salsa", 0.0) == pytest.approx(0.1)
    assert card.speed("salsa", 1.0) == pytest.approx(0.8)
    assert card.speed(None, 0.5) == pytest.approx(0.45)


def test_missing_networks_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(TwostepError, match="networks are missing.*reinstall") as caught:
        stored.read_card(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_networks_are_found_where_the_variable_leads(tmp_path, monkeypatch):
    monkeypatch.delenv(stored.VARIABLE, raising=False)
    assert stored.folder("score") == stored.ALL_SHIPPED / "score"
    for kind in ("dance", "score"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{kind}.json").write_text("{}")
    for named in (tmp_path, tmp_path / "dance"):
        monkeypatch.setenv(stored.VARIABLE, str(named))
        assert stored.folder("dance") == tmp_path / "dance"
        assert stored.folder("score") == tmp_path / "score"
        assert stored.folder("style") == stored.ALL_SHIPPED / "style"
    (tmp_path / "dance" / "dance.json").unlink()
    monkeypatch.setenv(stored.VARIABLE, str(tmp_path))
    assert stored.folder("dance") == stored.ALL_SHIPPED / "dance"
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(stored.VARIABLE, str(tmp_path / "empty"))
    assert stored.folder("dance") == tmp_path / "empty"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": "1", "latent": "x"}'])
def test_a_damaged_card_is_told(copy, text):
    (copy / "dance.json").write_text(text)
    with pytest.raises(TwostepError, match="dance.json is damaged; reinstall Twostep"):
        stored.read_card(copy)


def test_one_flipped_bit_is_found(copy):
    path = copy / "decoder.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(TwostepError, match="decoder.onnx is damaged.*checksum"):
        Networks(stored.read_card(copy))


def test_a_missing_network_is_told(copy):
    (copy / "predictor.onnx").unlink()
    with pytest.raises(TwostepError, match="predictor.onnx is missing; reinstall"):
        Networks(stored.read_card(copy))


def test_a_card_that_forgot_a_checksum_trusts_nothing(copy):
    facts = json.loads((copy / "dance.json").read_text())
    del facts["sha256"]["encoder.onnx"]
    (copy / "dance.json").write_text(json.dumps(facts))
    with pytest.raises(TwostepError, match="encoder.onnx is damaged"):
        Networks(stored.read_card(copy))


def test_a_file_is_hashed_once(copy, monkeypatch):
    card = stored.read_card(copy)
    stored.network(card, "encoder.onnx")
    monkeypatch.setattr(stored.hashlib, "file_digest", None)
    assert stored.network(card, "encoder.onnx") == copy / "encoder.onnx"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_known_number_of_candidates_changes_nothing(nets, weights, count):
    random = np.random.default_rng(0)
    music = random.normal(size=(76, 48)).astype(np.float32)
    noise = random.normal(size=(count, 15, 8)).astype(np.float32)
    fixed = Networks(stored.read_card(weights), "cpu", count)
    told = (None, music, 0, 0.5, noise)
    np.testing.assert_allclose(fixed.predict(*told), nets.predict(*told), atol=1e-6)
    assert fixed.predict(*told).shape == noise.shape


def test_a_batch_shared_out_is_the_batch(nets):
    """Two cores take half a batch each; the halves must come back in order."""
    random = np.random.default_rng(0)
    latents = random.normal(size=(5, 20, 8)).astype(np.float32)
    whole = nets.decode(latents)
    alone = np.concatenate([nets.decode(each[None]) for each in latents])
    np.testing.assert_allclose(whole, alone, atol=1e-6)
