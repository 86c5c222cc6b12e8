"""audio/loudness."""

from __future__ import annotations

import math

import pytest

from coursekit.audio.checks.loudness import loudness
from coursekit.model import Verdict
from tests.audio_facts import shipped_params, track
from tests.support import run_check

PARAMS = shipped_params(loudness)


@pytest.mark.parametrize(
    ("lufs", "verdict", "codes"),
    [
        (-50.0, Verdict.FAIL, ("too-quiet",)),
        (-36.0, Verdict.REVIEW, ("too-quiet",)),
        (-31.0, Verdict.PASS, ()),
        (-23.0, Verdict.PASS, ()),
        (-10.0, Verdict.PASS, ()),
        (-7.0, Verdict.REVIEW, ("too-loud",)),
        (-3.0, Verdict.FAIL, ("too-loud",)),
    ],
)
def test_levels(lufs: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(loudness, track(integrated_lufs=lufs), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(("peak", "verdict"), [(1.0, Verdict.PASS), (4.0, Verdict.REVIEW), (7.0, Verdict.FAIL)])
def test_true_peak(peak: float, verdict: Verdict) -> None:
    outcome = run_check(loudness, track(true_peak_dbtp=peak), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("true-peak-high",))


def test_under_every_gate_is_too_quiet() -> None:
    outcome = run_check(loudness, track(integrated_lufs=-math.inf), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("too-quiet",))


def test_what_cannot_be_judged() -> None:
    assert run_check(loudness, track(integrated_lufs=None, decoded_s=0.2), PARAMS).reason == "too-short-to-measure"
    assert run_check(loudness, track(decoded_s=0.0), PARAMS).reason == "sound-not-decoded"
    silent = run_check(loudness, track(sample_peak_dbfs=-math.inf), PARAMS)
    assert (silent.verdict, silent.reason) == (Verdict.NOT_APPLICABLE, "silent-track")
