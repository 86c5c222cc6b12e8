"""Names of provinces as people write them: 福建 and 福建省 are one place."""

from __future__ import annotations

_SUFFIXES = ("壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "自治区", "省", "市")


def same_province(one: str, other: str) -> bool:
    """Whether two names mean the same province."""
    return _stem(one) == _stem(other)


def _stem(province: str) -> str:
    for suffix in _SUFFIXES:
        if province.endswith(suffix) and len(province) > len(suffix) + 1:
            return province[: -len(suffix)]
    return province
