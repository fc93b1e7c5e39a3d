# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import onnxruntime
import pytest

from twostep.inference import providers
from twostep.inference.errors import TwostepError


def test_cpu_is_opened_without_a_word(weights):
    opened = providers.open_session(weights / "decoder.onnx", "cpu")
    assert (opened.provider, opened.note) == ("CPU", "")
    assert opened.session.get_providers() == ["CPUExecutionProvider"]


def test_what_is_missing_falls_back_and_says_why(weights):
    missing = next(
        name
        for name, full in providers.PROVIDERS.items()
        if full not in onnxruntime.get_available_providers()
    )
    opened = providers.open_session(weights / "decoder.onnx", missing)
    assert opened.provider == "CPU"
    label = providers.LABELS[providers.PROVIDERS[missing]]
    assert label in opened.note and "running on CPU" in opened.note


def test_a_provider_that_is_listed_but_does_not_start_is_told():
    """`get_available_providers` lists CUDA even where its libraries are missing."""
    available = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert providers._note("auto", "CUDAExecutionProvider", available) == ""
    note = providers._note("auto", "CPUExecutionProvider", available)
    assert note.startswith("CUDA could not start") and note.endswith("running on CPU.")
    assert providers._note("auto", "CPUExecutionProvider", ["CPUExecutionProvider"]) == ""


def test_tensorrt_must_be_asked_for():
    everything = list(providers.PROVIDERS.values())
    assert providers._wanted("auto", everything)[0] == "CUDAExecutionProvider"
    assert providers._wanted("tensorrt", everything) == [
        "TensorrtExecutionProvider",
        "CUDAExecutionProvider",
        "CPUExecutionProvider",
    ]


def test_an_unknown_provider_is_named(weights):
    with pytest.raises(TwostepError, match="one of auto, tensorrt, cuda.*not “abacus”"):
        providers.open_session(weights / "decoder.onnx", "abacus")


def test_a_file_that_is_no_network_is_one_sentence(tmp_path):
    path = tmp_path / "decoder.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(TwostepError, match="decoder.onnx cannot be opened; reinstall") as caught:
        providers.open_session(path)
    assert "\n" not in str(caught.value)
