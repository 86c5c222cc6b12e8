"""video/clarity."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.model import Verdict
from coursekit.video.checks.clarity import clarity as check
from coursekit.video.facts import ClarityFacts, SoftSpan
from tests.support import Outcome, run_check
from tests.video_facts import stream, tianjin


def judged(**figures: Any) -> Outcome:
    given: dict[str, Any] = {"samples": 100, "judged": 100, "detail": 0.8, "lines": 864, "blocking": 1.1}
    return run_check(check, stream(clarity=ClarityFacts(**(given | figures))), tianjin(check))


@pytest.mark.parametrize(
    ("figures", "verdict", "codes"),
    [
        ({}, Verdict.PASS, ()),
        ({"detail": 0.34, "lines": 367}, Verdict.FAIL, ("enlarged",)),
        ({"detail": 0.34, "lines": 367, "detail_across": 0.3, "detail_along": 0.4}, Verdict.FAIL, ("enlarged",)),
        # Upright ribs before a sky: an enlarged picture is soft both ways.
        (
            {"detail": 0.15, "lines": 162, "detail_across": 0.76, "detail_along": 0.15},
            Verdict.REVIEW,
            ("soft-throughout",),
        ),
        ({"detail": 0.44, "lines": 475}, Verdict.REVIEW, ("soft-throughout",)),
        # Some of it is as fine as its pixels: a shallow picture is not a fault, at most a doubt.
        ({"detail": 0.34, "lines": 367, "focused": 0.2}, Verdict.REVIEW, ("soft-throughout",)),
        ({"detail": 0.44, "lines": 475, "focused": 0.2}, Verdict.PASS, ()),
        ({"detail": 0.44, "lines": 475, "focused": 0.02}, Verdict.REVIEW, ("soft-throughout",)),
        ({"detail": 0.34, "lines": 367, "judged": 2}, Verdict.PASS, ()),
        ({"soft": (SoftSpan(10.0, 30.0, 0.26),)}, Verdict.REVIEW, ("soft-span",)),
        ({"soft": (SoftSpan(10.0, 12.0, 0.26),)}, Verdict.PASS, ()),
        ({"soft": (SoftSpan(10.0, 30.0, 0.45),)}, Verdict.PASS, ()),
        ({"blocking": 3.0}, Verdict.REVIEW, ("blocky",)),
    ],
)
def test_detail(figures: dict[str, Any], verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = judged(**figures)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_nothing_to_judge_by() -> None:
    outcome = run_check(check, stream(clarity=ClarityFacts(samples=10, judged=0)), tianjin(check))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_APPLICABLE, "no-detail-to-judge")


def test_unmeasured() -> None:
    assert run_check(check, stream(clarity=None), tianjin(check)).reason == "not-measured"
