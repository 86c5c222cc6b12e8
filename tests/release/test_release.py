"""What is pinned for a release is what was tested; its parts are listed; its wheel can be built again by anyone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "release"))
from build_release import audit, build_wheel, parts, sbom


def test_every_pin_is_the_one_that_was_tested_and_has_its_hashes() -> None:
    # A package may have a pin for old and one for new Pythons.
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    tested = set(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\n]+)", text, re.MULTILINE))
    names = {name for name, _ in tested}
    pinned = list(parts())
    assert len(pinned) > 40
    for part in pinned:
        assert part.sha256, f"{part.name} has no hash"
        # What only `ocr` brings is not in the test environment.
        assert part.name not in names or (part.name, part.version) in tested, part.name


def test_what_the_project_asks_for_is_pinned() -> None:
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    pinned = {part.name.lower().replace("_", "-") for part in parts()}
    for need in asked:
        assert re.split(r"[><=!;\[ ]", need)[0].lower() in pinned, need


def test_the_bill_of_materials_lists_every_part_once() -> None:
    body = json.loads(sbom("1.2.3"))
    assert (body["bomFormat"], body["specVersion"]) == ("CycloneDX", "1.6")
    refs = [c["purl"] for c in body["components"]]
    assert len(refs) == len(set(refs)) == len(list(parts()))
    assert body["dependencies"][0]["dependsOn"] == refs
    assert sbom("1.2.3") == sbom("1.2.3")


def test_two_builds_of_a_wheel_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        source = tmp_path / name / "source"
        source.mkdir(parents=True)
        for part in ("coursekit", "schemas"):
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / file, source)
    one, two = (build_wheel(tmp_path / name / "out", tmp_path / name / "source") for name in ("a", "b"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as wheel:
        names = set(wheel.namelist())
    assert {"coursekit/cli/main.py", "coursekit/schemas/report.schema.json", "coursekit/bench/figures.json"} <= names


def test_two_bills_of_materials_are_the_same_bytes() -> None:
    script = "import sys; sys.path.insert(0, 'release'); from build_release import sbom; print(sbom('1.0'))"
    made = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(made) == 1


def test_an_auditor_that_cannot_ask_is_said_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(tmp_path, str(tmp_path / "no-such-program")) is False
    assert "NOT AUDITED" in capsys.readouterr().out
