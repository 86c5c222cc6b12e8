"""From an edition in the library back to what an export takes."""

from __future__ import annotations

from coursekit.bundle.plan import COURSE_FOLDER, Plan
from coursekit.library.model import Edition
from coursekit.library.shelf import Shelf


def plan_of(shelf: Shelf, edition: Edition) -> Plan:
    """The plan of an edition; its sources are the library's objects."""
    sources = {file.path: shelf.object_path(file.sha256) for file in edition.course.files}
    prefix = f"{COURSE_FOLDER}/"
    records = {f.path: f.sha256 for f in edition.files if not f.path.startswith(prefix)}
    return Plan(
        edition.course, sources, {name: shelf.object_path(sha).read_bytes() for name, sha in records.items()}, {}
    )
