"""audio/silence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.model import Finding, LessonFacts, Span
from coursekit.probe.subject import opened
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, check, equal_to, measured


@dataclass(frozen=True, slots=True)
class SilenceParams:
    """What is missing sound, and what is a pause."""

    review_hole_s: float
    fail_hole_s: float
    habitual_share: float
    """A track that is silent for more than this share has pauses of digital silence: a gate, or a computer's voice."""
    habitual_factor: float
    """Then holes must be so many times longer."""
    ends_s: float
    """Silence at the very beginning and end may last so long."""
    dropout_cut_db: float
    """Fall within a few milliseconds on both sides, cut off in mid-wave."""
    dropout_deep_db: float
    """The same where the wave may have ended by itself."""
    dropout_depth_db: float
    """Under the level of the pauses."""
    dropout_jump: float
    habitual_jump: float
    fail_dropouts: int
    dropouts_per_min: float
    """More than this is how a computer's voice speaks."""
    click_isolation: float
    click_surprise: float
    """Sampled under 32 kHz: this much harder to foretell than what is around it. A doubt only."""
    click_height: float
    review_clicks: int
    fail_clicks: int
    fail_clicks_per_min: float


@check("audio/silence", facts=LessonFacts, params=SilenceParams, stages=("probe", "audio"))
def silence(ctx: CheckContext, facts: LessonFacts, params: SilenceParams) -> Iterator[Finding]:
    """There is a sound track, it decodes, it sounds, and nothing is missing in it."""
    probe = opened(facts)
    tracks = facts.file.audio
    declared = len(probe.audios)
    ctx.observe(measured(len(tracks) or declared, "tracks"), at_least(1, "tracks"))
    if not tracks:
        if declared:
            raise CannotTest("not-measured")
        yield ctx.fail("no-audio-track", measured=measured(0, "tracks"), expected=at_least(1, "tracks"))
        return
    for number, track in enumerate(tracks):
        yield from _track(ctx, track, number == 0, params)


def _track(ctx: CheckContext, track: AudioFacts, first: bool, params: SilenceParams) -> Iterator[Finding]:
    # A second language or a commentary that is missing is a doubt; the track that plays by itself is a fault.
    say = ctx.fail if first else ctx.review
    number = track.stream
    if track.decoded_s <= 0:
        detail = track.decode_errors[0].detail if track.decode_errors else ""
        yield say(
            "does-not-decode", measured=measured(0.0, "s"), expected=at_least(0.1, "s"), stream=number, detail=detail
        )
        return
    if _is_silent(track):
        level = track.sample_peak_dbfs
        shown = measured("-inf" if level is None or level == -math.inf else level, "dBFS")
        yield say("silent-track", measured=shown, expected=at_least(-80.0, "dBFS"), stream=number)
        return
    if not first:
        return
    yield from _holes(ctx, track, params)
    yield from _dropouts(ctx, track, params)
    yield from _clicks(ctx, track, params)


def _is_silent(track: AudioFacts) -> bool:
    return track.silent_share >= 0.9999 or track.sample_peak_dbfs in (None, -math.inf)


def _holes(ctx: CheckContext, track: AudioFacts, params: SilenceParams) -> Iterator[Finding]:
    factor = params.habitual_factor if _habitual(track, params) else 1.0
    start, end = track.start_s or 0.0, track.end_s or track.decoded_s
    for hole in track.silent_spans:
        length = round(hole.end_s - hole.start_s, 2)
        at_end = hole.start_s <= start + 0.3 or hole.end_s >= end - 0.3
        limit = params.ends_s if at_end else params.review_hole_s * factor
        if length < limit:
            continue
        say = ctx.fail if not at_end and length >= params.fail_hole_s * factor else ctx.review
        yield say(
            "silent-end" if at_end else "hole",
            measured=measured(length, "s"),
            expected=at_most(limit, "s"),
            where=Span(hole.start_s, hole.end_s),
            seconds=length,
        )


def _habitual(track: AudioFacts, params: SilenceParams) -> bool:
    """Whether digital silence is how this track pauses; one long hole alone does not make a habit."""
    lengths = sorted((s.end_s - s.start_s for s in track.silent_spans), reverse=True)
    others = track.silent_share * track.decoded_s - sum(lengths[:2]) - _cut_out_s(track)
    return others > params.habitual_share * track.decoded_s


def _cut_out_s(track: AudioFacts) -> float:
    """Length of the dropouts that cut a wave in the middle: faults, and no habit of the voice."""
    return sum(d.length_ms for d in track.dropouts if d.jump >= 0.12 and d.length_ms >= 20) / 1000


def _dropouts(ctx: CheckContext, track: AudioFacts, params: SilenceParams) -> Iterator[Finding]:
    # A habit shows in a minute at the least: three cuts in eight seconds are three cuts.
    minutes = max(track.decoded_s / 60, 1.0)
    habitual = _habitual(track, params)
    if track.dropout_count / minutes > params.dropouts_per_min and habitual:
        return
    # What a cut leaves lies under anything that the room leaves.
    deep = -80.0 if track.pause_dbfs is None else max(-80.0, track.pause_dbfs - params.dropout_depth_db)
    jump = params.habitual_jump if habitual else params.dropout_jump
    found = [
        d
        for d in track.dropouts
        if d.level_dbfs <= deep
        and (
            (d.cut_db >= params.dropout_cut_db and d.jump >= jump)
            or (d.cut_db >= params.dropout_deep_db and not habitual)
        )
    ]
    if not found:
        return
    where = Span(found[0].time_s, max(found[-1].time_s + found[-1].length_ms / 1000, found[0].time_s + 0.001))
    failing = len(found) >= params.fail_dropouts and not habitual
    yield (ctx.fail if failing else ctx.review)(
        "dropouts",
        measured=measured(len(found)),
        expected=equal_to(0),
        where=where,
        count=len(found),
        longest_ms=max(d.length_ms for d in found),
        first_s=round(found[0].time_s, 2),
    )


def _clicks(ctx: CheckContext, track: AudioFacts, params: SilenceParams) -> Iterator[Finding]:
    high = [c for c in track.clicks if c.height >= params.click_height]
    sure = [c for c in high if c.isolation >= params.click_isolation]
    found = [c for c in high if c in sure or (c.surprise or 0.0) >= params.click_surprise]
    if len(found) < params.review_clicks:
        return
    rate = len(sure) / max(track.decoded_s / 60, 0.5)
    failing = len(sure) >= params.fail_clicks and rate >= params.fail_clicks_per_min
    yield (ctx.fail if failing else ctx.review)(
        "clicks",
        measured=measured(len(found)),
        expected=at_most(params.review_clicks - 1),
        where=Span(found[0].time_s, found[-1].time_s + 0.001),
        count=len(found),
        first_s=round(found[0].time_s, 2),
    )
