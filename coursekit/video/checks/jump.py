"""video/jump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import StutterSpan, VideoFacts, WovenSpan
from coursekit.video.spans import together, where, worst

_JOIN_S = 3.0


@dataclass(frozen=True, slots=True)
class JumpParams:
    """How many pictures may be repeated or missing amid movement."""

    review_pct: float
    """Of the frames due in the span."""
    fail_pct: float
    review_count: int
    fail_count: int
    fail_s: float
    """Losses within less than this are for a person: a page that comes to rest stumbles so once."""
    min_alive: float
    """Share of the picture that lives: less is drawn or screen motion, which stops and starts."""
    fail_alive: float
    max_rhythm: float
    """More regular repeats come from a converted frame rate."""
    hold_s: float
    """A single picture held this long amid movement is worth a look."""
    fail_rhythm: float
    """Less regular than this are losses; between the two a person decides."""
    min_leap: float
    """Change after a repeat, in usual changes: less, and movement slowed down of itself."""
    max_leap: float
    """More, and something began to move that had come to rest: a page that is scrolled."""
    unsure_leap: float
    """The same where most of the repeats are not exact."""
    unsure_count: int
    min_sure: float
    """Share of the repeats that must be exact to be called sure."""
    review_leaps: int
    """Sudden leaps of one and the same scene within some seconds."""
    woven_order: float
    """Order of the fields of neighbouring pictures from which on doubt is left to `video/interlace`: of two moments
    woven into one, one now and then repeats."""
    woven_ragged: float


@check("video/jump", facts=VideoFacts, params=JumpParams)
def jump(ctx: CheckContext, facts: VideoFacts, params: JumpParams) -> Iterator[Finding]:
    """Movement runs evenly: no picture is dropped, repeated or held."""
    pace = facts.pace
    if pace is None:
        raise CannotTest("not-measured")
    live = [s for s in pace.stutter if s.alive >= params.min_alive and s.rhythm <= params.max_rhythm]
    strong = [s for s in live if _is_lost(s, params)]
    woven = _woven(facts, params)
    weak = [s for s in live if s not in strong and _is_doubtful(s, params) and not _meets_any(s, woven)]
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
    leaps = [s for s in pace.leaps if s.count >= params.review_leaps]
    for some in together(leaps, _JOIN_S):
        span = worst(some, lambda s: s.strength)
        yield ctx.review(
            "picture-leaps",
            measured=measured(sum(s.count for s in some), "frames"),
            expected=at_most(params.review_leaps - 1, "frames"),
            where=where(some),
            count=sum(s.count for s in some),
            strength=span.strength,
        )


def _woven(facts: VideoFacts, params: JumpParams) -> tuple[WovenSpan, ...]:
    found = facts.interlace.woven if facts.interlace else ()
    return tuple(w for w in found if abs(w.order) >= params.woven_order and w.ragged >= params.woven_ragged)


def _meets_any(span: StutterSpan, others: tuple[WovenSpan, ...]) -> bool:
    return any(span.start_s < other.end_s and span.end_s > other.start_s for other in others)


def _is_lost(span: StutterSpan, params: JumpParams) -> bool:
    return (
        span.share * span.sure * 100 >= params.fail_pct
        and span.count * span.sure >= params.fail_count
        and span.end_s - span.start_s >= params.fail_s
        and span.alive >= params.fail_alive
        and span.rhythm <= params.fail_rhythm
        and params.min_leap <= span.leap <= params.max_leap
    )


def _is_doubtful(span: StutterSpan, params: JumpParams) -> bool:
    sure = span.sure >= params.min_sure
    if not (params.min_leap if sure else params.unsure_leap) <= span.leap <= params.max_leap:
        return False
    if span.share * 100 >= params.review_pct and span.count >= (params.review_count if sure else params.unsure_count):
        return True
    return sure and span.longest_s >= params.hold_s


def _percent(group: list[StutterSpan]) -> float:
    frames = sum(s.count / s.share for s in group if s.share)
    return round(sum(s.count for s in group) / frames * 100, 1) if frames else 0.0
