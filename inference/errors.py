# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors whose text is meant for the user."""


class TwostepError(Exception):
    """Something the user can act on; its text is one sentence that says what to do."""

    def __init__(self, sentence: str = "") -> None:
        # Names of files and fields may hold line ends and halves of characters.
        super().__init__("".join(each if each.isprintable() else "\ufffd" for each in sentence))


class Cancelled(TwostepError):
    """The user asked to stop."""


class WrongField(TwostepError):
    """A field that cannot be so. field: its name; told: what goes on after it in the sentence."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(f"“{named(field)}” {told}")
        self.field, self.told = field, told


class Unforeseen(TwostepError):
    """What another process did not foresee. report: its traceback, or its last words."""

    def __init__(self, message: str, report: str) -> None:
        super().__init__(message)
        self.report = report


def shown(value: object, most: int = 80) -> str:
    """A value of a file as a sentence may have it: on one line, and not too much of it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists
        text = "what stands there"
    return text if len(text) <= most else f"{text[:most]}…"


def named(text: str) -> str:
    """A name of a file's as a sentence may have it: as it is, unless it is too odd for that."""
    return text if text.isprintable() and len(text) <= 80 else shown(text)


def told(error: BaseException) -> str:
    """The one sentence that the user reads of any error."""
    if isinstance(error, TwostepError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; choose a shorter part at a time."
    detail = (str(error).strip().splitlines() or [""])[0][:200]
    return (
        f"Twostep failed in a way it did not foresee ({type(error).__name__}: {detail}); "
        "please send in the report."
    )
