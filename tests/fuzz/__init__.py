# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged, odd and malicious files of every format that Twostep reads.

Each is either read or refused by a `TwostepError` with one sentence. Nothing else may be raised,
nor may the process end, hang, write, call other programs or take more memory than is meet.

    python -m tests.fuzz --cases 20000 --seed 0 --out report.json
"""
