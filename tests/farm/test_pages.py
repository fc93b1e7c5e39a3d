# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages about farms tell all that can be set."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def told(page: str) -> set[str]:
    """What the tables of a page begin their lines with."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {name for line in lines for name in re.findall(r"`(\w+)`", line)}


def test_every_parameter_of_the_template():
    template = (ROOT / "farm" / "openjd" / "template.yaml").read_text(encoding="utf-8")
    parameters, steps = template.split("jobEnvironments:")
    names = re.findall(r"^  - name: (\w+)", parameters, re.MULTILINE)
    assert names
    assert set(names) <= told("farm_openjd.md")
    assert set(re.findall(r"^  - name: (\w+)", steps, re.MULTILINE)) - {"Blender"} <= told(
        "farm_openjd.md"
    )


def test_every_setting_of_the_job_type():
    script = (ROOT / "farm" / "flamenco" / "twostep_batch.js").read_text(encoding="utf-8")
    keys = re.findall(r'\{ key: "(\w+)"', script)
    assert keys
    assert set(keys) <= told("farm_flamenco.md")
