"""Subtitles as people write them."""

from __future__ import annotations

import pytest

from coursekit.probe.subtitle import Cue, cue_problems, decode_text, parse_ass, parse_cues

SRT = "1\n00:00:01,000 --> 00:00:02,500\n<i>安全</i>用电\n第二行\n\n2\n00:00:03.000 --> 00:00:04.000\n完\n"


def test_srt() -> None:
    cues, unreadable = parse_cues(SRT)
    assert cues == [Cue(2, 1.0, 2.5, "安全用电 第二行"), Cue(7, 3.0, 4.0, "完")]
    assert unreadable == []


def test_vtt_with_settings_notes_and_short_times() -> None:
    text = "WEBVTT\n\nNOTE hidden\n\nid-1\n00:01.000 --> 01:02.000 align:start\n<v 老师>你好\n"
    cues, _ = parse_cues(text)
    assert cues == [Cue(6, 1.0, 62.0, "你好")]


def test_ass() -> None:
    text = "[Events]\nDialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\b1}好, 开始\nDialogue: 0,x,y,z\n"
    cues, unreadable = parse_ass(text)
    assert cues == [Cue(2, 1.0, 2.5, "好, 开始")]
    assert [(p.code, p.line) for p in unreadable] == [("unreadable", 3)]


def test_a_time_line_that_cannot_be_read_is_told() -> None:
    cues, unreadable = parse_cues("1\n00:00:0x --> 00:00:02,000\nx\n")
    assert cues == []
    assert [(p.code, p.line) for p in unreadable] == [("unreadable", 2)]


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        (Cue(2, 2.0, 3.0, "b"), []),
        (Cue(2, 1.9996, 3.0, "b"), []),
        (Cue(2, 1.5, 3.0, "b"), ["overlap"]),
        (Cue(2, 0.5, 0.9, "b"), ["backward"]),
        (Cue(2, 3.0, 3.0, "b"), ["no-length"]),
        (Cue(2, 2.0, 3.0, ""), ["empty"]),
    ],
)
def test_order(second: Cue, codes: list[str]) -> None:
    assert [p.code for p in cue_problems([Cue(1, 1.0, 2.0, "a"), second])] == codes


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings(written: str, name: str) -> None:
    text, found = decode_text((SRT * 20).encode(written))
    assert found == name
    assert text == SRT * 20


def test_bytes_that_are_no_text() -> None:
    assert decode_text(bytes(range(256))) == (None, None)
