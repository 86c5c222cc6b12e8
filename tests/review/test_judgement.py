"""What experts said, in the report: human rules judged, doubts settled, faults overruled, changes demanded."""

from __future__ import annotations

import pytest

from coursekit.model import Method, Report, Result
from coursekit.report.page import render_html
from coursekit.report.text import render
from coursekit.terms import Outcome, Scope, Verdict
from tests.review.conftest import Desk
from tests.review.courses import LESSONS, SECRETS, add, audited, build, change_lesson, decide, question

A, B, C = LESSONS


def report_of(desk: Desk, scope: Scope = Scope.FILING) -> Report:
    return audited(desk.course, desk.cache, scope).report


def of_rule(report: Report, rule: str) -> dict[str, Result]:
    return {r.subject: r for r in report.results if r.rule == rule}


def test_before_anybody_answered_everything_human_is_open(desk: Desk) -> None:
    report = report_of(desk)
    human = [r for r in report.results if r.method is Method.HUMAN]
    assert {r.verdict for r in human} == {Verdict.NOT_TESTED}
    assert report.summary.outcome is Outcome.UNDECIDED


def test_all_approve_and_the_course_conforms(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1"))
    half = report_of(desk)
    assert {r.verdict for r in half.results if r.method is Method.HUMAN} == {Verdict.NOT_TESTED}
    assert "郑国栋" in str(of_rule(half, "house/3-1")[A].reason)
    add(desk.course, decide(desk.built, "X2"))
    report = report_of(desk)
    assert {r.verdict for r in report.results if r.method is Method.HUMAN} == {Verdict.PASS}
    assert set(of_rule(report, "house/3-1")) == {A, B, C}
    assert set(of_rule(report, "house/4-1")) == {A, B, C, "."}
    assert of_rule(report, "house/6-1")["."].verdict is Verdict.PASS
    assert report.summary.outcome is Outcome.CONFORMS


def test_a_doubt_settled_and_a_fault_overruled_stay_in_sight(desk: Desk) -> None:
    for expert in ("X1", "X2"):
        add(desk.course, decide(desk.built, expert))
    report = report_of(desk, Scope.MEDIA)
    doubt, fault = of_rule(report, "house/1-1")[A].findings[0], of_rule(report, "house/2-1")[A].findings[0]
    assert doubt.waiver is not None
    assert doubt.waiver.verdict is Verdict.REVIEW
    assert fault.waiver is not None
    assert fault.waiver.verdict is Verdict.FAIL
    assert fault.waiver.until is None
    assert "林秀兰" in fault.waiver.who
    assert report.summary.outcome is Outcome.CONFORMS
    assert "专家认可" in render(report)


def test_one_voice_settles_nothing(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1"))
    report = report_of(desk, Scope.MEDIA)
    assert all(f.waiver is None for r in report.results for f in r.findings)
    assert of_rule(report, "house/2-1")[A].verdict is Verdict.FAIL


def test_a_change_an_expert_demands_of_a_doubt_fails(desk: Desk) -> None:
    key = question(desk.built, subject=B, asked="doubt")
    add(desk.course, decide(desk.built, "X1", "revise", "见第二课", {key: ("revise", "压缩后重传")}))
    report = report_of(desk, Scope.MEDIA)
    finding = of_rule(report, "house/1-1")[B].findings[0]
    assert finding.verdict is Verdict.FAIL
    assert finding.ruling is not None
    assert "压缩后重传" in finding.ruling
    assert of_rule(report, "house/1-1")[A].findings[0].verdict is Verdict.REVIEW
    assert "压缩后重传" in render(report)


@pytest.mark.parametrize(
    ("says", "verdict", "code"),
    [
        ("revise", Verdict.FAIL, "expert-revise"),
        ("reject", Verdict.FAIL, "expert-reject"),
        ("unsure", Verdict.REVIEW, "expert-unsure"),
    ],
)
def test_an_answer_that_does_not_agree(desk: Desk, says: str, verdict: Verdict, code: str) -> None:
    key = question(desk.built, subject=C, topic="correctness")
    last = "pass" if says == "unsure" else "reject"
    add(desk.course, decide(desk.built, "X1", last, "见第三课", {key: (says, "安培写成伏特")}))
    add(desk.course, decide(desk.built, "X2"))
    report = report_of(desk)
    result = of_rule(report, "house/3-1")[C]
    assert result.verdict is verdict
    assert [f.code for f in result.findings] == [code]
    assert "林秀兰" in result.findings[0].message
    assert "安培写成伏特" in result.findings[0].message
    assert of_rule(report, "house/3-1")[A].verdict is Verdict.PASS
    last_word = of_rule(report, "house/5-1")["."]
    assert last_word.verdict is (Verdict.PASS if says == "unsure" else Verdict.FAIL)
    assert "安培写成伏特" in render(report)
    experts = of_rule(report, "house/6-1")["."]
    assert experts.verdict is (Verdict.PASS if says == "unsure" else Verdict.FAIL)


def test_each_voice_is_told(desk: Desk) -> None:
    key = question(desk.built, subject=C, topic="correctness")
    for expert, words in (("X1", "甲说不行"), ("X2", "乙也说不行")):
        add(desk.course, decide(desk.built, expert, "reject", words, {key: ("reject", words)}))
    done = audited(desk.course, desk.cache)
    for text in (render(done.report), render_html(done, None)):
        assert "甲说不行" in text
        assert "乙也说不行" in text
    assert "内容有没有明显错误" in render_html(done, None)


def test_a_changed_lesson_is_open_again_and_the_others_are_not(desk: Desk) -> None:
    for expert in ("X1", "X2"):
        add(desk.course, decide(desk.built, expert))
    change_lesson(desk.course, B)
    report = report_of(desk)
    verdicts = {s: r.verdict for s, r in of_rule(report, "house/3-1").items()}
    assert verdicts == {A: Verdict.PASS, B: Verdict.NOT_TESTED, C: Verdict.PASS}
    assert of_rule(report, "house/2-1")[B].findings[0].waiver is None
    assert of_rule(report, "house/2-1")[A].findings[0].waiver is not None
    assert of_rule(report, "house/5-1")["."].verdict is Verdict.NOT_TESTED
    assert "stale-review" in {f.code for f in of_rule(report, "house/6-1")["."].findings}


def test_a_dossier_made_again_still_asks_what_was_settled(desk: Desk) -> None:
    for expert in ("X1", "X2"):
        add(desk.course, decide(desk.built, expert))
    again = build(desk.course, desk.cache)
    assert again.data == desk.built.data
    assert again.answered == {}, "on the same dossier a decision stands by itself"


def test_the_report_holds_nothing_of_a_person_but_the_name(desk: Desk) -> None:
    from coursekit import codec

    for expert in ("X1", "X2"):
        add(desk.course, decide(desk.built, expert))
    text = codec.dumps(report_of(desk))
    assert "林秀兰" in text
    assert not [secret for secret in SECRETS if secret in text and not secret.endswith((".png", ".pdf"))]
