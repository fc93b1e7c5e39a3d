# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real Blender shows of the add-on in every language, as JSON after `LANGUAGES`.

blender --background --factory-startup --python in_languages.py -- ROOT [SITE_PACKAGES ...]

ROOT: the repository. Blender's Python module knows no languages, so its tests cannot tell.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import bpy

TOLD = "There is no sound strip Dance; choose another song."
LABELS = [["*", "Energy"], ["Operator", "Add Dancer"], ["Twostep", "Meter"]]


def main(root: Path, *packages: str) -> None:
    """Tell all languages apart, and what is left of them when the add-on is off."""
    sys.path += packages
    _load("twostep", root / "__init__.py")
    layouts = _load("layouts", root / "tests" / "blender" / "layouts.py")
    import twostep
    from twostep.scene import words

    view = bpy.context.preferences.view
    before = view.language
    found: dict[str, Any] = {}
    twostep.register()
    try:
        for language in words.languages():
            view.language = language
            view.use_translate_interface = view.use_translate_tooltips = True
            view.use_translate_reports = True
            found[language] = _shown(layouts) | {"off": _off(view)}
    finally:
        twostep.unregister()
    for language, shown in found.items():
        view.language = language
        shown["after"] = _labels()
    view.language = before
    print("LANGUAGES" + json.dumps(found))


def _load(name: str, path: Path) -> Any:
    folders = [str(path.parent)] if path.stem == "__init__" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _labels() -> list[str]:
    return [bpy.app.translations.pgettext_iface(text, context) for context, text in LABELS]


def _off(view: Any) -> list[str]:
    """The same while the user wants the interface in English."""
    view.use_translate_interface = False
    labels = _labels()
    view.use_translate_interface = True
    return labels


def _shown(layouts: Any) -> dict[str, Any]:
    """Labels, a report, and every panel as it is drawn, empty and with a dancer."""
    from twostep import panels
    from twostep.scene import words

    drawn: list[str] = []
    for fill in (lambda: None, bpy.ops.twostep.add_dancer, bpy.ops.twostep.batch_add_job):
        fill()
        for cls in panels.CLASSES:
            polled = getattr(cls, "poll", lambda _context: True)
            if issubclass(cls, bpy.types.Panel) and polled(bpy.context):
                drawn += layouts.draw(cls, bpy.context).texts
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return {"labels": _labels(), "reported": words.reported(TOLD), "drawn": drawn}


if __name__ == "__main__":
    folder, *others = sys.argv[sys.argv.index("--") + 1 :]
    main(Path(folder), *others)
