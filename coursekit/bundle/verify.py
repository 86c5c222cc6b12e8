"""The platform's question: is this package whole, authentic and approved?

The structure is validated before a byte of payload is read, the attestations before anything is believed, and every
payload byte is read once. With a `sink` the same one read also hands the bytes on, so that an import need not read
them again: what the sink received may be kept only if the answer is `accepted`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from coursekit import __version__
from coursekit.bundle.attestation import FILE_NAME as ATTESTATIONS
from coursekit.bundle.attestation import LARGEST, Statement
from coursekit.bundle.bag import Bag, Fault, Findings, check_tags, digests_of, read_bag
from coursekit.bundle.contents import (
    LARGEST_OF_A_STRANGER,
    LARGEST_RECORD,
    Records,
    compare_statements,
    judge_attestations,
    judge_records,
    judge_shape,
    read_records,
)
from coursekit.bundle.demands import Demands, judge_demands
from coursekit.bundle.keys import TrustStore
from coursekit.bundle.model import Answer, CheckedFile, Issue, Package, Signature, Verification
from coursekit.bundle.plan import COURSE_FOLDER, RECORDS
from coursekit.bundle.tree import Tree, TreeFault, open_tree, shown
from coursekit.bundle.zipread import Limits, ZipFault
from coursekit.texts import phrase


class Recheck(StrEnum):
    """What is measured again from the package's own bytes."""

    PROBE = "probe"
    """Containers are opened and the course-level and container rules are judged anew; nothing is decoded."""


Sink = Callable[[CheckedFile], AbstractContextManager[BinaryIO] | None]
"""Called before a payload file is read: gives a stream that receives its bytes, or None to keep nothing. The
manager's exit is called with an exception when the bytes were not what the manifest says."""
Tick = Callable[[str, int], None]
"""Hears name and size of each payload file that has been read."""


@dataclass(slots=True)
class _Look:
    """What is known so far."""

    found: Findings
    signatures: tuple[Signature, ...] = ()
    records: Records | None = None
    bag_sha256: str | None = None
    files: tuple[CheckedFile, ...] = ()


def verify_package(
    path: Path,
    *,
    trust: TrustStore | None,
    recheck: Recheck | None = None,
    demands: Demands | None = None,
    allow_draft: bool = False,
    bag_only: bool = False,
    limits: Limits | None = None,
    sink: Sink | None = None,
    tick: Tick | None = None,
    lang: str = "zh",
) -> Verification:
    """Verify a package, folder or zip. Raises OSError when there is nothing to open at `path`, else never: what the
    package holds is what the answer speaks of.

    `allow_draft` lets a draft through to the sink and does without a signature on one; the answer is still `draft`.
    `demands` is what the platform insists on beside that.
    """
    look = _Look(Findings())
    mode = path.stat().st_mode
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        # A pipe would be waited for until the end of time.
        raise OSError(errno.EINVAL, "not a file or folder", str(path))
    kind = "folder" if stat.S_ISDIR(mode) else "zip"
    try:
        with open_tree(path, limits or Limits()) as tree:
            _look_at(
                tree, look, trust, recheck, demands, sink, tick, allow_draft=allow_draft, bag_only=bag_only, lang=lang
            )
    except ZipFault as error:
        look.found.fault(error.code, error.entry, error.detail)
    except TreeFault as error:
        look.found.fault(error.code, error.path, error.detail)
    except OSError as error:
        look.found.open.append(Fault("cannot-read", None, error.strerror or type(error).__name__))
    return _answer(path, kind, look, bag_only=bag_only, lang=lang)


def _look_at(
    tree: Tree,
    look: _Look,
    trust: TrustStore | None,
    recheck: Recheck | None,
    demands: Demands | None,
    sink: Sink | None,
    tick: Tick | None,
    *,
    allow_draft: bool,
    bag_only: bool,
    lang: str,
) -> None:
    found = look.found
    bag = read_bag(tree, found, strict_names=not bag_only)
    if bag is None:
        return
    check_tags(bag, tree, found)
    done: dict[str, bytes] = {}
    if not bag_only:
        judge_shape(bag, tree, found)
        attested = _judge_attested(bag, tree, look, trust)
        known = bool(attested) and all(statement.trusted for statement in attested)
        done = _read_records(bag, tree, found, LARGEST_RECORD if known else LARGEST_OF_A_STRANGER)
        _judge_contents(bag, tree, look, done, attested, allow_draft=allow_draft)
        if look.records is not None and not look.records.package.draft:
            judge_demands(look.records.package, demands or Demands(), found)
    draft = look.records is not None and look.records.package.draft
    keep = sink if not (found.faults or found.open) and (allow_draft or not draft) else None
    look.files = tuple(_check_payload(bag, tree, found, done, keep, tick))
    if recheck is not None and look.records is not None and not found.faults:
        from coursekit.bundle.recheck import recheck_probe

        recheck_probe(tree, look.records.package, done["course.json"], found, lang)


def _judge_attested(bag: Bag, tree: Tree, look: _Look, trust: TrustStore | None) -> tuple[Statement, ...]:
    tag_manifest = bag.tag_manifest
    look.bag_sha256 = hashlib.sha256(tag_manifest).hexdigest() if tag_manifest is not None else None
    raw = b"".join(tree.chunks(ATTESTATIONS)) if 0 < tree.sizes.get(ATTESTATIONS, 0) <= LARGEST else None
    attested, look.signatures = judge_attestations(raw, look.bag_sha256 or "", trust, look.found)
    return attested


def _read_records(bag: Bag, tree: Tree, found: Findings, largest: int) -> dict[str, bytes]:
    """The records whose bytes are those the manifest names."""
    raw: dict[str, bytes] = {}
    for name in RECORDS:
        path = f"data/{name}"
        if path not in tree.sizes or path not in bag.payload:
            continue
        if tree.sizes[path] > LARGEST_RECORD:
            found.fault("tag-file-too-large", path)
            continue
        if tree.sizes[path] > largest:
            found.open.append(Fault("record-not-read", path))
            continue
        data = b"".join(tree.chunks(path))
        if hashlib.sha256(data).hexdigest() == bag.payload[path].get("sha256"):
            raw[name] = data
        else:
            found.fault("file-changed", path)
    return raw


def _judge_contents(
    bag: Bag,
    tree: Tree,
    look: _Look,
    raw: Mapping[str, bytes],
    attested: tuple[Statement, ...],
    *,
    allow_draft: bool,
) -> None:
    found = look.found
    if len(raw) == len(RECORDS):
        look.records = read_records(raw, found)
    if look.records is not None:
        judge_records(look.records, bag, tree, found)
        if attested:
            compare_statements(attested, look.records, found)
    draft = look.records is not None and look.records.package.draft
    if attested and not look.signatures:
        (found.warn if draft and allow_draft else found.fault)("not-signed", ATTESTATIONS)


class _Differs(Exception):
    """Tells a sink that what it received is not what was promised."""


def _check_payload(
    bag: Bag, tree: Tree, found: Findings, done: Mapping[str, bytes], sink: Sink | None, tick: Tick | None
) -> Iterator[CheckedFile]:
    for name, wanted in sorted(bag.payload.items()):
        inner = name.removeprefix("data/")
        file = CheckedFile(shown(inner), wanted.get("sha256", ""), tree.sizes[name])
        target = sink(file) if sink is not None else None
        if inner in done and target is None:
            yield file
            continue
        try:
            with contextlib.suppress(_Differs), target or contextlib.nullcontext() as stream:
                chunks: Iterable[bytes] = tree.chunks(name)
                sums = digests_of(chunks if stream is None else _passing(chunks, stream), wanted)
                if sums != wanted:
                    found.fault("file-changed", name)
                    raise _Differs
                yield file
        except ZipFault as error:
            found.fault(error.code, name, error.detail)
        if tick is not None:
            tick(inner, file.size_bytes)


def _passing(chunks: Iterable[bytes], stream: BinaryIO) -> Iterator[bytes]:
    for chunk in chunks:
        stream.write(chunk)
        yield chunk


# ---------------------------------------------------------------------------------------------------------- the answer


def _answer(path: Path, kind: str, look: _Look, *, bag_only: bool, lang: str) -> Verification:
    found = look.found
    package = look.records.package if look.records is not None else None
    lessons = _lessons_by_path(package)

    def issues(faults: Iterable[Fault]) -> tuple[Issue, ...]:
        return tuple(_issue(fault, lessons, lang) for fault in faults)

    return Verification(
        package=path.name or path.resolve().name,
        answer=_word(found, package, bag_only=bag_only),
        faults=issues(found.faults),
        warnings=issues(found.warnings),
        open=issues(found.open),
        kind=kind,
        bag_sha256=look.bag_sha256,
        signatures=look.signatures,
        course=package,
        files=look.files,
        payload_bytes=sum(f.size_bytes for f in look.files),
        coursekit=__version__,
    )


def _word(found: Findings, package: Package | None, *, bag_only: bool) -> Answer:
    if found.faults:
        return Answer.REFUSED
    if found.open:
        return Answer.UNDECIDED
    if bag_only:
        return Answer.WHOLE
    if package is None:
        return Answer.REFUSED
    return Answer.DRAFT if package.draft else Answer.ACCEPTED


def _lessons_by_path(package: Package | None) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for lesson in package.lessons if package is not None else ():
        others = (*lesson.supplements, *(s.path for s in lesson.subtitles), lesson.cover)
        for path in (lesson.path, *others):
            if path is not None:
                named[f"data/{COURSE_FOLDER}/{path}"] = lesson.title
    return named


def _issue(fault: Fault, lessons: Mapping[str, str], lang: str) -> Issue:
    # A name on this system may be bytes that are no text; an answer is text.
    path = shown(fault.path) if fault.path is not None else None
    lesson = lessons.get(path) if path is not None else None
    detail = fault.detail.encode("utf-8", "backslashreplace").decode("utf-8")
    return Issue(fault.code, phrase("package", fault.code, lang, path=path or "", detail=detail), path, lesson)


def exit_code(verification: Verification, *, allow_draft: bool = False) -> int:
    """The process's answer, as everywhere: 0 take it, 1 do not, 3 could not be decided."""
    match verification.answer:
        case Answer.ACCEPTED | Answer.WHOLE:
            return 0
        case Answer.DRAFT:
            return 0 if allow_draft else 1
        case Answer.UNDECIDED:
            return 3
        case Answer.REFUSED:
            return 1
