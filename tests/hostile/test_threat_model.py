"""Every line of the threat model names a test that is there, and every hostile test stands behind a line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES = re.findall(
    r"^\d+\. (.+): `(tests/[\w/.]+)::(\w+)`$", (ROOT / "docs" / "threat-model.md").read_text("utf-8"), re.M
)
BESIDE = {
    "test_doctor_says_that_it_holds_in_both_languages",
    "test_honest_lessons_are_within",
    "test_every_code_has_a_sentence_in_both_languages",
    "test_a_write_that_fails_half_way_leaves_the_old_file",
    "test_a_file_that_is_gone_when_its_turn_comes_is_named",
}
"""They show that honest use goes on, or a part of what a line's own test shows."""


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")}


def test_sixty_attacks_each_with_a_test_of_its_own() -> None:
    assert len(LINES) >= 60
    assert len({(file, name) for _, file, name in LINES}) == len(LINES)
    assert [f"{f}::{n}" for _, f, n in LINES if not (ROOT / f).is_file() or n not in names_in(ROOT / f)] == []


def test_every_hostile_test_stands_behind_a_line() -> None:
    named = {name for _, file, name in LINES if file.startswith("tests/hostile/")}
    here = {
        name for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__) for name in names_in(path)
    }
    assert here - named == BESIDE
