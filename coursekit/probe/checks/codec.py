"""probe/codec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, LessonFacts
from coursekit.probe.facts import PictureFacts, StreamFacts
from coursekit.probe.subject import opened
from coursekit.rules.check import CheckContext, NotApplicable, at_most, check, measured, one_of

_HDR = ("pq", "hlg")


@dataclass(frozen=True, slots=True)
class CodecParams:
    """What common players decode and show as it was meant."""

    video_codecs: tuple[str, ...]
    audio_codecs: tuple[str, ...]
    pixel_formats: tuple[str, ...]
    max_bit_depth: int
    allow_hdr: bool


@check("probe/codec", facts=LessonFacts, params=CodecParams)
def codec(ctx: CheckContext, facts: LessonFacts, params: CodecParams) -> Iterator[Finding]:
    """Picture and sound are coded so that common players show and play them as they were meant."""
    probe = opened(facts)
    streams = (*probe.videos, *probe.audios)
    if not streams:
        raise NotApplicable("no-media-stream")
    ctx.observe(measured(tuple(s.codec or s.codec_tag or "?" for s in streams)))
    yield from _codecs(ctx, probe.videos, params.video_codecs, "unusual-video-codec")
    yield from _codecs(ctx, probe.audios, params.audio_codecs, "unusual-audio-codec")
    for stream in probe.videos:
        if stream.picture is not None:
            yield from _picture(ctx, stream, stream.picture, params)


def _codecs(
    ctx: CheckContext, streams: tuple[StreamFacts, ...], permitted: tuple[str, ...], unusual: str
) -> Iterator[Finding]:
    """One finding a codec, however many streams have it."""
    wanted = one_of(*permitted)
    faulty: dict[tuple[str | None, str], list[int]] = {}
    for stream in streams:
        if stream.codec not in permitted:
            faulty.setdefault((stream.codec, stream.codec_tag or "?"), []).append(stream.index)
    for (codec_name, tag), indices in faulty.items():
        where = ", ".join(map(str, indices))
        if codec_name is None:
            yield ctx.fail("unknown-codec", measured=measured(tag), expected=wanted, tag=tag, stream=where)
        else:
            found = measured(codec_name)
            yield ctx.fail(unusual, measured=found, expected=wanted, codec=codec_name, stream=where)


def _picture(ctx: CheckContext, stream: StreamFacts, picture: PictureFacts, params: CodecParams) -> Iterator[Finding]:
    index = stream.index
    deep = picture.bit_depth is not None and picture.bit_depth > params.max_bit_depth
    if deep:
        limit = at_most(params.max_bit_depth, "bit")
        yield ctx.review(
            "deep-colour",
            measured=measured(picture.bit_depth, "bit"),
            expected=limit,
            bits=picture.bit_depth or 0,
            stream=index,
        )
    elif picture.pixel_format is not None and picture.pixel_format not in params.pixel_formats:
        yield ctx.review(
            "unusual-pixel-format",
            measured=measured(picture.pixel_format),
            expected=one_of(*params.pixel_formats),
            pixel_format=picture.pixel_format,
            chroma=picture.chroma or "?",
            stream=index,
        )
    if picture.hdr is not None and not params.allow_hdr:
        yield ctx.review("hdr", measured=measured(picture.hdr), kind=picture.hdr.upper(), stream=index)
    outside, inside = picture.container_transfer, picture.transfer
    if outside is not None and inside is not None and outside != inside and (outside in _HDR or inside in _HDR):
        yield ctx.review(
            "hdr-disagrees", measured=measured((outside, inside)), container=outside, picture=inside, stream=index
        )
