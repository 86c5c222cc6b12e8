"""audio/swing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from coursekit.audio.facts import AudioFacts, VoiceSegment
from coursekit.audio.subject import voice_of
from coursekit.model import Finding, Span
from coursekit.rules.check import CheckContext, at_most, check, measured


@dataclass(frozen=True, slots=True)
class SwingParams:
    """How far the level of one voice may move."""

    min_voice_s: float
    """Shorter stretches of voice are not compared."""
    review_step_lu: float
    fail_step_lu: float
    review_drift_lu: float
    fail_drift_lu: float
    other_shape_db: float
    """Bands that change more differently than this belong to another voice."""
    other_pitch_cents: float
    review_other_lu: float
    """Step between two voices; a quieter one that speaks for less than `question_s` is a question from the room."""
    question_s: float


@check("audio/swing", facts=AudioFacts, params=SwingParams)
def swing(ctx: CheckContext, facts: AudioFacts, params: SwingParams) -> Iterator[Finding]:
    """The voice keeps its level through the lesson."""
    segments = voice_of(facts, 2 * params.min_voice_s).segments
    steps = [(a, b) for a, b in pairwise(segments) if min(a.voice_s, b.voice_s) >= params.min_voice_s]
    largest = max((abs(b.level_lufs - a.level_lufs) for a, b in steps), default=0.0)
    wanted = at_most(params.review_step_lu, "LU")
    ctx.observe(measured(round(largest, 1), "LU"), wanted)
    stepped = False
    for before, after in steps:
        change = round(after.level_lufs - before.level_lufs, 1)
        where = Span(max(0.0, before.end_s - 10), after.start_s + 10)
        if _another(after, params):
            if abs(change) >= params.review_other_lu and not _question(before, after, params):
                yield ctx.review(
                    "voices-differ",
                    measured=measured(change, "LU"),
                    expected=wanted,
                    where=where,
                    before_lufs=before.level_lufs,
                    after_lufs=after.level_lufs,
                )
        elif abs(change) >= params.review_step_lu:
            stepped = True
            yield (ctx.fail if abs(change) >= params.fail_step_lu else ctx.review)(
                "level-jump",
                measured=measured(change, "LU"),
                expected=wanted,
                where=where,
                before_lufs=before.level_lufs,
                after_lufs=after.level_lufs,
            )
    if not stepped:
        yield from _drift(ctx, segments, params)


def _drift(ctx: CheckContext, segments: tuple[VoiceSegment, ...], params: SwingParams) -> Iterator[Finding]:
    """One voice that wanders without a jump."""
    runs: list[list[VoiceSegment]] = []
    for segment in segments:
        if not runs or _another(segment, params):
            runs.append([])
        runs[-1].append(segment)
    for run in runs:
        long = [s for s in run if s.voice_s >= params.min_voice_s]
        if len(long) < 2:
            continue
        low, high = min(long, key=lambda s: s.level_lufs), max(long, key=lambda s: s.level_lufs)
        drift = round(high.level_lufs - low.level_lufs, 1)
        if drift >= params.review_drift_lu:
            first, last = sorted((low, high), key=lambda s: s.start_s)
            yield (ctx.fail if drift >= params.fail_drift_lu else ctx.review)(
                "level-drift",
                measured=measured(drift, "LU"),
                expected=at_most(params.review_drift_lu, "LU"),
                where=Span(first.start_s, last.end_s),
                before_lufs=first.level_lufs,
                after_lufs=last.level_lufs,
            )


def _another(segment: VoiceSegment, params: SwingParams) -> bool:
    shape, pitch = segment.shape_change_db or 0.0, segment.pitch_change_cents or 0
    return shape >= params.other_shape_db or (
        shape >= 0.75 * params.other_shape_db and pitch >= params.other_pitch_cents
    )


def _question(before: VoiceSegment, after: VoiceSegment, params: SwingParams) -> bool:
    quieter = after if after.level_lufs < before.level_lufs else before
    return quieter.end_s - quieter.start_s < params.question_s
