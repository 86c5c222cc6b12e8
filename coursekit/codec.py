"""Dataclasses to JSON and back, by their type hints: the one home of what a value looks like in a file.

`Fraction` is the text "n/d", infinity the text "inf" or "-inf" (JSON has neither), an enum its value, a tuple a list,
bytes are base64.
A field whose value is None is left out when None is its default. Decoding is strict: an unknown field or a wrong type
is a `CodecError` that names the place, so that a facts file of another version is never half understood.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
import sys
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")
_NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


class CodecError(ValueError):
    """A JSON value that does not fit the type it is read as."""


def encode(value: Any) -> Any:
    """Any model value as plain JSON values."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if dataclasses.is_dataclass(kind):
        return {
            name: encode(item)
            for name, optional in _encode_plan(kind)
            if (item := getattr(value, name)) is not None or not optional
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if kind is bytes:
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise CodecError(f"{kind.__name__} has no JSON form")


@cache
def _encode_plan(kind: type) -> tuple[tuple[str, bool], ...]:
    return tuple((f.name, f.default is None) for f in dataclasses.fields(kind))


def dumps(value: Any, *, indent: int | None = 1) -> str:
    """Canonical JSON text: the order of fields is the order of declaration, mappings keep theirs."""
    return json_text(encode(value), indent=indent) + "\n"


def json_text(plain: Any, *, indent: int | None = 1) -> str:
    """Plain JSON values as text that may be shown in a terminal."""
    return json.dumps(plain, ensure_ascii=False, indent=indent, allow_nan=False).translate(_OBEYED)


_OBEYED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""JSON leaves these as they are, and a terminal that is shown the text would obey them."""


def loads(kind: type[T], text: str | bytes) -> T:
    """Read JSON text as a model value."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"not JSON: {error}") from error
    return decode(kind, raw)


def decode(kind: type[T], raw: Any) -> T:
    """Plain JSON values as a model value of type `kind`."""
    return cast("T", _decoder(cast("Any", kind))(raw, ""))


Decoder = Callable[[Any, str], Any]


def _wrong(where: str, wanted: str, raw: Any) -> CodecError:
    return CodecError(f"{where or '/'}: expected {wanted}, found {type(raw).__name__}")


@cache
def _decoder(hint: Any) -> Decoder:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union_decoder(typing.get_args(hint))
    if origin is tuple:
        return _tuple_decoder(typing.get_args(hint))
    if origin is not None and issubclass(origin, Mapping):
        key, item = typing.get_args(hint)
        return _mapping_decoder(_decoder(item), key is float)
    if hint is Any or hint is object:
        return lambda raw, where: raw
    if hint is float:
        return _decode_float
    if hint is Fraction:
        return _decode_fraction
    if hint is bytes:
        return _decode_bytes
    if hint is type(None):
        return _plain_decoder(type(None))
    if dataclasses.is_dataclass(hint):
        return _dataclass_decoder(cast("type", hint))
    if issubclass(hint, Enum):
        return _enum_decoder(hint)
    return _plain_decoder(hint)


def _plain_decoder(kind: type) -> Decoder:
    def plain(raw: Any, where: str) -> Any:
        if type(raw) is not kind:
            raise _wrong(where, kind.__name__, raw)
        return raw

    return plain


def _decode_float(raw: Any, where: str) -> float:
    if type(raw) is float:
        return raw
    if type(raw) is int:
        return float(raw)
    if isinstance(raw, str) and raw in _NON_FINITE:
        return _NON_FINITE[raw]
    raise _wrong(where, "number", raw)


def _decode_fraction(raw: Any, where: str) -> Fraction:
    try:
        return Fraction(raw)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise _wrong(where, 'fraction such as "25/1"', raw) from error


def _decode_bytes(raw: Any, where: str) -> bytes:
    try:
        return base64.b64decode(raw, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise _wrong(where, "base64 text", raw) from error


def _enum_decoder(kind: type[Enum]) -> Decoder:
    members = {member.value: member for member in kind}

    def enumerated(raw: Any, where: str) -> Enum:
        try:
            return members[raw]
        except (KeyError, TypeError) as error:
            raise _wrong(where, "one of " + ", ".join(map(str, members)), raw) from error

    return enumerated


def _mapping_decoder(item: Decoder, numbered: bool) -> Decoder:
    def mapping(raw: Any, where: str) -> dict[Any, Any]:
        if type(raw) is not dict:
            raise _wrong(where, "object", raw)
        read = {key: item(value, f"{where}/{key}") for key, value in raw.items()}
        if not numbered:
            return read
        try:
            return {float(key): value for key, value in read.items()}
        except ValueError as error:
            raise _wrong(where, "numbers as keys", raw) from error

    return mapping


def _tuple_decoder(args: tuple[Any, ...]) -> Decoder:
    if len(args) == 2 and args[1] is Ellipsis:
        item = _decoder(args[0])

        def many(raw: Any, where: str) -> tuple[Any, ...]:
            if type(raw) is not list:
                raise _wrong(where, "list", raw)
            return tuple([item(value, where) for value in raw])

        return many
    items = tuple(_decoder(arg) for arg in args)

    def fixed(raw: Any, where: str) -> tuple[Any, ...]:
        if type(raw) is not list or len(raw) != len(items):
            raise _wrong(where, f"list of {len(items)}", raw)
        return tuple(decoder(value, where) for decoder, value in zip(items, raw, strict=True))

    return fixed


def _union_decoder(args: tuple[Any, ...]) -> Decoder:
    optional = type(None) in args
    choices = [_decoder(arg) for arg in args if arg is not type(None)]
    if len(choices) == 1:
        only = choices[0]
        return lambda raw, where: None if raw is None and optional else only(raw, where)

    def union(raw: Any, where: str) -> Any:
        if raw is None and optional:
            return None
        for decoder in choices:
            try:
                return decoder(raw, where)
            except CodecError:
                continue
        raise _wrong(where, "one of several types", raw)

    return union


def _dataclass_decoder(kind: type) -> Decoder:
    # Resolved at first use, not here: dataclasses of one module may name each other.
    plan: dict[str, Decoder] = {}
    required: set[str] = set()

    def build() -> None:
        hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))
        for field in dataclasses.fields(kind):
            plan[field.name] = _decoder(hints[field.name])
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                required.add(field.name)

    def instance(raw: Any, where: str) -> Any:
        if not plan:
            build()
        if type(raw) is not dict:
            raise _wrong(where, kind.__name__, raw)
        try:
            values = {key: plan[key](value, f"{where}/{key}") for key, value in raw.items()}
        except KeyError as error:
            raise CodecError(f"{where}/{error.args[0]}: {kind.__name__} has no such field") from error
        if missing := required - values.keys():
            raise CodecError(f"{where or '/'}: {kind.__name__} lacks {', '.join(sorted(missing))}")
        return kind(**values)

    return instance
