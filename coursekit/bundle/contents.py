"""Whether a package of ours says the same thing everywhere: tag files, records, attestations, bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from coursekit import codec
from coursekit.bundle.attestation import FILE_NAME as ATTESTATIONS
from coursekit.bundle.attestation import (
    PREDICATES,
    SUBJECT,
    SUMMARY,
    AttestationFault,
    Statement,
    read_attestations,
    statements,
)
from coursekit.bundle.bag import Bag, Fault, Findings
from coursekit.bundle.keys import TrustStore
from coursekit.bundle.model import Approval, FileRole, Package, Signature
from coursekit.bundle.plan import BAG_PROFILE, COURSE_FOLDER, DRAFT, FINAL, RECORDS, STATUS
from coursekit.bundle.tree import Tree
from coursekit.model import Outcome, Report, Verdict
from coursekit.rules.outcome import outcome_of
from coursekit.terms import FailOn

T = TypeVar("T")
TAG_FILES = frozenset({"bagit.txt", "bag-info.txt", "manifest-sha256.txt", SUBJECT, ATTESTATIONS})
_LABELS = ("BagIt-Profile-Identifier", "External-Identifier", "Payload-Oxum", STATUS)
LARGEST_RECORD = 32 << 20
LARGEST_OF_A_STRANGER = 8 << 20
"""JSON costs many times its size to read; of a package nobody vouches for, only small records are."""


@dataclass(frozen=True, slots=True)
class Records:
    """What coursekit wrote into the package, read after its fixity was proved."""

    package: Package
    report: Report
    report_sha256: str


def judge_shape(bag: Bag, tree: Tree, found: Findings) -> None:
    """What any bag may lack, a package may not: BagIt 1.0, SHA-256 alone, everything listed, nothing to fetch."""
    if bag.version != (1, 0):
        found.fault("package-version", "bagit.txt", f"{bag.version[0]}.{bag.version[1]}")
    for name in ("manifest-sha256.txt", SUBJECT, "bag-info.txt"):
        if name not in tree.sizes:
            found.fault("package-file-missing", name)
    if "fetch.txt" in tree.sizes:
        found.fault("fetch-list", "fetch.txt")
    for label in _LABELS:
        if len(bag.label(label)) != 1:
            found.fault("package-label-missing", "bag-info.txt", label)
    if bag.label("BagIt-Profile-Identifier") not in ((), (BAG_PROFILE,)):
        found.fault("package-version", "bag-info.txt", bag.label("BagIt-Profile-Identifier")[0])
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt"):
        if "sha256" not in bag.tags.get(name, {}):
            found.fault("tag-file-not-listed", name)
    for name in tree.sizes:
        if not name.startswith("data/") and name not in TAG_FILES:
            found.fault("tag-file-not-listed", name)
    for name in RECORDS:
        if f"data/{name}" not in tree.sizes:
            found.fault("package-file-missing", f"data/{name}")
    for name in tree.sizes:
        inner = name.removeprefix("data/")
        if inner != name and not inner.startswith(f"{COURSE_FOLDER}/") and inner not in RECORDS:
            found.fault("package-file-unknown", name)
    # Here a warning would be a way to say one thing to one reader and another to the next.
    for warning in [w for w in found.warnings if w.code != "fetch-list"]:
        found.warnings.remove(warning)
        found.faults.append(warning)


def read_records(raw: Mapping[str, bytes], found: Findings) -> Records | None:
    """package.json and report.json as values."""
    package = _read(Package, "package.json", raw, found)
    report = _read(Report, "report.json", raw, found)
    approval = _read(Approval, "decisions.json", raw, found)
    if package is None or report is None:
        return None
    if approval != package.approval:
        found.fault("records-differ", "data/decisions.json")
    return Records(package, report, hashlib.sha256(raw["report.json"]).hexdigest())


def _read(kind: type[T], name: str, raw: Mapping[str, bytes], found: Findings) -> T | None:
    try:
        return codec.loads(kind, raw[name])
    except (codec.CodecError, TypeError, ValueError, UnicodeDecodeError) as error:
        found.fault("record-unreadable", f"data/{name}", str(error)[:300])
        return None


def judge_records(records: Records, bag: Bag, tree: Tree, found: Findings) -> None:
    """package.json against the manifest of the bag and against the report."""
    package, report = records.package, records.report
    _judge_files(package, bag, tree, found)
    _judge_lessons(package, report, found)
    said = {(p.id, p.hash) for p in package.profiles}
    if said != {(p.id, p.hash) for p in report.profiles} or not said:
        found.fault("records-differ", "data/report.json", "profiles")
    if (package.outcome, package.scope) != (report.summary.outcome.value, report.summary.scope.value):
        found.fault("records-differ", "data/report.json", "outcome")
    if not _adds_up(package, report):
        found.fault("report-does-not-add-up", "data/report.json")
    marks = bag.label(STATUS)
    if marks != ((DRAFT if package.draft else FINAL),):
        found.fault("draft-mark-differs", "bag-info.txt", ", ".join(marks))
    if not package.draft:
        _judge_approval(package, found)


def _judge_files(package: Package, bag: Bag, tree: Tree, found: Findings) -> None:
    prefix = f"data/{COURSE_FOLDER}/"
    there = {
        name.removeprefix(prefix): (sums.get("sha256"), tree.sizes.get(name))
        for name, sums in bag.payload.items()
        if name.startswith(prefix)
    }
    said = {f.path: (f.sha256, f.size_bytes) for f in package.files}
    for path in sorted(there.keys() | said.keys()):
        if there.get(path) != said.get(path):
            found.fault("records-differ", f"{prefix}{path}")
    learners = sorted(f.path for f in package.files if f.role not in (FileRole.ASSESSMENT, FileRole.RECORD))
    listing = "".join(f"{said[path][0]}  {path}\n" for path in learners)
    if hashlib.sha256(listing.encode("utf-8")).hexdigest() != package.version:
        found.fault("course-version-differs", "data/package.json")


def _judge_lessons(package: Package, report: Report, found: Findings) -> None:
    files = {f.path: f for f in package.files}
    for lesson in package.lessons:
        file = files.get(lesson.path) if lesson.path is not None else None
        if lesson.path is not None and (file is None or file.sha256 != lesson.sha256):
            found.fault("records-differ", f"data/{COURSE_FOLDER}/{lesson.path}", lesson.id)
        for name in (*lesson.supplements, *(s.path for s in lesson.subtitles), *filter(None, [lesson.cover])):
            if name not in files:
                found.fault("records-differ", f"data/{COURSE_FOLDER}/{name}", lesson.id)
    judged = {le.id: le.sha256 for le in report.course.lessons}
    packed = {le.id: le.sha256 for le in package.lessons if le.path is not None}
    if judged != packed or not packed:
        found.fault("records-differ", "data/report.json", "lessons")


def _adds_up(package: Package, report: Report) -> bool:
    """Whether the outcome and the counts follow from the results, rule by rule."""
    try:
        outcome = outcome_of(report.results, FailOn(package.fail_on), interrupted=report.run.partial)
    except ValueError:
        return False
    counted = {level: dict.fromkeys((v.value for v in Verdict), 0) for level in report.summary.counts}
    for result in report.results:
        if result.level.value in counted:
            counted[result.level.value][result.verdict.value] += 1
    return outcome is report.summary.outcome and counted == {k: dict(v) for k, v in report.summary.counts.items()}


def _judge_approval(package: Package, found: Findings) -> None:
    approval = package.approval
    if package.outcome != Outcome.CONFORMS:
        found.fault("package-does-not-conform", detail=package.outcome)
    for decision in approval.decisions:
        if decision.subject_sha256 != package.version:
            found.fault("review-of-other-bytes", detail=decision.expert)
        elif decision.verdict != "pass":
            found.fault("package-not-approved", detail=f"{decision.expert}: {decision.verdict}")
    if approval.required and not (approval.approved and approval.decisions):
        found.fault("package-not-approved")
    if package.use_until is not None and package.use_until < dt.datetime.now(dt.UTC).date().isoformat():
        found.warn("use-has-ended", detail=package.use_until)


# -------------------------------------------------------------------------------------------------------- attestations


def judge_attestations(
    raw: bytes | None, tag_manifest_sha256: str, trust: TrustStore | None, found: Findings
) -> tuple[tuple[Statement, ...], tuple[Signature, ...]]:
    """Signatures by keys the platform named, over this very bag. What is not signed by one of them is not believed."""
    store = trust or TrustStore({})
    if raw is None:
        found.fault("package-file-missing", ATTESTATIONS)
        return (), ()
    try:
        read = read_attestations(raw, store)
    except AttestationFault as error:
        found.fault("attestation-unreadable", ATTESTATIONS, str(error)[:300])
        return (), ()
    signatures = tuple(s for statement in read for s in statement.signatures)
    if sorted(s.predicate_type for s in read) != sorted(PREDICATES):
        found.fault("attestation-incomplete", ATTESTATIONS)
    if any(s.subjects != {SUBJECT: tag_manifest_sha256} for s in read):
        found.fault("attestation-of-other-bag", ATTESTATIONS)
    if any(s.forged for s in read):
        found.fault("signature-invalid", ATTESTATIONS)
    elif not signatures:
        # Said later: a draft may do without.
        pass
    elif not store.keys:
        found.open.append(Fault("no-trusted-key", ATTESTATIONS, signatures[0].key_id))
    elif not all(s.trusted for s in read):
        found.fault("key-not-trusted", ATTESTATIONS, next(s.key_id for s in signatures if not s.trusted))
    return read, signatures


def compare_statements(read: tuple[Statement, ...], records: Records, found: Findings) -> None:
    """What is sworn must be what the records say: audit, profiles, report, experts, days."""
    package = records.package
    wanted = {str(s["predicateType"]): s["predicate"] for s in statements(package, {}, records.report_sha256)}
    for statement in read:
        mine = _comparable(statement.predicate_type, wanted.get(statement.predicate_type))
        theirs = _comparable(statement.predicate_type, statement.predicate)
        if mine != theirs:
            found.fault("attestation-differs", ATTESTATIONS, statement.predicate_type)


def _comparable(kind: str, predicate: Any) -> Any:
    """A predicate without what only tells which versions were at work."""
    if not isinstance(predicate, Mapping):
        return None
    rest = dict(predicate)
    if kind == SUMMARY:
        rest.pop("verifier", None)
    elif isinstance(configuration := rest.get("configuration"), list):
        rest["configuration"] = [c for c in configuration if isinstance(c, dict) and "digest" in c]
    return rest
