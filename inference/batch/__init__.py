# SPDX-License-Identifier: GPL-3.0-or-later
"""Many dances, pieces of music and exports by one file: what each is, and what is already done."""
