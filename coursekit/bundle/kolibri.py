"""A Kolibri channel: a folder that `kolibri manage importchannel disk` takes in without a network.

The channel is an SQLite file of Kolibri's content schema 5 beside media named by its MD5 (Kolibri's choice; it is how
a flipped byte is noticed on import). Every id derives from the course's own, so that a new version of a course updates
its channel instead of standing beside it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.bundle.appear import growing_folder
from coursekit.bundle.copying import read_checked
from coursekit.bundle.learner import CannotExport, Item, Kind, Unit, ascii_suffix, title_of, units
from coursekit.bundle.model import FileRole, Package
from coursekit.bundle.plan import Plan

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:coursekit:kolibri:1")
_MIN_SCHEMA = "5"
_MAX_THUMBNAIL_BYTES = 300_000
_PICTURES: Mapping[str, str] = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
_LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class _Shape:
    """How Kolibri calls what a learner does with a file. The activity codes are those of its label vocabulary."""

    kind: str
    preset: str
    activity: str
    thumbnail: str


_SHAPES: Mapping[Kind, _Shape] = {
    Kind.VIDEO: _Shape("video", "high_res_video", "UD5UGM0z", "video_thumbnail"),
    Kind.AUDIO: _Shape("audio", "audio", "mkA1R3NU", "audio_thumbnail"),
    Kind.DOCUMENT: _Shape("document", "document", "wA01urpi", "document_thumbnail"),
}
_EXTENSIONS: Mapping[str, str] = {".mp4": "mp4", ".m4v": "mp4", ".webm": "webm", ".mp3": "mp3", ".pdf": "pdf"}


def channel_id(package: Package) -> str:
    """What Kolibri calls the course."""
    return uuid.uuid5(_SPACE, package.id).hex


def channel_version(package: Package) -> int:
    """Kolibri refuses a version it has: the day of approval as a number, so that a later one is a higher one."""
    day = (package.approval.on or "").replace("-", "")
    return int(day) if day.isdecimal() else 1


def export(plan: Plan, target: Path, *, version: int | None = None) -> None:
    """Write the folder in one step; `target/content` is what Kolibri reads."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotExport("target-exists", target=str(target))
    lessons = units(plan)
    for unit in lessons:
        _playable(unit)
    if target.exists():
        target.rmdir()
    with growing_folder(target) as work:
        _build(plan, lessons, work / "content", version or channel_version(plan.package))


def _playable(unit: Unit) -> None:
    if ascii_suffix(unit.main.file.path) not in _EXTENSIONS:
        raise CannotExport(
            "not-playable", lesson=unit.lesson.title, file=unit.main.file.path, playable=" ".join(_EXTENSIONS)
        )


def _build(plan: Plan, lessons: tuple[Unit, ...], content: Path, version: int) -> None:
    tree = _Tree(plan, _Store(content / "storage"))
    tree.fill(lessons)
    databases = content / "databases"
    databases.mkdir(parents=True)
    path = databases / f"{tree.channel}.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # One transaction, no journal: the file's bytes depend on its rows only.
        database.execute("PRAGMA page_size = 4096")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("BEGIN")
        for statement in _SCHEMA.split(";\n"):
            database.execute(statement)
        for table, rows in tree.rows(version).items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608 - table names are ours
        database.execute("COMMIT")


class _Store:
    """Media by MD5. A file that two lessons share is kept once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files: dict[str, tuple[str, int]] = {}

    def copy(self, plan: Plan, item: Item, extension: str) -> str:
        """A course file, read once."""
        file = item.file
        return self._put(read_checked(plan.sources[file.path], file.path, file.sha256, file.size_bytes), extension)

    def add(self, data: bytes, extension: str) -> str:
        """A small file."""
        return self._put(iter([data]), extension)

    def _put(self, chunks: Iterator[bytes], extension: str) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        self._root.mkdir(parents=True, exist_ok=True)
        growing = self._root / "growing"
        size = 0
        with growing.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        name = digest.hexdigest()
        place = self._root / name[0] / name[1] / f"{name}.{extension}"
        place.parent.mkdir(parents=True, exist_ok=True)
        growing.replace(place)
        self.files[name] = (extension, size)
        return name


_Row = tuple[object, ...]


@dataclass(slots=True)
class _Node:
    """A node of the tree; `lft` and `rght` are counted when it is written."""

    id: str
    title: str
    kind: str
    description: str = ""
    activity: str | None = None
    duration_s: int | None = None
    children: list[_Node] = field(default_factory=list)


class _Tree:
    """The course as Kolibri's nested set: the channel, its lessons, and documents beside a lesson."""

    def __init__(self, plan: Plan, store: _Store) -> None:
        self._plan = plan
        self._package = plan.package
        self._store = store
        self.channel = channel_id(plan.package)
        self._root = _Node(self.channel, title_of(plan)[:200], "topic", plan.package.summary or "")
        self._files: list[_Row] = []
        self._languages = {plan.package.language: None}

    def fill(self, lessons: Sequence[Unit]) -> None:
        """Copy every file and hang up every lesson."""
        for unit in lessons:
            self._root.children.append(self._lesson(unit))

    def _lesson(self, unit: Unit) -> _Node:
        shape = _SHAPES[unit.kind]
        points = "；".join(f"{point.code} {point.text}" for point in unit.points)
        node = _Node(
            self._id(unit.lesson.id),
            unit.lesson.title[:200],
            shape.kind,
            f"本课要点：{points}" if points else "",
            shape.activity,
            round(unit.lesson.duration_s) if unit.lesson.duration_s else None,
        )
        extension = _EXTENSIONS[ascii_suffix(unit.main.file.path)]
        self._file(node, shape.preset, self._store.copy(self._plan, unit.main, extension))
        for track in unit.tracks:
            name = self._store.add(track.data, "vtt")
            self._file(node, "video_subtitle", name, language=track.language, supplementary=True)
        if unit.poster is not None and ascii_suffix(unit.poster.name) in _PICTURES:
            name = self._store.copy(self._plan, unit.poster, ascii_suffix(unit.poster.name)[1:].replace("jpeg", "jpg"))
            self._file(node, shape.thumbnail, name, supplementary=True, thumbnail=True)
        papers = [item for item in unit.extras if ascii_suffix(item.name) == ".pdf"]
        if not papers:
            return node
        folder = _Node(self._id(unit.lesson.id, "folder"), node.title, "topic", children=[node])
        for item in papers:
            paper = _Node(self._id(unit.lesson.id, item.file.path), item.title[:200], "document", "", "wA01urpi")
            self._file(paper, "document", self._store.copy(self._plan, item, "pdf"))
            folder.children.append(paper)
        return folder

    def _id(self, *parts: str) -> str:
        return uuid.uuid5(_SPACE, "\n".join((self._package.id, *parts))).hex

    def _file(
        self,
        node: _Node,
        preset: str,
        local: str,
        *,
        language: str | None = None,
        supplementary: bool = False,
        thumbnail: bool = False,
    ) -> None:
        if language is not None:
            self._languages[language] = None
        name = self._id(node.id, preset, language or "", local)
        self._files.append((name, preset, supplementary, thumbnail, len(self._files) + 1, node.id, language, local))

    def rows(self, version: int) -> dict[str, list[_Row]]:
        """Every table's rows."""
        package = self._package
        channel = (
            self.channel,
            title_of(self._plan)[:200],
            (package.summary or "")[:400],
            None,
            (package.operator or "")[:400],
            version,
            self._thumbnail(),
            f"{package.approval.on} 00:00:00.000000(UTC)" if package.approval.on else None,
            _MIN_SCHEMA,
            self.channel,
        )
        return {
            "content_language": [_language(name) for name in self._languages],
            "content_localfile": [(name, end, False, size) for name, (end, size) in sorted(self._store.files.items())],
            "content_contentnode": list(self._nodes()),
            "content_channelmetadata": [channel],
            "content_file": self._files,
        }

    def _nodes(self) -> Iterator[_Row]:
        rows: list[tuple[_Node, str | None, int, int, int, float]] = []

        def walk(node: _Node, parent: str | None, level: int, number: int, lft: int) -> int:
            place = len(rows)
            rows.append((node, parent, level, lft, 0, float(number)))
            right = lft + 1
            for n, child in enumerate(node.children, 1):
                right = walk(child, node.id, level + 1, n, right)
            rows[place] = (node, parent, level, lft, right, float(number))
            return right + 1

        walk(self._root, None, 0, 1, 1)
        for node, parent, level, lft, rght, order in rows:
            yield self._row(node, parent, level, lft, rght, order)

    def _row(self, node: _Node, parent: str | None, level: int, lft: int, rght: int, order: float) -> _Row:
        package = self._package
        return (
            *(node.id, "All Rights Reserved", "", node.title, False, self._id("content", node.id), self.channel),
            *(node.description, order, (package.operator or package.title)[:200], (package.operator or "")[:200]),
            *(node.kind, False, "{}", None, None, node.activity, None, None, None, node.duration_s),
            *(lft, rght, 1, level, package.language, parent),
        )

    def _thumbnail(self) -> str:
        for file in self._package.files:
            mime = _PICTURES.get(ascii_suffix(file.path))
            if file.role is FileRole.COVER and mime and file.size_bytes <= _MAX_THUMBNAIL_BYTES:
                data = b"".join(read_checked(self._plan.sources[file.path], file.path, file.sha256, file.size_bytes))
                return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
        return ""


def _language(name: str) -> _Row:
    code, _, region = name.partition("-")
    return (name[:14], code[:3], region[:10] or None, _LANGUAGES.get(code, name), "ltr")


_SCHEMA = """\
CREATE TABLE content_contenttag (id CHAR(32) NOT NULL PRIMARY KEY, tag_name VARCHAR(30) NOT NULL);
CREATE TABLE content_language (id VARCHAR(14) NOT NULL PRIMARY KEY, lang_code VARCHAR(3) NOT NULL,
 lang_subcode VARCHAR(10), lang_name VARCHAR(100), lang_direction VARCHAR(3) NOT NULL);
CREATE TABLE content_localfile (id VARCHAR(32) NOT NULL PRIMARY KEY, extension VARCHAR(40) NOT NULL,
 available BOOLEAN NOT NULL, file_size INTEGER);
CREATE TABLE content_contentnode (id CHAR(32) NOT NULL PRIMARY KEY, license_name VARCHAR(50), license_description TEXT,
 title VARCHAR(200) NOT NULL, coach_content BOOLEAN NOT NULL, content_id CHAR(32) NOT NULL,
 channel_id CHAR(32) NOT NULL, description TEXT, sort_order FLOAT, license_owner VARCHAR(200) NOT NULL,
 author VARCHAR(200) NOT NULL,
 kind VARCHAR(200) NOT NULL, available BOOLEAN NOT NULL, options TEXT, grade_levels TEXT, resource_types TEXT,
 learning_activities TEXT, accessibility_labels TEXT, categories TEXT, learner_needs TEXT, duration INTEGER,
 lft INTEGER NOT NULL, rght INTEGER NOT NULL, tree_id INTEGER NOT NULL, level INTEGER NOT NULL,
 lang_id VARCHAR(14) REFERENCES content_language (id), parent_id CHAR(32) REFERENCES content_contentnode (id));
CREATE TABLE content_assessmentmetadata (id CHAR(32) NOT NULL PRIMARY KEY, assessment_item_ids TEXT NOT NULL,
 number_of_assessments INTEGER NOT NULL, mastery_model TEXT NOT NULL, randomize BOOLEAN NOT NULL,
 is_manipulable BOOLEAN NOT NULL, contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id));
CREATE TABLE content_channelmetadata (id CHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL,
 description VARCHAR(400) NOT NULL, tagline VARCHAR(150), author VARCHAR(400) NOT NULL, version INTEGER NOT NULL,
 thumbnail TEXT NOT NULL, last_updated VARCHAR, min_schema_version VARCHAR(50) NOT NULL,
 root_id CHAR(32) NOT NULL REFERENCES content_contentnode (id));
CREATE TABLE content_contentnode_has_prerequisite (id INTEGER NOT NULL PRIMARY KEY,
 from_contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id),
 to_contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id));
CREATE TABLE content_contentnode_related (id INTEGER NOT NULL PRIMARY KEY,
 from_contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id),
 to_contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id));
CREATE TABLE content_contentnode_tags (id INTEGER NOT NULL PRIMARY KEY,
 contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id),
 contenttag_id CHAR(32) NOT NULL REFERENCES content_contenttag (id));
CREATE TABLE content_file (id CHAR(32) NOT NULL PRIMARY KEY, preset VARCHAR(150) NOT NULL,
 supplementary BOOLEAN NOT NULL, thumbnail BOOLEAN NOT NULL, priority INTEGER,
 contentnode_id CHAR(32) NOT NULL REFERENCES content_contentnode (id),
 lang_id VARCHAR(14) REFERENCES content_language (id),
 local_file_id VARCHAR(32) NOT NULL REFERENCES content_localfile (id));
CREATE INDEX content_contentnode_tree ON content_contentnode (tree_id, lft);
CREATE INDEX content_contentnode_parent ON content_contentnode (parent_id);
CREATE INDEX content_contentnode_channel ON content_contentnode (channel_id);
CREATE INDEX content_file_contentnode ON content_file (contentnode_id);
CREATE INDEX content_file_local_file ON content_file (local_file_id)"""
"""Kolibri's content schema 5, table by table and column by column."""
