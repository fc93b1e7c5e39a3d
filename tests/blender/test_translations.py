# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that users read is there in every language, and Blender shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

from twostep.inference.batch.crew import VARIABLE
from twostep.panels.wrapping import wrapped
from twostep.scene import words
from twostep.scene.words import OWN, PLAIN

from . import in_languages, wording

LANGUAGES = words.languages()
FIELD = re.compile(r"\{\w+\}")
#: Names, written alike everywhere; they need no translation.
NAMES = {
    "Alembic", "Apple (Core ML)", "BVH", "FBX", "FK", "GPU (DirectML)", "IK", "NVIDIA GPU (CUDA)",
    "NVIDIA GPU (TensorRT)", "USD", "Unity", "Universal Scene Description", "Unreal", "glTF",
}  # fmt: skip
#: Words that are spelled in a language as they are in English.
DANCES = {"Break", "House", "Krump", "Lock", "Pop", "Salsa", "Waack"}
ALIKE = {
    "es": {*DANCES, "Pelvis", "Tempo", "pelvis"},
    "fr_FR": {
        *DANCES, "Animation", "Auto", "Collection", "Formats", "Genre", "Style", "Styles", "Tempo",
    },
    "ko_KR": {"Out"},
}  # fmt: skip


@pytest.fixture(scope="module")
def said(_addon) -> dict[wording.Message, str]:
    return wording.messages()


def lookup(language: str) -> words.Lookup:
    return lambda context, english: LANGUAGES[language].get((context, english), english)


KNOWN = {language: words.Words(known) for language, known in LANGUAGES.items()}


def told(language: str, text: str) -> str:
    return KNOWN[language].translated(text, lookup(language))


def test_these_languages_are_there():
    assert set(LANGUAGES) >= {"es", "fr_FR", "ja_JP", "ko_KR", "zh_HANS"}


def test_blender_calls_them_so():
    """By the list of languages that ships with Blender's own translators' tools."""
    tools = Path(bpy.utils.resource_path("LOCAL")) / "scripts" / "modules"
    (settings,) = tools.glob("*bl_i18n_utils/settings.py")
    known = re.findall(r'\(\d+, "[^"]*", "(\w+)"', settings.read_text(encoding="utf-8"))
    assert len(known) > 40 and set(LANGUAGES) <= set(known)


@pytest.mark.parametrize("language", LANGUAGES)
class TestLanguage:
    def test_everything_is_translated(self, said, language):
        lacking = {key: where for key, where in said.items() if key not in LANGUAGES[language]}
        assert not {key: where for key, where in lacking.items() if key[1] not in NAMES}

    def test_nothing_is_translated_that_is_said_no_more(self, said, language):
        assert not set(LANGUAGES[language]) - set(said)

    def test_fields_are_the_same(self, language):
        for (_, english), text in LANGUAGES[language].items():
            assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(text)), text

    def test_nothing_is_left_in_english(self, language):
        alike = {english for (_, english), text in LANGUAGES[language].items() if english == text}
        assert alike <= NAMES | ALIKE.get(language, set())

    def test_nothing_is_empty_or_padded(self, language):
        texts = LANGUAGES[language].values()
        assert not [text for text in texts if not text or text != text.strip()]

    def test_buttons_are_short(self, language):
        """A button in a narrow sidebar has room for about thirty Latin letters."""
        buttons = {key: text for key, text in LANGUAGES[language].items() if key[0] == "Operator"}
        assert not {key: text for key, text in buttons.items() if wrapped(text, 34) != [text]}

    def test_sentences_are_recognised(self, language):
        """Every one by its own template, whatever stands in it."""
        for (context, english), text in LANGUAGES[language].items():
            if context not in (PLAIN, OWN) or not FIELD.search(english):
                continue
            values = {
                field: str(70 + place) if field in words._NUMBERS else f"Ann {place}.L"
                for place, field in enumerate(re.findall(r"\{(\w+)\}", english))
            }
            assert told(language, filled(english, values)) == filled(text, values)

    def test_what_users_named_stays(self, language):
        text = LANGUAGES[language][PLAIN, "There is no sound strip {song}."]
        assert told(language, "There is no sound strip Dance.") == filled(text, {"song": "Dance"})

    def test_parts_of_sentences_are_translated(self, language):
        known = LANGUAGES[language]
        job = known[PLAIN, "Job {number}: {error}"]
        values = {"number": "2", "error": known[PLAIN, "Choose a collection."]}
        assert told(language, "Job 2: Choose a collection.") == filled(job, values)
        text = known[PLAIN, "{name} has no {parts} that Twostep knows; the rest dances."]
        parts = f"{known[OWN, 'left arm']}, {known[OWN, 'right leg']}"
        english = "Ann has no left arm, right leg that Twostep knows; the rest dances."
        assert told(language, english) == filled(text, {"name": "Ann", "parts": parts})

    def test_what_is_not_known_stays(self, language):
        for text in ("", "Something new.", "Nothing: nothing, and {nothing}", "Ann is in"):
            assert told(language, text) == text


def filled(template: str, values: dict[str, str]) -> str:
    return FIELD.sub(lambda field: values[field[0][1:-1]], template)


@pytest.mark.parametrize("module", list(wording.spoken_modules()))
def test_sentences_are_translated_where_they_are_shown(module):
    assert not list(wording.untold(wording.tree_of(module)))


def test_in_english_nothing_changes():
    for text in ("Job 2: Choose a collection.", "Dance", ""):
        assert words.told(text) == words.reported(text) == text


def test_lines_end_between_words_or_chinese_characters():
    english = "No song yet: open one, or add a sound strip."
    assert wrapped(english, 20) == ["No song yet: open", "one, or add a sound", "strip."]
    japanese = "曲がありません。曲を開くか、追加してください。"
    lines = wrapped(japanese, 16)
    assert "".join(lines) == japanese and len(lines) == 3
    assert not [line for line in lines if line[0] in "。、" or len(line) > 9]


def test_a_path_is_cut_where_it_must():
    assert wrapped("/a/folder/of/songs.wav", 10) == ["/a/folder/", "of/songs.w", "av"]
    assert wrapped("", 10) == []


@pytest.mark.slow
def test_a_real_blender_shows_them(tmp_path):
    """Its program: Blender's Python module is built without languages."""
    program = os.environ.get(VARIABLE) or shutil.which("blender")
    if not program:
        pytest.skip(f"no program of Blender here: set {VARIABLE}")
    script = Path(in_languages.__file__)
    start = [program, "--background", "--factory-startup", "--python-exit-code", "1"]
    done = subprocess.run(
        [*start, "--python", str(script), "--", str(wording.ROOT)],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if "No module named 'scipy'" in done.stderr:
        pytest.skip("this Blender's Python has no scipy")
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("LANGUAGES"))
    check(json.loads(line.removeprefix("LANGUAGES")))


def check(shown: dict[str, dict]) -> None:
    """What `in_languages` told."""
    english = [text for _, text in in_languages.LABELS]
    assert set(shown) == set(LANGUAGES)
    for language, found in shown.items():
        known = LANGUAGES[language]
        assert found["labels"] == [known[context, text] for context, text in in_languages.LABELS]
        assert found["off"] == found["after"] == english
        assert found["reported"] == told(language, in_languages.TOLD) != in_languages.TOLD
        first = known[PLAIN, "Many dances at once, as files for other programs."]
        assert first.replace(" ", "") in "".join(found["drawn"]).replace(" ", "")
