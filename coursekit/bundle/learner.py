"""What a learner will meet, whatever the format: lessons in order, names every system can unpack, subtitles a browser
can read.

Entry names are ASCII (platforms lose or garble others); titles stay as they are. Lessons held offline have no file and
are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from pathlib import PurePosixPath

from coursekit.bundle.copying import read_checked
from coursekit.bundle.model import PackagedFile, PackagedLesson, PackagedPoint
from coursekit.bundle.plan import Plan

DRAFT = "【草稿，不得用于教学】"


class CannotExport(Exception):
    """The course has something this format cannot carry. `code` names a phrase of texts/exports.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(f"{code}: {', '.join(args.values())}")
        self.code = code
        self.args_ = args


class Kind(StrEnum):
    """What a learner does with a lesson's main file."""

    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


PLAYABLE: Mapping[str, tuple[Kind, str]] = {
    ".mp4": (Kind.VIDEO, "video/mp4"),
    ".m4v": (Kind.VIDEO, "video/mp4"),
    ".webm": (Kind.VIDEO, "video/webm"),
    ".mp3": (Kind.AUDIO, "audio/mpeg"),
    ".m4a": (Kind.AUDIO, "audio/mp4"),
    ".pdf": (Kind.DOCUMENT, "application/pdf"),
}
"""What every browser shows by itself."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the course and its name in the export."""

    name: str
    """ASCII, relative to the unit's folder."""
    file: PackagedFile

    @property
    def title(self) -> str:
        """As the studio named it."""
        return PurePosixPath(self.file.path).name


@dataclass(frozen=True, slots=True)
class Track:
    """A subtitle as WebVTT."""

    name: str
    language: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unit:
    """A lesson with a main file."""

    number: int
    lesson: PackagedLesson
    kind: Kind
    mime: str
    main: Item
    tracks: tuple[Track, ...]
    extras: tuple[Item, ...]
    poster: Item | None
    points: tuple[PackagedPoint, ...]

    @property
    def folder(self) -> str:
        """Where it lies in the export."""
        return f"lessons/{self.number:03d}"

    @property
    def items(self) -> Iterator[Item]:
        """Every course file of the unit."""
        yield self.main
        yield from self.extras
        if self.poster is not None:
            yield self.poster


def title_of(plan: Plan) -> str:
    """The course's title; nobody takes a draft for the real thing."""
    return (DRAFT if plan.package.draft else "") + plan.package.title


def units(plan: Plan) -> tuple[Unit, ...]:
    """The lessons of a plan; CannotExport where one cannot be shown by a browser or there is none."""
    files = {file.path: file for file in plan.package.files}
    points = {point.id: point for point in plan.package.points}
    found: list[Unit] = []
    for lesson in plan.package.lessons:
        if lesson.path is None:
            continue
        suffix = PurePosixPath(lesson.path).suffix.lower()
        if suffix not in PLAYABLE:
            raise CannotExport("not-playable", lesson=lesson.title, file=lesson.path, playable=" ".join(PLAYABLE))
        kind, mime = PLAYABLE[suffix]
        found.append(
            Unit(
                number=len(found) + 1,
                lesson=lesson,
                kind=kind,
                mime=mime,
                main=Item(f"main{suffix}", files[lesson.path]),
                tracks=tuple(_tracks(plan, lesson, files)),
                extras=tuple(
                    Item(f"extra-{n}{ascii_suffix(path)}", files[path]) for n, path in enumerate(lesson.supplements, 1)
                ),
                poster=Item(f"poster{ascii_suffix(lesson.cover)}", files[lesson.cover]) if lesson.cover else None,
                points=tuple(points[t.point] for t in lesson.teaches if t.point in points),
            )
        )
    if not found:
        raise CannotExport("no-lessons", course=plan.package.title)
    return tuple(found)


def ascii_suffix(path: str) -> str:
    """The ending of a name, where it is a plain one."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix.isascii() and suffix[1:].isalnum() else ""


def _tracks(plan: Plan, lesson: PackagedLesson, files: Mapping[str, PackagedFile]) -> Iterator[Track]:
    for number, subtitle in enumerate(lesson.subtitles, 1):
        file = files[subtitle.path]
        raw = b"".join(read_checked(plan.sources[file.path], file.path, file.sha256, file.size_bytes))
        yield Track(f"subtitle-{number}.vtt", subtitle.language, webvtt(raw, lesson, subtitle.path))


def webvtt(raw: bytes, lesson: PackagedLesson, path: str) -> bytes:
    """SRT, ASS or WebVTT as the WebVTT that a browser reads."""
    from coursekit.probe.subtitle import decode_text, parse_ass, parse_cues

    text, _ = decode_text(raw)
    if text is None:
        raise CannotExport("subtitle-unreadable", lesson=lesson.title, file=path)
    cues, _ = parse_ass(text) if path.lower().endswith((".ass", ".ssa")) else parse_cues(text)
    lines = ["WEBVTT", ""]
    for cue in cues:
        lines += [f"{_clock(cue.start_s)} --> {_clock(cue.end_s)}", escape(cue.text, quote=False), ""]
    return "\n".join(lines).encode("utf-8")


def _clock(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02d}:{millis // 60_000 % 60:02d}:{millis // 1000 % 60:02d}.{millis % 1000:03d}"
