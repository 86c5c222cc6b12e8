"""video/flash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import VideoFacts
from coursekit.video.spans import together, where, worst

_JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class FlashParams:
    """How many flashes any one second may hold; those to and from saturated red are counted by themselves."""

    max_per_second: int


@check("video/flash", facts=VideoFacts, params=FlashParams)
def flash(ctx: CheckContext, facts: VideoFacts, params: FlashParams) -> Iterator[Finding]:
    """Nothing flashes fast enough to harm photosensitive viewers."""
    light = facts.light
    if light is None:
        raise CannotTest("not-measured")
    expected = at_most(params.max_per_second, "1/s")
    ctx.observe(measured(max((s.per_second for s in light.flashes), default=0), "1/s"), expected)
    for kind, code in (("general", "flashes"), ("red", "red-flashes")):
        fast = [s for s in light.flashes if s.kind == kind and s.per_second > params.max_per_second]
        for group in together(fast, _JOIN_S):
            span = worst(group, lambda s: s.per_second)
            yield ctx.fail(
                code,
                measured=measured(span.per_second, "1/s"),
                expected=expected,
                where=where(group),
                per_second=span.per_second,
            )
