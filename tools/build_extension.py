# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the extension's zip with its wheels, for one platform or several, and validates it.

python -m tools.build_extension [--platform P ...] [--python V ...] [--gpu] [--out DIR]
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from .environment import DEMO_BLENDER, REQUIREMENTS, ROOT, SetupError, environment, run

#: Blender's name of a platform -> the wheel tags that run on it, the oldest systems that Blender
#: itself runs on. Macs with an Intel processor get ONNX Runtime's last release for them.
PLATFORMS = {
    "linux-x64": (
        "manylinux_2_28_x86_64",
        "manylinux_2_27_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
    ),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64"),
    "macos-x64": ("macosx_13_0_x86_64", "macosx_11_0_x86_64", "macosx_10_13_x86_64"),
}
#: NVIDIA's libraries exist for these.
GPU_PLATFORMS = ("linux-x64", "windows-x64")
#: Blender 4.2-5.0 and 5.1-5.2.
PYTHONS = ("3.11", "3.13")
#: Linux distributions' own Blenders run on the system's Python; for who asks.
SYSTEM_PYTHONS = ("3.14",)
#: What ships. Training code does not; its weights do.
SHIPPED = (
    "__init__.py",
    "__main__.py",
    "blender_manifest.toml",
    "LICENSE",
    "assets",
    "inference",
    "models/weights",
    "operators",
    "panels",
    "scene",
)
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def build(target: str, pythons: Sequence[str], out: Path, *, gpu: bool = False) -> Path:
    """Write twostep-VERSION-PLATFORM[-gpu].zip into `out` and tell its path.

    Raises SetupError when a wheel cannot be had or Blender finds fault with the result.
    """
    python = environment(DEMO_BLENDER)
    out.mkdir(parents=True, exist_ok=True)
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    suffix = "-gpu" if gpu else ""
    path = out / f"twostep-{manifest['version']}-{target}{suffix}.zip"
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / "twostep"
        stage(staged)
        _download(python, target, pythons, staged / "wheels", gpu=gpu)
        complete_manifest(staged, target)
        packer = _packer(python)
        _blender(python, packer, "build", "--source-dir", staged, "--output-filepath", path)
    _blender(python, packer, "validate", path)
    return path


def stage(folder: Path) -> None:
    """Copy what ships into `folder`."""
    for name in SHIPPED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_NOT_SHIPPED)
        elif source.exists():
            shutil.copy2(source, target)
        else:
            raise SetupError(f"{name} should go into the extension and is not there.")


def complete_manifest(staged: Path, target: str) -> None:
    """Name the platform and the wheels in the staged manifest."""
    path = staged / "blender_manifest.toml"
    wheels = sorted(wheel.name for wheel in (staged / "wheels").glob("*.whl"))
    listed = "".join(f'    "./wheels/{name}",\n' for name in wheels)
    # In front, because what follows the tables of the manifest would belong to them.
    head = f'platforms = ["{target}"]\nwheels = [\n{listed}]\n\n'
    path.write_text(head + path.read_text(encoding="utf-8"), encoding="utf-8")


def _download(
    python: Path, target: str, pythons: Sequence[str], folder: Path, *, gpu: bool
) -> None:
    tags = [part for tag in PLATFORMS[target] for part in ("--platform", tag)]
    for version in pythons:
        print(f"Fetching the wheels for {target}, Python {version} ...", flush=True)
        command: list[str | Path] = [python, "-m", "pip", "download", "--quiet"]
        command += [
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--implementation",
            "cp",
        ]
        pins = _pins(target, version, gpu=gpu)
        command += ["--python-version", version, *tags, "--dest", folder, "--requirement", pins]
        if run(command) != 0:
            raise SetupError(f"The wheels for {target}, Python {version}, could not be fetched.")


def _pins(target: str, version: str, *, gpu: bool) -> Path:
    if gpu:
        return REQUIREMENTS / "extension-gpu.txt"
    own = (REQUIREMENTS / f"extension-{name}.txt" for name in (target, version))
    return next((path for path in own if path.exists()), REQUIREMENTS / "extension.txt")


def _packer(python: Path) -> Path:
    """Blender's own program that builds and validates extensions, out of its Python module."""
    found = sorted(python.parent.parent.rglob("bl_pkg/cli/blender_ext.py"))
    if not found:
        raise SetupError("Blender's blender_ext.py was not found: delete .venvs and try again.")
    return found[0]


def _blender(python: Path, packer: Path, *arguments: str | Path) -> None:
    if run([python, packer, *arguments]) != 0:
        raise SetupError(f"Blender's {arguments[0]} of the extension failed; see above.")


def _this_platform() -> str:
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = platform.machine().lower()
    return f"{system}-{'arm64' if machine in ('arm64', 'aarch64') else 'x64'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="tools.build_extension", description=__doc__)
    parser.add_argument("--platform", nargs="+", choices=[*PLATFORMS, "all"], default=None)
    parser.add_argument(
        "--python", nargs="+", choices=[*PYTHONS, *SYSTEM_PYTHONS], default=list(PYTHONS)
    )
    parser.add_argument("--gpu", action="store_true", help="with ONNX Runtime for NVIDIA cards")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args(arguments)
    possible = list(GPU_PLATFORMS if options.gpu else PLATFORMS)
    targets = options.platform or [_this_platform()]
    if "all" in targets:
        targets = possible
    impossible = [name for name in targets if name not in possible]
    if impossible:
        parser.error(f"there are no wheels for {impossible[0]}; choose from {', '.join(possible)}")
    try:
        for target in targets:
            print(build(target, options.python, options.out.resolve(), gpu=options.gpu))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
