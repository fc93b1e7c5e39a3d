# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages outside pip's reach: Blender's shared libraries, and a synthesizer for tests."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: What Blender's module loads at import: library -> Debian package.
BLENDER_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libgomp.so.1": "libgomp1",
}
#: What Workbench and EEVEE draw with where there is no display.
GRAPHICS_LIBRARIES = {"libEGL.so.1": "libegl1", "libEGL_mesa.so.0": "libegl-mesa0"}
#: The drivers come as files that no name resolves, so they are asked for with the rest.
GRAPHICS_DRIVERS = "libgl1-mesa-dri"
#: FluidSynth and a General MIDI sound font play the composer's and the library's MIDI.
SYNTHESIZER = {"fluidsynth": "fluidsynth"}
SOUND_FONT = (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), "fluid-soundfont-gm")


class MissingPackages(Exception):
    """System packages that only the user can install, in one sentence with the command."""


def install_libraries(*, graphics: bool = False) -> None:
    """Install the libraries that Blender's module needs. Raises MissingPackages when it cannot."""
    if not sys.platform.startswith("linux"):
        return
    missing = _missing(BLENDER_LIBRARIES)
    if graphics:
        drawing = _missing(GRAPHICS_LIBRARIES)
        missing += [*drawing, GRAPHICS_DRIVERS] if drawing else []
    if missing:
        _install(missing, "Blender's module")


def install_synthesizer() -> str | None:
    """Install what plays MIDI; the reason when it cannot be, for the tests that need it skip."""
    if not sys.platform.startswith("linux"):
        return None
    missing = [package for name, package in SYNTHESIZER.items() if shutil.which(name) is None]
    font, package = SOUND_FONT
    missing += [] if font.exists() else [package]
    if not missing:
        return None
    try:
        _install(missing, "playing MIDI")
    except MissingPackages as error:
        return str(error)
    return None


def _missing(libraries: dict[str, str]) -> list[str]:
    return [package for library, package in libraries.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _install(packages: Sequence[str], why: str) -> None:
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        raise MissingPackages(
            f"Install these system libraries (Debian's names) for {why}: {' '.join(packages)}."
        )
    if os.geteuid() != 0:
        line = " ".join(["sudo", *(part for part in command if part != "-qq")])
        raise MissingPackages(f"System packages are missing for {why}; run: {line}")
    print(f"Installing system packages for {why}: {' '.join(packages)} ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], command):
        done = subprocess.run(step, env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            failed = " ".join(step)
            raise MissingPackages(f"System packages are missing for {why}; this failed: {failed}")
