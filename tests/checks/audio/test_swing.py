"""audio/swing."""

from __future__ import annotations

import pytest

from coursekit.audio.checks.swing import swing
from coursekit.audio.facts import VoiceSegment
from coursekit.model import Verdict
from tests.audio_facts import shipped_params, spoken
from tests.support import run_check

PARAMS = shipped_params(swing)
FIRST = VoiceSegment(0.0, 600.0, 400.0, -22.0)


def after(level: float, *, shape: float = 1.0, pitch: int = 40, length: float = 600.0) -> VoiceSegment:
    return VoiceSegment(600.0, 600.0 + length, 0.7 * length, level, level + 22.0, shape, pitch)


@pytest.mark.parametrize(
    ("segments", "verdict", "codes"),
    [
        pytest.param((FIRST,), Verdict.PASS, (), id="one-level"),
        pytest.param((FIRST, after(-24.5)), Verdict.PASS, (), id="small-step"),
        pytest.param((FIRST, after(-27.0)), Verdict.REVIEW, ("level-jump",), id="step"),
        pytest.param((FIRST, after(-14.0)), Verdict.FAIL, ("level-jump",), id="large-step"),
        pytest.param((FIRST, after(-14.0, length=3.0)), Verdict.PASS, (), id="one-loud-word"),
        pytest.param((FIRST, after(-28.0, shape=6.0, pitch=700)), Verdict.PASS, (), id="two-speakers"),
        pytest.param((FIRST, after(-34.0, shape=6.0, length=12.0)), Verdict.PASS, (), id="question-from-the-room"),
        pytest.param((FIRST, after(-33.0, shape=6.0)), Verdict.REVIEW, ("voices-differ",), id="speakers-far-apart"),
    ],
)
def test_steps(segments: tuple[VoiceSegment, ...], verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(swing, spoken(segments=segments), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(
    ("stair", "verdict", "codes"),
    [(1.5, Verdict.PASS, ()), (2.0, Verdict.REVIEW, ("level-drift",)), (3.5, Verdict.FAIL, ("level-drift",))],
)
def test_drift_in_stairs(stair: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    segments = tuple(
        VoiceSegment(600.0 * n, 600.0 * n + 600, 400.0, -22.0 - stair * n, -stair, 1.0, 30) for n in range(4)
    )
    outcome = run_check(swing, spoken(segments=segments), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_a_finding_names_both_levels_and_the_place() -> None:
    finding = run_check(swing, spoken(segments=(FIRST, after(-14.0))), PARAMS).findings[0]
    assert (finding.args["before_lufs"], finding.args["after_lufs"]) == (-22.0, -14.0)
    assert getattr(finding.where, "start_s", None) == pytest.approx(590.0)


def test_without_a_voice_there_is_no_swing() -> None:
    outcome = run_check(swing, spoken(voice_s=3.0), PARAMS)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_APPLICABLE, "no-voice")
