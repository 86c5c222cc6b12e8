"""What is known of an operator's papers: the register, and whether each file opens. Figures only, no opinions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from coursekit.filing.model import Register
from coursekit.model import CourseFacts, FileFacts


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """The papers of one operator, and those a course's manifest names, as measured."""

    name: str
    """What a report calls the register; never a path of this machine."""
    register: Register | None
    """None: there is none; only the papers of the manifest can be looked at."""
    files: Mapping[str, FileFacts]
    """By place: `/papers/0/files/0` of the register, `/experts/0/identity_file` of the manifest. A file's own name may
    tell whose identity card it is, and is kept out of everything that is reported."""
    today: date
    """As of which day papers must be in date."""
    signed: Mapping[str, str] = field(default_factory=dict)
    """Scans of the consent form that came with the experts' decisions: place to the expert's name. Empty until every
    expert has signed on the bytes as they are now."""


@dataclass(frozen=True, slots=True)
class FilingSubject:
    """A subject of checks: the papers, with the course they belong to."""

    course: CourseFacts
    filing: FilingFacts | None
