"""Whose mark a text names: known platforms and agencies by a list, addresses and accounts by their shape."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_SKIP = re.compile(r"[\W_]+")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{2,}\.(?:com|cn|net|org|tv|cc|vip|top|xyz|co|io)\b", re.IGNORECASE
)
_ACCOUNT = re.compile(r"@\s?[\w\u4e00-\u9fff.·-]{2,}|(?:账号|帐号|公众号|公号|ID)\s?[:：]\s?\S{2,}", re.IGNORECASE)
_PLATFORM_ACCOUNT = re.compile(
    r"(?:抖音|快手|小红书|视频号|哔哩哔哩|bilibili|西瓜视频|微博)号?\s?(?:ID)?\s?[:：@]\s?\S{3,}", re.IGNORECASE
)
_CLAIM = re.compile(r"©|版权所有|禁止转载|盗版必究|all rights reserved|copyright", re.IGNORECASE)


def plain(text: str) -> str:
    """Letters and digits only, lower case."""
    return _SKIP.sub("", text).lower()


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads((files("coursekit.video.marks") / "names.toml").read_text(encoding="utf-8"))


@cache
def _words() -> tuple[tuple[str, str], ...]:
    pairs = [
        (plain(word), holder["zh"] if holder["zh"] == holder["en"] else f"{holder['zh']} ({holder['en']})")
        for holder in _raw()["holder"]
        for word in holder["words"]
    ]
    # The longest spelling decides: 腾讯视频 is not 视频号.
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def drawn_words() -> tuple[str, ...]:
    """Names of stock agencies as their marks write them, for being looked for by shape."""
    return tuple(word for holder in _raw()["holder"] for word in holder.get("drawn", ()))


@cache
def everyday_words() -> tuple[str, ...]:
    """Words that a place must not resemble as much as a name."""
    return tuple(_raw()["everyday"])


def holder_of(text: str) -> str | None:
    """The known platform, agency or program that a text names."""
    flat = plain(text)
    return next((holder for word, holder in _words() if word in flat), None)


def points_elsewhere(text: str) -> str | None:
    """The address, account or claim of rights in a text."""
    for pattern in (_ADDRESS, _ACCOUNT, _CLAIM):
        if match := pattern.search(text):
            return match.group(0)
    return None


def account_of(text: str) -> bool:
    """Whether a text gives an account together with its platform, as platforms stamp it on what is saved from them."""
    return _PLATFORM_ACCOUNT.search(text) is not None
