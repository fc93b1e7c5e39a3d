# SPDX-License-Identifier: GPL-3.0-or-later
"""Music for training: a small composer, its rendering, and the library of tracks."""
