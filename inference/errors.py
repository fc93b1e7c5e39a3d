# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors whose text is meant for the user."""


class TwostepError(Exception):
    """Something the user can act on; its text is one sentence that says what to do."""


class Cancelled(TwostepError):
    """The user asked to stop."""


class WrongField(TwostepError):
    """A field that cannot be so. field: its name; told: what goes on after it in the sentence."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(f"“{field}” {told}")
        self.field, self.told = field, told
