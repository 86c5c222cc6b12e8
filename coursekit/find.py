"""What is in a course folder: the lessons, covers and papers, by the manifest where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from coursekit.folder import MANIFEST_NAMES, MEDIA_SUFFIXES, Entry, Folder
from coursekit.model import Course, FileKind, Lesson
from coursekit.paths import display_name

_COVER_WORDS = ("cover", "封面", "poster", "海报")


def classify(folder: Folder) -> tuple[Course, Mapping[str, FileKind]]:
    """A course without a manifest: every media file is a lesson. Reads the first bytes of each file, no more."""
    kinds = {name: kind_of(entry) for name, entry in folder.entries.items()}
    lessons = tuple(
        Lesson(id=name, title=Path(name).stem, path=name)
        for name, kind in kinds.items()
        if kind in (FileKind.VIDEO, FileKind.AUDIO)
    )
    # Whoever asks about a picture, or a folder of nothing else, asks about covers, whatever their names are.
    only = all(kind is FileKind.IMAGE for kind in kinds.values())
    covers = tuple(name for name, kind in kinds.items() if kind is FileKind.IMAGE and (only or _is_cover(name)))
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

    by_name = FileKind.VIDEO if entry.path.suffix.lower() in MEDIA_SUFFIXES else FileKind.UNKNOWN
    if entry.refused:
        return by_name
    kind = sniff(entry.path, _head_on_store(entry))
    return by_name if kind is FileKind.UNKNOWN else kind


def _head_on_store(entry: Entry) -> Callable[[], bytes] | None:
    """How to get at the first bytes of a file that lies on a store."""
    if (url := entry.url) is None:
        return None
    from coursekit.probe.sniff import HEAD_BYTES
    from coursekit.store import read_head

    return lambda: read_head(url, min(HEAD_BYTES, entry.identity.size_bytes))


def _is_cover(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _COVER_WORDS)
