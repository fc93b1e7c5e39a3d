# SPDX-License-Identifier: GPL-3.0-or-later
"""How good is the music made for a dance: figures with their nulls, and pictures to look at."""
