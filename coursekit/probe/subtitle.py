"""Reads subtitles: SRT, WebVTT and ASS. Which encoding, how many cues, whether they follow one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from coursekit.probe.facts import CueProblem, DocumentFacts
from coursekit.probe.limits import SUBTITLE_BYTES as MAX_BYTES

_MAX_PROBLEMS = 50
_TOLERANCE_S = 0.0005
_TIME = re.compile(
    r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})", re.ASCII
)
_ASS_TIME = re.compile(r"(\d+):(\d{2}):(\d{2})[.:](\d{2})", re.ASCII)
_TAGS = re.compile(r"<[^>]*>|\{\\[^}]*\}")


class Cue(NamedTuple):
    """One subtitle."""

    line: int
    """Of its time, from 1."""
    start_s: float
    end_s: float
    text: str


def read_subtitle(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a subtitle file."""
    if facts.size_bytes > MAX_BYTES:
        return replace(facts, opens=False, open_code="too-large")
    data = path.read_bytes()
    text, encoding = decode_text(data)
    if text is None or encoding is None:
        return replace(facts, opens=False, open_code="damaged", open_detail="no known text encoding")
    cues, unreadable = parse_ass(text) if facts.format == "ass" else parse_cues(text)
    problems = [*unreadable, *cue_problems(cues)]
    problems.sort(key=lambda problem: problem.line)
    return replace(
        facts,
        encoding=encoding,
        cues=len(cues),
        characters=sum(len(cue.text) for cue in cues),
        end_s=round(max(cue.end_s for cue in cues), 3) if cues else None,
        cue_problems=tuple(problems[:_MAX_PROBLEMS]),
        cue_problem_count=len(problems),
    )


def decode_text(data: bytes) -> tuple[str | None, str | None]:
    """Text and the name of its encoding: by byte-order mark, as UTF-8, as GB 18030; (None, None) where none fits."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    named = [name for mark, name in marks if data.startswith(mark)]
    guesses = [name for name, zeros in (("utf-16-le", data[1:200:2]), ("utf-16-be", data[0:200:2])) if _zero(zeros)]
    for name in (*named, *guesses, "utf-8", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    return None, None


def _zero(data: bytes) -> bool:
    """Whether most of these bytes are zero: every other byte of ASCII in UTF-16."""
    return len(data) > 4 and data.count(0) * 2 > len(data)


def parse_cues(text: str) -> tuple[list[Cue], list[CueProblem]]:
    """Cues of SRT or WebVTT, in the order of the file, and the time lines that could not be read."""
    cues: list[Cue] = []
    unreadable: list[CueProblem] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if "-->" not in line:
            continue
        match = _TIME.search(line)
        if match is None:
            unreadable.append(CueProblem("unreadable", number))
            continue
        first = number
        body: list[str] = []
        while number < len(lines) and lines[number].strip() and "-->" not in lines[number]:
            body.append(lines[number])
            number += 1
        words = _TAGS.sub("", " ".join(body)).strip()
        cues.append(Cue(first, _seconds(match.groups()[:4]), _seconds(match.groups()[4:]), words))
    return cues, unreadable


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours[:6]) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction) / float(f"1e{len(fraction)}")


def parse_ass(text: str) -> tuple[list[Cue], list[CueProblem]]:
    """Dialogue lines of ASS."""
    cues: list[Cue] = []
    unreadable: list[CueProblem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("Dialogue:"):
            continue
        fields = line.partition(":")[2].split(",", 9)
        times = [_ASS_TIME.fullmatch(field.strip()) for field in fields[1:3]]
        if len(fields) < 10 or len(times) < 2 or times[0] is None or times[1] is None:
            unreadable.append(CueProblem("unreadable", number))
            continue
        start, end = (_seconds(match.groups()) for match in times if match is not None)
        cues.append(Cue(number, start, end, _TAGS.sub("", fields[9]).strip()))
    return cues, unreadable


def cue_problems(cues: list[Cue]) -> Iterator[CueProblem]:
    """What is out of order: cues that overlap, go back, last no time or say nothing."""
    latest_end, last_start = 0.0, 0.0
    for index, cue in enumerate(cues):
        if cue.end_s <= cue.start_s:
            yield CueProblem("no-length", cue.line, cue.start_s)
        if index and cue.start_s < last_start - _TOLERANCE_S:
            yield CueProblem("backward", cue.line, cue.start_s)
        elif index and cue.start_s < latest_end - _TOLERANCE_S:
            yield CueProblem("overlap", cue.line, cue.start_s)
        if not cue.text:
            yield CueProblem("empty", cue.line, cue.start_s)
        latest_end, last_start = max(latest_end, cue.end_s), cue.start_s
