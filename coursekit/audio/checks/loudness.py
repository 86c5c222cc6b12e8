"""audio/loudness."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.audio.subject import sounding
from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, between, check, measured


@dataclass(frozen=True, slots=True)
class LoudnessParams:
    """Integrated loudness: outside the inner window a person must listen, outside the outer one it fails."""

    fail_below_lufs: float
    review_below_lufs: float
    review_above_lufs: float
    fail_above_lufs: float
    review_above_dbtp: float
    fail_above_dbtp: float


@check("audio/loudness", facts=AudioFacts, params=LoudnessParams)
def loudness(ctx: CheckContext, facts: AudioFacts, params: LoudnessParams) -> Iterator[Finding]:
    """Integrated loudness and true peak lie where a listener need not touch the volume."""
    value = sounding(facts).integrated_lufs
    if value is None:
        raise CannotTest("too-short-to-measure", seconds=facts.decoded_s)
    found = measured(value if math.isfinite(value) else "-inf", "LUFS")
    wanted = between(params.review_below_lufs, params.review_above_lufs, "LUFS")
    ctx.observe(found, wanted)
    if value < params.review_below_lufs:
        say = ctx.fail if value < params.fail_below_lufs else ctx.review
        raise_lu = round(params.review_below_lufs - value, 1) if math.isfinite(value) else 0.0
        yield say("too-quiet", measured=found, expected=wanted, raise_lu=raise_lu)
    elif value > params.review_above_lufs:
        say = ctx.fail if value > params.fail_above_lufs else ctx.review
        yield say("too-loud", measured=found, expected=wanted, lower_lu=round(value - params.review_above_lufs, 1))
    peak = facts.true_peak_dbtp
    if peak is not None and peak > params.review_above_dbtp:
        say = ctx.fail if peak > params.fail_above_dbtp else ctx.review
        yield say(
            "true-peak-high",
            measured=measured(peak, "dBTP"),
            expected=at_most(params.review_above_dbtp, "dBTP"),
            over_db=round(peak - params.review_above_dbtp, 1),
        )
