# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from twostep.inference import networks, providers
from twostep.inference.errors import TwostepError
from twostep.inference.weights import read_card


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


#: What ONNX Runtime has said of devices, as its users report, and what is told of it.
NODE = "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running "
FAILURES = {
    NODE + "Gemm node. Name:'Gemm_568' Status Message: CUBLAS failure 13: "
    "CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=LED-PC ; file=gemm.cc ; line=121": (
        "CUDA stopped working (CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED); "
    ),
    "CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=x ;\n at": (
        "CUDA stopped working (CUDA failure 700: an illegal memory access was encountered); "
    ),
    "[ONNXRuntimeError] : 1 : FAIL : D:\\a\\ExecutionProvider.cpp(962)\\onnxruntime.pyd!00007FFA: "
    "(caller: 00007FFA) Exception(3) tid(5a68) 887A0005 The GPU device instance has been "
    "suspended. Use GetDeviceRemovedReason to determine the appropriate action.\n": (
        "CUDA stopped working (887A0005 The GPU device instance has been suspended. Use "
    ),
    NODE + "CoreML_0 node.  Name:'CoreMLExecutionProvider_0' Status Message: Error executing "
    "model:Unable to compute the prediction using a neural network model.\n": (
        "CUDA stopped working (Error executing model:Unable to compute the prediction "
    ),
    NODE + "Conv node. Name:'/fc1/Conv' Status Message: \n/onnxruntime_src/bfc_arena.cc:376 void* "
    "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for "
    "requested buffer of size 939524096": "CUDA ran out of memory; ",
    "CUDA failure 2: out of memory ; GPU=0 ; hostname=x": "CUDA ran out of memory; ",
    "CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0": "CUDA ran out of memory; ",
    "Exception(1) tid(1) 8007000E Not enough memory resources are available to complete this "
    "operation.": "CUDA ran out of memory; ",
    "": "CUDA stopped working (RuntimeException); ",
}
FEED = {"latents": np.zeros((1, 15, 8), np.float32)}
CUDA = providers.PROVIDERS["cuda"]


@pytest.mark.parametrize(("text", "told"), FAILURES.items())
def test_a_lost_device_hands_over_to_the_cpu(weights, nothing_lost, caplog, text, told):
    cpu = providers.open_session(weights / "decoder.onnx", "cpu").session
    opened = [providers.Session(Lost(text), CUDA, "", lambda: cpu) for _ in range(2)]
    (expected,) = cpu.run(None, FEED)
    assert [session.provider for session in opened] == ["CUDA", "CUDA"]
    (made,) = opened[0].run(None, FEED)
    assert np.array_equal(made, expected)
    # The others that ran there do not try it again, and neither does what is opened next.
    del opened[1]._session.text
    assert np.array_equal(opened[1].run(None, FEED)[0], expected)
    for session in opened:
        assert session.provider == "CPU" and session.note.startswith(told)
        assert session.note.endswith("; running on CPU until Twostep is started again.")
    available = [CUDA, providers.PROVIDERS["cpu"]]
    assert providers._note("auto", providers.PROVIDERS["cpu"], available) == opened[0].note
    assert len(caplog.records) == 1 and (text or "RuntimeException") in caplog.text


@pytest.mark.parametrize(
    "feed", [{}, {"latents": np.zeros((1, 15, 9), np.float32)}, {"latents": "no array"}]
)
def test_what_the_cpu_cannot_do_either_is_no_fault_of_the_device(weights, nothing_lost, feed):
    cpu = providers.open_session(weights / "decoder.onnx", "cpu").session
    text = "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input"
    session = providers.Session(Lost(text), CUDA, "", lambda: cpu)
    with pytest.raises(Exception, match="input|INVALID_ARGUMENT") as caught:
        session.run(None, feed)
    assert not isinstance(caught.value, MemoryError)
    assert (session.provider, session.note) == ("CUDA", "")


def test_a_lost_device_leaves_both_cores_to_the_dance(weights, nothing_lost, monkeypatch):
    """A batch is shared out from then on, the networks opened for the device or not."""
    card = read_card(weights)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((4, 15, card.width)).astype(np.float32)
    music = rng.standard_normal((76, 48)).astype(np.float32)
    asked = None, music, 0, 0.5, noise
    nets = networks.Networks(card, "cpu", 4)
    expected = nets.predict(*asked)

    real = onnxruntime.InferenceSession

    class Device(real):
        """Runs its first call on what it says is a GPU."""

        def __init__(self, path, sess_options, providers):
            self.is_device = providers[0][0] == CUDA
            super().__init__(path, sess_options, providers=["CPUExecutionProvider"])

        def get_providers(self):
            return [CUDA] * self.is_device + ["CPUExecutionProvider"]

        def run(self, *values):
            if self.is_device:
                raise RuntimeError("CUDA failure 719: unspecified launch failure ; GPU=0")
            sizes.append(len(values[1]["noise"]))
            return super().run(*values)

    sizes = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", Device)
    available = [CUDA, "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    nets = networks.Networks(card, "auto", 4)
    assert nets.provider == "CUDA"
    for expected_sizes in ([4], [4, 2, 2]):
        np.testing.assert_allclose(nets.predict(*asked), expected, atol=1e-5)
        assert sizes == expected_sizes and nets.provider == "CPU"


@pytest.mark.parametrize("text", ["std::bad_alloc", "Failed to allocate memory for requested"])
def test_too_little_memory_is_told_as_such(text):
    session = providers.Session(Lost(text), providers.PROVIDERS["cpu"], "", lambda: None)
    with pytest.raises(MemoryError, match=text):
        session.run(None, {})


def test_what_else_is_wrong_is_raised_as_it_is(weights):
    session = providers.open_session(weights / "decoder.onnx", "cpu").session
    with pytest.raises(Exception, match="missing from input feed|INVALID_ARGUMENT"):
        session.run(None, {})
