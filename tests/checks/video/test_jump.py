"""video/jump."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.jump import jump as check
from coursekit.video.facts import InterlaceFacts, LeapSpan, PaceFacts, StutterSpan, WovenSpan
from tests.support import Outcome, run_check
from tests.video_facts import stream, tianjin


def stutter(**figures: Any) -> StutterSpan:
    given: dict[str, Any] = {
        "start_s": 10.0,
        "end_s": 20.0,
        "count": 25,
        "share": 0.1,
        "longest_s": 0.08,
        "leap": 2.0,
        "alive": 1.0,
        "rhythm": 0.3,
    }
    return StutterSpan(**(given | figures))


def judged(*spans: StutterSpan) -> Outcome:
    return run_check(check, stream(pace=PaceFacts(spans)), tianjin(check))


def test_even_motion_passes() -> None:
    assert judged().verdict is Verdict.PASS


def test_dropped_frames_fail_at_their_span() -> None:
    outcome = judged(stutter())
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("frames-dropped",))
    assert outcome.findings[0].where == Span(10.0, 20.0)


@pytest.mark.parametrize(
    "doubt",
    [
        {"share": 0.03, "count": 7},
        {"end_s": 10.6, "count": 6, "share": 0.24},
        {"alive": 0.35},
        {"count": 1, "longest_s": 0.3},
        {"rhythm": 0.6},
        {"sure": 0.2, "leap": 1.5, "count": 10},
    ],
    ids=["few", "at-once", "drawn", "held", "every-tenth", "smeared"],
)
def test_doubt_asks_a_person(doubt: dict[str, Any]) -> None:
    outcome = judged(stutter(**doubt))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("uneven-motion",))


@pytest.mark.parametrize(
    "harmless",
    [
        {"rhythm": 0.95},
        {"alive": 0.1},
        {"count": 1, "share": 0.01},
        {"leap": 0.6},
        {"leap": 5.8},
        {"sure": 0.1, "leap": 1.1},
        {"sure": 0.0, "leap": 1.6, "count": 6},
    ],
    ids=["converted", "screen", "single", "turns-back", "scrolled", "compressed", "compressed-and-few"],
)
def test_rates_and_screens_are_quiet(harmless: dict[str, Any]) -> None:
    assert judged(stutter(**harmless)).verdict is Verdict.PASS


def test_a_scene_that_leaps_ahead_asks_a_person_once() -> None:
    outcome = run_check(check, stream(pace=PaceFacts((), (LeapSpan(4.3, 7.0, 2, 3.4),))), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("picture-leaps",))
    assert outcome.findings[0].where == Span(4.3, 7.0)


def test_a_single_leap_is_a_gesture() -> None:
    assert (
        run_check(check, stream(pace=PaceFacts((), (LeapSpan(4.3, 4.34, 1, 2.0),))), tianjin(check)).verdict
        is Verdict.PASS
    )


def test_doubt_over_woven_fields_is_left_to_the_check_of_those() -> None:
    def said(order: float, ragged: float, *spans: StutterSpan) -> tuple[str, ...]:
        woven = InterlaceFacts(200, 0, 0, woven=(WovenSpan(12.0, 30.0, 48, order, 8.0, ragged),))
        return run_check(check, stream(pace=PaceFacts(spans), interlace=woven), tianjin(check)).codes

    doubt, lost = stutter(share=0.03, count=7), stutter(start_s=40.0, end_s=50.0)
    assert said(-0.17, 0.84, doubt) == ()
    assert said(-0.03, 0.84, doubt) == said(-0.17, 0.2, doubt) == ("uneven-motion",)
    assert said(-0.17, 0.84, doubt, lost) == ("frames-dropped",)


def test_unmeasured() -> None:
    assert run_check(check, stream(pace=None), tianjin(check)).reason == "not-measured"
