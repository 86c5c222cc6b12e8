"""Read `course.yaml` or `course.json`.

Two kinds of trouble are told apart. A text that does not mean one thing (bad encoding, bad syntax, a key written
twice, anchors, another version) or that no honest manifest would be (too large, too deep, paths that leave the
course) raises `ManifestError`: nothing is judged. A readable manifest with faults gives a `Manifest` that carries
them, and `manifest/schema` reports each at its line.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coursekit.folder import MANIFEST_NAMES
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.model import MANIFEST_SCHEMA, Manifest
from coursekit.manifest.reader import read
from coursekit.manifest.references import escaping_paths, reference_faults
from coursekit.manifest.tree import Entries, Node, Places, Text, TreeError, parse_json, parse_yaml
from coursekit.paths import inside
from coursekit.probe.limits import MANIFEST_BYTES as MAX_BYTES

__all__ = [
    "ManifestError",
    "find_book",
    "find_manifest",
    "load_manifest",
    "load_tree",
    "manifest_from_text",
    "manifest_from_tree",
    "read_record",
]


def find_manifest(root: Path) -> Path | None:
    """The manifest of a course folder, if there is one. Two of them would leave open which one counts."""
    return find_book(root, root, MANIFEST_NAMES, ManifestError)


def find_book(course: Path, folder: Path, names: Sequence[str], error: type[ManifestError]) -> Path | None:
    """The one of these files that lies in `folder`, if any does. One that is a link out of the course is no part of it.

    What bears the name and cannot be read is said, never passed over: without it less would be judged.
    """
    found = [folder / name for name in names if os.path.lexists(folder / name)]
    if len(found) > 1:
        raise error(found[1], (Fault("two-manifests", "", 1, 1, {"names": ", ".join(p.name for p in found)}),))
    for path in found:
        if (path.is_symlink() or folder.is_symlink()) and not inside(course, path):
            raise error(path, (Fault("leads-outside", "", 1, 1),))
        if not path.is_file():
            raise error(path, (Fault("not-a-file", "", 1, 1),))
    return found[0] if found else None


def load_manifest(path: Path) -> Manifest:
    """The manifest at `path`."""
    try:
        return manifest_from_tree(load_tree(path))
    except TreeError as error:
        raise ManifestError(path, error.faults) from None


def load_tree(path: Path) -> Node:
    """The tree of a YAML or JSON file, by its ending. Raises `TreeError`."""
    return _tree_of(_read_bytes(path), json=path.suffix.lower() == ".json")


def manifest_from_text(text: str, *, json: bool = False, path: str = "course.yaml") -> Manifest:
    """The manifest in `text`; `path` is its name in messages."""
    try:
        return manifest_from_tree(_tree_of(text.encode("utf-8"), json=json))
    except TreeError as error:
        raise ManifestError(path, error.faults) from None


def manifest_from_tree(tree: Node) -> Manifest:
    """The manifest in a tree, wherever the tree came from. Raises `TreeError` for what cannot be judged."""
    manifest: Manifest = read_record(tree, Manifest, MANIFEST_SCHEMA)
    return reference_faults(manifest)


def read_record(tree: Node, target: type, version: str) -> Any:
    """A whole file as a record of this type and version. Paths that lead out of its folder are refused."""
    if not isinstance(tree, Entries):
        raise TreeError(Fault("not-a-manifest", "", tree.line, tree.column))
    _check_version(tree, version)
    record, faults = read(tree, target, Places(tree))
    if outside := escaping_paths(faults):
        raise TreeError(*outside)
    return record


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TreeError(Fault("not-a-file", "", 1, 1))
        # One byte more than allowed is enough to know.
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TreeError(Fault("cannot-open", "", 1, 1, {"detail": error.strerror or str(error)})) from None
    if len(data) > MAX_BYTES:
        raise TreeError(Fault("too-large", "", 1, 1, {"megabytes": status.st_size / 2**20, "most": MAX_BYTES // 2**20}))
    return data


def _tree_of(data: bytes, *, json: bool) -> Node:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise TreeError(Fault("not-utf8", "", line, column)) from None
    return parse_json(text) if json else parse_yaml(text)


def _check_version(tree: Entries, wanted: str) -> None:
    if "schema" not in tree.entries:
        raise TreeError(Fault("no-version", "/schema", tree.line, tree.column, {"wanted": wanted}))
    _, version = tree.entries["schema"]
    if not isinstance(version, Text) or version.text != wanted:
        found = version.text[:80] if isinstance(version, Text) else "?"
        args = {"found": found, "wanted": wanted}
        raise TreeError(Fault("unknown-version", "/schema", version.line, version.column, args))
