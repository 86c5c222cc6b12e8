"""The words that have a fixed set of values. Apart from the model, so that a command line that only offers them as
choices need not load all the nouns."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What one rule says of one subject. The order is the order of reporting: worst first."""

    ERROR = "error"
    FAIL = "fail"
    NOT_TESTED = "not_tested"
    REVIEW = "review"
    PASS = "pass"
    NOT_APPLICABLE = "not_applicable"


class Level(StrEnum):
    """How binding a clause is, read off its own wording: 不得/不能/须/应 is must, 建议/原则上/鼓励 is should."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


class Method(StrEnum):
    """Who or what can answer a rule."""

    MACHINE = "machine"
    MANIFEST = "manifest"
    DOCUMENT = "document"
    HUMAN = "human"
    PLATFORM = "platform"
    INFORMATIONAL = "informational"


class Scope(StrEnum):
    """Which methods a run judges. The exit code speaks of this scope only."""

    MEDIA = "media"
    COURSE = "course"
    FILING = "filing"

    @property
    def methods(self) -> frozenset[Method]:
        """The methods judged in this scope; rules of the others are listed as open."""
        return _SCOPE_METHODS[self]


_SCOPE_METHODS = {
    Scope.MEDIA: frozenset({Method.MACHINE}),
    Scope.COURSE: frozenset({Method.MACHINE, Method.MANIFEST}),
    Scope.FILING: frozenset(Method),
}


class Outcome(StrEnum):
    """The one word at the end of a run."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does_not_conform"
    UNDECIDED = "undecided"


class ThresholdSource(StrEnum):
    """Who set the number a rule judges by."""

    CLAUSE = "clause"
    COURSEKIT = "coursekit"
    STUDIO = "studio"


class FileKind(StrEnum):
    """What a file in a course folder is, by its content first and its name second."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    DOCUMENT = "document"
    SUBTITLE = "subtitle"
    WEB = "web"
    MODEL = "model"
    UNKNOWN = "unknown"


class FailOn(StrEnum):
    """From which strength on a finding makes the course fail."""

    MUST = "must"
    SHOULD = "should"
    REVIEW = "review"
