"""What the manual shows is what the program takes."""

from __future__ import annotations

import re
from pathlib import Path

from coursekit.filing.kinds import kinds_table
from coursekit.filing.load import load_register

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "filing.md"


def test_the_table_of_kinds_is_the_vocabulary() -> None:
    assert kinds_table() in MANUAL.read_text(encoding="utf-8")


def test_the_register_in_the_manual_is_read_without_a_fault(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    path = tmp_path / "register.yaml"
    path.write_text(example[1], encoding="utf-8")
    assert load_register(path).faults == ()


def test_the_register_of_the_sample_course_is_read_without_a_fault() -> None:
    sample = Path(__file__).resolve().parents[2] / "sample_courses" / "elderly-care" / "filing" / "register.yaml"
    register = load_register(sample)
    assert register.faults == ()
    assert len(register.papers) > 50
