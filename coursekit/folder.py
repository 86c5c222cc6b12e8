"""A course folder as listed: names and identities, nothing opened. Light to import: every run begins here."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from coursekit.paths import display_name, inside
from coursekit.probe.limits import FOLDER_DEPTH, FOLDER_FILES

MANIFEST_NAMES = ("course.yaml", "course.yml", "course.json")
_MEDIA = (
    "mp4 m4v mov mkv webm avi wmv asf flv f4v mpg mpeg ts m2ts mts vob 3gp 3g2 mxf ogv rm rmvb "
    "mp3 m4a aac wav flac ogg opus wma aif aiff ac3 amr"
)
MEDIA_SUFFIXES = frozenset(f".{name}" for name in _MEDIA.split())
REVIEW, FILING = "review", "filing"
_KEPT_AT_THE_TOP = frozenset({REVIEW, FILING})
"""What coursekit keeps beside a course: experts' decisions and the operator's papers. Neither is course material. Only
at the top: a chapter may well have a folder called review."""
_OWN_FOLDERS = frozenset({"reports", "coursekit-reports", "dossier", "node_modules", "__pycache__"})
_OWN_REPORTS = frozenset(
    {"facts.json", "report.json", "report.html", "report.sarif", "report.txt", "report.md", "junit.xml", "ebu-qc.xml"}
)
"""What an audit writes into a course is no part of it: a report must not be judged by the next run."""
_OWN_FILES = _OWN_REPORTS | {"expected.json", "Thumbs.db", "desktop.ini"}
_SETTLED_NS = 2_000_000_000
"""A file changed less than this long ago may change again within the clock's grain and keep its times."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file system says of a file. Equal identity, settled times: equal content."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    etag: str | None = None
    """Of a file on a store: what the store promises to change whenever the content does."""

    @classmethod
    def of(cls, path: Path) -> Identity:
        """The identity a file has now."""
        return cls.from_stat(path.stat())

    @classmethod
    def from_stat(cls, status: os.stat_result) -> Identity:
        """The identity in a stat result."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    def settled(self, now_ns: int | None = None) -> bool:
        """Whether the file has been left alone long enough for its times to prove anything."""
        if self.etag is not None:
            return True
        now = time.time_ns() if now_ns is None else now_ns
        newest = max(self.mtime_ns, self.ctime_ns)
        return now - newest > _SETTLED_NS


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
    url: str | None = None
    """Where its bytes are, if they lie on a store: `path` is then only what it is called."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A course folder as listed: names and identities, nothing opened."""

    root: Path
    entries: Mapping[str, Entry]
    """By display name, sorted."""
    kept: Mapping[str, Identity] = field(default_factory=dict)
    """Files of `review/` and `filing/`: never course material, yet what is said of a course depends on them."""
    url: str | None = None
    """Of a course on a store; `root` then holds its manifest and little else, for as long as the process lives."""

    @property
    def manifest_path(self) -> Path | None:
        """The manifest, if one lies at the top."""
        return next((e.path for name in MANIFEST_NAMES if (e := self.entries.get(name)) and not e.refused), None)


def is_own(parts: tuple[str, ...]) -> bool:
    """Whether a course-relative name is hidden, or something of our own that is no part of the course."""
    *folders, name = parts
    return name in _OWN_FILES or any(part.startswith(".") for part in parts) or not _OWN_FOLDERS.isdisjoint(folders)


def is_kept(parts: tuple[str, ...]) -> bool:
    """Whether a course-relative name lies where decisions and papers are kept beside the course."""
    return len(parts) > 1 and parts[0] in _KEPT_AT_THE_TOP


def list_folder(target: Path | str) -> Folder:
    """List a course folder, or one media file as a course of one lesson. A text is the URL of a store."""
    if isinstance(target, str):
        from coursekit.store import list_store

        return list_store(target)
    if target.is_file():
        status = target.stat()
        return Folder(target.parent, {display_name(Path(target.name)): Entry(target, Identity.from_stat(status))})
    if not target.is_dir():
        raise CourseError("course-missing", course=str(target))
    entries: dict[str, Entry] = {}
    composed: set[str] = set()
    for path in _walk(target):
        name = display_name(path.relative_to(target))
        # Two names that a manifest, a Mac and a package cannot tell apart count as one, too.
        if name in entries or (same := normalize("NFC", name)) in composed:
            raise CourseError("names-collide", course=str(target), name=name)
        if len(entries) >= FOLDER_FILES:
            raise CourseError("too-many-files", course=str(target), most=str(FOLDER_FILES))
        composed.add(same)
        entries[name] = entry_of(target, path)
    return Folder(target, dict(sorted(entries.items())), dict(_kept(target)))


def _kept(root: Path) -> Iterator[tuple[str, Identity]]:
    for top in sorted(_KEPT_AT_THE_TOP):
        for path in _walk(root / top):
            name = display_name(path.relative_to(root))
            if top == REVIEW and path.suffix.lower() in MEDIA_SUFFIXES:
                # Somebody's own chapter: what would not be looked at must not be passed over in silence.
                raise CourseError("media-in-review", course=str(root), name=name)
            yield name, entry_of(root, path).identity


def _walk(root: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise CourseError("folder-unreadable", course=str(error.filename), detail=error.strerror or "")

    if not root.is_dir():
        return
    for folder, names, files in os.walk(root, onerror=unreadable):
        if names and folder.count(os.sep) - str(root).count(os.sep) >= FOLDER_DEPTH:
            raise CourseError("too-deep", course=str(root), most=str(FOLDER_DEPTH), name=display_name(Path(folder)))
        own = _OWN_FOLDERS | _KEPT_AT_THE_TOP if folder == str(root) else _OWN_FOLDERS
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in own)
        for name in sorted(files):
            if not name.startswith(".") and name not in _OWN_FILES:
                yield Path(folder, name)


def entry_of(root: Path, path: Path) -> Entry:
    """What the file system says of `path`, and whether it may be opened as a file of `root`."""
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
