"""Between two reports: mended, new, kept, and what nobody looked at."""

from __future__ import annotations

from coursekit.report.difference import Difference, difference
from coursekit.terms import Verdict
from tests.report.courses import finding, report_of, result


def counts(found: Difference) -> tuple[int, int, int, int]:
    return len(found.mended), len(found.fresh), len(found.kept), len(found.lost)


FAILS = result("a.mp4", "video/shake", Verdict.FAIL, finding(3.0, 5.0), finding(50.0, 55.0))


def test_a_report_against_itself_changes_nothing() -> None:
    assert counts(difference(report_of(FAILS), report_of(FAILS))) == (0, 0, 2, 0)


def test_one_of_two_spans_is_mended() -> None:
    now = result("a.mp4", "video/shake", Verdict.FAIL, finding(50.3, 54.0, measured=0.9))
    found = difference(report_of(FAILS), report_of(now))
    assert counts(found) == (1, 0, 1, 0)
    where = found.mended[0].finding
    assert where is not None
    assert where.where == finding(3.0, 5.0).where


def test_another_place_is_new_and_the_old_one_mended() -> None:
    now = result("a.mp4", "video/shake", Verdict.FAIL, finding(100.0, 103.0))
    assert counts(difference(report_of(FAILS), report_of(now))) == (2, 1, 0, 0)


def test_what_was_not_tested_is_not_mended() -> None:
    now = result("a.mp4", "video/shake", Verdict.NOT_TESTED, reason="stage-failed")
    found = difference(report_of(FAILS), report_of(now))
    assert counts(found) == (0, 1, 0, 2)
    assert found.fresh[0].verdict is Verdict.NOT_TESTED


def test_a_lesson_that_is_gone_is_not_mended() -> None:
    assert counts(difference(report_of(FAILS), report_of(result("b.mp4")))) == (0, 0, 0, 2)
