# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that chooses what ONNX Runtime computes on, and says what it really uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import TwostepError
from .provider_names import CHOICES, PROVIDERS

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


@dataclass(frozen=True)
class Opened:
    """A session, the provider it really runs on ("CPU", "CUDA" ...), and why it fell back or ""."""

    session: Any
    provider: str
    note: str


def open_session(path: Path, provider: str = "auto", batch: int | None = None) -> Opened:
    """Open an ONNX file on the provider asked for, else on the CPU with a note that says why.

    batch: what the graph's free dimension of that name will always be, if that is known; ONNX
    Runtime then opens an unrolled graph four times as fast, and runs it faster.
    Raises TwostepError for an unknown provider or a file ONNX Runtime cannot read.
    """
    import onnxruntime

    if provider not in CHOICES:
        raise TwostepError(f"Provider must be one of {', '.join(CHOICES)}, not “{provider}”.")
    available = onnxruntime.get_available_providers()
    wanted = _wanted(provider, available)
    try:
        session = onnxruntime.InferenceSession(
            str(path),
            sess_options=_session_options(onnxruntime, wanted, batch),
            providers=[(name, _OPTIONS.get(name, {})) for name in wanted],
        )
    except Exception as error:  # ONNX Runtime raises a dozen unrelated classes
        raise TwostepError(
            f"The network {path.name} cannot be opened; reinstall Twostep ({_first_line(error)})."
        ) from error
    used = session.get_providers()[0]
    return Opened(session, LABELS.get(used, used), _note(provider, used, available))


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
    label, running = LABELS[PROVIDERS[hoped]], LABELS.get(used, used)
    if PROVIDERS[hoped] not in available:
        return f"{label} is not in this build of ONNX Runtime; running on {running}."
    return f"{label} could not start (driver or libraries missing); running on {running}."


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
