"""Writing the bag: every checksum is known from the audit, so the tag files come first and each source is read once.

Same plan, same key, same bytes: no clock, no host, no compressor has a say in them.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from coursekit import __version__
from coursekit.bundle.appear import growing_file, growing_folder
from coursekit.bundle.attestation import FILE_NAME as ATTESTATIONS
from coursekit.bundle.attestation import attest
from coursekit.bundle.copying import CHUNK, copy_checked
from coursekit.bundle.keys import SigningKey, minisign_signature
from coursekit.bundle.model import Package, PackagedFile
from coursekit.bundle.names import name_fault
from coursekit.bundle.plan import BAG_PROFILE, COURSE_FOLDER, DRAFT, FINAL, STATUS, Plan
from coursekit.bundle.zipwrite import ZipWriter
from coursekit.files import WholeFile

Tick = Callable[[str], None]
"""Hears the course-relative name of each file when it is done."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was made."""

    path: Path
    minisig: Path | None
    bag_sha256: str


def top_folder(package: Package) -> str:
    """The one folder in the zip: course and version, and DRAFT where it is one."""
    course = package.id if name_fault(package.id) is None else "course"
    return f"{course}-{package.version[:12]}" + (f"-{DRAFT}" if package.draft else "")


def default_name(package: Package) -> str:
    """What the zip is called where nobody says otherwise."""
    return f"{top_folder(package)}.bag.zip"


def tag_files(plan: Plan, keys: Iterable[SigningKey]) -> dict[str, bytes]:
    """All tag files of the bag, in the order in which they are written."""
    course = {f"data/{COURSE_FOLDER}/{f.path}": f.sha256 for f in plan.package.files}
    records = {f"data/{name}": _sha256(data) for name, data in plan.records.items()}
    payload = dict(sorted({**course, **records}.items()))
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _bag_info(plan).encode("utf-8"),
        "manifest-sha256.txt": _manifest(payload),
    }
    tag_manifest = _manifest({name: _sha256(data) for name, data in sorted(tags.items())})
    signed = attest(
        plan.package, plan.tools, _sha256(tag_manifest), _sha256(plan.records["report.json"]), keys
    )  # fmt: skip
    return {**tags, "tagmanifest-sha256.txt": tag_manifest, ATTESTATIONS: signed}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _manifest(checksums: dict[str, str]) -> bytes:
    # Names with control characters do not get this far; of what the specification escapes only % is left.
    return "".join(f"{sha256}  {name.replace('%', '%25')}\n" for name, sha256 in checksums.items()).encode("utf-8")


def _bag_info(plan: Plan) -> str:
    package = plan.package
    total = sum(f.size_bytes for f in package.files) + sum(map(len, plan.records.values()))
    labels = {
        "BagIt-Profile-Identifier": BAG_PROFILE,
        "Source-Organization": package.operator,
        "External-Identifier": package.id,
        "External-Description": f"{package.title} ({DRAFT})" if package.draft else package.title,
        "Bagging-Date": package.approval.on,
        "Bag-Software-Agent": f"coursekit {__version__}",
        "Payload-Oxum": f"{total}.{len(package.files) + len(plan.records)}",
        STATUS: DRAFT if package.draft else FINAL,
    }
    return "".join(f"{label}: {value}\n" for label, value in labels.items() if value)


def write_bag_zip(plan: Plan, target: Path, keys: tuple[SigningKey, ...] = (), tick: Tick | None = None) -> Written:
    """The bag as a single zip and, where there is a key, a `.minisig` beside it."""
    tags = tag_files(plan, keys)
    top = top_folder(plan.package)
    signature_path = target.with_name(f"{target.name}.minisig")
    with growing_file(target) as file, _Follower(Path(file.name), wanted=bool(keys)) as follower:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as archive:
            writer = ZipWriter(archive)
            for name, data in (*tags.items(), *((f"data/{n}", d) for n, d in plan.records.items())):
                writer.add(f"{top}/{name}", data)
            for item in plan.package.files:
                _copy_entry(writer, f"{top}/data/{COURSE_FOLDER}/{item.path}", plan, item)
                follower.follow(file.tell())
                if tick is not None:
                    tick(item.path)
        if keys:
            # Before the zip has its name: whoever finds the zip finds its signature.
            with growing_file(signature_path) as signature:
                signature.write(minisign_signature(keys[0], follower.digest(), target.name).encode("utf-8"))
        else:
            # One of an earlier package would vouch for other bytes.
            signature_path.unlink(missing_ok=True)
    return Written(target, signature_path if keys else None, _sha256(tags["tagmanifest-sha256.txt"]))


def _copy_entry(writer: ZipWriter, name: str, plan: Plan, item: PackagedFile) -> None:
    with writer.entry(name, item.size_bytes) as stream:
        copy_checked(plan.sources[item.path], item.path, item.sha256, item.size_bytes, stream.write)


def write_bag_folder(plan: Plan, target: Path, keys: tuple[SigningKey, ...] = (), tick: Tick | None = None) -> Written:
    """The bag as a folder. `target` must not be there yet."""
    if target.exists():
        raise FileExistsError(str(target))
    tags = tag_files(plan, keys)
    with growing_folder(target) as root:
        for name, data in (*tags.items(), *((f"data/{n}", d) for n, d in plan.records.items())):
            with _new_file(root, name) as file:
                file.write(data)
        for item in plan.package.files:
            with _new_file(root, f"data/{COURSE_FOLDER}/{item.path}") as file:
                copy_checked(plan.sources[item.path], item.path, item.sha256, item.size_bytes, file.write)
                os.fsync(file.fileno())
            if tick is not None:
                tick(item.path)
    return Written(target, None, _sha256(tags["tagmanifest-sha256.txt"]))


def _new_file(root: Path, name: str) -> BinaryIO:
    path = root.joinpath(*name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    return cast("BinaryIO", WholeFile(path, "xb"))


class _Follower:
    """BLAKE2b of the growing archive, in a thread, close behind the writer: what is hashed is still in memory.

    An entry is final once the next one begins; its header, which gets its checksum last, then no longer changes.
    """

    def __init__(self, path: Path, *, wanted: bool) -> None:
        self._path = path
        self._wanted = wanted
        self._hash = hashlib.blake2b()
        self._at = 0
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def follow(self, upto: int) -> None:
        """The archive is final up to here."""
        if self._wanted:
            self._settle()
            self._last = self._pool.submit(self._read, upto)

    def _settle(self) -> None:
        if self._last is not None:
            self._last.result()

    def _read(self, upto: int | None) -> None:
        for chunk in self._chunks(upto):
            self._hash.update(chunk)

    def _chunks(self, upto: int | None) -> Iterator[bytes]:
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._at)
            while upto is None or self._at < upto:
                chunk = file.read(CHUNK if upto is None else min(CHUNK, upto - self._at))
                if not chunk:
                    return
                self._at += len(chunk)
                yield chunk

    def digest(self) -> bytes:
        """Of the whole archive, now that it is finished."""
        self._settle()
        self._read(None)
        return self._hash.digest()

    def __enter__(self) -> _Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
