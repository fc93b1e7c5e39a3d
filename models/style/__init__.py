# SPDX-License-Identifier: GPL-3.0-or-later
"""The style extractor: what kind of music is heard, and which of it a motion asks for."""
