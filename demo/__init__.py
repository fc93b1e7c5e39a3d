# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way once, without a window: a song in; .blend, .fbx, .mp4 and contact sheet out."""
