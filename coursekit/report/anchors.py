"""Where a finding stands in text: media has no lines, so CI is shown the manifest line that lists the file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.model import Finding, Place

if TYPE_CHECKING:
    from coursekit.folder import Folder
    from coursekit.pipeline import Audit


@dataclass(frozen=True, slots=True)
class Anchor:
    """A file and a line that an editor or a merge request can show."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Anchors:
    """All anchors of a course."""

    manifest: str | None
    lines: dict[str, int]
    prefix: str = ""
    """From the root of the repository to the course: CI shows a place by its path from there."""

    @classmethod
    def of(cls, done: Audit) -> Anchors:
        """By the manifest, where there is one."""
        folder: Folder = done.folder
        name = done.report.course.manifest
        prefix = _prefix(folder.root)
        if name is None or folder.manifest_path is None:
            return cls(None, {}, prefix)
        from coursekit.manifest.course import listed_files
        from coursekit.manifest.load import ManifestError, load_manifest

        try:
            manifest = load_manifest(folder.manifest_path)
        except (ManifestError, OSError):
            return cls(name, {}, prefix)
        lines: dict[str, int] = {}
        for pointer, path in listed_files(manifest):
            lines.setdefault(path, manifest.places.position(pointer)[0])
        return cls(name, lines, prefix)

    def of_finding(self, subject: str, finding: Finding | None) -> Anchor:
        """The place of a finding: its own in the manifest, else where its file is listed, else the file itself."""
        where = finding.where if finding else None
        if isinstance(where, Place) and self.manifest is not None:
            named = self.manifest if subject == "." or subject in self.lines else subject
            return Anchor(self.prefix + named, max(1, where.line or 1))
        if self.manifest is not None and (subject in self.lines or subject == "."):
            return Anchor(self.prefix + self.manifest, self.lines.get(subject, 1))
        return Anchor(self.prefix + subject if subject != "." else self.prefix.rstrip("/") or ".", 1)


def _prefix(root: Path) -> str:
    """`courses/a/` where the course lies in the checkout of a CI that says where its checkout is."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        base = os.environ.get(name)
        if base and (way := root.resolve()).is_relative_to(Path(base).resolve()):
            inner = way.relative_to(Path(base).resolve()).as_posix()
            return "" if inner == "." else f"{inner}/"
    return ""
