"""Every sample is made, audited by the command, and must be found to have just the faults it was given."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.courses import coursekit
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "sample_courses"))
from make import SAMPLES, make

REAL_LENGTH = "conforming"


def audit_sample(
    name: str, folder: Path
) -> tuple[dict[str, object], set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    """The report, all findings, and those that fail."""
    make(name, folder)
    own = folder / "studio.toml"
    said = coursekit("audit", folder, *(["-p", own] if own.exists() else []), "-f", "json")
    report = said.report()
    found = {
        (result["subject"], result["check"], finding["code"], finding["verdict"])
        for result in report["results"]
        for finding in result["findings"]
    }
    untested = [r for r in report["results"] if r["verdict"] in ("not_tested", "error")]
    assert not untested, untested
    return report, {f[:3] for f in found}, {f[:3] for f in found if f[3] == "fail"}


def check_sample(name: str, folder: Path) -> None:
    """What was expected is found; nothing else fails; the outcome is the expected one."""
    report, found, failed = audit_sample(name, folder)
    sample = SAMPLES[name]
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert expected["findings"] == [list(f) for f in sample.findings]
    assert set(sample.findings) <= found
    assert failed <= set(sample.findings) | set(sample.also)
    assert report["summary"]["outcome"] == sample.outcome  # type: ignore[index]  # report.json is checked by its schema


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != REAL_LENGTH])
def test_sample_has_its_fault_and_no_other(name: str, tmp_path: Path) -> None:
    check_sample(name, tmp_path / "course")


@pytest.mark.slow
def test_lessons_of_real_length_conform(tmp_path: Path) -> None:
    check_sample(REAL_LENGTH, tmp_path / "course")
