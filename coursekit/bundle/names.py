"""Which names may travel. A package is opened on Windows, macOS and Linux alike, so a name must mean the same on all.

Names are judged, never mended: a reader that strips `..` writes a file nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from coursekit.paths import folded, for_terminal

_DRIVE = re.compile(r"^[A-Za-z]:")
_RESERVED = re.compile(
    r"^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\..*)?$", re.IGNORECASE
)
_WINDOWS_FORBIDS = frozenset('<>:"|?*')


def name_fault(name: str) -> str | None:
    """The code of what is wrong with a relative POSIX path, None when nothing is."""
    if not name:
        return "empty-name"
    if "\0" in name:
        return "nul-in-name"
    if _DRIVE.match(name):
        return "drive-letter"
    if name.startswith(("//", "\\\\")):
        return "unc-path"
    if name.startswith("/"):
        return "absolute-path"
    parts = re.split(r"[/\\]", name)
    if ".." in parts:
        return "path-traversal"
    if "\\" in name:
        return "backslash"
    return next((code for part in parts if (code := _part_fault(part)) is not None), None)


def _part_fault(part: str) -> str | None:
    if part in ("", "."):
        return "empty-part"
    if for_terminal(part) != part:
        return "control-character"
    if _RESERVED.match(part):
        return "device-name"
    if part[-1] in ". ":
        return "trailing-dot-or-space"
    if not _WINDOWS_FORBIDS.isdisjoint(part):
        return "windows-character"
    return None


def collision(names: Iterable[str]) -> tuple[str, str] | None:
    """The first name that cannot lie in one folder with those before it, and the code of why."""
    exact: set[str] = set()
    files: dict[str, str] = {}
    folders: set[str] = set()
    for name in names:
        if name in exact:
            return name, "duplicate-name"
        exact.add(name)
        is_folder = name.endswith("/")
        key = folded(name.rstrip("/"))
        if key in files or (not is_folder and key in folders):
            other = files.get(key)
            same_kind = other is not None and not is_folder
            return name, "names-collide" if same_kind else "file-and-folder"
        if is_folder:
            folders.add(key)
        else:
            files[key] = name
        while "/" in key:
            key = key.rpartition("/")[0]
            if key in files:
                return name, "file-and-folder"
            if key in folders:
                break
            folders.add(key)
    return None
