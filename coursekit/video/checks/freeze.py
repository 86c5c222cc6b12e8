"""video/freeze."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import FreezeSpan, VideoFacts
from coursekit.video.spans import sounding_share, together, where

_JOIN_S = 1.0
_AT_S = 0.15


@dataclass(frozen=True, slots=True)
class FreezeParams:
    """What a picture that stands still must look like before and after to be called stuck."""

    fail_min_s: float
    review_min_s: float
    review_hold_s: float
    """Where a cut to another scene ends it: a last picture held for a while is a habit of editors."""
    min_change: float
    """Change from frame to frame before it, in levels: less is a still scene, unless the picture then stops dead."""
    min_faint_change: float
    """Less is a still scene in any case."""
    min_contrast: float
    """Change before it over the change that is left in it, from which on a picture has stopped dead."""
    min_alive: float
    """Share of the picture that must have lived before: less is drawn or screen motion."""
    max_still_around: float
    """Share of repeats in the ten seconds around: more is a slide lecture."""
    min_last: float
    """Change of the last moving frame against those before: less is a movement that came to rest."""
    min_resume: float
    """Change when it goes on, against the changes before: more means that time went on unseen."""
    min_sound: float
    """Share of the span in which sound must go on, where sound was measured."""


@check("video/freeze", facts=VideoFacts, params=FreezeParams)
def freeze(ctx: CheckContext, facts: VideoFacts, params: FreezeParams) -> Iterator[Finding]:
    """The picture does not stop while the lesson goes on."""
    stillness = facts.stillness
    if stillness is None:
        raise CannotTest("not-measured")
    same_scene = facts.joins.same_scene_s if facts.joins else ()
    stuck: list[FreezeSpan] = []
    doubtful: list[FreezeSpan] = []
    for span in stillness.freezes:
        if not _stops_alive(span, params):
            continue
        length = span.end_s - span.start_s
        sound = sounding_share(ctx.file, span.start_s, span.end_s)
        jumps = span.resume_change >= params.min_resume * max(span.change_before, params.min_change)
        scene_goes_on = not span.before_cut or any(abs(t - span.end_s) < _AT_S for t in same_scene)
        certain = jumps and not span.at_end and scene_goes_on and (sound is None or sound >= params.min_sound)
        if certain and length >= params.fail_min_s:
            stuck.append(span)
        elif length >= (params.review_min_s if scene_goes_on else params.review_hold_s) and (
            sound is None or sound >= params.min_sound or not span.at_end
        ):
            doubtful.append(span)
    longest = max((s.end_s - s.start_s for s in (*stuck, *doubtful)), default=0.0)
    expected = at_most(params.fail_min_s, "s")
    ctx.observe(measured(round(longest, 2), "s"), expected)
    for code, spans in (("picture-stuck", stuck), ("picture-stands", doubtful)):
        tell = ctx.fail if code == "picture-stuck" else ctx.review
        for group in together(spans, _JOIN_S):
            length = round(sum(s.end_s - s.start_s for s in group), 2)
            yield tell(code, measured=measured(length, "s"), expected=expected, where=where(group), length_s=length)


def _stops_alive(span: FreezeSpan, params: FreezeParams) -> bool:
    return (
        not span.at_start
        and not span.after_cut
        and (span.change_before >= params.min_change or _stops_dead(span, params))
        and span.alive_before >= params.min_alive
        and span.still_around <= params.max_still_around
        and span.change_last >= params.min_last * span.change_before
    )


def _stops_dead(span: FreezeSpan, params: FreezeParams) -> bool:
    """What hardly moved before it repeats exactly now: somebody who keeps still goes on living a little."""
    return (
        span.change_within is not None
        and span.change_before >= params.min_faint_change
        and span.change_before >= params.min_contrast * span.change_within
    )
