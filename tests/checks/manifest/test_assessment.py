"""manifest/assessment."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.assessment import AssessmentParams, assessment
from coursekit.manifest.load import manifest_from_text
from coursekit.model import Course, CourseFacts, Verdict
from tests.checks.manifest.small import judged
from tests.support import run_check

PARAMS = AssessmentParams(min_assessed_pct=100.0)


def test_passes() -> None:
    assert judged(assessment, PARAMS).verdict is Verdict.PASS
    assert judged(assessment, AssessmentParams(60.0), ("[K1, K2]", "[K1]")).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("find", "replace", "verdict", "code"),
    [
        ("[K1, K2]", "[K1]", Verdict.FAIL, "not-assessed"),
        ("assessments:\n", "assessments:\n  - {id: Q0}\n", Verdict.FAIL, "covers-nothing"),
        ("kind: practical, covers", "kind: quiz, covers", Verdict.REVIEW, "key-skill-only-on-paper"),
    ],
)
def test_finds(find: str, replace: str, verdict: Verdict, code: str) -> None:
    outcome = judged(assessment, PARAMS, (find, replace))
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


def test_many_gaps_are_told_by_task() -> None:
    points = "".join(f"  - {{id: K{i}, kind: knowledge, code: K{i}, text: t, task: T{i // 15}}}\n" for i in range(30))
    text = f"schema: coursekit/manifest/1\ncourse: {{id: c, title: t}}\npoints:\n{points}"
    outcome = run_check(assessment, CourseFacts(Course("c", "t", ()), {}, manifest_from_text(text)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("not-assessed-in-task",) * 2)
