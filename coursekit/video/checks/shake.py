"""video/shake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import ShakeSpan, VideoFacts
from coursekit.video.spans import together, where, worst

_JOIN_S = 3.0


@dataclass(frozen=True, slots=True)
class ShakeParams:
    """How far the background may swing, % of the picture's width."""

    review_pct: float
    fail_pct: float
    fail_quick_pct: float
    """Quicker than 2 Hz: a camera swung about slowly is for a person to judge."""
    review_share: float
    """Share of the points followed that must agree on the movement."""
    fail_share: float
    tremble_pct: float
    """Trembling this strong is worth a look even where only `tremble_share` agree: near and far move apart."""
    tremble_hz: float
    tremble_share: float
    min_s: float
    fail_hz: float
    """What swings more slowly may be meant: for a person to judge."""
    fail_most_pct: float
    """What swings further is no hand, but footage played faster or drawn: for a person to judge."""
    min_followed: float
    """Share of the pictures looked at through which the background must have been followed, for silence to say
    anything."""


@check("video/shake", facts=VideoFacts, params=ShakeParams)
def shake(ctx: CheckContext, facts: VideoFacts, params: ShakeParams) -> Iterator[Finding]:
    """The camera does not shake."""
    motion = facts.motion
    if motion is None:
        raise CannotTest("not-measured")
    candidates = [s for s in motion.shake if _counts(s, params) and s.end_s - s.start_s >= params.min_s]
    strong = [s for s in candidates if _is_strong(s, params)]
    weak = [s for s in candidates if s.peak_pct >= params.review_pct and s not in strong]
    looked_s = facts.coverage.looked_s if facts.coverage else facts.decoded_s
    followed = motion.followed_s / looked_s if looked_s > 0 else 0.0
    if not strong and not weak and followed < params.min_followed:
        raise CannotTest("background-not-followed", percent=round(followed * 100, 1))
    most = max((s.peak_pct for s in candidates), default=0.0)
    ctx.observe(measured(most, "%"), at_most(params.review_pct, "%"))
    for group in together(strong, _JOIN_S):
        span = worst(group, lambda s: s.peak_pct)
        yield ctx.fail(
            "shaky-span",
            measured=measured(span.peak_pct, "%"),
            expected=at_most(params.review_pct, "%"),
            where=where(group),
            strength_pct=span.peak_pct,
            freq_hz=span.freq_hz,
        )
    for group in together(weak, _JOIN_S):
        span = worst(group, lambda s: s.peak_pct)
        yield ctx.review(
            "unsteady-span",
            measured=measured(span.peak_pct, "%"),
            expected=at_most(params.review_pct, "%"),
            where=where(group),
            strength_pct=span.peak_pct,
            freq_hz=span.freq_hz,
        )


def _counts(span: ShakeSpan, params: ShakeParams) -> bool:
    return span.share >= params.review_share or (
        span.share >= params.tremble_share
        and span.quick_pct >= params.tremble_pct
        and span.freq_hz >= params.tremble_hz
    )


def _is_strong(span: ShakeSpan, params: ShakeParams) -> bool:
    return (
        params.fail_pct <= span.peak_pct <= params.fail_most_pct
        and span.quick_pct >= params.fail_quick_pct
        and span.share >= params.fail_share
        and span.freq_hz >= params.fail_hz
    )
