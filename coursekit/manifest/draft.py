"""A first manifest for a course that has none: from the files in its folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from coursekit.find import classify
from coursekit.folder import list_folder
from coursekit.manifest.course import normal
from coursekit.manifest.fields import MAX_LINE, Form
from coursekit.manifest.model import (
    MANIFEST_SCHEMA,
    CourseInfo,
    Cover,
    LessonEntry,
    Manifest,
    Media,
    Subtitle,
)
from coursekit.manifest.vocabulary import MediaKind, Mode, Part
from coursekit.model import FileKind

CLASS_HOUR_S = 45 * 60
_NUMBERING = re.compile(
    r"^[\s._\-—·(（\[【]*(?:第?\s*[0-9０-９一二三四五六七八九十百]+\s*[课讲节章集回]|[0-9]+)[\s._\-—·:：、)）\]】]*"
)
_BAD_IN_ID = re.compile(r"[^\w.\-]+")

Duration = Callable[[Path], float | None]


def draft_manifest(root: Path, duration: Duration | None = None) -> Manifest:
    """One lesson for each media file, in the order a person would number them.

    Files whose path no manifest could state (a backslash, bytes that are not UTF-8) are left out; `files` says them.
    """
    folder = list_folder(root)
    course, kinds = classify(folder)
    measure = duration or media_duration
    names = sorted((le.path for le in course.lessons if statable(le.path)), key=natural)
    subtitles = {normal(str(Path(n).with_suffix(""))): n for n, kind in kinds.items() if kind is FileKind.SUBTITLE}
    lessons = []
    for number, name in enumerate(names, 1):
        seconds = measure(folder.entries[name].path)
        subtitle = subtitles.get(normal(str(Path(name).with_suffix(""))))
        media = Media(
            file=normal(name),
            kind=MediaKind.AUDIO if kinds[name] is FileKind.AUDIO else MediaKind.VIDEO,
            duration_s=round(seconds, 1) if seconds is not None else None,
            subtitles=(Subtitle(file=normal(subtitle)),) if subtitle is not None and statable(subtitle) else (),
        )
        lessons.append(
            LessonEntry(
                id=f"L{number:02d}",
                title=title_of(name),
                mode=Mode.ONLINE,
                part=Part.THEORY,
                hours=class_hours(seconds),
                media=(media,),
            )
        )
    title = root.resolve().name or "course"
    covers = tuple(Cover(file=normal(name)) for name in course.covers if statable(name))
    info = CourseInfo(id=id_of(title), title=_line(title), covers=covers)
    return Manifest(schema=MANIFEST_SCHEMA, course=info, lessons=tuple(lessons))


def statable(name: str) -> bool:
    """Whether a manifest can name this file."""
    return Form.PATH.regex.match(normal(name)) is not None


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Lesson 2 before lesson 10."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((1, int(p[:18]), "") if p.isascii() and p.isdigit() else (0, 0, p) for p in parts)


def title_of(name: str) -> str:
    """01_绝缘电阻测量.mp4 is the lesson 绝缘电阻测量."""
    stem = normal(Path(name).stem)
    bare = _NUMBERING.sub("", stem).replace("_", " ").strip()
    return _line(bare or stem)


def _line(text: str) -> str:
    clean = re.sub(r"[\u0000-\u001f\u007f\ufffe\uffff]+", " ", text).strip()[:MAX_LINE]
    return clean or "课程"


def id_of(title: str) -> str:
    """A course id that a manifest accepts."""
    return _BAD_IN_ID.sub("-", normal(title)).strip("-")[:64] or "course"


def class_hours(seconds: float | None) -> Fraction:
    """In halves, at least one half; one where nobody knows."""
    if seconds is None:
        return Fraction(1)
    return max(Fraction(1, 2), Fraction(round(seconds / CLASS_HOUR_S * 2), 2))


def media_duration(path: Path) -> float | None:
    """What the container says; nothing is decoded."""
    from coursekit.probe.media import MediaError, open_media

    try:
        with open_media(path) as container:
            return container.duration / 1_000_000 if container.duration else None
    except MediaError:
        return None
