# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws panels where there is no window: a layout that holds every call against Blender's RNA.

A call of a function, a parameter, an icon, a property or an operator that this Blender does not
have fails, as it would on the screen.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy

_RNA = bpy.types.UILayout.bl_rna
_ICONS = set(_RNA.functions["label"].parameters["icon"].enum_items.keys())
#: Written in Python or C beside the RNA.
_NESTED = {"row", "column", "split", "box", "column_flow", "grid_flow"}


class Layout:
    """What was drawn: `texts`, those of them in `red`, `properties` by name with the layout that
    they lie in, `operators`, and `panels` that can be opened."""

    def __init__(self, drawn: SimpleNamespace | None = None, parent: Layout | None = None) -> None:
        self.__dict__.update(
            drawn=drawn
            or SimpleNamespace(texts=[], red=[], properties={}, operators=[], panels=[]),
            parent=parent,
            state={},
        )

    def __setattr__(self, name: str, value: Any) -> None:
        assert name in _RNA.properties, f"a layout has no {name}"
        self.state[name] = value

    def __getattr__(self, name: str) -> Any:
        if name not in _RNA.functions:
            raise AttributeError(name)
        parameters = [p for p in _RNA.functions[name].parameters if not p.is_output]

        def call(*values: Any, **named: Any) -> Any:
            names = [parameter.identifier for parameter in parameters]
            given = {**dict(zip(names, values, strict=False)), **named}
            assert len(values) <= len(names) and set(given) <= set(names), (name, given)
            needed = {parameter.identifier for parameter in parameters if parameter.is_required}
            assert needed <= set(given), f"{name} needs {needed - set(given)}"
            assert given.get("icon", "NONE") in _ICONS, given["icon"]
            return self._draw(name, given)

        return call

    @property
    def usable(self) -> bool:
        """Whether what is drawn here can be used: nothing around it is switched off."""
        on = self.state.get("enabled", True) and self.state.get("active", True)
        return on and (self.parent is None or self.parent.usable)

    @property
    def alerts(self) -> bool:
        """Whether it is drawn in red."""
        return self.state.get("alert", False) or (self.parent is not None and self.parent.alerts)

    def _draw(self, name: str, given: dict[str, Any]) -> Any:
        if name == "label":
            self.drawn.texts.append(given.get("text", ""))
            if self.alerts:
                self.drawn.red.append(given.get("text", ""))
        elif name in ("prop", "prop_enum", "prop_search"):
            assert given["property"] in given["data"].bl_rna.properties, given["property"]
            if name == "prop_search":
                assert given["search_property"] in given["search_data"].bl_rna.properties
            self.drawn.properties[given["property"]] = self
        elif name == "operator":
            return self._operator(given["operator"])
        elif name == "popover":
            assert hasattr(bpy.types, given["panel"]), given["panel"]
            self.drawn.panels.append(given["panel"])
        elif name == "panel":
            return Layout(self.drawn, self), Layout(self.drawn, self)
        elif name in _NESTED:
            return Layout(self.drawn, self)
        return None

    def _operator(self, idname: str) -> Any:
        folder, _, function = idname.partition(".")
        known = getattr(getattr(bpy.ops, folder), function).get_rna_type().properties
        self.drawn.operators.append(idname)

        class Settings:
            def __setattr__(self, key: str, value: Any) -> None:
                assert key in known, f"{idname} has no {key}"

        return Settings()


def draw(panel: type, context: bpy.types.Context) -> SimpleNamespace:
    """What a panel draws, as `Layout` tells it."""
    layout = Layout()
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout.drawn
