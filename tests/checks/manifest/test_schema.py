"""manifest/schema."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.schema import SchemaParams, schema
from coursekit.manifest.load import manifest_from_text
from coursekit.model import Course, CourseFacts, Place, Verdict
from tests.checks.manifest.small import judged, small_facts
from tests.support import run_check

PARAMS = SchemaParams(required_fields=("course.fee", "lessons.mode", "assessments"))


def test_passes() -> None:
    assert judged(schema, PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("find", "replace", "code", "pointer"),
    [
        ("title: 接地", "titel: 接地", "unknown-field-near", "/lessons/1/titel"),
        (", fee: 免费", "", "not-stated", "/course/fee"),
        ("covers: [S1]", "covers: [S9]", "dangling-reference", "/assessments/1/covers/0"),
        ("hours: 2", "hours: 1.5", "unquoted-hours", "/lessons/2/hours"),
        ("rights_none: [font]", "rights_none: [font, font]", "repeated-value", "/rights_none/1"),
    ],
)
def test_fails(find: str, replace: str, code: str, pointer: str) -> None:
    outcome = judged(schema, PARAMS, (find, replace))
    assert outcome.verdict is Verdict.FAIL
    found = {(f.code, f.where.pointer) for f in outcome.findings if isinstance(f.where, Place)}
    assert (code, pointer) in found
    assert found - {(code, pointer)} <= {("missing-field", "/lessons/1/title")}


def test_a_list_that_is_asked_for() -> None:
    text = "schema: coursekit/manifest/1\ncourse: {id: c, title: t, fee: 免费}\n"
    outcome = run_check(schema, CourseFacts(Course("c", "t", ()), {}, manifest_from_text(text)), PARAMS)
    assert [f.args["field"] for f in outcome.findings] == ["lessons.mode", "assessments"]


def test_without_a_manifest() -> None:
    facts = CourseFacts(small_facts().course, {}, None)
    outcome = run_check(schema, facts, PARAMS)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "no-manifest")
