"""probe/duration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, LessonFacts
from coursekit.probe.subject import opened
from coursekit.rules.check import CannotTest, CheckContext, between, check, measured


@dataclass(frozen=True, slots=True)
class DurationParams:
    """The length a lesson should have, in minutes."""

    target_min: float
    tolerance_min: float


@check("probe/duration", facts=LessonFacts, params=DurationParams)
def duration(ctx: CheckContext, facts: LessonFacts, params: DurationParams) -> Iterator[Finding]:
    """The lesson lasts about as long as asked."""
    seconds = opened(facts).media_s
    if seconds is None:
        raise CannotTest("duration-unknown")
    low = (params.target_min - params.tolerance_min) * 60
    high = (params.target_min + params.tolerance_min) * 60
    found, wanted = measured(round(seconds, 3), "s"), between(low, high, "s")
    ctx.observe(found, wanted)
    minutes, target = round(seconds / 60, 1), params.target_min
    if seconds < low:
        yield ctx.fail("too-short", measured=found, expected=wanted, found_min=minutes, target_min=target)
    elif seconds > high:
        yield ctx.fail("too-long", measured=found, expected=wanted, found_min=minutes, target_min=target)
