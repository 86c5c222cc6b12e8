"""Read `filing/register.yaml`, by the manifest's own strict reader and with its line and column errors.

What is written in a field that speaks of a person is never repeated in a message: a terminal is copied into chats and
CI logs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from coursekit.filing.kinds import is_known, paper_kinds
from coursekit.filing.model import PERSONAL_FIELDS, REGISTER_NAMES, REGISTER_SCHEMA, Register
from coursekit.folder import FILING
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.load import find_book, load_tree, read_record
from coursekit.manifest.reader import nearest
from coursekit.manifest.tree import TreeError
from coursekit.model import Scalar

__all__ = ["RegisterError", "find_register", "load_register"]

_HIDDEN = "•••"
_REPEATS = frozenset({"value", "found_zh", "found_en", "read_as", "seconds"})
"""Arguments of a fault that quote what was written."""


class RegisterError(ManifestError):
    """The register cannot be read as one unambiguous text."""

    book = "register"


def find_register(course: Path) -> Path | None:
    """The register in the course folder, if there is one."""
    return find_book(course, course / FILING, REGISTER_NAMES, RegisterError)


def load_register(path: Path) -> Register:
    """The register at `path`. Faults that leave it readable stand in `Register.faults`."""
    try:
        register: Register = read_record(load_tree(path), Register, REGISTER_SCHEMA)
    except TreeError as error:
        raise RegisterError(path, tuple(map(_discreet, error.faults))) from None
    faults = sorted((*map(_discreet, register.faults), *_more(register)), key=lambda f: (f.line, f.column))
    return dataclasses.replace(register, faults=tuple(faults))


def _discreet(fault: Fault) -> Fault:
    field = fault.pointer.rpartition("/")[2]
    if not PERSONAL_FIELDS & set(field.split("_")):
        return fault
    return dataclasses.replace(fault, args={k: _HIDDEN if k in _REPEATS else v for k, v in fault.args.items()})


def _more(register: Register) -> Iterator[Fault]:
    """What types cannot say: kinds that exist, papers with files, dates in order."""
    for section, kinds in (
        ("papers", [p.kind for p in register.papers]),
        ("not_needed", [n.kind for n in register.not_needed]),
    ):
        for index, kind in enumerate(kinds):
            if kind and not is_known(kind):
                guess = nearest(kind, paper_kinds())
                code = "unknown-paper-near" if guess else "unknown-paper"
                yield _at(register, code, f"/{section}/{index}/kind", value=kind[:80], guess=guess)
    for index, paper in enumerate(register.papers):
        here = f"/papers/{index}"
        if not paper.files and not any(f.pointer.startswith(f"{here}/files") for f in register.faults):
            yield _at(register, "no-files", f"{here}/files")
        if paper.issued and paper.expires and paper.expires < paper.issued:
            dates: dict[str, Scalar] = {"issued": paper.issued.isoformat(), "expires": paper.expires.isoformat()}
            yield _at(register, "dates-reversed", f"{here}/expires", **dates)


def _at(register: Register, code: str, pointer: str, **args: Scalar) -> Fault:
    line, column = register.places.position(pointer)
    return Fault(code, pointer, line, column, args)
