"""The nouns of a library: an edition that was taken in, and what became of an attempt to take one in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coursekit.bundle.model import CheckedFile, Issue, Package, Verification

LIBRARY_SCHEMA = "coursekit/library/1"
EDITION_SCHEMA = "coursekit/edition/1"
EVENT_SCHEMA = "coursekit/import-event/1"
IMPORT_SCHEMA = "coursekit/import/1"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose signature vouches for an edition."""

    key_id: str
    """SHA-256 of the raw public key."""
    name: str | None = None
    """What the platform calls the key."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One package in the library: the record from which the index is made, and can be made again."""

    id: str
    """SHA-256 of the package's tagmanifest-sha256.txt: names all its content. Other bytes or papers, other edition."""
    course: Package
    publisher: Publisher | None
    """None only for a draft without a signature."""
    imported_at: str
    """UTC, as 2026-03-05T08:00:00.123456Z."""
    files: tuple[CheckedFile, ...]
    """Payload files; each lies in the object store under its SHA-256."""
    evidence: tuple[CheckedFile, ...]
    """The bag's own files, signatures included, so that the edition can be verified again at any time."""
    payload_bytes: int
    coursekit: str
    schema: str = EDITION_SCHEMA


class Taken(StrEnum):
    """What became of an attempt."""

    IMPORTED = "imported"
    ALREADY = "already"
    """The very same edition was there; nothing was written."""
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """Could not be verified, with the reason; try again when it is mended."""


@dataclass(frozen=True, slots=True)
class Import:
    """The answer to one package. `coursekit import --format json` prints it, the import service returns it."""

    outcome: Taken
    verification: Verification
    edition: str | None = None
    """Id of the edition in the library."""
    reasons: tuple[Issue, ...] = ()
    """Why it was not taken in: those of the verification and the library's own."""
    quarantine: str | None = None
    """Name of the record under `quarantine/`."""
    announced: bool | None = None
    """Whether the webhook has heard; None where there is none. What it has not heard is told with the next import."""
    schema: str = IMPORT_SCHEMA


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook receives. The same `id` twice is the same event: a delivery may be repeated, never lost."""

    id: str
    """Of the edition."""
    course: str
    title: str
    version: str
    draft: bool
    publisher: Publisher | None
    approved_on: str | None
    approved_until: str | None
    imported_at: str
    lessons: int
    points: int
    payload_bytes: int
    event: str = "course.imported"
    schema: str = EVENT_SCHEMA


def event_of(edition: Edition) -> Event:
    """The announcement of an edition."""
    course = edition.course
    return Event(
        id=edition.id,
        course=course.id,
        title=course.title,
        version=course.version,
        draft=course.draft,
        publisher=edition.publisher,
        approved_on=course.approval.on,
        approved_until=course.approval.until,
        imported_at=edition.imported_at,
        lessons=len(course.lessons),
        points=len(course.points),
        payload_bytes=edition.payload_bytes,
    )


__all__ = [
    "EDITION_SCHEMA",
    "EVENT_SCHEMA",
    "IMPORT_SCHEMA",
    "LIBRARY_SCHEMA",
    "Edition",
    "Event",
    "Import",
    "Publisher",
    "Taken",
    "event_of",
]
