"""A thousand faults of one kind are told twenty at a time, and counted."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.assessment import AssessmentParams, assessment
from coursekit.manifest.checks.coverage import CoverageParams, coverage
from coursekit.manifest.checks.files import FilesParams, files
from coursekit.manifest.checks.hours import HoursParams, hours
from coursekit.manifest.checks.rights import RightsParams, rights
from coursekit.manifest.checks.schema import SchemaParams, schema
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.vocabulary import Depth, RightKind
from coursekit.model import Course, CourseFacts
from coursekit.rules.check import Check
from tests.support import run_check

HEAD = "schema: coursekit/manifest/1\ncourse: {id: c, title: t}\npoints: [{id: K, kind: skill, code: K, text: t}]\n"
MANY = 100


def lines(section: str, line: str) -> str:
    return f"{section}:\n" + "".join(f"  - {line % i}\n" for i in range(MANY))


RIGHTS = lines("rights", "{id: R%s, item: x, kind: font, basis: own}")
LESSONS = lines("lessons", "{id: L%s, title: t, mode: online, part: theory, hours: 0}")


@pytest.mark.parametrize(
    ("check", "params", "text", "code"),
    [
        (schema, SchemaParams(()), lines("papers", "{title: t%s, file: a, zzz: x}"), "unknown-field"),
        (files, FilesParams(1.0, False), LESSONS, "no-main-media"),
        (coverage, CoverageParams(Depth.TEACH, Depth.DEMONSTRATE), LESSONS, "orphan-lesson"),
        (assessment, AssessmentParams(0.0), lines("assessments", "{id: Q%s}"), "covers-nothing"),
        (hours, HoursParams(45.0, 5.0, 100.0), LESSONS, "no-hours"),
        (rights, RightsParams((RightKind.FONT,)), RIGHTS, "no-proof"),
    ],
)  # fmt: skip
def test_the_rest_is_counted(check: Check, params: object, text: str, code: str) -> None:
    facts = CourseFacts(Course("c", "t", ()), {}, manifest_from_text(HEAD + text))
    outcome = run_check(check, facts, params)
    assert outcome.codes.count(code) == 20
    last = next(f for f in outcome.findings if f.code == "more-of-the-same")
    assert (last.args["count"], last.args["what"]) == (MANY - 20, code)
