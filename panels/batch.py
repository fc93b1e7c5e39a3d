# SPDX-License-Identifier: GPL-3.0-or-later
"""The Batch section of the sidebar: many dances at once, as files."""

from __future__ import annotations

import bpy

from ..inference.errors import TwostepError
from ..scene import batches, exporters
from ..scene.words import told
from .sidebar import Sidebar, draw_progress, say

_ICONS = {"DONE": "CHECKMARK", "SKIPPED": "FILE_TICK", "FAILED": "ERROR"}
_ENDS = {"DONE": "{number} done", "SKIPPED": "{number} skipped", "FAILED": "{number} failed"}


class TWOSTEP_UL_batch_jobs(bpy.types.UIList):
    """The jobs of a batch"""

    bl_idname = "TWOSTEP_UL_batch_jobs"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
    ) -> None:
        row = layout.row(align=True)
        row.use_property_split = False
        row.prop(item, "use", text="")
        texts = row.row()
        texts.active = item.use
        try:
            count = len(batches.choice(context.scene, item))
        except TwostepError:
            texts.label(text=_who(item), translate=False)
            texts.label(text="", icon="ERROR")
            return
        texts.label(text=f"{_who(item)}: {_what(item)}", translate=False)
        number = texts.row()
        number.alignment = "RIGHT"
        number.label(text=str(count))


class TWOSTEP_UL_batch_songs(bpy.types.UIList):
    """The songs of a job"""

    bl_idname = "TWOSTEP_UL_batch_songs"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
    ) -> None:
        layout.use_property_split = False
        layout.prop(item, "path", text="", emboss=False)


class TWOSTEP_UL_batch_results(bpy.types.UIList):
    """What became of each dance"""

    bl_idname = "TWOSTEP_UL_batch_results"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        icon: int,
        active_data: bpy.types.PropertyGroup,
        active_property: str,
        index: int = 0,
    ) -> None:
        row = layout.row()
        row.alert = item.state == "FAILED"
        row.label(text=item.name, icon=_ICONS[item.state], translate=False)


class TWOSTEP_PT_batch(Sidebar, bpy.types.Panel):
    """Who dances to what, where the files go, and what became of them"""

    bl_idname = "TWOSTEP_PT_batch"
    bl_label = "Batch"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, batch = self.layout, context.scene.twostep.batch
        layout.use_property_split = True
        layout.use_property_decorate = False
        form = layout.column()
        form.enabled = not context.window_manager.twostep_running
        if not len(batch.jobs):
            form.operator("twostep.batch_add_job", icon="ADD")
            say(form, context, "Many dances at once, as files for other programs.")
            return
        _draw_jobs(form, batch)
        header, body = form.panel("TWOSTEP_batch_files")
        header.label(text="Files")
        if body is not None:
            _draw_files(body, context, batch)
        layout.separator(factor=0.5)
        _draw_button(layout, context, batch)
        if len(batch.results):
            header, body = layout.panel("TWOSTEP_batch_results")
            header.label(text=_summary(batch), translate=False)
            if body is not None:
                _draw_results(body, context, batch)


def _draw_jobs(layout: bpy.types.UILayout, batch: bpy.types.PropertyGroup) -> None:
    row = layout.row()
    row.template_list(
        TWOSTEP_UL_batch_jobs.bl_idname, "", batch, "jobs", batch, "active_job", rows=3
    )
    buttons = row.column(align=True)
    buttons.operator("twostep.batch_add_job", text="", icon="ADD")
    buttons.operator("twostep.batch_remove_job", text="", icon="REMOVE")
    if batch.active_job >= len(batch.jobs):
        return
    job = batch.jobs[batch.active_job]
    layout.prop(job, "kind")
    layout.prop(job, "source")
    if job.source == "OBJECT":
        layout.prop(job, "armature", text=" ")
    elif job.source == "COLLECTION":
        layout.prop(job, "collection", text=" ")
    if job.kind == "DANCES":
        _draw_dances(layout, job)


def _draw_dances(layout: bpy.types.UILayout, job: bpy.types.PropertyGroup) -> None:
    """Songs, styles and seeds: every one of each with every one of the others."""
    layout.label(text="Songs")
    row = layout.row()
    row.template_list(
        TWOSTEP_UL_batch_songs.bl_idname, "", job, "songs", job, "active_song", rows=2
    )
    buttons = row.column(align=True)
    buttons.operator("twostep.batch_add_songs", text="", icon="ADD")
    buttons.operator("twostep.batch_remove_song", text="", icon="REMOVE")
    _draw_flags(layout, job, "styles", 2)
    layout.prop(job, "seeds")


def _draw_files(
    layout: bpy.types.UILayout, context: bpy.types.Context, batch: bpy.types.PropertyGroup
) -> None:
    layout.prop(batch, "folder")
    layout.prop(batch, "pattern")
    _draw_flags(layout, batch, "formats", 3, exporters.lacking)
    row = layout.row()
    row.active = "fbx" in batch.formats
    row.prop(batch, "preset", text="FBX for")
    layout.prop(batch, "use_meshes")
    for form in exporters.FORMATS:
        if exporters.lacking(form):
            say(layout, context, exporters.lacking(form))


def _draw_button(
    layout: bpy.types.UILayout, context: bpy.types.Context, batch: bpy.types.PropertyGroup
) -> None:
    try:
        first, dances, files = batches.preview(context.scene)
    except TwostepError as error:
        say(layout, context, str(error), alert=True)
    else:
        counts = (
            _count(dances, "{number} dance", "{number} dances"),
            _count(files, "{number} file", "{number} files"),
        )
        layout.label(text=", ".join(counts), icon="FILE", translate=False)
        say(layout, context, f"First: {first}")
    if any(job.use and job.kind == "DANCES" for job in batch.jobs):
        say(layout, context, "They dance with the Dance panel's energy, movement and keys.")
    if not draw_progress(layout, context, "batch"):
        row = layout.row()
        row.scale_y = 1.6
        row.operator("twostep.batch", icon="EXPORT")
    row = layout.row()
    row.enabled = not context.window_manager.twostep_running
    row.operator("twostep.batch_save", icon="FILE_TEXT")


def _draw_results(
    layout: bpy.types.UILayout, context: bpy.types.Context, batch: bpy.types.PropertyGroup
) -> None:
    layout.template_list(
        TWOSTEP_UL_batch_results.bl_idname, "", batch, "results", batch, "active_result", rows=4
    )
    if batch.active_result < len(batch.results):
        result = batch.results[batch.active_result]
        if result.text:
            say(layout, context, result.text, alert=result.state == "FAILED")
    row = layout.row()
    row.operator("twostep.batch_retry", icon="FILE_REFRESH")
    row.operator("twostep.batch_open", icon="FILE_FOLDER")


def _draw_flags(
    layout: bpy.types.UILayout,
    data: bpy.types.PropertyGroup,
    name: str,
    columns: int,
    lacking: object = None,
) -> None:
    """The items of a set as buttons in a few columns: in one row they find no room."""
    prop = data.bl_rna.properties[name]
    split = layout.split(factor=0.4)
    left = split.column()
    left.alignment = "RIGHT"
    left.label(text=prop.name, text_ctxt=prop.translation_context)
    grid = split.grid_flow(columns=columns, row_major=True, even_columns=True, align=True)
    for item in prop.enum_items:
        cell = grid.column(align=True)
        cell.use_property_split = False  # it would name every button twice
        cell.enabled = not (callable(lacking) and lacking(item.identifier))
        cell.prop_enum(data, name, item.identifier)


def _who(job: bpy.types.PropertyGroup) -> str:
    if job.source == "OBJECT":
        return job.armature.name if job.armature is not None else told("Nobody")
    if job.source == "COLLECTION":
        return job.collection.name if job.collection is not None else told("No collection")
    return told("Selected") if job.source == "SELECTED" else told("All")


def _what(job: bpy.types.PropertyGroup) -> str:
    if job.kind == "ACTIONS":
        return told("made actions")
    songs = [song.path for song in job.songs if song.path]
    if len(songs) == 1:
        return bpy.path.basename(songs[0].rstrip("/\\"))
    return _count(len(songs), "{number} song", "{number} songs")


def _count(number: int, one: str, many: str) -> str:
    return told((one if number == 1 else many).format(number=number))


def _summary(batch: bpy.types.PropertyGroup) -> str:
    states = [result.state for result in batch.results]
    counts = {state: states.count(state) for state in _ENDS}
    ends = ", ".join(_ENDS[state].format(number=count) for state, count in counts.items() if count)
    return told(f"Results: {ends}")
