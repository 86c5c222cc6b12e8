"""probe/frame_rate."""

from __future__ import annotations

from fractions import Fraction

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.frame_rate import FrameRateParams, frame_rate
from tests.probe_facts import audio, closed, lesson, packets, picture, probe, video
from tests.support import run_check

PARAMS = FrameRateParams(
    min_fps=15.0, review_min_fps=23.9, max_fps=60.5, review_odd_steps_pct=2.0, review_rate_gap_pct=1.0
)


@pytest.mark.parametrize(
    ("rate", "verdict", "codes"),
    [
        (Fraction(10), Verdict.FAIL, ("too-slow",)),
        (Fraction(15), Verdict.REVIEW, ("slow",)),
        (Fraction(24000, 1001), Verdict.PASS, ()),
        (Fraction(25), Verdict.PASS, ()),
        (Fraction(60), Verdict.PASS, ()),
        (Fraction(120), Verdict.FAIL, ("too-fast",)),
    ],
)
def test_the_rate(rate: Fraction, verdict: Verdict, codes: tuple[str, ...]) -> None:
    facts = probe(video(picture=picture(frame_rate=rate, measured_rate=rate)), audio())
    outcome = run_check(frame_rate, lesson(facts), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(("steady", "codes"), [(0.99, ()), (0.6, ("variable",))])
def test_a_variable_rate(steady: float, codes: tuple[str, ...]) -> None:
    uneven = packets(steady_share=steady, min_step_s=0.04, max_step_s=0.12)
    facts = probe(video(packets=uneven, picture=picture(variable_rate=True)))
    outcome = run_check(frame_rate, lesson(facts), PARAMS)
    assert outcome.codes == codes
    assert outcome.verdict is (Verdict.REVIEW if codes else Verdict.PASS)


def test_a_declared_rate_that_the_timestamps_deny() -> None:
    odd = video(picture=picture(frame_rate=Fraction(25), measured_rate=Fraction(30)))
    assert run_check(frame_rate, lesson(probe(odd, container="avi")), PARAMS).codes == ("rate-differs",)
    assert run_check(frame_rate, lesson(probe(odd, container="mp4")), PARAMS).verdict is Verdict.PASS


def test_without_a_rate() -> None:
    unknown = probe(video(picture=picture(frame_rate=None, measured_rate=None)))
    assert run_check(frame_rate, lesson(unknown), PARAMS).reason == "frame-rate-unknown"
    assert run_check(frame_rate, lesson(probe(audio())), PARAMS).verdict is Verdict.NOT_APPLICABLE
    assert run_check(frame_rate, lesson(closed("empty")), PARAMS).reason == "does-not-open"
