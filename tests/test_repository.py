# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree as a whole: what is committed, what is said about it, and that the two agree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
MOST_LINES = 400
MOST_BYTES = 100 * 2**20
#: Forms of motion, body models and pickled data: nobody else's data is committed.
FOREIGN = {
    ".bvh",
    ".c3d",
    ".amc",
    ".asf",
    ".csv",
    ".mid",
    ".midi",
    ".mp3",
    ".npz",
    ".pkl",
    ".sf2",
    ".urdf",
}
#: What has such a form and is our own.
OWN = {"robot.urdf"}


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def code(committed) -> list[Path]:
    return [path for path in committed if path.suffix == ".py"]


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_files_stay_small_enough_to_read(code):
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert not {path: lines for path, lines in lengths.items() if lines > MOST_LINES}


def test_every_file_of_code_names_its_licence(code):
    assert code
    heads = {path: path.read_text(encoding="utf-8").splitlines()[:2] for path in code}
    assert not [path for path, head in heads.items() if not any(SPDX in line for line in head)]


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_nothing_committed_is_too_large(committed):
    sizes = {path: path.stat().st_size for path in committed}
    assert not {path: size for path, size in sizes.items() if size > MOST_BYTES}


def test_nobody_elses_data_is_committed(committed):
    foreign = [path for path in committed if path.suffix.lower() in FOREIGN]
    assert not [path for path in foreign if path.name not in OWN]


def test_every_folder_of_code_is_installed(code, project):
    apart = {"tests", "tools", "benchmarks"}
    folders = {path.relative_to(ROOT).parent for path in code}
    packages = {
        ".".join(("twostep", *folder.parts))
        for folder in folders
        if not folder.parts or folder.parts[0] not in apart
    }
    assert packages == set(project["tool"]["setuptools"]["packages"])


def test_one_version_everywhere(project):
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == project["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{manifest['version']}]" in changes


def test_the_readme_sets_up_with_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^python run\.py (\w+)", readme, re.MULTILINE)
    assert named == ["demo", "rigs", "test"]
    told = subprocess.run(
        [sys.executable, "run.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.findall(r"^python run\.py (\w+)", told.stdout, re.MULTILINE) == named


def test_an_unknown_command_is_told():
    wrong = subprocess.run(
        [sys.executable, "run.py", "fly"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "python run.py demo" in wrong.stderr


def test_the_pictures_and_files_that_pages_point_at_are_there(committed):
    pages = [path for path in committed if path.suffix == ".md"]
    targets = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    ]
    assert ROOT / "README.md" in {page for page, _ in targets}
    assert not [(page, each) for page, each in targets if not (page.parent / each).exists()]


def test_requirements_are_pinned():
    for path in (ROOT / "requirements").glob("*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith("#")]
        assert pins, path
        assert not [line for line in pins if "==" not in line], path


def test_the_zip_carries_what_is_tested():
    def pins(name: str) -> set[str]:
        return set((ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines())

    tested = {line.partition(";")[0] for line in pins("inference.txt")}
    for name in ("extension.txt", "extension-macos-x64.txt"):
        assert {line for line in pins(name) if not line.startswith("#")} <= tested
