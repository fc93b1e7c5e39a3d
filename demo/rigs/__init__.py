# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of every family, made by code, and how well each of them dances."""
