"""Opens every paper once, in the same workers as course material, and tells nobody what the files are called."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from coursekit.engine.job import Job, from_cache
from coursekit.filing.facts import FilingFacts
from coursekit.filing.load import find_register, load_register
from coursekit.filing.model import Register
from coursekit.find import kind_of
from coursekit.folder import FILING, Entry, entry_of
from coursekit.manifest.faults import ManifestError
from coursekit.manifest.model import Manifest
from coursekit.model import DocumentFacts, FileFacts, FileKind
from coursekit.review.model import ReviewState, Standing

_MAX_TEXT_BYTES = 1 << 20
EXPERT_PAPERS = {
    "identity": "identity_file",
    "qualification": "certificate_file",
    "cv": "cv_file",
    "consent": "consent_file",
}


def measure_filing(
    course: Path,
    manifest: Manifest | None,
    today: date,
    *,
    register_path: Path | None = None,
    review: ReviewState | None = None,
    cache_root: Path | None = None,
    workers: int | None = None,
) -> FilingFacts:
    """The register of this course (or the one named), and all papers opened."""
    path = register_path if register_path is not None else find_register(course)
    register = load_register(path) if path is not None else None
    signed = dict(signed_papers(course, review)) if review is not None else {}
    entries = dict(paper_entries(course, manifest, path, register))
    entries |= {place: entry_of(course, scan) for place, (_, scan) in signed.items()}
    jobs = {place: _job(place, entry, cache_root) for place, entry in entries.items()}
    found: dict[str, FileFacts] = {}
    for place, job in jobs.items():
        if (known := from_cache(job)) is not None:
            found[place] = known
        elif (text := _plain_text(job)) is not None:
            found[place] = text
    missing = [job for place, job in jobs.items() if place not in found]
    if missing:
        from coursekit.engine.local import LocalEngine

        with LocalEngine(workers) as engine:
            for facts in engine.run(missing, lambda _: None):
                found[facts.path] = facts
    files = {place: found[place] for place in jobs if place in found}
    return FilingFacts(_name(course, path), register, files, today, {place: who for place, (who, _) in signed.items()})


def paper_entries(
    course: Path, manifest: Manifest | None, register_path: Path | None, register: Register | None
) -> Iterator[tuple[str, Entry]]:
    """Every paper that is there, by its place in the register or the manifest."""
    if register is not None and register_path is not None and not register.faults:
        root = register_path.parent
        for i, paper in enumerate(register.papers):
            for j, name in enumerate(paper.files):
                if name and os.path.lexists(root / name):
                    yield f"/papers/{i}/files/{j}", entry_of(root, root / name)
    if manifest is not None:
        for place, name in manifest_papers(manifest):
            if os.path.lexists(course / name):
                yield place, entry_of(course, course / name)


def manifest_papers(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Papers that a course's manifest names: those of its experts, its proofs of rights, the signed form."""
    for i, expert in enumerate(manifest.experts):
        for field in EXPERT_PAPERS.values():
            if name := getattr(expert, field):
                yield f"/experts/{i}/{field}", name
    for i, right in enumerate(manifest.rights):
        if right.file:
            yield f"/rights/{i}/file", right.file
    for i, review in enumerate(manifest.reviews):
        if review.file:
            yield f"/reviews/{i}/file", review.file


def signed_papers(course: Path, review: ReviewState) -> Iterator[tuple[str, tuple[str, Path]]]:
    """Scans that were taken in with the decisions, when every expert has spoken of these bytes and signed."""
    from coursekit.review.shelf import Shelf

    spoken = (Standing.APPROVED, Standing.REFUSED)
    if not review.experts or not all(e.papers and e.standing in spoken for e in review.experts):
        return
    shelf = Shelf(course)
    for i, expert in enumerate(review.experts):
        for j, paper in enumerate(expert.papers):
            yield f"/review/{i}/{j}", (expert.name, shelf.paper_path(paper))


def papers_state(path: Path) -> str:
    """Changes whenever a register elsewhere, or one of its papers, does: an audit's answer depends on them."""
    try:
        register = load_register(path)
    except ManifestError:
        # What cannot be read is said by the run itself.
        register = None
    listing = "\n".join(f"{place}\0{e.identity}\0{e.refused}" for place, e in paper_entries(path, None, path, register))
    return f"{path.absolute()}\0{entry_of(path.parent, path).identity}\n{listing}"


def _job(place: str, entry: Entry, cache_root: Path | None) -> Job:
    kind = kind_of(entry)
    # A sound or a picture in motion proves nothing here; opened as a document it is told to be none.
    kind = kind if kind is FileKind.IMAGE else FileKind.DOCUMENT
    return Job(place, entry.path, kind, entry.identity, entry.refused, cache_root)


def _plain_text(job: Job) -> FileFacts | None:
    """A text file, such as an open licence: it has no mark to be known by, and anyone can read it."""
    if job.path.suffix.lower() != ".txt" or job.refused or job.identity.size_bytes > _MAX_TEXT_BYTES:
        return None
    data = job.path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            characters = len(data.decode(encoding).strip())
            facts = DocumentFacts("txt", opens=characters > 0, open_code=None if characters else "empty",
                                  size_bytes=len(data), characters=characters, encoding=encoding)  # fmt: skip
            sha256 = hashlib.sha256(data).hexdigest()
            return FileFacts(job.name, sha256, len(data), FileKind.DOCUMENT, document=facts)
    return None


def _name(course: Path, register: Path | None) -> str:
    if register is None:
        return f"{FILING}/register.yaml"
    try:
        return register.resolve().relative_to(course.resolve()).as_posix()
    except ValueError:
        return register.name
