"""What a package will hold, decided before a byte is copied: every hash is known from the audit.

An export takes a `Plan` and a target; it copies each source once through `coursekit.bundle.copying.copy_checked`,
which refuses a file whose bytes are no longer those that were audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coursekit.bundle.model import Package

COURSE_FOLDER = "course"
"""Below `data/`: where the course's own files lie."""
RECORDS = ("package.json", "course.json", "report.json", "decisions.json", "coverage.json")
"""Below `data/`: what coursekit writes itself."""
BAG_PROFILE = "urn:coursekit:bagit-profile:1"
"""Names schemas/bagit-profile.json in bag-info.txt."""
STATUS = "Coursekit-Status"
"""Label of bag-info.txt that says which of the two a package is."""
DRAFT, FINAL = "DRAFT", "FINAL"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an export needs; nothing of it is about a person."""

    package: Package
    sources: Mapping[str, Path]
    """Course-relative path of every entry of `package.files` → where its bytes are now."""
    records: Mapping[str, bytes]
    """`package.json`, `course.json`, `report.json`, `decisions.json`, `coverage.json`: what coursekit writes itself."""
    tools: Mapping[str, str]
    """Versions of what measured and packed."""
