# SPDX-License-Identifier: GPL-3.0-or-later
"""The dance styles that the networks know, in the order of their one-hot vector."""

STYLES: tuple[str, ...] = ("salsa", "house", "hiphop", "pop", "modern")
