"""Taking in a decision: all that can be wrong is found before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.files import sha256_of
from coursekit.manifest.load import find_manifest, load_manifest
from coursekit.review.decision import DecisionError, Known, check_decision, hash_of, parse_decision
from coursekit.review.model import Decision, PaperRef, Receipt
from coursekit.review.shelf import Shelf, file_name
from coursekit.review.signature import read_public_key, read_signature, signed_by


@dataclass(frozen=True, slots=True)
class Given:
    """What was handed over with a decision."""

    decision: Path
    papers: tuple[Path, ...] = ()
    signature: Path | None = None
    key: Path | None = None
    replace: str | None = None
    """Why an earlier decision on the same dossier is to give way."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was taken in."""

    decision: Decision
    receipt: Receipt
    late: bool
    """It speaks of an earlier dossier than the one in force."""


def add_decision(course: Path, given: Given, now: dt.datetime) -> Added:
    """Take a decision in, or raise `DecisionError` and leave everything as it was."""
    path = find_manifest(course)
    if path is None:
        raise DecisionError("no-manifest")
    shelf = Shelf(course)
    data = _bytes(given.decision)
    decision = parse_decision(data)
    sha256 = hash_of(data)
    taken, _ = shelf.taken()
    known = Known(load_manifest(path), shelf.issued(), taken, now.astimezone(dt.UTC).date())
    check_decision(decision, known, sha256, given.replace)
    public_key, signature = _signature(shelf, given, decision, data)
    papers = _papers(given.papers, decision)
    before = [t.receipt for t in known.by(decision.expert.id) if t.decision.dossier == decision.dossier]
    receipts = shelf.receipts()
    receipt = Receipt(
        number=1 + max((r.number for r in receipts), default=0),
        decision=sha256,
        file=file_name(decision.expert.id, sha256),
        expert=decision.expert.id,
        added=now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        papers=papers,
        public_key=public_key,
        replaces=before[-1].decision if before else None,
        reason=given.replace if before else None,
    )
    try:
        for paper in given.papers:
            shelf.keep_paper(paper)
        if public_key is not None and given.key is not None:
            shelf.keep(shelf.key_path(decision.expert.id), _bytes(given.key))
        shelf.take(data, receipt, signature)
    except OSError as error:
        raise DecisionError("shelf-unwritable", detail=error.strerror or str(error)) from error
    return Added(decision, receipt, known.issued[-1].sha256 != decision.dossier)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DecisionError("file-unreadable", file=path.name, detail=error.strerror or str(error)) from error


def _signature(shelf: Shelf, given: Given, decision: Decision, data: bytes) -> tuple[str | None, bytes | None]:
    """The key and the signature that fits it; both None where this expert signs nothing."""
    name = decision.expert.name
    kept = shelf.key_path(decision.expert.id)
    registered = read_public_key(shelf.read(kept)) if kept.is_file() else None
    offered = read_public_key(_bytes(given.key)) if given.key is not None else None
    if given.key is not None and offered is None:
        raise DecisionError("not-a-key")
    if registered and offered and registered != offered:
        raise DecisionError("other-key", name=name)
    key = registered or offered
    if given.signature is None:
        if key is not None:
            raise DecisionError("signature-missing", name=name)
        return None, None
    if key is None:
        raise DecisionError("key-missing", name=name)
    raw = _bytes(given.signature)
    signature = read_signature(raw)
    if signature is None:
        raise DecisionError("not-a-signature")
    if not signed_by(key, signature, data):
        raise DecisionError("bad-signature")
    return key, raw


def _papers(given: Sequence[Path], decision: Decision) -> tuple[PaperRef, ...]:
    """The scans given, which must hold those the expert named."""
    found = []
    for path in given:
        try:
            found.append(PaperRef(path.name, sha256_of(path)))
        except OSError as error:
            raise DecisionError("paper-unreadable", paper=path.name, detail=error.strerror or str(error)) from error
    hashes = {paper.sha256 for paper in found}
    for paper in decision.papers:
        if paper.sha256 not in hashes:
            raise DecisionError("paper-differs" if given else "paper-missing", paper=paper.name)
    return tuple(found)
