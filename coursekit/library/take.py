"""Taking a package in: verified while it is received, in place in one step, the same once or a hundred times.

Every byte of the package is read once. What is new goes into a folder of this import's own; only when the whole package
is accepted do the files move into the store, then the record is written, then the index. Whoever dies on the way leaves
nothing that counts, and whoever comes next carries on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from coursekit import __version__, codec
from coursekit.bundle.contents import LARGEST_RECORD
from coursekit.bundle.keys import TrustStore
from coursekit.bundle.model import Answer, CheckedFile, Issue, Verification
from coursekit.bundle.tree import TreeFault, open_tree
from coursekit.bundle.verify import Recheck, Tick, verify_package
from coursekit.bundle.zipread import Limits, ZipFault
from coursekit.files import WholeFile, sync_folder, write_atomic
from coursekit.library.announce import Listener, announce
from coursekit.library.index import Index, open_index, open_mirror
from coursekit.library.model import Edition, Import, Publisher, Taken
from coursekit.library.shelf import LibraryFault, Shelf
from coursekit.texts import phrase

MOST_REFUSED = 1000
"""Records of refused packages that are kept."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a platform takes in, and whom it tells."""

    trust: TrustStore | None
    """Keys whose signature counts."""
    allow_draft: bool = False
    allow_new_publisher: bool = False
    """Let a course that came under one key come under another: after a studio has changed its key."""
    recheck: Recheck | None = None
    limits: Limits = field(default_factory=Limits)
    mirror: str | None = None
    """Address of a PostgreSQL that holds the index as well."""
    listeners: tuple[Listener, ...] = ()
    lang: str = "zh"


def import_package(
    path: Path, shelf: Shelf, policy: Policy, *, called: str | None = None, tick: Tick | None = None
) -> Import:
    """Verify and take in one package, zip or folder. Raises OSError where there is nothing to open.

    `called` is its name in the answer, where the sender's is another than the file's.
    LibraryFault is raised where the library itself cannot work; what is wrong with the package is in the answer.
    """
    status = path.stat()
    if path.is_file():
        judge_room(shelf, status.st_size)
    with shelf.receiving() as place, _Receiver(shelf, place) as receiver:
        found = verify_package(
            path,
            trust=policy.trust,
            recheck=policy.recheck,
            allow_draft=policy.allow_draft,
            limits=policy.limits,
            sink=receiver.sink,
            tick=tick,
            lang=policy.lang,
        )
        if called is not None:
            found = replace(found, package=called)
        if not _acceptable(found, policy):
            return _refuse(shelf, found, _reasons(found, policy))
        assert found.course is not None
        assert found.bag_sha256 is not None
        try:
            evidence = tuple(receiver.take_evidence(path, policy.limits, found.bag_sha256))
        except (ZipFault, TreeFault, _Changed) as error:
            return _refuse(shelf, found, (_issue("changed-meanwhile", policy, detail=str(error)),))
        receiver.finish()
        edition = Edition(
            id=found.bag_sha256,
            course=found.course,
            publisher=_publisher(found),
            imported_at=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            files=found.files,
            evidence=evidence,
            payload_bytes=found.payload_bytes,
            coursekit=__version__,
        )
        with open_index(shelf) as index:
            outcome = _put_in_place(shelf, index, receiver, edition, policy)
    if isinstance(outcome, Issue):
        return _refuse(shelf, found, (outcome,))
    reasons = catch_up(shelf, policy)
    heard = shelf.announced(edition.id) if policy.listeners else None
    return Import(outcome, found, edition.id, reasons, announced=heard)


def catch_up(shelf: Shelf, policy: Policy) -> tuple[Issue, ...]:
    """Tell the mirror and the listeners what they have missed. What cannot be told now is told another time."""
    reasons = []
    if policy.mirror is not None:
        try:
            # Opening it brings it up to date.
            open_mirror(shelf, policy.mirror).database.close()
        except LibraryFault as fault:
            if fault.code != "postgres-unreachable":
                raise
            reasons.append(_issue(fault.code, policy, **fault.args_))
    _, trouble = announce(shelf, policy.listeners)
    if trouble is not None:
        reasons.append(_issue("not-announced", policy, detail=trouble))
    return tuple(reasons)


def _put_in_place(shelf: Shelf, index: Index, receiver: _Receiver, edition: Edition, policy: Policy) -> Taken | Issue:
    """The one step that must not overlap with another import's."""
    with index.changing():
        if edition.id in shelf.edition_ids():
            index.add(shelf.edition(edition.id))
            # The record is older than this import; its objects may have been lost since, and here they are again.
            receiver.place()
            return Taken.ALREADY
        known = index.publishers(edition.course.id)
        key = edition.publisher.key_id if edition.publisher else None
        if known and key not in known and not edition.course.draft and not policy.allow_new_publisher:
            return _issue(
                "other-publisher", policy, course=edition.course.id, keys=", ".join(sorted(map(_short, known)))
            )
        receiver.place()
        if not all(shelf.has(file.sha256, file.size_bytes) for file in (*edition.files, *edition.evidence)):
            # Somebody cleared the store of a file that was there when it was looked for: the next attempt brings it.
            return _issue("changed-meanwhile", policy, detail="objects")
        shelf.keep(edition)
        index.add(edition)
    return Taken.IMPORTED


def _short(key: str | None) -> str:
    return (key or "-")[:16]


class _Changed(Exception):
    """A file of the bag is no longer the one that was verified."""


class _Receiver(AbstractContextManager["_Receiver"]):
    """Receives files while they are verified, and brings them to the disk beside the reading."""

    def __init__(self, shelf: Shelf, place: Path) -> None:
        self._shelf = shelf
        self._place = place
        self._sizes: dict[str, int] = {}
        # One thread: the disk is one, and a second would only make it seek.
        self._syncing = ThreadPoolExecutor(1)
        self._pending: list[Future[None]] = []

    def __exit__(self, *_: object) -> None:
        self._syncing.shutdown(cancel_futures=True)

    def sink(self, file: CheckedFile) -> AbstractContextManager[BinaryIO] | None:
        """A stream for a file the store lacks."""
        if file.sha256 in self._sizes or self._shelf.has(file.sha256, file.size_bytes):
            return None
        return self._receive(file.sha256, file.size_bytes)

    @contextlib.contextmanager
    def _receive(self, sha256: str, size_bytes: int) -> Iterator[BinaryIO]:
        path = self._place / sha256
        with WholeFile(path, "xb") as stream:
            try:
                yield cast("BinaryIO", stream)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            handle = os.dup(stream.fileno())
        self._sizes[sha256] = size_bytes
        self._pending.append(self._syncing.submit(_bring_to_disk, handle))

    def take_evidence(self, path: Path, limits: Limits, bag_sha256: str) -> Iterator[CheckedFile]:
        """The bag's own files. The tag manifest is the one that was verified, and the others are those it lists."""
        with open_tree(path, limits) as tree:
            for name in sorted(n for n in tree.sizes if not n.startswith("data/")):
                if tree.sizes[name] > LARGEST_RECORD:
                    raise _Changed(name)
                data = b"".join(tree.chunks(name))
                file = CheckedFile(name, hashlib.sha256(data).hexdigest(), len(data))
                if name == "tagmanifest-sha256.txt" and file.sha256 != bag_sha256:
                    raise _Changed(name)
                target = self.sink(file)
                if target is not None:
                    with target as stream:
                        stream.write(data)
                yield file

    def finish(self) -> None:
        """Wait until everything received is on the disk."""
        for job in self._pending:
            job.result()
        self._pending.clear()

    def place(self) -> None:
        """Move everything into the store, and make that outlast a power cut."""
        folders = {
            self._shelf.place(self._place / sha256, sha256, size)
            for sha256, size in self._sizes.items()
            if (self._place / sha256).exists()
        }
        for folder in sorted(folders):
            sync_folder(folder)
        if folders:
            sync_folder(self._shelf.root / "objects")


def _bring_to_disk(handle: int) -> None:
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _acceptable(found: Verification, policy: Policy) -> bool:
    return found.answer is Answer.ACCEPTED or (found.answer is Answer.DRAFT and policy.allow_draft)


def _publisher(found: Verification) -> Publisher | None:
    """The first trusted key, in the order of the attestations."""
    trusted = next((s for s in found.signatures if s.trusted), None)
    return None if trusted is None else Publisher(trusted.key_id, trusted.key_name)


def _reasons(found: Verification, policy: Policy) -> tuple[Issue, ...]:
    if found.answer is Answer.DRAFT:
        return (_issue("is-a-draft", policy),)
    return found.faults or found.open


def _issue(code: str, policy: Policy, **args: str) -> Issue:
    return Issue(code, phrase("library", code, policy.lang, **args))


def _refuse(shelf: Shelf, found: Verification, reasons: tuple[Issue, ...]) -> Import:
    """Answer, and leave a record for whoever must write to the studio."""
    outcome = Taken.UNDECIDED if found.answer is Answer.UNDECIDED else Taken.REFUSED
    told = Import(outcome, found, None, reasons)
    key = "\n".join((found.package, found.bag_sha256 or "", *(f"{r.code} {r.path}" for r in reasons)))
    # Named by what was wrong: the same package sent a hundred times is one record.
    name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    told = replace(told, quarantine=name)
    # A name on Linux is bytes; half a character of one becomes the escape that JSON has for it.
    folder = shelf.root / "quarantine"
    write_atomic(folder / f"{name}.json", codec.dumps(told).encode("utf-8", "backslashreplace"))
    _forget_oldest(folder)
    return told


def _forget_oldest(folder: Path) -> None:
    """A sender of rubbish fills no disk."""
    records = list(folder.glob("*.json"))
    if len(records) > MOST_REFUSED:
        ages = {}
        for record in records:
            with contextlib.suppress(OSError):
                ages[record] = record.stat().st_mtime_ns
        for record in sorted(ages, key=lambda r: ages[r])[:-MOST_REFUSED]:
            record.unlink(missing_ok=True)


def judge_room(shelf: Shelf, size_bytes: int) -> None:
    """LibraryFault where a package of that size has no room: said before an hour of copying, not after."""
    free = shutil.disk_usage(shelf.root).free
    if size_bytes > free:
        raise LibraryFault("no-room", wanted=f"{size_bytes / 1e9:.1f} GB", free=f"{free / 1e9:.1f} GB")
