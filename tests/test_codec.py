"""What a value looks like in a file, and that nothing is half understood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import pytest

from coursekit import codec
from coursekit.published import PUBLISHED, render
from tests.conftest import ROOT


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    name: str
    rate: Fraction


@dataclass(frozen=True)
class Outer:
    level: float
    inner: tuple[Inner, ...]
    pair: tuple[int, int]
    colour: Colour
    table: dict[str, float]
    note: str | None = None
    either: Inner | int | None = None


VALUE = Outer(-math.inf, (Inner("中", Fraction(30000, 1001)),), (1, 2), Colour.RED, {"a": 0.5}, None, 7)


def test_round_trip() -> None:
    text = codec.dumps(VALUE)
    assert '"-inf"' in text
    assert '"30000/1001"' in text
    assert "note" not in text
    assert codec.loads(Outer, text) == VALUE


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"extra": 1}, "/extra"),
        ({"level": "loud"}, "/level"),
        ({"pair": [1]}, "/pair"),
        ({"colour": "blue"}, "/colour"),
        ({"inner": [{"name": 1, "rate": "1/1"}]}, "/inner/name"),
        ({"inner": [{"name": "x", "rate": "1/0"}]}, "/inner/rate"),
    ],
)
def test_wrong_values_are_refused_by_place(change: dict[str, object], where: str) -> None:
    raw = {**codec.encode(VALUE), **change}
    with pytest.raises(codec.CodecError, match=where):
        codec.decode(Outer, raw)


def test_missing_field_is_named() -> None:
    raw = codec.encode(VALUE)
    del raw["level"]
    with pytest.raises(codec.CodecError, match="level"):
        codec.decode(Outer, raw)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_schemas_are_those_derived_from_the_model(name: str) -> None:
    committed = (ROOT / "schemas" / name).read_text(encoding="utf-8")
    assert committed == render(name), "run: python -m coursekit.published"
