"""video/jump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import StutterSpan, VideoFacts
from coursekit.video.spans import together, where

_JOIN_S = 3.0


@dataclass(frozen=True, slots=True)
class JumpParams:
    """How many pictures may be repeated or missing amid movement."""

    review_pct: float
    """Of the frames due in the span."""
    fail_pct: float
    review_count: int
    fail_count: int
    min_alive: float
    """Share of the picture that lives: less is drawn or screen motion, which stops and starts."""
    fail_alive: float
    max_rhythm: float
    """More regular repeats come from a converted frame rate."""
    hold_s: float
    """A single picture held this long amid movement is worth a look."""


@check("video/jump", facts=VideoFacts, params=JumpParams)
def jump(ctx: CheckContext, facts: VideoFacts, params: JumpParams) -> Iterator[Finding]:
    """Movement runs evenly: no picture is dropped, repeated or held."""
    pace = facts.pace
    if pace is None:
        raise CannotTest("not-measured")
    live = [s for s in pace.stutter if s.alive >= params.min_alive and s.rhythm <= params.max_rhythm]
    strong = [
        s
        for s in live
        if s.share * 100 >= params.fail_pct and s.count >= params.fail_count and s.alive >= params.fail_alive
    ]
    weak = [
        s
        for s in live
        if s not in strong
        and ((s.share * 100 >= params.review_pct and s.count >= params.review_count) or s.longest_s >= params.hold_s)
    ]
    share = sum(s.count for s in (*strong, *weak)) / max(facts.frames, 1) * 100
    ctx.observe(measured(round(share, 2), "%"), at_most(params.review_pct, "%"))
    for tell, code, spans in ((ctx.fail, "frames-dropped", strong), (ctx.review, "uneven-motion", weak)):
        for group in together(spans, _JOIN_S):
            count, percent = sum(s.count for s in group), _percent(group)
            yield tell(
                code,
                measured=measured(percent, "%"),
                expected=at_most(params.review_pct, "%"),
                where=where(group),
                count=count,
                share_pct=percent,
                longest_s=max(s.longest_s for s in group),
            )


def _percent(group: list[StutterSpan]) -> float:
    frames = sum(s.count / s.share for s in group if s.share)
    return round(sum(s.count for s in group) / frames * 100, 1) if frames else 0.0
