"""One fault each: what is changed in the sample course, and the one finding that must come of it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.model import FileFacts, FileKind
from tests.manifest.sample import hash_of

Files = dict[str, FileFacts]


def same(files: Files) -> None:
    """The folder stays as it is."""


def without(path: str) -> Callable[[Files], None]:
    """A file is gone."""
    return lambda files: files.__delitem__(path)


def renamed(path: str, name: str) -> Callable[[Files], None]:
    """A file has another name on disk."""

    def change(files: Files) -> None:
        files[name] = dataclasses.replace(files.pop(path), path=name)

    return change


def added(path: str) -> Callable[[Files], None]:
    """A video lies there that nobody listed."""
    return lambda files: files.__setitem__(path, FileFacts(path, hash_of(path), 1, FileKind.VIDEO))


def lasting(path: str, seconds: float) -> Callable[[Files], None]:
    """A video has another length."""

    def change(files: Files) -> None:
        probe = files[path].probe
        assert probe is not None
        files[path] = dataclasses.replace(files[path], probe=dataclasses.replace(probe, duration_s=seconds))

    return change


def unlabelled(path: str) -> Callable[[Files], None]:
    """The label of generated content was lost in a transcode."""

    def change(files: Files) -> None:
        probe = files[path].probe
        assert probe is not None
        files[path] = dataclasses.replace(files[path], probe=dataclasses.replace(probe, aigc=()))

    return change


@dataclass(frozen=True)
class Variant:
    """`find` stands once in the course and becomes `replace`; the finding's line must hold `on`."""

    id: str
    check: str
    code: str
    pointer: str
    on: str
    find: str = ""
    replace: str = ""
    files: Callable[[Files], None] = same


CHANGES: dict[str, Callable[..., Callable[[Files], None]]] = {
    "without": without,
    "renamed": renamed,
    "added": added,
    "lasting": lasting,
    "unlabelled": unlabelled,
}


def load_variants() -> tuple[Variant, ...]:
    """The table."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["variant"]
    return tuple(Variant(**{**row, "files": _change(row.get("files"))}) for row in rows)


def _change(row: list[Any] | None) -> Callable[[Files], None]:
    return CHANGES[row[0]](*row[1:]) if row else same


VARIANTS = load_variants()
