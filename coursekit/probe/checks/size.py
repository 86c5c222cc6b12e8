"""probe/size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, LessonFacts
from coursekit.rules.check import CheckContext, at_most, check, measured


@dataclass(frozen=True, slots=True)
class SizeParams:
    """A limit that can be read in two ways: above the smaller a person looks, above the larger it fails."""

    review_over_bytes: int
    max_bytes: int


@check("probe/size", facts=LessonFacts, params=SizeParams)
def size(ctx: CheckContext, facts: LessonFacts, params: SizeParams) -> Iterator[Finding]:
    """The file is no larger than permitted."""
    found = measured(facts.file.size_bytes, "B")
    ctx.observe(found, at_most(params.max_bytes, "B"))
    duration = facts.file.probe.media_s if facts.file.probe is not None else None
    # What the whole file may carry per second and still fit; kbit/s, as encoders ask for it.
    rate = round(params.review_over_bytes * 8 / duration / 1000) if duration else 0
    if facts.file.size_bytes > params.max_bytes:
        yield ctx.fail("over-limit", measured=found, expected=at_most(params.max_bytes, "B"), rate_kbps=rate)
    elif facts.file.size_bytes > params.review_over_bytes:
        wanted = at_most(params.review_over_bytes, "B")
        yield ctx.review("near-limit", measured=found, expected=wanted, rate_kbps=rate)
