"""probe/codec."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.codec import CodecParams, codec
from tests.probe_facts import audio, closed, lesson, picture, probe, video
from tests.support import run_check

PARAMS = CodecParams(
    video_codecs=("h264", "hevc"),
    audio_codecs=("aac", "mp3"),
    pixel_formats=("yuv420p", "yuvj420p"),
    max_bit_depth=8,
    allow_hdr=False,
)


def test_h264_and_aac_pass() -> None:
    assert run_check(codec, lesson(probe()), PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        ((video(codec="svq3"), audio()), "unusual-video-codec"),
        ((video(), audio(codec="pcm_mulaw")), "unusual-audio-codec"),
        ((video(codec=None, codec_tag="XVUY"), audio()), "unknown-codec"),
    ],
)
def test_codecs(streams: tuple, code: str) -> None:  # type: ignore[type-arg]
    outcome = run_check(codec, lesson(probe(*streams)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


def test_streams_of_one_codec_make_one_finding() -> None:
    facts = probe(video(), *(audio(i, codec="pcm_alaw") for i in (1, 2, 3)))
    outcome = run_check(codec, lesson(facts), PARAMS)
    assert [f.args["stream"] for f in outcome.findings] == ["1, 2, 3"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pixel_format": "yuv420p10le", "bit_depth": 10}, "deep-colour"),
        ({"pixel_format": "yuv444p", "chroma": "4:4:4"}, "unusual-pixel-format"),
        ({"hdr": "pq", "transfer": "pq", "container_transfer": "pq"}, "hdr"),
        ({"transfer": "bt709", "container_transfer": "hlg"}, "hdr-disagrees"),
    ],
)
def test_pictures_that_look_wrong_elsewhere(changes: dict[str, Any], code: str) -> None:
    outcome = run_check(codec, lesson(probe(video(picture=picture(**changes)), audio())), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, (code,))


def test_hdr_in_an_sdr_container_is_two_matters() -> None:
    hidden = picture(hdr="pq", transfer="pq", container_transfer="bt709")
    facts = lesson(probe(video(picture=hidden)))
    assert run_check(codec, facts, PARAMS).codes == ("hdr", "hdr-disagrees")
    assert run_check(codec, facts, replace(PARAMS, allow_hdr=True)).codes == ("hdr-disagrees",)


def test_shades_of_sdr_do_not_matter() -> None:
    facts = probe(video(picture=picture(transfer="smpte170m", container_transfer="bt709")))
    assert run_check(codec, lesson(facts), PARAMS).verdict is Verdict.PASS


def test_without_streams() -> None:
    assert run_check(codec, lesson(closed("empty")), PARAMS).reason == "does-not-open"
    cover_only = probe(video(attached_picture=True))
    assert run_check(codec, lesson(cover_only), PARAMS).verdict is Verdict.NOT_APPLICABLE
