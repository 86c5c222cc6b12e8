"""probe/integrity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.model import Finding, LessonFacts, Span, Verdict
from coursekit.probe.facts import Damage, DecodeError, ProbeFacts, StreamFacts, StreamKind
from coursekit.probe.subject import probed
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, equal_to, measured
from coursekit.video.facts import VideoFacts

_DAMAGE_UNIT = {"truncated": "B", "trailing-data": "B", "payload-missing": "samples", "payload-damaged": "packets"}
_EMPTY = {StreamKind.VIDEO: "video-empty", StreamKind.AUDIO: "audio-empty"}
_UNDECODABLE = {StreamKind.VIDEO: "video-undecodable", StreamKind.AUDIO: "audio-undecodable"}
_CUT = ("truncated", "payload-missing")
_STILL_S = 0.04
"""Length of one picture where the packets do not say."""
_MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class IntegrityParams:
    """How far header and content may differ."""

    review_duration_gap_s: float
    max_duration_gap_s: float
    max_damaged_s: float
    max_video_streams: int
    max_audio_streams: int


# The audio and video stages are looked at inside: a file so broken that a decoder gave up on it must fail by what the
# probe found, not be left untested.
@check("probe/integrity", facts=LessonFacts, params=IntegrityParams)
def integrity(ctx: CheckContext, facts: LessonFacts, params: IntegrityParams) -> Iterator[Finding]:
    """The file is whole: what its header promises is there and decodes, from the first second to the last."""
    probe = probed(facts)
    declared, found = probe.duration_s, probe.media_s
    limit = at_most(params.max_duration_gap_s, "s")
    gap = None if declared is None or found is None else round(abs(declared - found), 3)
    ctx.observe(measured(gap, "s"), limit)
    if not probe.opens:
        yield _cannot_open(ctx, probe)
        return
    found_by_probe = [*_damages(ctx, probe), *_empty(ctx, probe)]
    yield from found_by_probe
    problem = facts.file.problem("audio") or facts.file.problem("video")
    if problem is not None:
        if not any(finding.verdict is Verdict.FAIL for finding in found_by_probe):
            raise CannotTest("stage-failed", stage=problem.stage, problem=problem.code, detail=problem.detail)
        return
    decoded: dict[int, AudioFacts | VideoFacts] = {s.stream: s for s in facts.file.audio}
    decoded.update((s.stream, s) for s in facts.file.video)
    for stream in (*probe.videos, *probe.audios):
        yield from _stream(ctx, stream, decoded.get(stream.index), params)
    # A file that breaks off is shorter than it says: one fault, told once.
    if not any(damage.code in _CUT for damage in probe.damages):
        for streams in (probe.videos, probe.audios):
            yield from _declared(ctx, streams, params)
    yield from _whole(ctx, probe, params)


def _cannot_open(ctx: CheckContext, probe: ProbeFacts) -> Finding:
    index = next((d for d in probe.damages if d.code == "index-missing"), None)
    if index is not None:
        return ctx.fail("index-missing", measured=measured(index.detail), offset=index.offset or 0)
    damage = next(iter(probe.damages), None)
    detail = damage.detail if damage is not None else probe.open_detail or ""
    return ctx.fail("cannot-open", measured=measured(probe.open_code), why=probe.open_code or "", detail=detail)


def _damages(ctx: CheckContext, probe: ProbeFacts) -> Iterator[Finding]:
    for damage in probe.damages:
        offset, amount = damage.offset or 0, damage.count or 0
        found = measured(damage.count, _DAMAGE_UNIT.get(damage.code))
        if damage.code == "trailing-data":
            yield ctx.review("trailing-data", measured=found, expected=equal_to(0, "B"), offset=offset, count=amount)
        elif damage.code == "box-damaged":
            detail = damage.detail
            yield ctx.fail("structure-damaged", measured=measured(detail), offset=offset, detail=detail)
        elif damage.code in _DAMAGE_UNIT:
            where = _where(damage, probe)
            yield ctx.fail(damage.code, measured=found, where=where, offset=offset, count=amount)
    if probe.read_error is not None and not any(damage.code == "truncated" for damage in probe.damages):
        ends = [s.packets.end_s for s in (*probe.videos, *probe.audios) if s.packets.end_s is not None]
        where = Span(min(ends), max(ends)) if ends else None
        yield ctx.fail("reading-stops", measured=measured(probe.read_error), where=where, detail=probe.read_error)


def _where(damage: Damage, probe: ProbeFacts) -> Span | None:
    if damage.time_s is None:
        return None
    # What is cut off is lost to the end; damage inside is known by its first moment only.
    lost_to_end = damage.code in _CUT
    end = probe.duration_s if lost_to_end and probe.duration_s is not None else damage.time_s
    return Span(damage.time_s, max(end, damage.time_s))


def _name(stream: StreamFacts) -> str:
    return stream.codec or stream.codec_tag or "?"


def _empty(ctx: CheckContext, probe: ProbeFacts) -> Iterator[Finding]:
    for stream in (*probe.videos, *probe.audios):
        if stream.packets.count == 0:
            code = _EMPTY[stream.kind]
            yield ctx.fail(code, measured=measured(0), stream=stream.index, codec=_name(stream))


def _stream(
    ctx: CheckContext,
    stream: StreamFacts,
    decoded: AudioFacts | VideoFacts | None,
    params: IntegrityParams,
) -> Iterator[Finding]:
    name = _name(stream)
    if stream.packets.count == 0:
        return
    if stream.packets.backward:
        time_s = stream.packets.first_backward_s or 0.0
        yield ctx.review(
            "timestamps-run-back",
            measured=measured(stream.packets.backward),
            where=Span(time_s, time_s),
            stream=stream.index,
            count=stream.packets.backward,
        )
    if decoded is None:
        return
    span = stream.packets.duration_s
    if decoded.decoded_s <= 0:
        yield ctx.fail(
            _UNDECODABLE[stream.kind],
            measured=measured(0.0, "s"),
            stream=stream.index,
            codec=name,
            packets=stream.packets.count,
        )
        return
    yield from _decode_errors(ctx, stream, decoded.decode_errors, params)
    # Only the picture: sound that stops and starts leaves holes that are no loss, and they have findings of their own.
    if stream.kind is StreamKind.VIDEO and span is not None and span - decoded.decoded_s > params.review_duration_gap_s:
        gap = round(span - decoded.decoded_s, 3)
        tell = ctx.fail if gap > params.max_duration_gap_s else ctx.review
        code = "decodes-short" if gap > params.max_duration_gap_s else "decodes-slightly-short"
        yield tell(
            code,
            measured=measured(gap, "s"),
            expected=at_most(params.max_duration_gap_s, "s"),
            stream=stream.index,
            gap_s=gap,
        )


def _declared(ctx: CheckContext, streams: tuple[StreamFacts, ...], params: IntegrityParams) -> Iterator[Finding]:
    """The stream of a kind whose header is furthest from its packets; the others are named with it."""
    gaps = [
        (round(abs(s.duration_s - length), 3), s, s.duration_s, length)
        for s in streams
        if s.duration_s is not None and (length := s.packets.duration_s) is not None
    ]
    wrong = [gap for gap in gaps if gap[0] > params.review_duration_gap_s]
    if not wrong:
        return
    gap, stream, declared, found = max(wrong, key=lambda entry: entry[0])
    hard = gap > params.max_duration_gap_s
    tell, code = (ctx.fail, "duration-differs") if hard else (ctx.review, "duration-slightly-differs")
    first = stream.packets.first_s or 0.0
    yield tell(
        code,
        measured=measured(gap, "s"),
        expected=at_most(params.max_duration_gap_s if hard else params.review_duration_gap_s, "s"),
        where=Span(round(first + min(declared, found), 3), round(first + max(declared, found), 3)),
        stream=", ".join(str(entry[1].index) for entry in wrong),
        declared_s=round(declared, 3),
        found_s=round(found, 3),
    )


def _decode_errors(
    ctx: CheckContext, stream: StreamFacts, errors: tuple[DecodeError, ...], params: IntegrityParams
) -> Iterator[Finding]:
    if not errors:
        return
    step = stream.packets.median_step_s or _STILL_S
    damaged_s = round(sum(error.count for error in errors) * step, 3)
    hard = damaged_s > params.max_damaged_s
    tell, code = (ctx.fail, "decode-errors") if hard else (ctx.review, "few-decode-errors")
    for error in errors[:_MAX_FINDINGS]:
        length = error.count * step
        where = None if error.time_s is None else Span(round(error.time_s, 3), round(error.time_s + length, 3))
        yield tell(
            code,
            measured=measured(damaged_s, "s"),
            expected=at_most(params.max_damaged_s, "s"),
            where=where,
            stream=stream.index,
            count=error.count,
            detail=error.detail,
        )


def _whole(ctx: CheckContext, probe: ProbeFacts, params: IntegrityParams) -> Iterator[Finding]:
    """What is known only of all streams together."""
    for code, streams, limit in (
        ("several-video-tracks", probe.videos, params.max_video_streams),
        ("several-audio-tracks", probe.audios, params.max_audio_streams),
    ):
        if len(streams) > limit:
            yield ctx.review(code, measured=measured(len(streams)), expected=at_most(limit), count=len(streams))
    video = probe.main_video
    ends = [s.packets.end_s for s in probe.audios if s.packets.end_s is not None]
    if video is not None and video.packets.end_s is not None and ends:
        gap = round(video.packets.end_s - max(ends), 3)
        if abs(gap) > params.max_duration_gap_s:
            first, last = sorted((max(ends), video.packets.end_s))
            yield ctx.review(
                "sound-ends-first" if gap > 0 else "picture-ends-first",
                measured=measured(abs(gap), "s"),
                expected=at_most(params.max_duration_gap_s, "s"),
                where=Span(first, last),
                gap_s=abs(gap),
            )
    per_track: dict[int, int] = {}
    for edit in probe.edits:
        per_track[edit.track] = per_track.get(edit.track, 0) + (edit.media_time_s is not None)
    if any(count > 1 for count in per_track.values()) or any(abs(edit.rate - 1) > 0.001 for edit in probe.edits):
        yield ctx.review("edit-list", measured=measured(len(probe.edits)), count=len(probe.edits))
    if probe.second_opinion_failure is not None:
        failure = probe.second_opinion_failure
        yield ctx.review("second-reader-failed", measured=measured(failure), failure=failure)
    if probe.disagreements:
        words = "; ".join(
            f"{d.field}{'' if d.stream is None else f' #{d.stream}'}: FFmpeg {d.ffmpeg}, MediaInfo {d.mediainfo}"
            for d in probe.disagreements[:_MAX_FINDINGS]
        )
        yield ctx.review("readers-disagree", measured=measured(len(probe.disagreements)), words=words)
