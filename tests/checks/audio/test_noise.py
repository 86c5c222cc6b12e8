"""audio/noise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.audio.checks.noise import noise
from coursekit.audio.facts import NoiseSection, Tone
from coursekit.model import Verdict
from tests.audio_facts import SECTION, pair, shipped_params, spoken, track
from tests.support import run_check

PARAMS = shipped_params(noise)
STILL = replace(SECTION, steady_db=1.0)


@pytest.mark.parametrize(
    ("section", "verdict", "codes"),
    [
        pytest.param(replace(STILL, floor_lufs=-62.0), Verdict.PASS, (), id="quiet-room"),
        pytest.param(replace(STILL, floor_lufs=-48.0), Verdict.REVIEW, ("noise",), id="noisy"),
        pytest.param(replace(STILL, floor_lufs=-38.0), Verdict.FAIL, ("noise",), id="very-noisy"),
        pytest.param(replace(SECTION, floor_lufs=-38.0), Verdict.PASS, (), id="music-moves"),
        pytest.param(replace(STILL, floor_lufs=-40.0, hiss_share=0.02), Verdict.PASS, (), id="machine"),
        pytest.param(replace(STILL, floor_lufs=-38.0, voice_s=2), Verdict.PASS, (), id="nobody-speaks"),
        pytest.param(replace(STILL, floor_lufs=-72.0, voice_lufs=-36.0), Verdict.PASS, (), id="quiet-narrator"),
    ],
)
def test_floors(section: NoiseSection, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(noise, spoken(sections=(section,)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_neighbouring_sections_are_one_finding() -> None:
    loud = tuple(replace(STILL, start_s=180.0 * n, end_s=180.0 * (n + 1), floor_lufs=-40.0) for n in range(15))
    outcome = run_check(noise, spoken(sections=loud), PARAMS)
    assert len(outcome.findings) == 1


@pytest.mark.parametrize(("offset", "verdict"), [(0.008, Verdict.PASS), (-0.05, Verdict.REVIEW), (0.3, Verdict.FAIL)])
def test_zero_line(offset: float, verdict: Verdict) -> None:
    outcome = run_check(noise, pair(dc=(0.0, offset)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("dc-offset",))


@pytest.mark.parametrize(
    ("tone", "verdict"),
    [
        (Tone(15734.0, -80.0, 1.0, 30.0), Verdict.PASS),
        (Tone(7800.0, -68.0, 1.0, 30.0), Verdict.REVIEW),
        (Tone(7800.0, -55.0, 1.0, 30.0), Verdict.FAIL),
        (Tone(7800.0, -55.0, 0.6, 20.0), Verdict.PASS),
        (Tone(7800.0, -55.0, 0.6, 40.0), Verdict.FAIL),
        (Tone(7800.0, -55.0, 0.4, 40.0), Verdict.PASS),
        (Tone(7800.0, -55.0, 1.0, 11.0), Verdict.PASS),
    ],
)
def test_tones(tone: Tone, verdict: Verdict) -> None:
    outcome = run_check(noise, track(tones=(tone,)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("whistle",))
