"""The nouns of a review: what experts are asked, what they answer, and how matters stand.

A dossier is a list of questions, each bound to bytes by hash. A question's key is made of all that an answer depends
on: who asks (rule or finding), the words, and the hash of what is looked at. The same key therefore means the same
question about the same bytes, in whatever dossier it stands: that is how an answer outlives a new dossier, and how it
dies with the lesson it was given for.

No telephone, no identity paper and no CV has a place in any of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from coursekit.manifest.vocabulary import ReviewVerdict, Route

DECISION_SCHEMA = "coursekit/decision/1"
DOSSIER_SCHEMA = "coursekit/dossier/1"
RECEIPT_SCHEMA = "coursekit/receipt/1"
STATE_SCHEMA = "coursekit/review-state/1"


class Say(StrEnum):
    """An answer to one question."""

    PASS = "pass"  # noqa: S105 - a verdict
    REVISE = "revise"
    REJECT = "reject"
    UNSURE = "unsure"

    @property
    def needs_words(self) -> bool:
        """Whoever does not simply agree says why."""
        return self is not Say.PASS

    @property
    def against(self) -> bool:
        """Something must change."""
        return self in (Say.REVISE, Say.REJECT)


class Standing(StrEnum):
    """How a review stands: for the course, for one expert, for one lesson. Worst first."""

    REFUSED = "refused"
    """Asked for changes, or rejected, on the bytes as they are now."""
    STALE = "stale"
    """Answered for bytes or questions that are no longer these."""
    OPEN = "open"
    """Not answered yet, or too few experts."""
    APPROVED = "approved"


class Asked(StrEnum):
    """Where a question comes from."""

    RULE = "rule"
    """A clause that only a person can judge."""
    DOUBT = "doubt"
    """Something the machine saw and could not decide."""
    OVERRULE = "overrule"
    """Something the machine found wrong by a threshold of coursekit's own; a person may see it otherwise."""


# ------------------------------------------------------------------------------------------------------------- dossier


@dataclass(frozen=True, slots=True)
class PaperRef:
    """A file by its hash. The name is only for people."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A file that learners will see, as the experts were shown it."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LessonTag:
    """A lesson, as the dossier names it."""

    id: str
    title: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ExpertTag:
    """An expert as a dossier may show one: who, and by what right. Nothing else of the person."""

    id: str
    name: str
    route: Route
    qualification: str | None = None


@dataclass(frozen=True, slots=True)
class CourseTag:
    """Which course, and all of its learners' bytes in one hash."""

    id: str
    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ProfileTag:
    """By what the course is judged."""

    id: str
    title: str
    hash: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the profiles ask of the experts themselves. No number here is coursekit's."""

    min_experts: int
    provinces: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    """Accepted routes; none given: any."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a person is asked."""

    key: str
    asked: Asked
    topic: str
    """Which part of the sheet: `content`, `correctness`, `banned`, `proofreading`, `practice`, `picture`, `sound`,
    `marks`, `whole`, `other`; of a doubt, the domain of its check."""
    subject: str
    """Path of the lesson or file; `.` is the course."""
    sha256: str
    """Of the subject's bytes."""
    zh: str
    en: str
    rules: tuple[str, ...]
    """Rules that the answer speaks for."""
    choices: tuple[Say, ...]
    check: str | None = None
    code: str | None = None
    start_s: float | None = None
    end_s: float | None = None

    def text(self, lang: str) -> str:
        """The question itself."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Dossier:
    """dossier.json: all that decisions are bound to. Its hash is the hash of its bytes."""

    course: CourseTag
    profiles: tuple[ProfileTag, ...]
    requirements: Requirements
    experts: tuple[ExpertTag, ...]
    lessons: tuple[LessonTag, ...]
    media: tuple[MediaRef, ...]
    questions: tuple[Question, ...]
    evidence: tuple[PaperRef, ...] = ()
    """Stills and excerpts in the dossier's folder."""
    schema: str = DOSSIER_SCHEMA


# ------------------------------------------------------------------------------------------------------------ decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expert says to one question."""

    question: str
    says: Say
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision file, as an expert's page writes it."""

    dossier: str
    """SHA-256 of dossier.json."""
    course: CourseTag
    media: tuple[MediaRef, ...]
    expert: ExpertTag
    verdict: ReviewVerdict
    opinion: str
    """是否符合要求，需要调整或修改的具体意见."""
    reviewed_on: str
    """As 2026-11-30."""
    answers: tuple[Answer, ...]
    papers: tuple[PaperRef, ...] = ()
    """Scans of signed paper, by hash."""
    schema: str = DECISION_SCHEMA


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a decision was taken in: when, with which papers, and whether it was signed. Written once, never changed."""

    number: int
    """In order of taking in."""
    decision: str
    """SHA-256 of the decision file's bytes."""
    file: str
    """Its name in review/decisions."""
    expert: str
    added: str
    papers: tuple[PaperRef, ...] = ()
    public_key: str | None = None
    """Ed25519, as hexadecimal, where a signature was checked."""
    replaces: str | None = None
    """SHA-256 of the decision that no longer counts."""
    reason: str | None = None
    schema: str = RECEIPT_SCHEMA


# --------------------------------------------------------------------------------------------------------------- state


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file of review/ that cannot be used, or a thing that stands in the way. `code` names a phrase of `review`."""

    code: str
    args: Mapping[str, str | int] = field(default_factory=dict)

    def words(self, lang: str) -> str:
        """What is wrong and how to mend it."""
        from coursekit.texts import phrase

        return phrase("review", self.code, lang, **self.args)


@dataclass(frozen=True, slots=True)
class ExpertState:
    """One expert of the manifest."""

    id: str
    name: str
    standing: Standing
    route: Route | None = None
    qualification: str | None = None
    verdict: ReviewVerdict | None = None
    opinion: str = ""
    """Of the decision that counts, whether it is still fresh or not."""
    reviewed_on: str | None = None
    decision: str | None = None
    """SHA-256 of the decision that counts."""
    file: str | None = None
    """Its name in review/decisions."""
    dossier: str | None = None
    course_sha256: str | None = None
    """The bytes the verdict was given for."""
    signed: bool = False
    papers: tuple[PaperRef, ...] = ()
    """Scans of signed paper, in review/papers under their hash."""
    to_answer: tuple[str, ...] = ()
    """Keys of the questions still to be answered."""
    changes: int = 0
    """Questions answered with a change or a refusal."""
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class LessonState:
    """One lesson of the course as it is now."""

    id: str
    title: str
    path: str
    standing: Standing
    reason: str | None = None
    """`changed`, `missing`, `not-in-dossier`, or None."""
    reviewed_sha256: str | None = None
    sha256: str | None = None
    to_answer: tuple[str, ...] = ()
    """Ids of the experts who have to look again."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one expert says to one question."""

    expert: str
    name: str
    says: Say
    opinion: str
    reviewed_on: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A question of the dossier in force, with the answers that count."""

    question: Question
    voices: tuple[Voice, ...]
    """None where the bytes have changed."""
    fresh: bool = True

    @property
    def disagreed(self) -> bool:
        """Whether the experts differ."""
        return len({voice.says for voice in self.voices}) > 1


@dataclass(frozen=True, slots=True)
class ReviewState:
    """How the review of a course stands, against the bytes in the folder now."""

    standing: Standing
    course: CourseTag | None = None
    """None where no dossier has been made yet; `sha256` is that of the bytes now."""
    dossier: str | None = None
    """The dossier in force: the newest that was made."""
    profiles: tuple[ProfileTag, ...] = ()
    requirements: Requirements = Requirements(1)
    experts: tuple[ExpertState, ...] = ()
    lessons: tuple[LessonState, ...] = ()
    answers: tuple[Spoken, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    schema: str = STATE_SCHEMA

    @property
    def approved(self) -> bool:
        """Enough experts, all of them pass, on these very bytes, and nothing is in the way."""
        return self.standing is Standing.APPROVED

    @property
    def disagreements(self) -> tuple[Spoken, ...]:
        """Questions on which the experts differ."""
        return tuple(spoken for spoken in self.answers if spoken.disagreed)

    @property
    def verdicts_differ(self) -> bool:
        """Whether the experts' last words differ."""
        return len({expert.verdict for expert in self.experts if expert.verdict is not None}) > 1
