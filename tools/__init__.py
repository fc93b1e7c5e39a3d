# SPDX-License-Identifier: GPL-3.0-or-later
"""What sets the project up, checks it and packs it. Standard library only; never shipped."""
