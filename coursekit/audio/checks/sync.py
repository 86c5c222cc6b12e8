"""audio/sync."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.model import Finding, LessonFacts, Span
from coursekit.probe.facts import ProbeFacts, StreamFacts
from coursekit.probe.subject import opened
from coursekit.rules.check import CannotTest, CheckContext, NotApplicable, at_most, between, check, measured
from coursekit.video.facts import LipFacts


@dataclass(frozen=True, slots=True)
class SyncParams:
    """Time between sound and picture. Positive is sound early, as in ITU-R BT.1359."""

    early_ms: float
    late_ms: float
    review_ends_s: float
    fail_ends_s: float
    review_gap_ms: float
    review_drift_ms: float
    fail_drift_ms: float
    edit_ms: float
    lip_strength: float
    """Over chance, from which an estimate of the lips counts."""
    lip_lead_min_ms: float
    """Between this and the next, lips lead the voice by nature."""
    lip_lead_max_ms: float
    lip_early_ms: float
    lip_late_ms: float


@check("audio/sync", facts=LessonFacts, params=SyncParams, stages=("probe", "audio"))
def sync(ctx: CheckContext, facts: LessonFacts, params: SyncParams) -> Iterator[Finding]:
    """Sound and picture begin together, end together, keep step, and lips that can be told go with the voice."""
    probe = opened(facts)
    video = probe.main_video
    sound = next(iter(probe.audios), None)
    if video is None:
        raise NotApplicable("no-video-stream")
    if sound is None:
        raise NotApplicable("no-audio-stream")
    if video.packets.first_s is None or sound.packets.first_s is None:
        raise CannotTest("no-timestamps")
    track = next((a for a in facts.file.audio if a.stream == sound.index), None)
    origin_s = max(0.0, probe.start_s or 0.0)
    yield from _starts(ctx, video, sound, track, origin_s, params)
    yield from _ends(ctx, video, sound, track, origin_s, params)
    if track is not None:
        yield from _steps(ctx, track, params)
    yield from _edits(ctx, probe, video, sound, params)
    seen = next((v for v in facts.file.video if v.stream == video.index), None)
    if seen is not None and seen.lips is not None:
        yield from _lips(ctx, seen.lips, params)


def _starts(
    ctx: CheckContext,
    video: StreamFacts,
    sound: StreamFacts,
    track: AudioFacts | None,
    origin_s: float,
    params: SyncParams,
) -> Iterator[Finding]:
    heard, seen = (sound.packets.first_s or 0.0) - origin_s, (video.packets.first_s or 0.0) - origin_s
    # Packets of priming samples come before the first that is heard.
    if track is not None and track.start_s is not None and abs(track.start_s - heard) < 0.2:
        heard = track.start_s
    early_ms = round(1000 * (seen - heard), 1)
    wanted = between(-params.late_ms, params.early_ms, "ms")
    ctx.observe(measured(early_ms, "ms"), wanted)
    if early_ms > params.early_ms:
        yield ctx.review("sound-starts-early", measured=measured(early_ms, "ms"), expected=wanted, ms=early_ms)
    elif early_ms < -params.late_ms:
        yield ctx.review("sound-starts-late", measured=measured(early_ms, "ms"), expected=wanted, ms=-early_ms)


def _ends(
    ctx: CheckContext,
    video: StreamFacts,
    sound: StreamFacts,
    track: AudioFacts | None,
    origin_s: float,
    params: SyncParams,
) -> Iterator[Finding]:
    if video.packets.end_s is None or sound.packets.end_s is None:
        return
    picture_end = video.packets.end_s - origin_s
    sound_end = track.end_s if track is not None and track.end_s else sound.packets.end_s - origin_s
    apart = round(picture_end - sound_end, 2)
    if abs(apart) < params.review_ends_s:
        return
    code = "sound-ends-early" if apart > 0 else "picture-ends-early"
    yield (ctx.fail if abs(apart) >= params.fail_ends_s else ctx.review)(
        code,
        measured=measured(abs(apart), "s"),
        expected=at_most(params.review_ends_s, "s"),
        where=Span(min(picture_end, sound_end), max(picture_end, sound_end)),
        seconds=abs(apart),
    )


def _steps(ctx: CheckContext, track: AudioFacts, params: SyncParams) -> Iterator[Finding]:
    long = [g for g in track.gaps if abs(g.length_s) * 1000 >= params.review_gap_ms]
    if long:
        worst = max(long, key=lambda g: abs(g.length_s))
        yield ctx.review(
            "timestamp-gap",
            measured=measured(round(1000 * worst.length_s), "ms"),
            expected=at_most(params.review_gap_ms, "ms"),
            where=Span(worst.time_s, worst.time_s + max(worst.length_s, 0.001)),
            count=len(long),
        )
    # Jumps too small to be heard one by one, all in one direction: the sound was recorded by another clock.
    creep_ms = round(1000 * (track.clock_drift_s - sum(g.length_s for g in long)), 1)
    if abs(creep_ms) >= params.review_drift_ms:
        yield (ctx.fail if abs(creep_ms) >= params.fail_drift_ms else ctx.review)(
            "clock-drift",
            measured=measured(creep_ms, "ms"),
            expected=at_most(params.review_drift_ms, "ms"),
            ms=abs(creep_ms),
        )


def _edits(
    ctx: CheckContext, probe: ProbeFacts, video: StreamFacts, sound: StreamFacts, params: SyncParams
) -> Iterator[Finding]:
    """An edit list that moves one track against the other: players that ignore edit lists play out of step."""
    shifts = {}
    for stream in (video, sound):
        own = [e for e in probe.edits if e.track == stream.index]
        pause = sum(e.duration_s for e in own if e.media_time_s is None)
        skipped = next((e.media_time_s for e in own if e.media_time_s is not None), 0.0)
        shifts[stream.index] = pause - (skipped or 0.0)
    apart_ms = round(1000 * (shifts[video.index] - shifts[sound.index]), 1)
    if abs(apart_ms) >= params.edit_ms:
        yield ctx.review(
            "edit-list-shift",
            measured=measured(apart_ms, "ms"),
            expected=at_most(params.edit_ms, "ms"),
            ms=abs(apart_ms),
        )


def _lips(ctx: CheckContext, lips: LipFacts, params: SyncParams) -> Iterator[Finding]:
    """A voice that comes before or after the movement that goes with it by more than any talker's lips lead."""
    if lips.lag_ms is None or lips.low_ms is None or lips.high_ms is None:
        return
    if lips.strength is None or lips.strength < params.lip_strength:
        return
    # Positive is sound early. What is measured is the lead of the lips less the lead of the sound.
    least, most = params.lip_lead_min_ms - lips.high_ms, params.lip_lead_max_ms - lips.low_ms
    if least <= params.lip_early_ms and most >= -params.lip_late_ms:
        return
    early_ms = round((params.lip_lead_min_ms + params.lip_lead_max_ms) / 2 - lips.lag_ms)
    nearest, furthest = sorted((abs(least), abs(most)))
    yield ctx.review(
        "lips-behind-voice" if early_ms > 0 else "lips-before-voice",
        measured=measured(early_ms, "ms"),
        expected=between(-params.lip_late_ms, params.lip_early_ms, "ms"),
        where=Span(*lips.windows[0]),
        ms=abs(early_ms),
        least=nearest,
        most=furthest,
        seconds=sum(end - start for start, end in lips.windows),
    )
