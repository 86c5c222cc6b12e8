"""video/flicker."""

from __future__ import annotations

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.flicker import flicker as check
from coursekit.video.facts import FlashSpan, FlickerSpan, LightFacts, MotionFacts
from tests.support import Outcome, run_check
from tests.video_facts import shake, stream, tianjin


def judged(*spans: FlickerSpan, motion: MotionFacts | None = None) -> Outcome:
    return run_check(check, stream(light=LightFacts(flicker=spans), motion=motion), tianjin(check))


@pytest.mark.parametrize(
    ("span", "verdict", "code"),
    [
        (FlickerSpan(5.0, 15.0, "brightness", 8.0, 4.0, 1.0), Verdict.FAIL, "brightness-pumps"),
        (FlickerSpan(5.0, 15.0, "brightness", 2.5, 4.0, 1.0), Verdict.REVIEW, "brightness-restless"),
        (FlickerSpan(5.0, 15.0, "brightness", 8.0, 4.0, 0.8), Verdict.REVIEW, "brightness-restless"),
        (FlickerSpan(5.0, 15.0, "colour", 6.0, 2.0, 1.0), Verdict.FAIL, "colour-pumps"),
        (FlickerSpan(5.0, 15.0, "colour", 3.0, 2.0, 1.0), Verdict.REVIEW, "colour-restless"),
    ],
)
def test_pumping(span: FlickerSpan, verdict: Verdict, code: str) -> None:
    outcome = judged(span)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))
    assert outcome.findings[0].where == Span(5.0, 15.0)


@pytest.mark.parametrize(
    "span",
    [
        FlickerSpan(5.0, 15.0, "brightness", 0.8, 4.0, 1.0),
        FlickerSpan(5.0, 15.0, "brightness", 8.0, 4.0, 0.6),
        FlickerSpan(5.0, 5.5, "brightness", 8.0, 4.0, 1.0),
        FlickerSpan(5.0, 15.0, "colour", 1.0, 2.0, 1.0),
    ],
    ids=["faint", "part-of-the-picture", "moment", "faint-colour"],
)
def test_steady_light_passes(span: FlickerSpan) -> None:
    assert judged(span).verdict is Verdict.PASS


def test_what_a_swung_camera_sees_is_no_flicker() -> None:
    motion = MotionFacts(600.0, 0.0, (shake(0.0, 20.0, peak_pct=3.0),))
    assert judged(FlickerSpan(5.0, 15.0, "brightness", 8.0, 1.5, 0.9), motion=motion).verdict is Verdict.PASS


def test_what_flashes_asks_a_person_once() -> None:
    light = LightFacts(
        flicker=(
            FlickerSpan(5.0, 15.0, "brightness", 90.0, 4.0, 1.0),
            FlickerSpan(5.0, 15.0, "colour", 12.0, 4.0, 1.0),
        ),
        flashes=(FlashSpan(5.2, 14.8, 4, 40),),
    )
    outcome = run_check(check, stream(light=light), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("brightness-restless",))


def test_unmeasured() -> None:
    assert run_check(check, stream(light=None), tianjin(check)).reason == "not-measured"
