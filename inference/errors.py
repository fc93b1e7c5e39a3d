# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors whose text is meant for the user."""


class TwostepError(Exception):
    """Something the user can act on; its text is one sentence that says what to do."""


class Cancelled(TwostepError):
    """The user asked to stop."""
