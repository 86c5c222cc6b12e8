"""The index: which courses, which versions, which skill points, approved until when. One SQL for SQLite and PostgreSQL.

Nothing here is the truth; the records are (`coursekit.library.shelf`). An index that lacks one, or has one too many,
is mended from them before it answers. SQLite's file lies in the library; a platform with a PostgreSQL keeps the same
tables there and joins them with its own.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

from coursekit.library.model import Edition
from coursekit.library.shelf import LibraryFault, Shelf

VERSION = "1"
WAIT_S = 600
"""How long an import waits for another one's last step, which takes a second."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS ck_meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS ck_edition (
        edition TEXT PRIMARY KEY,
        course TEXT NOT NULL,
        version TEXT NOT NULL,
        title TEXT NOT NULL,
        draft INTEGER NOT NULL,
        occupation TEXT,
        occupation_code TEXT,
        operator TEXT,
        publisher TEXT,
        publisher_key TEXT,
        approved_on TEXT,
        approved_until TEXT,
        use_from TEXT,
        imported_at TEXT NOT NULL,
        lessons INTEGER NOT NULL,
        duration_s DOUBLE PRECISION NOT NULL,
        bytes BIGINT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ck_edition_course ON ck_edition (course, imported_at)",
    """CREATE TABLE IF NOT EXISTS ck_level (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        level INTEGER NOT NULL,
        PRIMARY KEY (edition, level))""",
    """CREATE TABLE IF NOT EXISTS ck_profile (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        profile TEXT NOT NULL,
        hash TEXT NOT NULL,
        title TEXT NOT NULL,
        PRIMARY KEY (edition, profile))""",
    """CREATE TABLE IF NOT EXISTS ck_lesson (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        lesson TEXT NOT NULL,
        title TEXT NOT NULL,
        mode TEXT NOT NULL,
        part TEXT NOT NULL,
        hours TEXT NOT NULL,
        path TEXT,
        sha256 TEXT,
        bytes BIGINT,
        duration_s DOUBLE PRECISION,
        PRIMARY KEY (edition, position))""",
    """CREATE TABLE IF NOT EXISTS ck_point (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        point TEXT NOT NULL,
        kind TEXT NOT NULL,
        code TEXT NOT NULL,
        text TEXT NOT NULL,
        level INTEGER,
        PRIMARY KEY (edition, point))""",
    "CREATE INDEX IF NOT EXISTS ck_point_code ON ck_point (code)",
    """CREATE TABLE IF NOT EXISTS ck_teaches (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        point TEXT NOT NULL,
        depth TEXT NOT NULL,
        PRIMARY KEY (edition, position, point))""",
    "CREATE INDEX IF NOT EXISTS ck_teaches_point ON ck_teaches (edition, point)",
    """CREATE TABLE IF NOT EXISTS ck_file (
        edition TEXT NOT NULL REFERENCES ck_edition (edition) ON DELETE CASCADE,
        path TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        PRIMARY KEY (edition, path))""",
    "CREATE INDEX IF NOT EXISTS ck_file_sha256 ON ck_file (sha256)",
    # Of each course the edition that counts: the last one taken in, a draft only where there is nothing else.
    """CREATE VIEW IF NOT EXISTS ck_current AS
        SELECT e.* FROM ck_edition e
        WHERE NOT EXISTS (SELECT 1 FROM ck_edition n WHERE n.course = e.course AND (n.draft < e.draft OR
            (n.draft = e.draft AND (n.imported_at > e.imported_at OR
                (n.imported_at = e.imported_at AND n.edition > e.edition)))))""",
)

COURSES = """\
SELECT e.course, e.title, e.edition, e.version, e.draft, e.publisher, e.approved_on, e.approved_until, e.imported_at,
       e.lessons, e.duration_s, e.bytes,
       (SELECT COUNT(*) FROM ck_edition a WHERE a.course = e.course) AS editions,
       (SELECT COUNT(*) FROM ck_point p WHERE p.edition = e.edition AND p.kind = 'skill') AS skills
FROM ck_current e
ORDER BY e.course"""
"""Each course with the edition that counts."""

EDITIONS = """\
SELECT e.edition, e.version, e.title, e.draft, e.publisher, e.approved_on, e.approved_until, e.imported_at, e.lessons,
       e.duration_s, e.bytes
FROM ck_edition e
WHERE e.course = ?
ORDER BY e.imported_at, e.edition"""
"""Every edition of one course."""

POINTS = """\
SELECT p.point, p.kind, p.code, p.text, p.level, COUNT(t.position) AS lessons
FROM ck_point p LEFT JOIN ck_teaches t ON t.edition = p.edition AND t.point = p.point
WHERE p.edition = ?
GROUP BY p.point, p.kind, p.code, p.text, p.level
ORDER BY p.code, p.point"""
"""The points of one edition, and how many lessons treat each."""

TEACHING = """\
SELECT e.course, e.title, e.approved_until, l.title AS lesson, l.sha256, t.depth, p.point, p.code, p.text
FROM ck_point p
JOIN ck_current e ON e.edition = p.edition
JOIN ck_teaches t ON t.edition = p.edition AND t.point = p.point
JOIN ck_lesson l ON l.edition = t.edition AND l.position = t.position
WHERE e.draft = 0 AND (p.point = ? OR p.code = ? OR p.text LIKE ?)
ORDER BY e.course, t.position, p.point"""
"""Who teaches a point, in the editions that count: by its id, its number in the standard, or words of it."""

EXPIRING = """\
SELECT e.course, e.title, e.edition, e.approved_until
FROM ck_edition e
WHERE e.draft = 0 AND e.approved_until IS NOT NULL AND e.approved_until < ?
ORDER BY e.approved_until, e.course"""
"""What may no longer be taught on a day."""


class Database(Protocol):
    """What SQLite and PostgreSQL have in common, as Python's DB-API says it."""

    def cursor(self) -> Any: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Index:
    """An open index. Every change is one transaction."""

    database: Database
    postgres: bool = False
    path: str = ""
    """Of an SQLite index that is open and whole; what its disk does from then on is said, not raised."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction that nobody else's overlaps: who is in here is alone with the library's records."""
        # PostgreSQL begins by itself; SQLite's python module would only with the first change, when it may be too late.
        if self.postgres:
            self._run("LOCK TABLE ck_meta IN EXCLUSIVE MODE")
        else:
            self._run("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # On a disk that broke the transaction is gone already.
            with contextlib.suppress(sqlite3.Error):
                self.database.rollback()
            raise
        with self._words():
            self.database.commit()

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if not self.path:
                raise
            raise LibraryFault("index-failed", file=self.path, detail=str(error)) from error

    def prepare(self) -> None:
        """Make the tables where they are missing."""
        if not self.postgres and self.rows("SELECT name FROM sqlite_master WHERE name = 'ck_current'"):
            # Who only reads, reads while others write.
            self._judge_version()
            return
        if self.postgres:
            # Two that make the same table at once would collide in the catalogue.
            self._run("SELECT pg_advisory_xact_lock(7305809274313)")
        else:
            self._run("BEGIN IMMEDIATE")
        for statement in TABLES:
            # The one thing the two have no common words for.
            self._run(statement.replace("VIEW IF NOT EXISTS", "OR REPLACE VIEW") if self.postgres else statement)
        self._run("INSERT INTO ck_meta (name, value) VALUES ('version', ?) ON CONFLICT (name) DO NOTHING", VERSION)
        self.database.commit()
        self._judge_version()

    def _judge_version(self) -> None:
        found = self.rows("SELECT value FROM ck_meta WHERE name = 'version'")
        if self.postgres:
            self.database.rollback()
        if not found or found[0]["value"] != VERSION:
            raise LibraryFault("index-of-another-version", found=str(found), wanted=VERSION)

    def mend(self, shelf: Shelf) -> tuple[int, int]:
        """Make the index say what the records say; how many were added and removed."""
        if self._known() == shelf.edition_ids():
            return 0, 0
        with self.changing():
            known, there = self._known(), shelf.edition_ids()
            for edition in sorted(known - there):
                self._run("DELETE FROM ck_edition WHERE edition = ?", edition)
            for edition in sorted(there - known):
                self.add(shelf.edition(edition))
        return len(there - known), len(known - there)

    def _known(self) -> frozenset[str]:
        known = frozenset(row["edition"] for row in self.rows("SELECT edition FROM ck_edition"))
        if self.postgres:
            self.database.rollback()
        return known

    def add(self, edition: Edition) -> None:
        """Enter an edition. To be called while `changing`."""
        course, key = edition.course, edition.id
        publisher = edition.publisher
        self._insert(
            "ck_edition",
            [
                (
                    *(key, course.id, course.version, course.title, int(course.draft), course.occupation),
                    *(course.occupation_code, course.operator, publisher.name if publisher else None),
                    *(publisher.key_id if publisher else None, course.approval.on, course.approval.until),
                    *(course.use_from, edition.imported_at, len(course.lessons)),
                    *(sum(lesson.duration_s or 0.0 for lesson in course.lessons), edition.payload_bytes),
                )
            ],
        )
        self._insert("ck_level", [(key, level) for level in sorted(set(course.levels))])
        self._insert("ck_profile", [(key, p.id, p.hash, p.title) for p in course.profiles])
        lessons = list(enumerate(course.lessons, 1))
        self._insert(
            "ck_lesson",
            [
                (key, n, le.id, le.title, le.mode, le.part, le.hours, le.path, le.sha256, le.size_bytes, le.duration_s)
                for n, le in lessons
            ],
        )
        self._insert("ck_point", [(key, p.id, p.kind, p.code, p.text, p.level) for p in course.points])
        self._insert("ck_teaches", [(key, n, t.point, t.depth) for n, le in lessons for t in le.teaches])
        self._insert("ck_file", [(key, f.path, f.sha256, f.size_bytes) for f in edition.files])

    def publishers(self, course: str) -> frozenset[str | None]:
        """Keys whose signature a course has come under, drafts left aside."""
        rows = self.rows("SELECT DISTINCT publisher_key FROM ck_edition WHERE course = ? AND draft = 0", course)
        return frozenset(row["publisher_key"] for row in rows)

    def rows(self, query: str, *args: object) -> list[dict[str, Any]]:
        """Answers by column name."""
        cursor = self._run(query, *args)
        names = [column[0] for column in cursor.description]
        with self._words():
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _insert(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            marks = ", ".join("?" * len(row))
            # What a stranger's manifest lists twice is entered once.
            self._run(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", *map(_storable, row))  # noqa: S608

    def _run(self, statement: str, *args: object) -> Any:
        with self._words():
            cursor = self.database.cursor()
            cursor.execute(statement.replace("?", "%s") if self.postgres else statement, args)
            return cursor


def _storable(value: object) -> object:
    """A value both databases take: PostgreSQL refuses NUL, neither holds half a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return value


def open_index(shelf: Shelf, *, mend: bool = True) -> Index:
    """The library's own index, made where it is missing, and made anew where it is damaged."""
    path = shelf.root / "index.sqlite3"
    try:
        index = _sqlite(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise LibraryFault("index-busy", file=str(path), detail=str(error)) from error
        # Not a database any more. Everything in it stands in the records.
        for name in (path.name, f"{path.name}-journal", f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        index = _sqlite(path)
    index.path = str(path)
    if mend:
        index.mend(shelf)
    return index


def _sqlite(path: Path) -> Index:
    database = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    index = Index(database)
    try:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA synchronous = FULL")
        index.prepare()
    except BaseException:
        database.close()
        raise
    return index


def open_mirror(shelf: Shelf, url: str) -> Index:
    """The same tables in a platform's PostgreSQL, brought up to date with the records."""
    try:
        # By name: who has no PostgreSQL needs no driver, and neither does a type checker.
        psycopg = import_module("psycopg")
    except ImportError as error:
        raise LibraryFault("postgres-driver-missing") from error
    try:
        index = Index(psycopg.connect(url), postgres=True)
        index.prepare()
        index.mend(shelf)
    except psycopg.Error as error:
        # The address may hold a password; the driver's words do not.
        raise LibraryFault("postgres-unreachable", detail=str(error).strip().splitlines()[0]) from error
    return index
