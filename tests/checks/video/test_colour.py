"""video/colour."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.colour import colour as check
from coursekit.video.facts import DriftSpan, FlashSpan, JoinDifference, JoinFacts, LightFacts
from tests.support import Outcome, run_check
from tests.video_facts import stream, tianjin


def join(time_s: float = 30.0, **figures: Any) -> JoinDifference:
    given: dict[str, Any] = {
        "matches": 80,
        "agree": 0.9,
        "brightness_pct": 12.0,
        "contrast_pct": 3.0,
        "colour_levels": 9.0,
        "delta_e": 12.0,
        "alive": 0.9,
        "moved_pct": 15.0,
        "before_s": time_s - 0.08,
        "after_s": time_s + 0.08,
    }
    return JoinDifference(time_s, **(given | figures))


def judged(*joins: JoinDifference, drift: tuple[DriftSpan, ...] = (), flashes: tuple[FlashSpan, ...] = ()) -> Outcome:
    light = LightFacts(drift=drift, flashes=flashes)
    facts = stream(joins=JoinFacts(len(joins), len(joins), differences=joins), light=light)
    return run_check(check, facts, tianjin(check))


def test_matching_cameras_pass() -> None:
    assert judged(join(delta_e=1.5)).verdict is Verdict.PASS


def test_a_clear_difference_fails_at_the_cut() -> None:
    outcome = judged(join(30.0))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("colours-differ",))
    assert outcome.findings[0].where == Span(30.0, 30.0)


@pytest.mark.parametrize("doubt", [{"delta_e": 5.0}, {"agree": 0.6}, {"matches": 12}, {"moved_pct": 1.0}])
def test_doubt_asks_a_person(doubt: dict[str, Any]) -> None:
    outcome = judged(join(**doubt))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("colours-near",))


def test_places_that_disagree_are_no_difference() -> None:
    assert judged(join(agree=0.3)).verdict is Verdict.PASS


def test_light_that_comes_and_goes_is_no_other_camera() -> None:
    flashes = (FlashSpan(29.8, 31.0, 3, 4),)
    assert judged(join(29.6), join(30.4), flashes=flashes).verdict is Verdict.PASS
    assert judged(join(30.4), join(34.0), flashes=flashes).findings[0].where == Span(34.0, 34.0)


def test_slides_may_be_of_any_colour() -> None:
    assert judged(join(alive=0.02)).verdict is Verdict.PASS


@pytest.mark.parametrize(("even", "said"), [(0.9, ("colours-near",)), (0.4, ())])
def test_a_lamp_lights_some_of_a_view_only(even: float, said: tuple[str, ...]) -> None:
    assert judged(join(moved_pct=0.1, even=even)).codes == said


def test_two_cameras_all_through_a_lesson_are_one_finding() -> None:
    outcome = judged(*(join(float(t)) for t in range(0, 600, 10)))
    assert len(outcome.findings) == 1
    assert outcome.findings[0].where == Span(0.0, 590.0)


@pytest.mark.parametrize(
    ("shift", "codes"),
    [
        (DriftSpan(0.0, 60.0, 14.0, 0.0, 1.0, 0.98), ("colour-drifts",)),
        (DriftSpan(0.0, 60.0, 6.0, 0.0, 1.0, 0.98), ("colour-wanders",)),
        (DriftSpan(0.0, 60.0, 2.5, 0.0, 1.0, 0.98), ()),
        (DriftSpan(0.0, 60.0, 14.0, 0.0, 1.0, 0.5), ()),
        (DriftSpan(0.0, 60.0, 14.0, 0.0, 0.5, 0.98), ()),
    ],
    ids=["strong", "weak", "faint", "camera-moved-on", "part-of-the-picture"],
)
def test_drift(shift: DriftSpan, codes: tuple[str, ...]) -> None:
    assert judged(drift=(shift,)).codes == codes


def test_unmeasured() -> None:
    assert run_check(check, stream(joins=None), tianjin(check)).reason == "not-measured"
