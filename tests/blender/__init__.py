# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that run inside real Blenders."""
