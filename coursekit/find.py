"""What is in a course folder: the lessons, covers and papers, by the manifest where there is one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coursekit.engine.cache import Identity
from coursekit.model import Course, FileKind, Lesson
from coursekit.paths import display_name, inside

MANIFEST_NAMES = ("course.yaml", "course.yml", "course.json")
_MEDIA_SUFFIXES = frozenset(
    [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".f4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".vob", ".3gp", ".3g2", ".mxf", ".ogv", ".rm", ".rmvb", ".mp3", ".m4a", ".aac", ".wav", ".flac", ".ogg", ".opus", ".wma", ".aif", ".aiff", ".ac3", ".amr"]
)
_OWN_FOLDERS = frozenset({"reports", "dossier", "node_modules", "__pycache__"})
_OWN_FILES = frozenset({"facts.json", "report.json", "expected.json", "Thumbs.db", "desktop.ini"})
_COVER_WORDS = ("cover", "封面", "poster", "海报")


class CourseError(Exception):
    """The course cannot be read at all. `code` names a phrase of texts/cli.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the folder."""

    path: Path
    identity: Identity
    refused: str | None = None
    """Why it is not opened: `outside-course`, `not-a-file`, `unreadable`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A course folder as listed: names and identities, nothing opened."""

    root: Path
    entries: Mapping[str, Entry]
    """By display name, sorted."""

    @property
    def manifest_path(self) -> Path | None:
        """The manifest, if one lies at the top."""
        return next((e.path for name in MANIFEST_NAMES if (e := self.entries.get(name)) and not e.refused), None)


def list_folder(target: Path) -> Folder:
    """List a course folder, or one media file as a course of one lesson."""
    if target.is_file():
        status = target.stat()
        return Folder(target.parent, {display_name(Path(target.name)): Entry(target, Identity.from_stat(status))})
    if not target.is_dir():
        raise CourseError("course-missing", course=str(target))
    entries: dict[str, Entry] = {}
    for path in _walk(target):
        name = display_name(path.relative_to(target))
        if name in entries:
            raise CourseError("names-collide", course=str(target), name=name)
        entries[name] = _entry(target, path)
    return Folder(target, dict(sorted(entries.items())))


def _walk(root: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise CourseError("folder-unreadable", course=str(error.filename), detail=error.strerror or "")

    for folder, names, files in os.walk(root, onerror=unreadable):
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in _OWN_FOLDERS)
        for name in sorted(files):
            if not name.startswith(".") and name not in _OWN_FILES:
                yield Path(folder, name)


def _entry(root: Path, path: Path) -> Entry:
    nothing = Identity(0, 0, 0, 0)
    try:
        link = path.lstat()
        if stat.S_ISLNK(link.st_mode) and not inside(root, path):
            return Entry(path, nothing, "outside-course")
        status = path.stat()
    except OSError:
        return Entry(path, nothing, "unreadable")
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, nothing, "not-a-file")
    return Entry(path, Identity.from_stat(status))


def classify(folder: Folder) -> tuple[Course, Mapping[str, FileKind]]:
    """A course without a manifest: every media file is a lesson. Reads the first bytes of each file, no more."""
    kinds = {name: kind_of(entry) for name, entry in folder.entries.items()}
    lessons = tuple(
        Lesson(id=name, title=Path(name).stem, path=name)
        for name, kind in kinds.items()
        if kind in (FileKind.VIDEO, FileKind.AUDIO)
    )
    covers = tuple(name for name, kind in kinds.items() if kind is FileKind.IMAGE and _is_cover(name))
    rest = {*covers, *(le.path for le in lessons)}
    documents = tuple(
        name
        for name, kind in kinds.items()
        if name not in rest and kind is not FileKind.UNKNOWN and name not in MANIFEST_NAMES
    )
    name = folder.root.resolve().name
    course = Course(
        id=display_name(Path(name)),
        title=display_name(Path(name)),
        lessons=lessons,
        covers=covers,
        documents=documents,
        ignored=tuple(n for n in kinds if n not in rest and n not in documents and n not in MANIFEST_NAMES),
    )
    return course, kinds


def kind_of(entry: Entry) -> FileKind:
    """What a file is. One that may not be opened is judged by its name, so that it is missed by nobody."""
    from coursekit.probe.sniff import sniff

    by_name = FileKind.VIDEO if entry.path.suffix.lower() in _MEDIA_SUFFIXES else FileKind.UNKNOWN
    if entry.refused:
        return by_name
    kind = sniff(entry.path)
    return by_name if kind is FileKind.UNKNOWN else kind


def _is_cover(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _COVER_WORDS)
