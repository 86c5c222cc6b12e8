"""Which language this run speaks, decided before click has read a word: help texts need it too."""

from __future__ import annotations

import os
import sys
from functools import cache


@cache
def current_lang() -> str:
    """`--lang` anywhere on the command line, else COURSEKIT_LANG, else the locale, else English."""
    args = sys.argv[1:]
    for index, word in enumerate(args):
        if word.startswith("--lang="):
            return _known(word.partition("=")[2])
        if word == "--lang" and index + 1 < len(args):
            return _known(args[index + 1])
    for name in ("COURSEKIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return _known(value)
    return _windows_lang() if os.name == "nt" else "en"


def _known(value: str) -> str:
    return "zh" if value.lower().startswith("zh") else "en"


def _windows_lang() -> str:
    import ctypes

    primary = getattr(ctypes, "windll").kernel32.GetUserDefaultUILanguage() & 0x3FF  # noqa: B009 - absent elsewhere
    return "zh" if primary == 0x04 else "en"


def pick(zh: str, en: str) -> str:
    """The text of this run's language."""
    return zh if current_lang() == "zh" else en
