# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from twostep.inference import providers
from twostep.inference.errors import TwostepError


def test_cpu_is_opened_without_a_word(weights):
    opened = providers.open_session(weights / "decoder.onnx", "cpu")
    assert (opened.provider, opened.note) == ("CPU", "")
    assert opened.session._session.get_providers() == ["CPUExecutionProvider"]


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


class Lost:
    """A session whose device is gone."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, *_):
        raise onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException(self.text)


@pytest.fixture
def nothing_lost():
    yield
    providers._lost.clear()


def test_a_lost_device_hands_over_to_the_cpu(weights, nothing_lost):
    cpu = providers.open_session(weights / "decoder.onnx", "cpu").session
    cuda = providers.PROVIDERS["cuda"]
    opened = [
        providers.Session(Lost("CUDA failure 719: launch failure\n at"), cuda, "", lambda: cpu)
        for _ in range(2)
    ]
    feed = {"latents": np.zeros((1, 15, 8), np.float32)}
    (expected,) = cpu.run(None, feed)
    assert [session.provider for session in opened] == ["CUDA", "CUDA"]
    (made,) = opened[0].run(None, feed)
    assert np.array_equal(made, expected)
    # The others that ran there do not try it again, and neither does what is opened next.
    opened[1]._session.text = "never called"
    assert np.array_equal(opened[1].run(None, feed)[0], expected)
    for session in opened:
        assert session.provider == "CPU"
        assert session.note == (
            "CUDA stopped working (CUDA failure 719: launch failure); running on CPU until Twostep "
            "is started again."
        )
    available = [cuda, providers.PROVIDERS["cpu"]]
    assert providers._note("auto", providers.PROVIDERS["cpu"], available) == opened[0].note


@pytest.mark.parametrize("text", ["std::bad_alloc", "Failed to allocate memory for requested"])
def test_too_little_memory_is_told_as_such(text):
    session = providers.Session(Lost(text), providers.PROVIDERS["cpu"], "", lambda: None)
    with pytest.raises(MemoryError, match=text):
        session.run(None, {})


def test_what_else_is_wrong_is_raised_as_it_is(weights):
    session = providers.open_session(weights / "decoder.onnx", "cpu").session
    with pytest.raises(Exception, match="missing from input feed|INVALID_ARGUMENT"):
        session.run(None, {})
