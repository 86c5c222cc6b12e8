"""audio/channels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.audio.checks.channels import channels
from coursekit.audio.facts import ChannelFacts, ChannelSpan
from coursekit.model import Verdict
from tests.audio_facts import pair, shipped_params, track
from tests.support import run_check

PARAMS = shipped_params(channels)


def test_true_stereo_passes() -> None:
    assert run_check(channels, track(), PARAMS).verdict is Verdict.PASS


def test_mono() -> None:
    facts = track(channels=1, channel=ChannelFacts((-22.0,), (-3.0,)))
    outcome = run_check(channels, facts, PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("mono",))


@pytest.mark.parametrize(
    ("figures", "verdict", "code"),
    [
        ({"matched_residual_db": -200.0, "correlation": 1.0}, Verdict.REVIEW, "identical-channels"),
        ({"matched_residual_db": -55.0, "correlation": 1.0}, Verdict.REVIEW, "near-identical-channels"),
        ({"balance_db": 8.0}, Verdict.REVIEW, "one-sided"),
        ({"balance_db": -14.0}, Verdict.FAIL, "one-sided"),
        ({"balance_db": 200.0, "correlation": None, "matched_residual_db": None}, Verdict.FAIL, "dead-channel"),
        ({"correlation": -0.4, "mono_sum_db": -4.0}, Verdict.REVIEW, "out-of-phase"),
        ({"correlation": -1.0, "mono_sum_db": -200.0}, Verdict.FAIL, "out-of-phase"),
    ],
)
def test_pairs_that_are_none(figures: dict[str, float | None], verdict: Verdict, code: str) -> None:
    outcome = run_check(channels, pair(**figures), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


def test_the_dead_side_is_named() -> None:
    outcome = run_check(channels, pair(balance_db=200.0, correlation=None), PARAMS)
    assert outcome.findings[0].args["side"] == "R"


@pytest.mark.parametrize(
    ("span", "verdict", "code"),
    [
        (ChannelSpan(600, 605, "left-lost", -200.0, 0.0, 5), Verdict.REVIEW, "channel-lost"),
        (ChannelSpan(600, 660, "right-lost", 60.0, 0.0, 60), Verdict.FAIL, "channel-lost"),
        (ChannelSpan(600, 640, "opposed", 0.0, -0.95, 40), Verdict.FAIL, "out-of-phase-span"),
        (ChannelSpan(600, 640, "opposed", 0.0, -0.4, 40), Verdict.REVIEW, "out-of-phase-span"),
        (ChannelSpan(600, 602, "opposed", 0.0, -0.95, 2), Verdict.PASS, None),
    ],
)
def test_spans(span: ChannelSpan, verdict: Verdict, code: str | None) -> None:
    outcome = run_check(channels, pair(spans=(span,)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,) if code else ())


def test_surround_with_a_mono_front_pair_is_not_called_mono() -> None:
    facts = track(channels=6)
    outcome = run_check(channels, replace(facts, channel=replace(facts.channel, matched_residual_db=-200.0)), PARAMS)
    assert outcome.verdict is Verdict.PASS
