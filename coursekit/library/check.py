"""Is the library whole? Every record readable, every file in place, nothing that nobody names."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from coursekit.files import sha256_of
from coursekit.library.index import open_index
from coursekit.library.shelf import LibraryFault, Shelf

CHECK_SCHEMA = "coursekit/library-check/1"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is not as the records say."""

    code: str
    """`record-unreadable`, `object-missing`, `object-size`, `object-changed`."""
    path: str
    """Of the record, or of the file in its course."""
    course: str | None = None
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class LibraryCheck:
    """What was found."""

    editions: int
    objects: int
    bytes: int
    faults: tuple[Flaw, ...]
    unreferenced: tuple[str, ...]
    """Files no record names: an import died before its record, or a record was removed."""
    removed: int = 0
    schema: str = CHECK_SCHEMA


def check_library(shelf: Shelf, *, fixity: bool = False, remove_unreferenced: bool = False) -> LibraryCheck:
    """Look at every record and every file; with `fixity` read every byte."""
    named: dict[str, int] = {}
    faults: list[Flaw] = []
    ids = sorted(shelf.edition_ids())
    for name in ids:
        try:
            edition = shelf.edition(name)
        except LibraryFault:
            faults.append(Flaw("record-unreadable", f"editions/{name}.json", edition=name))
            continue
        for file in (*edition.files, *edition.evidence):
            code = _fault_of(shelf, file.sha256, file.size_bytes, fixity=fixity and file.sha256 not in named)
            named[file.sha256] = file.size_bytes
            if code is not None:
                faults.append(Flaw(code, file.path, edition.course.id, name))
    unreadable = any(f.code == "record-unreadable" for f in faults)
    removed = 0
    if remove_unreferenced and not unreadable:
        # Alone with the records: an import that counts on an object to be there must find it, or notice.
        with open_index(shelf) as index, index.changing():
            new = shelf.edition_ids() - set(ids)
            kept = {f.sha256 for e in new for f in (*shelf.edition(e).files, *shelf.edition(e).evidence)}
            for path in _unreferenced(shelf, named.keys() | kept):
                (shelf.root / path).unlink()
                removed += 1
    return LibraryCheck(
        editions=len(ids),
        objects=len(named),
        bytes=sum(named.values()),
        faults=tuple(faults),
        unreferenced=tuple(_unreferenced(shelf, named.keys())),
        removed=removed,
    )


def _fault_of(shelf: Shelf, sha256: str, size_bytes: int, *, fixity: bool) -> str | None:
    path = shelf.object_path(sha256)
    try:
        size = path.stat().st_size
    except OSError:
        return "object-missing"
    if size != size_bytes:
        return "object-size"
    return "object-changed" if fixity and sha256_of(path) != sha256 else None


def _unreferenced(shelf: Shelf, known: Set[str]) -> Iterator[str]:
    for path in shelf.objects():
        if path.parent.name + path.name not in known:
            yield path.relative_to(shelf.root).as_posix()
