"""video/freeze."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.model import FileFacts, Span, Verdict
from coursekit.video.checks.freeze import freeze as check
from coursekit.video.facts import FreezeSpan, JoinFacts, StillnessFacts
from tests.support import Outcome, run_check
from tests.video_facts import stream, stuck, tianjin, with_sound


def judged(*spans: FreezeSpan, file: FileFacts | None = None) -> Outcome:
    facts = stream(stillness=StillnessFacts(still_share=0.05, freezes=spans))
    return run_check(check, facts, tianjin(check), file or with_sound())


def test_moving_pictures_pass() -> None:
    assert judged().verdict is Verdict.PASS


def test_a_stuck_picture_fails_at_its_span() -> None:
    outcome = judged(stuck(10.0, 14.0))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("picture-stuck",))
    assert outcome.findings[0].where == Span(10.0, 14.0)


@pytest.mark.parametrize(
    "doubt", [{"resume_change": 1.0}, {"before_cut": True}, {"at_end": True}], ids=["goes-on", "cut", "to-the-end"]
)
def test_doubt_asks_a_person(doubt: dict[str, Any]) -> None:
    outcome = judged(stuck(**doubt))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("picture-stands",))


def test_a_cut_within_the_same_scene_is_where_it_jumps_on() -> None:
    facts = stream(
        stillness=StillnessFacts(still_share=0.05, freezes=(stuck(10.0, 14.0, before_cut=True),)),
        joins=JoinFacts(cuts=1, same_scene=1, same_scene_s=(14.0,)),
    )
    assert run_check(check, facts, tianjin(check), with_sound()).codes == ("picture-stuck",)


def test_silence_makes_it_doubtful() -> None:
    assert judged(stuck(), file=with_sound(loud=False)).codes == ("picture-stands",)


def test_somebody_who_hardly_moves_and_stops_dead_is_stuck() -> None:
    faint = {"change_before": 0.1, "change_last": 0.08}
    assert judged(stuck(**faint, change_within=0.003)).codes == ("picture-stuck",)
    assert judged(stuck(**faint, change_within=0.03)).verdict is Verdict.PASS
    assert judged(stuck(**faint)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "slide",
    [
        {"after_cut": True},
        {"at_start": True},
        {"still_around": 0.8},
        {"alive_before": 0.1},
        {"change_before": 0.02, "change_last": 0.02},
        {"change_before": 0.06, "change_last": 0.06, "change_within": 0.0},
        {"change_last": 0.1},
        {"end_s": 10.6, "resume_change": 1.0},
    ],
    ids=[
        "after-a-cut",
        "first",
        "among-stills",
        "drawn-motion",
        "still-scene",
        "hardly-anything-moved",
        "came-to-rest",
        "short",
    ],
)
def test_what_stands_still_by_nature_is_quiet(slide: dict[str, Any]) -> None:
    assert judged(stuck(**slide)).verdict is Verdict.PASS


def test_unmeasured() -> None:
    assert run_check(check, stream(stillness=None), tianjin(check)).reason == "not-measured"
