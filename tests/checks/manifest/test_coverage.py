"""manifest/coverage."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.coverage import CoverageParams, coverage
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.vocabulary import Depth
from coursekit.model import Course, CourseFacts, Verdict
from tests.checks.manifest.small import judged
from tests.support import run_check

PARAMS = CoverageParams(required_depth=Depth.TEACH, practical_depth=Depth.DEMONSTRATE)


def test_passes() -> None:
    assert judged(coverage, PARAMS).verdict is Verdict.PASS


def test_levels_the_learner_brings_along_need_not_be_taught() -> None:
    edits = [("levels: [4]", "levels: [4], inherits: [5]"), ("id: K2, level: 4", "id: K2, level: 5"),
             ("teaches: [{point: K2}]", "teaches: [{point: K1}]")]  # fmt: skip
    assert judged(coverage, PARAMS, *edits).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("find", "replace", "codes"),
    [
        ("teaches: [{point: K2}]", "teaches: [{point: K1}]", ["not-taught"]),
        ("[{point: K2}]", "[{point: K1}, {point: K2, depth: mention}]", ["only-mentioned"]),
        ("depth: practise", "depth: teach", ["not-practised"]),
        ("id: K2, level: 4", "id: K2, level: 3", ["point-of-other-level"]),
        ("id: L2, title", "id: L2, levels: [5], title", ["lesson-of-other-level"]),
        ("teaches: [{point: K2}]", "role: content", ["not-taught", "orphan-lesson"]),
        ('code: "1.1.1", text: 兆', 'code: "1.1.1", requires: [K2], text: 兆', ["circle"]),
        ("id: L1, title", "id: L1, requires: [L2], title", ["lesson-before-its-prerequisite"]),
    ],
)
def test_fails(find: str, replace: str, codes: list[str]) -> None:
    outcome = judged(coverage, PARAMS, (find, replace))
    assert (outcome.verdict, list(outcome.codes)) == (Verdict.FAIL, codes)


def test_order_of_points_is_for_a_person() -> None:
    outcome = judged(coverage, PARAMS, ("requires: [K1]", "requires: [S1]"))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("point-before-its-prerequisite",))


def test_no_points() -> None:
    text = "schema: coursekit/manifest/1\ncourse: {id: c, title: t}\n"
    outcome = run_check(coverage, CourseFacts(Course("c", "t", ()), {}, manifest_from_text(text)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("no-points",))


@pytest.mark.parametrize(
    ("depth", "extra", "code"),
    [
        (None, "", "not-taught-in-task"),
        ("mention", "", "only-mentioned-in-task"),
        ("teach", ", practical: true", "not-practised-in-task"),
    ],
)
def test_many_gaps_are_told_by_task(depth: str | None, extra: str, code: str) -> None:
    points = "".join(
        f"  - {{id: K{i}, kind: skill, code: K{i}, text: t, task: T{i // 15}{extra}}}\n" for i in range(30)
    )
    teaches = ", ".join(f"{{point: K{i}, depth: {depth}}}" for i in range(30)) if depth else ""
    lesson = f"  - {{id: L, title: t, mode: online, part: theory, hours: 1, role: summary, teaches: [{teaches}]}}\n"
    text = f"schema: coursekit/manifest/1\ncourse: {{id: c, title: t}}\npoints:\n{points}lessons:\n{lesson}"
    outcome = run_check(coverage, CourseFacts(Course("c", "t", ()), {}, manifest_from_text(text)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code, code))
    assert [f.args["count"] for f in outcome.findings] == [15, 15]


def test_a_faulty_text_is_not_judged() -> None:
    outcome = judged(coverage, PARAMS, ("depth: practise", "depth: 练一练"))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "manifest-faulty")
    # A fault elsewhere stands in nobody's way.
    assert judged(coverage, PARAMS, ("rights_none: [font]", "rights_none: [x]")).verdict is Verdict.PASS
