"""MediaInfo's words against FFmpeg's figures. The outputs were captured from MediaInfo 24.12 and shortened."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from coursekit.probe.secondopinion import disagreements, parse_mediainfo
from tests.probe_facts import audio, packets, picture, video

GENERAL = {"@type": "General", "VideoCount": "1", "AudioCount": "1", "Format": "MPEG-4", "Duration": "2700.000"}
VIDEO = {
    "@type": "Video",
    "StreamOrder": "0",
    "Format": "AVC",
    "Duration": "2700.000",
    "Width": "1280",
    "Height": "720",
    "Rotation": "0.000",
    "FrameRate_Mode": "CFR",
    "FrameRate": "25.000",
    "FrameCount": "67500",
    "BitDepth": "8",
}
AUDIO = {
    "@type": "Audio",
    "StreamOrder": "1",
    "Format": "AAC",
    "Duration": "2700.000",
    "Channels": "2",
    "SamplingRate": "48000",
}


def tracks(*changed: dict[str, str]) -> tuple[dict[str, str], ...]:
    given = json.dumps({"media": {"@ref": "x", "track": list(changed)}})
    parsed = parse_mediainfo(given)
    assert parsed is not None
    return tuple(dict(track) for track in parsed)


STREAMS = (video(), audio())


def test_agreement() -> None:
    assert disagreements(2700.0, STREAMS, tracks(GENERAL, VIDEO, AUDIO)) == ()


@pytest.mark.parametrize(
    ("who", "key", "value", "field", "stream"),
    [
        ("General", "Duration", "2650.000", "duration_s", None),
        ("Video", "Duration", "2650.000", "duration_s", 0),
        ("Video", "Format", "HEVC", "codec", 0),
        ("Video", "Width", "1920", "size_px", 0),
        ("Video", "Rotation", "90.000", "rotation_deg", 0),
        ("Video", "FrameRate", "30.000", "frame_rate", 0),
        ("Video", "FrameCount", "67000", "frames", 0),
        ("Video", "BitDepth", "10", "bit_depth", 0),
        ("Audio", "Channels", "6", "channels", 1),
        ("Audio", "SamplingRate", "44100", "sample_rate_hz", 1),
    ],
)
def test_each_figure(who: str, key: str, value: str, field: str, stream: int | None) -> None:
    changed = [track | {key: value} if track["@type"] == who else track for track in (GENERAL, VIDEO, AUDIO)]
    found = disagreements(2700.0, STREAMS, tracks(*changed))
    assert [(d.field, d.stream) for d in found] == [(field, stream)]


def test_a_stream_that_only_one_of_them_sees() -> None:
    found = disagreements(2700.0, STREAMS, tracks(GENERAL, VIDEO))
    assert [(d.field, d.ffmpeg, d.mediainfo) for d in found] == [("audio_streams", "1", "0")]


def test_either_count_of_an_edit_list_is_right() -> None:
    edited = replace(video(), packets=packets(hidden=9))
    for count in ("67500", "67491"):
        assert disagreements(2700.0, (edited, audio()), tracks(GENERAL, VIDEO | {"FrameCount": count}, AUDIO)) == ()


def test_stored_and_shown_sizes_are_both_sizes() -> None:
    coded = video(picture=picture(coded_px=(1280, 736)))
    tall = VIDEO | {"Stored_Height": "736"}
    assert disagreements(2700.0, (coded, audio()), tracks(GENERAL, tall, AUDIO)) == ()


def test_an_unknown_codec_name_is_not_compared() -> None:
    assert disagreements(2700.0, STREAMS, tracks(GENERAL, VIDEO | {"Format": "ATI Video 2"}, AUDIO)) == ()


@pytest.mark.parametrize("raw", ["", "null", "{}", '{"media":null}', '{"media":{"track":1}}'])
def test_output_that_is_none(raw: str) -> None:
    assert parse_mediainfo(raw) is None
