# SPDX-License-Identifier: GPL-3.0-or-later
"""An EDGE-like diffusion baseline (Tseng et al. 2023): judged beside our model, never shipped."""
