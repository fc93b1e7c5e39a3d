# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read, in their own language: one file a language in `translations/`.

A file is called what Blender calls its language, and holds a table for each context of Blender's
translations, English -> translation. Labels, names and tooltips are translated by Blender itself.
Sentences with something in them are written in English, wherever they come from (`inference` knows
no Blender, the worker is another process), and translated by `told` or `reported` where they are
shown: the sentence is recognised by the template that it was made from. What has no template stays
English, which most of the errors of `inference` do.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import bpy

FOLDER = Path(__file__).parent / "translations"
#: The context of sentences and labels, and that of parts of sentences and of words that mean
#: something else in the rest of Blender.
PLAIN, OWN = "*", "Twostep"

#: (context, English) -> translation
Language = dict[tuple[str, str], str]
#: Given the context and the English, gives the translation, or the English where there is none.
Lookup = Callable[[str, str], str]

_FIELD = re.compile(r"\{(\w+)\}")
#: Fields that hold nothing but numbers, and those that hold whole sentences.
_NUMBERS, _SENTENCES = {"number", "count", "place"}, {"error", "said", "stage"}
#: So many names are listed.
_NAMED = 4


def languages() -> dict[str, Language]:
    """Every language there is a file for, by Blender's name of it."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def _read(path: Path) -> Language:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        (context, english): translation
        for context, table in tables.items()
        for english, translation in table.items()
    }


def register() -> None:
    """Make the translations known to Blender."""
    found = languages()
    _words.append(Words(key for language in found.values() for key in language))
    bpy.app.translations.register(__name__, found)


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(__name__)
    _words.clear()


def told(text: str) -> str:
    """A sentence or a label with something in it, in the language of the interface."""
    return _translated(text, bpy.app.translations.pgettext_iface)


def reported(text: str) -> str:
    """The same for what operators report."""
    return _translated(text, bpy.app.translations.pgettext_rpt)


def listed(names: Iterable[str]) -> str:
    """The first few of them, and how many more there are."""
    names = list(dict.fromkeys(names))
    some, number = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return f"{some} and {number} more" if number > 0 else some


def _translated(text: str, translate: Callable[[str, str], str]) -> str:
    if not _words or bpy.app.translations.locale in ("", "en_US"):
        return text
    return _words[0].translated(text, lambda context, english: translate(english, context))


class Words:
    """All that can be translated, to find by which template a sentence was made."""

    def __init__(self, keys: Iterable[tuple[str, str]]) -> None:
        #: Templates with the longest of their words, the one that says most first: it fits best.
        self._templates: dict[str, list[tuple[str, str]]] = {PLAIN: [], OWN: []}
        templates = {key for key in keys if key[0] in self._templates and _FIELD.search(key[1])}
        for context, english in sorted(
            templates, key=lambda key: (-len(_FIELD.sub("", key[1])), key)
        ):
            longest = max(_FIELD.split(english)[::2], key=len)
            self._templates[context].append((english, longest))

    def translated(self, text: str, lookup: Lookup, contexts: Iterable[str] = (OWN, PLAIN)) -> str:
        """The text as `lookup` has it, with what stands in it; itself if it is not known."""
        for context in contexts:
            known = lookup(context, text)
            if known != text:
                return known
            for template, longest in self._templates[context]:
                found = _pattern(template).fullmatch(text) if longest in text else None
                if found and (translation := lookup(context, template)) != template:
                    return self._filled(translation, found.groupdict(), lookup)
        return text

    def _filled(self, translation: str, values: dict[str, str], lookup: Lookup) -> str:
        return _FIELD.sub(
            lambda field: self._value(field[1], values[field[1]], lookup), translation
        )

    def _value(self, name: str, value: str, lookup: Lookup) -> str:
        """What stands in a sentence: parts of sentences are translated, what users named is not."""
        if name in _SENTENCES:
            return self.translated(value, lookup)
        whole = self.translated(value, lookup, (OWN,))
        if whole != value:
            return whole
        return ", ".join(self.translated(part, lookup, (OWN,)) for part in value.split(", "))


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What a sentence made from this template looks like."""
    fixed, fields = _FIELD.split(template)[::2], _FIELD.findall(template)
    parts = [re.escape(fixed[0])]
    for field, rest in zip(fields, fixed[1:], strict=True):
        value = r"[0-9.]+" if field in _NUMBERS else ".+?"
        parts += [f"(?P<{field}>{value})", re.escape(rest)]
    return re.compile("".join(parts), re.DOTALL)


#: While it is registered.
_words: list[Words] = []
