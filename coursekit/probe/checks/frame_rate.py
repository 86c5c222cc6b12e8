"""probe/frame_rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, LessonFacts
from coursekit.probe.subject import opened, shown
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, between, check, measured


@dataclass(frozen=True, slots=True)
class FrameRateParams:
    """How often the picture must change, and how evenly."""

    min_fps: float
    review_min_fps: float
    max_fps: float
    review_odd_steps_pct: float
    """Share of frame distances that differ from the usual one."""
    review_rate_gap_pct: float
    """Between the rate declared and the rate of the timestamps."""


@check("probe/frame_rate", facts=LessonFacts, params=FrameRateParams)
def frame_rate(ctx: CheckContext, facts: LessonFacts, params: FrameRateParams) -> Iterator[Finding]:
    """The picture changes often enough, and evenly."""
    stream = shown(facts)
    container = opened(facts).container
    picture = stream.picture
    exact = None if picture is None else picture.measured_rate or picture.frame_rate
    if picture is None or exact is None or exact <= 0:
        raise CannotTest("frame-rate-unknown")
    fps = round(float(exact), 3)
    found, wanted = measured(fps, "fps"), between(params.review_min_fps, params.max_fps, "fps")
    ctx.observe(found, wanted)
    if fps < params.min_fps:
        yield ctx.fail("too-slow", measured=found, expected=at_least(params.min_fps, "fps"), fps=fps)
    elif fps < params.review_min_fps:
        yield ctx.review("slow", measured=found, expected=wanted, fps=fps)
    elif fps > params.max_fps:
        yield ctx.fail("too-fast", measured=found, expected=at_most(params.max_fps, "fps"), fps=fps)
    packets = stream.packets
    odd_pct = 0.0 if packets.steady_share is None else round((1 - packets.steady_share) * 100, 2)
    if picture.variable_rate and odd_pct > params.review_odd_steps_pct:
        yield ctx.review(
            "variable",
            measured=measured(odd_pct, "%"),
            expected=at_most(params.review_odd_steps_pct, "%"),
            odd_pct=odd_pct,
            min_ms=round((packets.min_step_s or 0) * 1000, 1),
            median_ms=round((packets.median_step_s or 0) * 1000, 1),
            max_ms=round((packets.max_step_s or 0) * 1000, 1),
        )
    # An MP4 declares no rate: what FFmpeg gives for one is its own count.
    declared = None if container in ("mp4", "mov") else picture.frame_rate
    if declared and not picture.variable_rate and picture.measured_rate:
        gap_pct = round(abs(float(declared / exact) - 1) * 100, 2)
        if gap_pct > params.review_rate_gap_pct:
            yield ctx.review(
                "rate-differs",
                measured=found,
                expected=at_most(params.review_rate_gap_pct, "%"),
                declared_fps=round(float(declared), 3),
                fps=fps,
            )
