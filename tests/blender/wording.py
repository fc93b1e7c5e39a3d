# SPDX-License-Identifier: GPL-3.0-or-later
"""All that users read of the add-on: what Blender knows of its classes, what its source says."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import bpy

from twostep import operators, panels
from twostep.inference.skeleton import JOINTS
from twostep.panels import properties
from twostep.scene import setting_presets
from twostep.scene.words import OWN, PLAIN

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = "Operator"
#: (context, English)
Message = tuple[str, str]

#: Modules whose strings users do not read, or read as Blender knows them; a report stays English.
UNSPOKEN = {"__init__", "command", "progress", "session", "trouble"}
#: Of `scene`, what runs in the window.
SCENE = (
    "actions", "apply", "armature", "batches", "channels", "exporters", "fbx", "holds", "keys",
    "playback", "poses", "puppets", "setting_presets", "staging", "strips", "takes", "web", "words",
)  # fmt: skip
#: Of `inference`, whose sentences most users will meet.
INFERENCE = (
    "audio/__init__",
    "audio/decode",
    "errors",
    "preset_files",
    "providers",
    "rigs/recognise",
)
#: Where stages of work are told.
STAGES = (
    "inference/dance",
    "inference/score/score",
    "operators/run",
    "operators/watch",
    "operators/work",
)
#: Functions whose text Blender translates, with the argument that holds it and the context.
DRAWN = {
    "label": ("text", PLAIN),
    "prop": ("text", PLAIN),
    "prop_search": ("text", PLAIN),
    "operator": ("text", OPERATOR),
    "row": ("heading", PLAIN),
    "column": ("heading", PLAIN),
}
#: Functions whose text is told, however short it is, with the number of the argument.
TOLD = {
    **dict.fromkeys(("told", "reported", "poll_message_set", "TwostepError", "Cancelled"), 0),
    "report": 1,
    "named": 1,
    "say": 2,
}
#: Parts of sentences that are single words, or of `inference`.
PARTS = (
    "Chosen bones", "Humanoid", "left arm", "left leg", "move", "read", "right arm", "right leg",
)  # fmt: skip
#: Texts of several words that are told to no one, or go on in English.
SILENT = {
    "# A batch of Twostep: python -m twostep batch THIS_FILE",
    "; choose another.",
    "; see to it that it may be written.",
    ", so the preset was not kept.",
    "Twostep's original",
    "The pattern of the names {error}",
    "The songs {error}",
    "Provider must be one of {CHOICES}, not “{provider}”.",
}
_FIELD = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[A-Za-z]{2}")


def messages() -> dict[Message, str]:
    """Every message, and where it is from."""
    found = {**_registered(), **_written()}
    return {message: where for message, where in found.items() if _is_said(message[1])}


def _registered() -> dict[Message, str]:
    """What Blender knows of classes and properties."""
    found: dict[Message, str] = {}
    for cls in (*panels.CLASSES, *operators.CLASSES):
        for message in _of_class(cls):
            found.setdefault(message, cls.__name__)
    for _, label, text, _ in properties._style_items(None, None):  # computed: not in the RNA
        found.setdefault((OWN, label), "properties")
        found.setdefault((PLAIN, text), "properties")
    for preset in setting_presets.ours():
        found.setdefault((OWN, preset.label), "presets")
        found.setdefault((PLAIN, preset.about), "presets")
    for group in panels.character_properties.GROUPS:
        found.setdefault((PLAIN, group), "character_properties")
    for prop in panels.character_properties.properties().values():
        for key in ("name", "description"):
            found.setdefault((PLAIN, prop.keywords[key]), "character_properties")
    return found


def _written() -> dict[Message, str]:
    """What the source says."""
    found: dict[Message, str] = {}
    for name in spoken_modules():
        for message in spoken(tree_of(name)):
            if message[0] == PLAIN or not name.startswith("inference"):
                found.setdefault(message, name)
    for name in STAGES:
        for stage in stages(tree_of(name)):
            found.pop((PLAIN, stage), None)
            found[OWN, stage] = name
    for part in (*PARTS, *(joint.replace("_", " ") for joint in JOINTS)):
        found.pop((PLAIN, part), None)
        found.setdefault((OWN, part), "inference")
    return found


def spoken_modules() -> Iterator[str]:
    for folder in ("panels", "operators"):
        for path in sorted((ROOT / folder).glob("*.py")):
            if path.stem not in UNSPOKEN and not path.stem.endswith("properties"):
                yield f"{folder}/{path.stem}"
    yield from (f"scene/{name}" for name in SCENE)
    yield from (f"inference/{name}" for name in INFERENCE)


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / f"{name}.py").read_text(encoding="utf-8"))


def _is_said(text: str) -> bool:
    """Whether there is anything in it to translate: more than fields, numbers and units."""
    rest = _FIELD.sub("", text).removesuffix(" bpm")
    return bool(_WORD.search(rest)) and text not in SILENT


def _of_class(cls: type) -> Iterator[Message]:
    rna = cls.bl_rna
    if issubclass(cls, bpy.types.UIList):
        return
    if issubclass(cls, bpy.types.Operator):
        group, _, name = cls.bl_idname.partition(".")
        rna = getattr(getattr(bpy.ops, group), name).get_rna_type()
        yield rna.translation_context, rna.name
        yield PLAIN, rna.description
    elif issubclass(cls, bpy.types.Panel):
        yield getattr(cls, "bl_translation_context", PLAIN), cls.bl_label
        yield PLAIN, cls.__doc__ or ""
    own = {name for base in cls.__mro__ for name in inspect.get_annotations(base)}
    for prop in rna.properties:
        if prop.identifier in own and not prop.is_hidden:
            yield from _of_property(prop)


def _of_property(prop: bpy.types.Property) -> Iterator[Message]:
    context = prop.translation_context
    if prop.name != prop.identifier:
        yield context, prop.name
    yield PLAIN, prop.description
    for item in prop.enum_items if prop.type == "ENUM" else ():
        yield context, item.name
        yield PLAIN, item.description


def spoken(tree: ast.Module) -> Iterator[Message]:
    """What the source of a module says: what is drawn or told, and every text of several words."""
    skipped = set(_unread(tree))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Call):
            yield from _called(node, skipped)
        elif " " in (text := text_of(node)).strip():
            yield context_of(text), text


def _called(call: ast.Call, skipped: set[int]) -> Iterator[Message]:
    """The text that a call draws or tells, which is read no more."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    context, given = "", None
    if name in DRAWN:
        keyword, context = DRAWN[name]
        given = next((each.value for each in call.keywords if each.arg == keyword), None)
    elif name in TOLD and len(call.args) > TOLD[name]:
        given = call.args[TOLD[name]]
    if given is not None and (text := text_of(given)):
        skipped.add(id(given))
        yield context or context_of(text), text


def _unread(tree: ast.Module) -> Iterator[int]:
    """Docstrings, what Blender is told of classes, the fixed parts of f-strings, and the log."""
    for node in ast.walk(tree):
        apart: list[ast.AST] = []
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            apart = [each for each in node.body[:1] if isinstance(each, ast.Expr)]
        if isinstance(node, ast.ClassDef):
            apart += [each for each in node.body if isinstance(each, ast.AnnAssign)]
            named = [each for each in node.body if isinstance(each, ast.Assign)]
            apart += [each for each in named if ast.unparse(each.targets[0]).startswith("bl_")]
        elif isinstance(node, ast.JoinedStr):
            apart = [each for each in node.values if isinstance(each, ast.Constant)]
        elif isinstance(node, ast.Call) and "log" in ast.unparse(node.func).split("."):
            apart = list(node.args)
        for each in apart:
            yield from (id(inner) for inner in ast.walk(each))


def stages(tree: ast.Module) -> Iterator[str]:
    """What is told of work that goes on."""
    for node in ast.walk(tree):
        told: list[ast.expr] = []
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tell", "say"):
            told = node.args[1:2]
        elif isinstance(node, ast.Assign) and "state.stage" in ast.unparse(node.targets[0]):
            told = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        yield from (text for each in told if (text := text_of(each)))


def untold(tree: ast.Module) -> Iterator[int]:
    """Lines whose text has something in it, or is reported, and is not translated first."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in DRAWN:
            keyword, _ = DRAWN[node.func.attr]
            drawn = [each.value for each in node.keywords if each.arg == keyword]
            if drawn and isinstance(drawn[0], ast.JoinedStr) and _is_said(text_of(drawn[0])):
                yield node.lineno
        elif node.func.attr in ("report", "poll_message_set"):
            function = getattr(node.args[-1], "func", None)
            if getattr(function, "id", "") not in ("told", "reported"):
                yield node.lineno


def context_of(text: str) -> str:
    """Whole sentences and labels are plain, parts of sentences our own."""
    return PLAIN if text[0].isupper() or text[0] == "“" or text.endswith(".") else OWN


def text_of(node: ast.AST) -> str:
    """A literal, with its fields named after what is put in; "" if it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts: list[str] = []
    taken: list[str] = []
    for part in node.values if isinstance(node, ast.JoinedStr) else ():
        if isinstance(part, ast.FormattedValue):
            taken.append(_name(part.value))
            count = taken.count(taken[-1])
            parts.append(f"{{{taken[-1]}{count if count > 1 else ''}}}")
        else:
            parts.append(text_of(part))
    return "".join(parts)


def _name(value: ast.AST) -> str:
    """What a value in an f-string is called."""
    match value:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_")
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")):
            return name
        case ast.Subscript(value=inner) | ast.BinOp(left=inner):
            return _name(inner)
        case ast.Call(func=ast.Attribute(value=inner), args=[]):
            return _name(inner)
        case ast.Call(args=[inner, *_]):
            return _name(inner)
    return "value"
