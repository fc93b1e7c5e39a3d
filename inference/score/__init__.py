# SPDX-License-Identifier: GPL-3.0-or-later
"""Scoring: what turns a motion into music."""
