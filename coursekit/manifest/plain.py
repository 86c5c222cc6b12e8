"""A manifest as plain values, without what goes without saying: the form in which it is written anywhere."""

from __future__ import annotations

import dataclasses
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any

from coursekit.manifest.model import Manifest
from coursekit.manifest.reader import specs
from coursekit.manifest.tree import Entries, Items, Node, Text

Plain = str | int | float | bool | list[Any] | dict[str, Any]


def to_plain(value: Manifest) -> dict[str, Any]:
    """Dictionaries, lists, texts and numbers; fields at their default are left out."""
    plain = _record(value)
    assert isinstance(plain, dict)
    return plain


def _record(value: Any) -> dict[str, Any]:
    result = {}
    for name, _, _, required in specs(type(value)):
        item = getattr(value, name)
        if required or not _is_default(type(value), name, item):
            result[name] = _plain(item)
    return result


def _is_default(target: type, name: str, item: Any) -> bool:
    field = next(f for f in dataclasses.fields(target) if f.name == name)
    if field.default is not dataclasses.MISSING:
        return bool(item == field.default)
    return field.default_factory is not dataclasses.MISSING and item == field.default_factory()


def _plain(item: Any) -> Plain:
    if dataclasses.is_dataclass(item):
        return _record(item)
    if isinstance(item, tuple):
        return [_plain(each) for each in item]
    if isinstance(item, Fraction):
        return fraction_plain(item)
    if isinstance(item, date):
        return item.isoformat()
    if isinstance(item, Enum):
        return str(item.value)
    if isinstance(item, dict):
        return {key: _plain(each) for key, each in item.items()}
    if isinstance(item, float) and item.is_integer():
        return int(item)
    result: Plain = item
    return result


def fraction_plain(value: Fraction) -> int | str:
    """A whole number as a number; anything else as text, so that no reader makes it inexact."""
    return value.numerator if value.denominator == 1 else fraction_text(value)


def fraction_text(value: Fraction) -> str:
    """As a person writes it: 1.5, or 1/3 where a decimal would never end."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        for places in range(7):
            scaled = value * 10**places
            if scaled.denominator == 1:
                digits = f"{scaled.numerator:0{places + 1}d}"
                return digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
    return f"{value.numerator}/{value.denominator}"


def to_tree(plain: Any, line: int = 1, column: int = 1) -> Node:
    """The tree of plain values that stand in no text, all at one place."""
    if isinstance(plain, dict):
        return Entries(
            line, column, {k: (Text(line, column, k, False), to_tree(v, line, column)) for k, v in plain.items()}
        )
    if isinstance(plain, list):
        return Items(line, column, [to_tree(each, line, column) for each in plain])
    if isinstance(plain, bool):
        return Text(line, column, "true" if plain else "false", True)
    if isinstance(plain, float):
        return Text(line, column, number_text(plain), True)
    return Text(line, column, str(plain), isinstance(plain, int))


def number_text(value: float) -> str:
    """The shortest decimal without an exponent that is this very number."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    from decimal import Decimal

    return format(Decimal(text), "f")
