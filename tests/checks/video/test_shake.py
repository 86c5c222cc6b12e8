"""video/shake."""

from __future__ import annotations

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.shake import shake as check
from coursekit.video.facts import MotionFacts, ShakeSpan
from tests.support import Outcome, run_check
from tests.video_facts import shake, stream, tianjin


def judged(*spans: ShakeSpan) -> Outcome:
    return run_check(check, stream(motion=MotionFacts(600.0, 0.0, spans)), tianjin(check))


def test_a_steady_camera_passes() -> None:
    assert judged().verdict is Verdict.PASS


def test_strong_shake_fails_at_its_span() -> None:
    outcome = judged(shake(10.0, 20.0))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("shaky-span",))
    assert outcome.findings[0].where == Span(10.0, 20.0)


@pytest.mark.parametrize(
    "doubt",
    [
        {"peak_pct": 0.4},
        {"quick_pct": 0.1},
        {"share": 0.75},
        {"share": 0.55, "quick_pct": 1.5},
        {"freq_hz": 0.7},
        {"peak_pct": 14.0, "quick_pct": 5.0},
    ],
    ids=["weak", "slow", "few-points-agree", "near-and-far-tremble", "swung-about", "played-faster"],
)
def test_doubt_asks_a_person(doubt: dict[str, float]) -> None:
    outcome = judged(shake(**doubt))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("unsteady-span",))


@pytest.mark.parametrize("harmless", [{"peak_pct": 0.1}, {"share": 0.5}, {"end_s": 10.3}])
def test_harmless_movement_is_quiet(harmless: dict[str, float]) -> None:
    assert judged(shake(**harmless)).verdict is Verdict.PASS


def test_neighbouring_spans_are_one_finding() -> None:
    outcome = judged(shake(10.0, 20.0), shake(21.0, 30.0), shake(100.0, 110.0))
    assert [f.where for f in outcome.findings] == [Span(10.0, 30.0), Span(100.0, 110.0)]


def test_a_lesson_full_of_shakes_stays_readable() -> None:
    outcome = judged(*(shake(t, t + 2.0) for t in range(0, 3000, 10)))
    assert 1 <= len(outcome.findings) <= 20


@pytest.mark.parametrize(("followed_s", "told"), [(230.0, True), (250.0, False)])
def test_a_background_that_could_not_be_followed_is_no_steady_camera(followed_s: float, told: bool) -> None:
    outcome = run_check(check, stream(motion=MotionFacts(followed_s, 0.0)), tianjin(check))
    assert outcome.verdict is (Verdict.NOT_TESTED if told else Verdict.PASS)
    assert outcome.reason == ("background-not-followed" if told else None)


def test_shake_that_was_seen_is_told_however_little_was_followed() -> None:
    assert run_check(check, stream(motion=MotionFacts(30.0, 0.0, (shake(),))), tianjin(check)).verdict is Verdict.FAIL


def test_unmeasured() -> None:
    assert run_check(check, stream(motion=None), tianjin(check)).reason == "not-measured"
