# SPDX-License-Identifier: GPL-3.0-or-later
"""What users call the things that ONNX Runtime computes on; ONNX Runtime itself is not needed."""

from __future__ import annotations

#: The user's word for each provider, best first, and ONNX Runtime's.
PROVIDERS: dict[str, str] = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
CHOICES: tuple[str, ...] = ("auto", *PROVIDERS)
