"""video/black."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.model import FileFacts, Verdict
from coursekit.video.checks.black import black as check
from coursekit.video.facts import BlackSpan, StillnessFacts
from tests.support import Outcome, run_check
from tests.video_facts import dark, stream, tianjin, with_sound


def judged(*spans: BlackSpan, file: FileFacts | None = None) -> Outcome:
    facts = stream(stillness=StillnessFacts(still_share=0.05, blacks=spans))
    return run_check(check, facts, tianjin(check), file or with_sound())


def test_a_picture_throughout_passes() -> None:
    assert judged().verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("span", "verdict", "code"),
    [
        (dark(10.0, 14.0), Verdict.FAIL, "picture-lost"),
        (dark(10.0, 16.0, faded_out=True, faded_in=True), Verdict.REVIEW, "long-black"),
        (dark(0.0, 5.0, at_start=True), Verdict.REVIEW, "edge-black"),
        (dark(594.0, 600.0, at_end=True), Verdict.REVIEW, "edge-black"),
        (dark(10.0, 10.12), Verdict.REVIEW, "black-blink"),
        (dark(0.0, 600.0, at_start=True, at_end=True), Verdict.FAIL, "all-black"),
    ],
    ids=["lost", "long-fade", "opening", "closing", "blink", "all"],
)
def test_black(span: BlackSpan, verdict: Verdict, code: str) -> None:
    outcome = judged(span)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


@pytest.mark.parametrize(
    "span",
    [dark(10.0, 10.8, faded_out=True, faded_in=True), dark(0.0, 1.0, at_start=True), dark(10.0, 10.4, faded_in=True)],
    ids=["dip", "opening", "cut-to-black-then-fade"],
)
def test_transitions_are_quiet(span: BlackSpan) -> None:
    assert judged(span).verdict is Verdict.PASS


def test_a_silent_black_is_no_loss() -> None:
    assert judged(dark(10.0, 12.5), file=with_sound(loud=False)).verdict is Verdict.PASS


@pytest.mark.parametrize("facts", [{"stillness": None}])
def test_unmeasured(facts: dict[str, Any]) -> None:
    assert run_check(check, stream(**facts), tianjin(check)).reason == "not-measured"
