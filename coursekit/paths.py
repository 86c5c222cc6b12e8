"""File names as text: what a course-relative path is called in facts, reports and messages.

A name on Linux is bytes. Reports are UTF-8, so bytes that are not appear as `\\xNN`; everything else stays as it is,
中文, quotes and newlines included. Escaping for a terminal or a page is the renderer's business, not the name's.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from unicodedata import normalize


def display_name(path: PurePath) -> str:
    """A relative path as POSIX text that UTF-8 can hold."""
    text = path.as_posix()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # A backslash of the name is doubled here only, so that `\xff` the text and 0xff the byte stay two names.
        return os.fsencode(text.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")
    return text


def folded(name: str) -> str:
    """What two names share that one file system takes for the same: NFC and case folding."""
    return normalize("NFC", normalize("NFC", name).casefold())


def for_terminal(text: str) -> str:
    """Text with nothing in it that a terminal would obey: control codes and bidirectional overrides are spelled out."""
    return "".join(c if _harmless(c) else c.encode("unicode_escape").decode("ascii") for c in text)


BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")


def _harmless(character: str) -> bool:
    code = ord(character)
    return code >= 0x20 and not 0x7F <= code <= 0x9F and not 0xD800 <= code <= 0xDFFF and character not in BIDI


def inside(root: Path, path: Path) -> bool:
    """Whether `path`, links resolved, lies in `root`."""
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve(strict=True))
    except OSError:
        return False
