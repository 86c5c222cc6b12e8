"""video/interlace."""

from __future__ import annotations

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.interlace import interlace as check
from coursekit.video.facts import CombedSpan, InterlaceFacts, WovenSpan
from tests.support import run_check
from tests.video_facts import stream, tianjin

SPAN = (CombedSpan(4.0, 40.0, 0.3),)


def woven(order: float = -0.2, certainty: float = 6.0, ragged: float = 0.7) -> tuple[WovenSpan, ...]:
    return (WovenSpan(4.0, 40.0, 96, order, certainty, ragged),)


@pytest.mark.parametrize(
    ("facts", "verdict", "codes"),
    [
        (InterlaceFacts(50, 0, 0), Verdict.PASS, ()),
        (InterlaceFacts(50, 1, 0, SPAN), Verdict.PASS, ()),
        (InterlaceFacts(50, 45, 50, SPAN), Verdict.FAIL, ("combed",)),
        (InterlaceFacts(50, 5, 0, SPAN), Verdict.REVIEW, ("combed-in-places",)),
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


def test_unmeasured() -> None:
    assert run_check(check, stream(interlace=None), tianjin(check)).reason == "not-measured"
