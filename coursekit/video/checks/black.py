"""video/black."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import BlackSpan, VideoFacts
from coursekit.video.spans import sounding_share, together, where

_JOIN_S = 0.5
_WHOLE = 0.98


@dataclass(frozen=True, slots=True)
class BlackParams:
    """How long a picture may be black, and in what company."""

    fail_min_s: float
    """Gone at one blow, inside the lesson, while the sound goes on."""
    review_min_s: float
    """Inside the lesson, however it went."""
    edge_min_s: float
    """At the beginning or the end, while there is sound."""
    blink_max_s: float
    """Up to this length a black that comes and goes at one blow is a slip of the edit."""
    min_sound: float
    """Share of the span in which sound must go on, where sound was measured."""


@check("video/black", facts=VideoFacts, params=BlackParams)
def black(ctx: CheckContext, facts: VideoFacts, params: BlackParams) -> Iterator[Finding]:
    """The picture is there from beginning to end."""
    stillness = facts.stillness
    if stillness is None:
        raise CannotTest("not-measured")
    blacks = stillness.blacks
    total = sum(s.end_s - s.start_s for s in blacks)
    ctx.observe(
        measured(round(max((s.end_s - s.start_s for s in blacks), default=0.0), 3), "s"),
        at_most(params.fail_min_s, "s"),
    )
    if facts.decoded_s and total >= _WHOLE * facts.decoded_s:
        yield ctx.fail("all-black", measured=measured(round(total, 2), "s"), expected=at_most(params.fail_min_s, "s"))
        return
    found: dict[str, list[BlackSpan]] = {"picture-lost": [], "long-black": [], "edge-black": [], "black-blink": []}
    for span in blacks:
        code = _code(ctx, span, params)
        if code:
            found[code].append(span)
    for code, spans in found.items():
        tell = ctx.fail if code == "picture-lost" else ctx.review
        for group in together(spans, _JOIN_S):
            length = round(sum(s.end_s - s.start_s for s in group), 3)
            yield tell(
                code,
                measured=measured(length, "s"),
                expected=at_most(params.fail_min_s, "s"),
                where=where(group),
                length_s=length,
            )


def _code(ctx: CheckContext, span: BlackSpan, params: BlackParams) -> str | None:
    length = span.end_s - span.start_s
    sound = sounding_share(ctx.file, span.start_s, span.end_s)
    sounds = sound is None or sound >= params.min_sound
    if span.at_start or span.at_end:
        return "edge-black" if length >= params.edge_min_s and sounds and sound is not None else None
    abrupt = not span.faded_out and not span.faded_in
    if abrupt and sounds and length >= params.fail_min_s:
        return "picture-lost"
    if length >= params.review_min_s:
        return "long-black"
    return "black-blink" if abrupt and length <= params.blink_max_s else None
