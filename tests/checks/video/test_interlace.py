"""video/interlace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.interlace import interlace as check
from coursekit.video.facts import CombedSpan, InterlaceFacts, WovenSpan
from tests.support import run_check
from tests.video_facts import stream, tianjin

SPAN = (CombedSpan(4.0, 40.0, 0.3, 45, -0.4, 20.0, 0.8),)


def combs(
    pictures: int = 45, *, order: float = -0.4, certainty: float = 20.0, ragged: float = 0.95
) -> tuple[CombedSpan, ...]:
    return (CombedSpan(4.0, 40.0, 0.3, pictures, order, certainty, ragged),)


def woven(order: float = -0.2, certainty: float = 6.0, ragged: float = 0.7) -> tuple[WovenSpan, ...]:
    return (WovenSpan(4.0, 40.0, 96, order, certainty, ragged),)


@pytest.mark.parametrize(
    ("facts", "verdict", "codes"),
    [
        (InterlaceFacts(50, 0, 0), Verdict.PASS, ()),
        (InterlaceFacts(50, 1, 0, SPAN), Verdict.PASS, ()),
        (InterlaceFacts(50, 45, 50, SPAN), Verdict.FAIL, ("combed",)),
        (InterlaceFacts(50, 5, 0, SPAN), Verdict.REVIEW, ("combed-in-places",)),
        # Combs without order: stripes of a drawing; amid lines that fit, footage that was scaled.
        (InterlaceFacts(50, 45, 0, combs(order=-0.03)), Verdict.PASS, ()),
        (InterlaceFacts(50, 45, 0, combs(certainty=2.0)), Verdict.PASS, ()),
        (InterlaceFacts(50, 45, 0, combs(order=-0.03, ragged=0.4)), Verdict.REVIEW, ("comb-like",)),
        (InterlaceFacts(50, 5, 0, combs(order=-0.03, ragged=0.4)), Verdict.PASS, ()),
        # A part of them has one; then all that agree; then stretches too short to be sure by themselves.
        (InterlaceFacts(50, 45, 0, (*combs(5), *combs(40, order=0.01))), Verdict.REVIEW, ("combed-in-places",)),
        (InterlaceFacts(50, 45, 0, (*combs(25), *combs(20, order=0.4))), Verdict.FAIL, ("combed",)),
        (InterlaceFacts(50, 45, 0, combs(3, certainty=2.5) * 15), Verdict.FAIL, ("combed",)),
        (InterlaceFacts(50, 45, 0, combs(3, order=-0.03, certainty=0.3) * 15), Verdict.PASS, ()),
        (InterlaceFacts(50, 0, 50), Verdict.REVIEW, ("flag-only",)),
        (InterlaceFacts(4, 0, 4), Verdict.PASS, ()),
        (InterlaceFacts(50, 0, 0, (), woven()), Verdict.REVIEW, ("fields-woven",)),
        (InterlaceFacts(50, 0, 0, (), woven(order=0.2)), Verdict.REVIEW, ("fields-woven",)),
        (InterlaceFacts(50, 0, 0, (), woven(order=0.06)), Verdict.PASS, ()),
        (InterlaceFacts(50, 0, 0, (), woven(certainty=2.0)), Verdict.PASS, ()),
        (InterlaceFacts(50, 0, 0, (), woven(ragged=0.2)), Verdict.PASS, ()),
        (InterlaceFacts(50, 45, 50, SPAN, woven()), Verdict.FAIL, ("combed",)),
    ],
)
def test_combing(facts: InterlaceFacts, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(check, stream(interlace=facts), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)
    if "combed" in codes:
        assert outcome.findings[0].where == Span(4.0, 40.0)


def test_weak_stretches_of_one_order_that_follow_each_other_are_taken_together() -> None:
    def codes(*spans: WovenSpan) -> tuple[str, ...]:
        return run_check(check, stream(interlace=InterlaceFacts(50, 0, 0, (), spans)), tianjin(check)).codes

    first = WovenSpan(30.1, 32.0, 48, -0.12, 4.0, 0.9)
    second = WovenSpan(32.2, 42.0, 56, -0.11, 3.6, 0.9)
    assert codes(first) == codes(second) == ()
    outcome = run_check(check, stream(interlace=InterlaceFacts(50, 0, 0, (), (first, second))), tianjin(check))
    assert outcome.codes == ("fields-woven",)
    assert outcome.findings[0].where == Span(30.1, 42.0)
    # Another order, something without order between them, a pattern that fits its own picture, too little order.
    assert codes(first, replace(second, order=0.11)) == ()
    assert codes(first, replace(second, start_s=34.0)) == ()
    assert codes(first, replace(second, ragged=0.3)) == ()
    assert codes(replace(first, order=-0.06), replace(second, order=-0.06)) == ()
    assert codes(replace(first, certainty=2.0), second) == ()


def test_unmeasured() -> None:
    assert run_check(check, stream(interlace=None), tianjin(check)).reason == "not-measured"
