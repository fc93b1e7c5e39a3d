# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip that Blender installs: what is in it, what is not, and what its manifest says."""

from __future__ import annotations

import tomllib
import zipfile

import pytest

from twostep.tools import build_extension


@pytest.fixture(scope="module")
def names(extension_zip) -> list[str]:
    with zipfile.ZipFile(extension_zip) as packed:
        return packed.namelist()


@pytest.fixture(scope="module")
def manifest(extension_zip) -> dict:
    with zipfile.ZipFile(extension_zip) as packed:
        return tomllib.loads(packed.read("blender_manifest.toml").decode())


def test_what_ships(names):
    wanted = {"__init__.py", "LICENSE", "blender_manifest.toml", "inference/worker.py"}
    wanted |= {
        "inference/readers/bvh.py",
        "inference/rigs/mixamo.toml",
        "assets/first_steps.ogg",
        "scene/presets/1_default.toml",
        "scene/translations/es.toml",
        "inference/score/score.py",
    }
    wanted |= {"models/weights/dance/dance.json", "operators/dance.py", "panels/__init__.py"}
    wanted |= {f"models/weights/dance/{name}.onnx" for name in ("encoder", "predictor", "decoder")}
    assert wanted <= set(names)


def test_what_stays_at_home(names):
    models = [name for name in names if name.startswith("models/")]
    assert not [name for name in models if not name.startswith("models/weights/")]
    apart = ("tests/", "tools/", "benchmarks/", "demo/", ".venvs/", "shards/", "requirements/")
    assert not [name for name in names if name.startswith(apart)]
    assert not [name for name in names if "__pycache__" in name or "/." in name]


def test_wheels_are_listed_and_never_numpy(names, manifest):
    packed = {f"./{name}" for name in names if name.startswith("wheels/") and name[-1] != "/"}
    assert packed == set(manifest["wheels"])
    kinds = {name.split("/")[-1].split("-")[0] for name in packed}
    assert kinds == {"scipy", "onnxruntime", "av"}


def test_the_manifest_names_this_platform(extension_zip, manifest):
    (platform,) = manifest["platforms"]
    assert platform in build_extension.PLATFORMS
    assert platform in extension_zip.name
    assert manifest["id"] == "twostep"
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]


def test_permissions_are_told_in_one_short_line(manifest):
    for reason in manifest["permissions"].values():
        assert 0 < len(reason) <= 64
        assert not reason.endswith(".")


def test_wheels_for_a_platform_that_has_none(capsys):
    with pytest.raises(SystemExit):
        build_extension.main(["--gpu", "--platform", "macos-arm64"])
    assert "no wheels for macos-arm64" in capsys.readouterr().err


def test_every_platform_has_its_pins():
    assert set(build_extension.GPU_PLATFORMS) <= set(build_extension.PLATFORMS)
    for target, tags in build_extension.PLATFORMS.items():
        machine = target.rpartition("-")[2]
        known = {"x64": ("x86_64", "amd64"), "arm64": ("arm64",)}[machine]
        assert all(tag.endswith(known) for tag in tags)


@pytest.mark.parametrize(
    ("target", "version", "gpu", "pins"),
    [
        ("linux-x64", "3.11", False, "extension.txt"),
        ("linux-x64", "3.14", False, "extension-3.14.txt"),
        ("linux-x64", "3.13", True, "extension-gpu.txt"),
        ("macos-x64", "3.13", False, "extension-macos-x64.txt"),
    ],
)
def test_which_wheels_a_python_gets(target, version, gpu, pins):
    found = build_extension._pins(target, version, gpu=gpu)
    assert found.name == pins and found.is_file()
