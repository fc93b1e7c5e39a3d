# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that chooses what ONNX Runtime computes on, and says what it really uses."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import runtime
from .errors import TwostepError
from .provider_names import CHOICES, PROVIDERS

log = logging.getLogger(__name__)

LABELS: dict[str, str] = {
    "TensorrtExecutionProvider": "TensorRT",
    "CUDAExecutionProvider": "CUDA",
    "DmlExecutionProvider": "DirectML",
    "CoreMLExecutionProvider": "CoreML",
    "CPUExecutionProvider": "CPU",
}
#: What "auto" tries. TensorRT compiles for minutes on first use, so it must be asked for.
AUTOMATIC = ("cuda", "directml", "coreml", "cpu")
_OPTIONS: dict[str, dict[str, str]] = {
    # TF32 and the exhaustive search for convolutions would change a dance from run to run.
    "CUDAExecutionProvider": {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"},
}


#: What stopped working while this process used it, by ONNX Runtime's name, and what is told of it.
_lost: dict[str, str] = {}
#: What is in ONNX Runtime's errors when there was no memory, the processor's or a device's.
_NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "allocate memory",
    "out of memory",
    "STATUS_ALLOC_FAILED",
    "8007000E",
)


class Session:
    """An ONNX session that goes on on the CPU when the device it ran on is lost.

    used: ONNX Runtime's name of what it runs on. note: why that is not what was hoped for, or "".
    on_cpu: opens the same network on the CPU.
    """

    def __init__(self, session: Any, used: str, note: str, on_cpu: Callable[[], Any]) -> None:
        self._session, self._used, self._note = session, used, note
        self._on_cpu = on_cpu
        self._instead: Any = None

    @property
    def provider(self) -> str:
        """What it really runs on now: "CPU", "CUDA" ..."""
        used = PROVIDERS["cpu"] if self._used in _lost else self._used
        return LABELS.get(used, used)

    @property
    def note(self) -> str:
        """Why it is that, or ""."""
        return _lost.get(self._used, self._note)

    def run(self, outputs: list[str] | None, feed: dict[str, Any]) -> Any:
        """The outputs of these inputs. Raises MemoryError when there is not enough of it.

        What a device cannot do is tried on the CPU. If that can, the device is lost; if it cannot
        either, the fault is in what was asked, and is raised as it is.
        """
        if self._used == PROVIDERS["cpu"]:
            return _ran(self._session, outputs, feed)
        if self._used in _lost:
            return _ran(self._cpu(), outputs, feed)
        try:
            return self._session.run(outputs, feed)
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes
            made = _ran(self._cpu(), outputs, feed)
            _lose(self._used, error)
            return made

    def get_inputs(self) -> Any:
        """As ONNX Runtime's sessions tell it."""
        return self._session.get_inputs()

    def _cpu(self) -> Any:
        if self._instead is None:
            # The lost session is kept: taking it down would touch the device again.
            self._instead = self._on_cpu()
        return self._instead


def _ran(session: Any, outputs: list[str] | None, feed: dict[str, Any]) -> Any:
    try:
        return session.run(outputs, feed)
    except Exception as error:
        raise _meant(error) from error


def _lose(used: str, error: Exception) -> None:
    label = LABELS.get(used, used)
    log.error("%s stopped working", label, exc_info=error)
    if isinstance(_meant(error), MemoryError):
        _lost[used] = f"{label} ran out of memory; running on CPU until Twostep is started again."
        return
    _lost[used] = (
        f"{label} stopped working ({_cause(error)[:200]}); running on CPU until Twostep is "
        "started again."
    )


def _cause(error: Exception) -> str:
    """The line of an error that tells most: what the device said, without where that was."""
    _, _, said = str(error).rpartition("Message:")
    failure = _FAILURE.search(said)
    return failure.group().strip() if failure else _first_line(said, type(error).__name__)


#: "CUDA failure 719: unspecified launch failure", "887A0005 The GPU device instance has been ..."
_FAILURE = re.compile(r"(?:\b[A-Z]+ failure \d+: |\b887A[0-9A-F]{4} )[^;\n]*")


def _meant(error: Exception) -> Exception:
    """MemoryError if that is what it was, else the error itself."""
    return MemoryError(str(error)) if any(each in str(error) for each in _NO_MEMORY) else error


@dataclass(frozen=True)
class Opened:
    """A session; the provider it runs on ("CPU", "CUDA" ...), and why it fell back or ""."""

    session: Session

    @property
    def provider(self) -> str:
        return self.session.provider

    @property
    def note(self) -> str:
        return self.session.note


def open_session(path: Path, provider: str = "auto", batch: int | None = None) -> Opened:
    """Open an ONNX file on the provider asked for, else on the CPU with a note that says why.

    batch: what the graph's free dimension of that name will always be, if that is known; ONNX
    Runtime then opens an unrolled graph four times as fast, and runs it faster.
    A device that is lost later is not tried again in this process.
    Raises TwostepError for an unknown provider or a file ONNX Runtime cannot read.
    """
    onnxruntime = runtime.onnxruntime()
    if provider not in CHOICES:
        raise TwostepError(f"Provider must be one of {', '.join(CHOICES)}, not “{provider}”.")
    available = onnxruntime.get_available_providers()

    def opened(wanted: list[str], batch: int | None = None) -> Any:
        try:
            session = onnxruntime.InferenceSession(
                str(path),
                sess_options=_session_options(onnxruntime, wanted, batch),
                providers=[(name, _OPTIONS.get(name, {})) for name in wanted],
            )
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes
            if isinstance(_meant(error), MemoryError):
                raise _meant(error) from error
            raise TwostepError(
                f"The network {path.name} cannot be opened; reinstall Twostep "
                f"({_first_line(str(error), type(error).__name__)})."
            ) from error
        session.disable_fallback()  # it would say nothing of it
        return session

    session = opened([name for name in _wanted(provider, available) if name not in _lost], batch)
    used = session.get_providers()[0]
    note = _note(provider, used, available)
    # On the CPU a batch may be shared out, so that its parts are of another size.
    return Opened(Session(session, used, note, lambda: opened([PROVIDERS["cpu"]])))


def _wanted(provider: str, available: list[str]) -> list[str]:
    names: tuple[str, ...] = AUTOMATIC if provider == "auto" else (provider, "cpu")
    if provider == "tensorrt":
        names = ("tensorrt", "cuda", "cpu")
    wanted = [PROVIDERS[name] for name in names if PROVIDERS[name] in available]
    return list(dict.fromkeys([*wanted, PROVIDERS["cpu"]]))


def _session_options(onnxruntime: Any, wanted: list[str], batch: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    # These networks are too small to share out one run; `networks` runs several side by side.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    if batch is not None:
        options.add_free_dimension_override_by_name("batch", batch)
    if PROVIDERS["directml"] in wanted:
        options.enable_mem_pattern = False  # DirectML refuses it
    return options


def _note(provider: str, used: str, available: list[str]) -> str:
    """Why `used` is not what was hoped for; empty when it is."""
    hoped = provider
    if provider == "auto":
        hoped = next(name for name in AUTOMATIC if PROVIDERS[name] in (*available, used))
    if PROVIDERS[hoped] == used:
        return ""
    if PROVIDERS[hoped] in _lost:
        return _lost[PROVIDERS[hoped]]
    label, running = LABELS[PROVIDERS[hoped]], LABELS.get(used, used)
    if PROVIDERS[hoped] not in available:
        return f"{label} is not in this build of ONNX Runtime; running on {running}."
    return f"{label} could not start (driver or libraries missing); running on {running}."


def _first_line(text: str, otherwise: str) -> str:
    return (text.strip().splitlines() or [otherwise])[0]
