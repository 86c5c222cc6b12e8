"""`review/` of a course on disk: dossiers issued, decisions taken in, receipts, papers, keys.

Files are written once and never again. A receipt says that a decision was taken in, by its hash; a decision without
one does not count, nor does one whose bytes are no longer those of its receipt.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit import codec
from coursekit.files import read_plain, sha256_of, write_atomic
from coursekit.folder import REVIEW
from coursekit.paths import display_name, inside
from coursekit.review.model import Decision, Dossier, PaperRef, Receipt, Trouble
from coursekit.review.signature import read_signature, signed_by

MAX_BYTES = 16 << 20
_SAFE = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff_-]+")


@dataclass(frozen=True, slots=True)
class Issued:
    """A dossier that was made, and the hash decisions name it by."""

    sha256: str
    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that was taken in."""

    receipt: Receipt
    decision: Decision


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder `review/` of one course."""

    course: Path

    @property
    def root(self) -> Path:
        """`review/` itself."""
        return self.course / REVIEW

    @property
    def decisions(self) -> Path:
        """Decision files, byte for byte as they came, and their signatures."""
        return self.root / "decisions"

    @property
    def papers(self) -> Path:
        """Scans of signed paper, named by their hash."""
        return self.root / "papers"

    def issued(self) -> tuple[Issued, ...]:
        """Every dossier made, oldest first; one that cannot be read is not there."""
        found = []
        for path in sorted((self.root / "dossiers").glob("*.json")):
            data = self.read(path)
            try:
                found.append(Issued(hashlib.sha256(data).hexdigest(), codec.loads(Dossier, data)))
            except codec.CodecError:
                continue
        return tuple(found)

    def issue(self, dossier: bytes) -> str:
        """Keep a dossier that is being handed out; one that is in force already is not kept twice."""
        sha256 = hashlib.sha256(dossier).hexdigest()
        before = self.issued()
        if not before or before[-1].sha256 != sha256:
            kept = self.root / "dossiers"
            number = 1 + max((_number(p.name) for p in kept.glob("*.json")), default=0)
            self.keep(kept / f"{number:04d}-{sha256[:12]}.json", dossier)
        return sha256

    def receipts(self) -> tuple[Receipt, ...]:
        """In order of taking in."""
        found = []
        for path in (self.root / "receipts").glob("*.json"):
            try:
                found.append(codec.loads(Receipt, self.read(path)))
            except codec.CodecError:
                continue
        return tuple(sorted(found, key=lambda r: (r.number, r.decision)))

    def take(self, data: bytes, receipt: Receipt, signature: bytes | None) -> None:
        """Keep a decision. The receipt comes last: a run that is killed before it has taken nothing in."""
        self.keep(self.decisions / receipt.file, data, private=True)
        if signature is not None:
            self.keep(self.decisions / f"{receipt.file}.sig", signature)
        self.keep(self.root / "receipts" / receipt.file, codec.dumps(receipt))

    def key_path(self, expert: str) -> Path:
        """Where an expert's public key is kept once it has been registered."""
        return self.root / "keys" / f"{_SAFE.sub('_', expert)}.pem"

    def keep_paper(self, paper: Path) -> PaperRef:
        """Copy a scan under its hash."""
        data = paper.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.paper_path(PaperRef(paper.name, sha256))
        if not target.exists():
            self.keep(target, data, private=True)
        return PaperRef(paper.name, sha256)

    def paper_path(self, paper: PaperRef) -> Path:
        """Where a scan lies. Its own name stays out of the path: it may say more of a person than it should."""
        suffix = Path(paper.name).suffix.lower()
        return self.papers / f"{paper.sha256}{suffix if re.fullmatch(r'[.][a-z0-9]{1,5}', suffix) else ''}"

    def taken(self) -> tuple[tuple[Taken, ...], tuple[Trouble, ...]]:
        """Decisions that count, in order, those replaced left out; and what is wrong with the rest."""
        receipts = self.receipts()
        replaced = {r.replaces for r in receipts}
        good: list[Taken] = []
        troubles = list(self._strays(receipts))
        for receipt in receipts:
            if receipt.decision in replaced:
                continue
            code, decision = self._open(receipt)
            if decision is None:
                troubles.append(Trouble(code, {"file": receipt.file}))
                continue
            good.append(Taken(receipt, decision))
            for paper in receipt.papers:
                place = self.paper_path(paper)
                if not inside(self.course, place) or not place.is_file():
                    troubles.append(Trouble("paper-gone", {"file": receipt.file, "paper": place.name}))
                elif sha256_of(place) != paper.sha256:
                    troubles.append(Trouble("paper-altered", {"file": receipt.file, "paper": place.name}))
        return tuple(good), tuple(troubles)

    def _strays(self, receipts: tuple[Receipt, ...]) -> Iterator[Trouble]:
        known = {r.file for r in receipts}
        for path in sorted(self.decisions.glob("*.json")):
            if path.name not in known:
                yield Trouble("not-taken-in", {"file": path.name})
        for path in self._foreign():
            yield Trouble("not-ours", {"file": display_name(path.relative_to(self.course))})

    def _foreign(self) -> Iterator[Path]:
        """What a stranger's course may hold here and coursekit never puts here: links that lead out, pipes, devices."""
        if self.root.is_symlink() and not inside(self.course, self.root):
            yield self.root
            return
        for folder, folders, files in os.walk(self.root):
            for name in sorted((*folders, *files)):
                path = Path(folder, name)
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    if not inside(self.course, path):
                        yield path
                elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                    yield path

    def _open(self, receipt: Receipt) -> tuple[str, Decision | None]:
        data = self.read(self.decisions / receipt.file)
        if not data:
            return "decision-gone", None
        if hashlib.sha256(data).hexdigest() != receipt.decision:
            return "decision-altered", None
        if receipt.public_key is not None:
            signature = read_signature(self.read(self.decisions / f"{receipt.file}.sig"))
            if signature is None or not signed_by(receipt.public_key, signature, data):
                return "signature-broken", None
        try:
            return "", codec.loads(Decision, data)
        except codec.CodecError:
            return "decision-altered", None

    def read(self, path: Path) -> bytes:
        """A file of the shelf; nothing where it cannot be read, is too large, or leads out of the course."""
        try:
            return read_plain(path, MAX_BYTES) if inside(self.course, path) else b""
        except OSError:
            return b""

    def keep(self, path: Path, data: bytes | str, *, private: bool = False) -> None:
        """Write a file of the shelf. Raises OSError, also where a link would have it written outside the course."""
        there = next(p for p in path.parents if p == self.course or p.exists() or p.is_symlink())
        if there != self.course and not inside(self.course, there):
            raise OSError(errno.ELOOP, "leads out of the course", str(there))
        write_atomic(path, data, private=private)


def file_name(expert: str, sha256: str) -> str:
    """What a decision is called on the shelf."""
    return f"{_SAFE.sub('_', expert)[:40] or 'expert'}-{sha256[:12]}.json"


def _number(name: str) -> int:
    head = name.partition("-")[0]
    return int(head) if head.isdigit() else 0
