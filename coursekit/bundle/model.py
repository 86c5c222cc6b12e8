"""The nouns of a package: what it says of its course, and what a verifier says of it.

`package.json` inside a package is a `Package`; `coursekit verify --format json` prints a `Verification`. Both are
plain frozen values with a published schema; neither holds anything about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PACKAGE_SCHEMA = "coursekit/package/1"
VERIFICATION_SCHEMA = "coursekit/verification/1"


class FileRole(StrEnum):
    """What a payload file is for."""

    MEDIA = "media"
    """A lesson's main file."""
    SUPPLEMENT = "supplement"
    SUBTITLE = "subtitle"
    COVER = "cover"
    ASSESSMENT = "assessment"
    RECORD = "record"
    """What coursekit wrote: package.json, course.json, report.json, decisions.json, coverage.json."""


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """One file of the course that travels in the package."""

    path: str
    """Course-relative POSIX path, NFC. In the bag it lies under `data/course/`."""
    sha256: str
    size_bytes: int
    role: FileRole


@dataclass(frozen=True, slots=True)
class PackagedPoint:
    """A knowledge or skill point of the standard."""

    id: str
    kind: str
    """`skill` or `knowledge`."""
    code: str
    text: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class PackagedTeaching:
    """A point a lesson treats, and how deeply."""

    point: str
    depth: str


@dataclass(frozen=True, slots=True)
class PackagedSubtitle:
    """A subtitle of a lesson."""

    path: str
    language: str


@dataclass(frozen=True, slots=True)
class PackagedLesson:
    """One lesson, in teaching order."""

    id: str
    title: str
    path: str | None
    """Of its main file; None for a lesson held offline, which has none."""
    sha256: str | None
    size_bytes: int | None
    duration_s: float | None
    mode: str
    part: str
    hours: str
    """Class hours as an exact fraction, `3/2`."""
    teaches: tuple[PackagedTeaching, ...] = ()
    supplements: tuple[str, ...] = ()
    subtitles: tuple[PackagedSubtitle, ...] = ()
    cover: str | None = None


@dataclass(frozen=True, slots=True)
class PackagedProfile:
    """A notice the course was judged by."""

    id: str
    hash: str
    title: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What one expert decided, under a number instead of a name."""

    expert: str
    """`expert-1`, `expert-2` … in the order of the manifest."""
    verdict: str
    subject: str
    """Id of the lesson, `.` for the course."""
    subject_sha256: str
    decided_on: str | None = None
    record_sha256: str | None = None
    """Of the decision file that the authority's kit holds, with the expert's name in it."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The experts' word, as the package carries it."""

    required: bool
    """Whether a profile asks for experts at all."""
    approved: bool
    on: str | None = None
    """Day of the last decision."""
    until: str | None = None
    """Last day of planned use, where one is set."""
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """package.json: the course as a platform sees it."""

    id: str
    """The studio's course id."""
    title: str
    version: str
    """Digest over all files a learner will see (`coursekit.manifest.digest.course_digest`): new bytes, new version."""
    draft: bool
    outcome: str
    """Of the audit: `conforms`, `does_not_conform` or `undecided`."""
    scope: str
    fail_on: str
    profiles: tuple[PackagedProfile, ...]
    approval: Approval
    lessons: tuple[PackagedLesson, ...]
    points: tuple[PackagedPoint, ...]
    files: tuple[PackagedFile, ...]
    """Every course file in the package, sorted by path; the records coursekit wrote are not listed."""
    language: str = "zh-CN"
    occupation: str | None = None
    occupation_code: str | None = None
    levels: tuple[int, ...] = ()
    operator: str | None = None
    summary: str | None = None
    use_from: str | None = None
    use_until: str | None = None
    schema: str = PACKAGE_SCHEMA


# --------------------------------------------------------------------------------------------------------- verification


class Answer(StrEnum):
    """The one word of a verifier."""

    ACCEPTED = "accepted"
    """Whole, authentic, approved."""
    DRAFT = "draft"
    """Whole, but marked as a draft: nobody may teach from it."""
    WHOLE = "whole"
    """`--bag-only`: every byte is as the bag says; nothing is said of who made it."""
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """Could not be checked: no trusted key was given, or a file could not be read."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault or warning. The code is the interface, the message is translated."""

    code: str
    message: str
    path: str | None = None
    """In the package, as its bytes say it; None for the package as a whole."""
    lesson: str | None = None
    """Title of the lesson the file belongs to, where it is one's."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One attestation and the key that vouches for it."""

    predicate: str
    """Type of what is attested."""
    key_id: str
    """SHA-256 of the raw public key."""
    trusted: bool
    """Whether the key is among those the platform named. A key inside the package is never one."""
    key_name: str | None = None
    """What the platform calls it."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A payload file whose bytes were read and found as the manifest says."""

    path: str
    """Below `data/`."""
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What `coursekit verify` says."""

    package: str
    """Name of the file or folder looked at."""
    answer: Answer
    faults: tuple[Issue, ...]
    """Why it is refused; none when it is not."""
    warnings: tuple[Issue, ...]
    open: tuple[Issue, ...]
    """What could not be decided, each with what is needed."""
    kind: str
    """`zip` or `folder`."""
    bag_sha256: str | None = None
    """SHA-256 of tagmanifest-sha256.txt: names the whole content of the bag in one figure."""
    signatures: tuple[Signature, ...] = ()
    course: Package | None = None
    """Given only when the fixity of package.json is proved."""
    files: tuple[CheckedFile, ...] = ()
    payload_bytes: int = 0
    coursekit: str = ""
    schema: str = VERIFICATION_SCHEMA

    @property
    def ok(self) -> bool:
        """Whether a platform may take it in."""
        return self.answer is Answer.ACCEPTED


__all__ = [
    "PACKAGE_SCHEMA",
    "VERIFICATION_SCHEMA",
    "Answer",
    "Approval",
    "CheckedFile",
    "Decision",
    "FileRole",
    "Issue",
    "Package",
    "PackagedFile",
    "PackagedLesson",
    "PackagedPoint",
    "PackagedProfile",
    "PackagedSubtitle",
    "PackagedTeaching",
    "Signature",
    "Verification",
]
