"""video/flicker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import FlickerSpan, VideoFacts
from coursekit.video.spans import Spanned, together, where, worst

_JOIN_S = 3.0


@dataclass(frozen=True, slots=True)
class FlickerParams:
    """How far brightness (% of its level) and colour (levels of 256) may swing over the whole picture."""

    review_pct: float
    fail_pct: float
    review_levels: float
    fail_levels: float
    review_share: float
    """Share of the picture that must take part."""
    fail_share: float
    min_s: float
    max_shake_pct: float
    """Where the camera swings further than this, what it looks at changes the light; then only a person can tell."""
    flash_pct: float
    """Light that swings further than this where flashes are counted is flashing (a welder's arc, a strobe), which may
    be what the lesson shows; then too only a person can tell, and colours that swing with it are not named."""


@check("video/flicker", facts=VideoFacts, params=FlickerParams)
def flicker(ctx: CheckContext, facts: VideoFacts, params: FlickerParams) -> Iterator[Finding]:
    """Brightness and colour do not pump."""
    light = facts.light
    if light is None:
        raise CannotTest("not-measured")
    spans = [s for s in light.flicker if s.share >= params.review_share and s.end_s - s.start_s >= params.min_s]
    most = max((s.strength for s in spans if s.kind == "brightness"), default=0.0)
    ctx.observe(measured(most, "%"), at_most(params.review_pct, "%"))
    flashing = [
        s
        for s in spans
        if s.kind == "brightness" and s.strength >= params.flash_pct and any(_meet(s, f) for f in light.flashes)
    ]
    for kind, unit, review_at, fail_at in (
        ("brightness", "%", params.review_pct, params.fail_pct),
        ("colour", "levels", params.review_levels, params.fail_levels),
    ):
        mine = [s for s in spans if s.kind == kind and s.strength >= review_at]
        if kind == "colour":
            mine = [s for s in mine if not any(_meet(s, f) for f in flashing)]
        strong = [
            s
            for s in mine
            if s.strength >= fail_at
            and s.share >= params.fail_share
            and s not in flashing
            and not _swung(facts, s, params.max_shake_pct)
        ]
        weak = [s for s in mine if s not in strong and not _swung(facts, s, params.max_shake_pct)]
        for tell, code, some in ((ctx.fail, f"{kind}-pumps", strong), (ctx.review, f"{kind}-restless", weak)):
            for group in together(some, _JOIN_S):
                span = worst(group, lambda s: s.strength)
                yield tell(
                    code,
                    measured=measured(span.strength, unit),
                    expected=at_most(review_at, unit),
                    where=where(group),
                    strength=span.strength,
                    freq_hz=span.freq_hz,
                )


def _meet(one: Spanned, other: Spanned) -> bool:
    return one.start_s < other.end_s and other.start_s < one.end_s


def _swung(facts: VideoFacts, span: FlickerSpan, limit: float) -> bool:
    shakes = facts.motion.shake if facts.motion else ()
    return any(s.peak_pct >= limit and _meet(s, span) for s in shakes)
