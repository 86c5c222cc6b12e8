"""probe/document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Place, SupportFacts, Verdict
from coursekit.probe.checks.document import DocumentParams, document
from coursekit.probe.facts import CueProblem, DocumentFacts, ImageFacts
from coursekit.rules.check import CheckContext
from coursekit.texts import Teller
from tests.probe_facts import support
from tests.support import Outcome, run_check

PARAMS = DocumentParams(max_cue_problems=0, allow_outside_hosts=False, allow_macros=False)


def judge(path: str, found: str, **changes: Any) -> Outcome:
    return run_check(document, support(DocumentFacts(found, size_bytes=10, **changes), path), PARAMS)


@pytest.mark.parametrize(
    ("path", "found", "changes"),
    [
        ("a.pdf", "pdf", {"pages": 3, "characters": 900}),
        ("scan.pdf", "pdf", {"pages": 1, "characters": 0, "pictures": 1}),
        ("a.docx", "docx", {"characters": 5, "pictures": 0}),
        ("a.pptx", "pptx", {"pages": 20, "characters": 0, "pictures": 20}),
        ("a.xlsx", "xlsx", {"pages": 1, "characters": 2, "pictures": 0}),
        ("a.srt", "srt", {"cues": 4, "encoding": "utf-8"}),
        ("a.html", "html", {"characters": 9, "pictures": 0}),
        ("a.glb", "glb", {"vertices": 24}),
        ("unnamed", "pdf", {"pages": 1, "characters": 1}),
    ],
)
def test_sound_papers_pass(path: str, found: str, changes: dict[str, Any]) -> None:
    assert judge(path, found, **changes).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("found", "open_code", "code"),
    [
        ("unknown", "empty", "empty-file"),
        ("pdf", "encrypted", "encrypted"),
        ("unknown", "unrecognised", "unrecognised"),
        ("docx", "damaged", "damaged"),
    ],
)
def test_papers_that_do_not_open_fail(found: str, open_code: str, code: str) -> None:
    outcome = judge("a.pdf", found, opens=False, open_code=open_code)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


@pytest.mark.parametrize(
    ("path", "found", "changes", "code"),
    [
        ("a.pdf", "docx", {"characters": 5}, "name-disagrees"),
        ("a.pdf", "pdf", {"pages": 0}, "nothing-inside"),
        ("a.pdf", "pdf", {"pages": 1, "characters": 0, "pictures": 0}, "nothing-inside"),
        ("a.docx", "docx", {"characters": 0, "pictures": 0}, "nothing-inside"),
        ("a.vtt", "vtt", {"cues": 0, "encoding": "utf-8"}, "nothing-inside"),
        ("a.stl", "stl", {"vertices": 0}, "nothing-inside"),
    ],
)
def test_papers_that_are_nothing_fail(path: str, found: str, changes: dict[str, Any], code: str) -> None:
    outcome = judge(path, found, **changes)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


@pytest.mark.parametrize(
    ("path", "found", "changes", "code"),
    [
        ("a.doc", "doc", {}, "not-looked-into"),
        ("a.pdf", "pdf", {"pages": 1, "characters": 1, "encrypted": True}, "restricted"),
        ("a.docm", "docx", {"characters": 1, "macros": True}, "macros"),
        ("a.srt", "srt", {"cues": 1, "encoding": "gb18030"}, "not-utf8"),
        ("a.html", "html", {"characters": 1, "external": ("cdn.example.com",)}, "outside-hosts"),
    ],
)
def test_oddities_are_for_a_person(path: str, found: str, changes: dict[str, Any], code: str) -> None:
    outcome = judge(path, found, **changes)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, (code,))


def test_cues_out_of_order_are_one_finding_at_the_first_line() -> None:
    problems = (CueProblem("overlap", 6, 1.5), CueProblem("empty", 10, 3.0))
    outcome = judge("a.srt", "srt", cues=9, encoding="utf-8", cue_problems=problems, cue_problem_count=2)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("cues-out-of-order",))
    assert outcome.findings[0].where == Place("", 6)


def test_files_a_page_loads_must_lie_in_the_course() -> None:
    page = support(DocumentFacts("html", size_bytes=9, characters=1, beside=("../img/a.png", "b.js")), "web/index.html")
    names = ("web/index.html", "img/a.png")
    files = {name: FileFacts(name, "0" * 64, 1, FileKind.WEB) for name in names}
    course = CourseFacts(Course("c", "c", ()), files)
    context = CheckContext(document.id, Teller("en"), page.file, course)
    findings = list(document.run(context, page, PARAMS))
    assert [(f.code, f.verdict, f.args["names"]) for f in findings] == [("files-missing", Verdict.FAIL, "b.js")]
    with_script = replace(course, course=replace(course.course, ignored=("web/b.js",)))
    context = CheckContext(document.id, Teller("en"), page.file, with_script)
    assert list(document.run(context, page, PARAMS)) == []


def test_a_picture_beside_the_lessons() -> None:
    def picture(path: str, facts: ImageFacts) -> Outcome:
        return run_check(document, SupportFacts(FileFacts(path, "0" * 64, 1, FileKind.IMAGE, image=facts)), PARAMS)

    assert picture("a.png", ImageFacts("png", (4, 4))).verdict is Verdict.PASS
    assert picture("a.png", ImageFacts("jpeg", (4, 4))).codes == ("name-disagrees",)
    cut = ImageFacts("png", (4, 4), opens=False, open_code="truncated")
    assert picture("a.png", cut).codes == ("damaged",)
    text = ImageFacts("unknown", (0, 0), opens=False, open_code="not-an-image")
    assert picture("a.png", text).codes == ("unrecognised",)


def test_what_was_not_looked_at_is_not_tested() -> None:
    assert run_check(document, support(None, "a.pdf"), PARAMS).reason == "not-measured"
    assert judge("a.pdf", "pdf", opens=False, open_code="too-large").reason == "too-large-to-read"
    svg = ImageFacts("svg", (0, 0), opens=False, open_code="unsupported")
    subject = SupportFacts(FileFacts("a.svg", "0" * 64, 1, FileKind.IMAGE, image=svg))
    assert run_check(document, subject, PARAMS).reason == "format-not-read"
