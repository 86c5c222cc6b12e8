"""From the tree to typed values, by the declarations of the fields alone.

A value that cannot be taken as written is reported and replaced by an empty one of its type, so that every index in
the model is still the index in the text and the rest can be checked. Checks that would lean on a replaced value say
"not tested" (`sections.ready`).
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from coursekit.manifest.faults import Fault
from coursekit.manifest.fields import MAX_LINE, Choice, Form, Spec
from coursekit.manifest.tree import Entries, Items, Node, Text, child
from coursekit.model import Scalar

Convert = Callable[[Node, str, list[Fault]], Any]

# What YAML 1.1 and 1.2 readers make of a plain word that looks like text to a person.
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|false|True|False|TRUE|FALSE)\Z")
_BOOL_1_1 = re.compile(r"(?:y|n|yes|no|on|off)\Z", re.IGNORECASE)
_TIME = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?\Z")
_OTHER_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0b[01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF|nan|NaN|NAN))\Z"
)


def read(node: Node, target: type, places: object) -> tuple[Any, tuple[Fault, ...]]:
    """The value and all that was wrong with it, in the order of the text."""
    faults: list[Fault] = []
    value = _record(target)(node, "", faults)
    if value is None:
        value = _empty(target)
    faults.sort(key=lambda f: (f.line, f.column))
    return dataclasses.replace(value, places=places, faults=tuple(faults)), tuple(faults)


@cache
def hints(target: type) -> Mapping[str, Any]:
    """The types of a record's fields, resolved once."""
    return typing.get_type_hints(target)


def specs(target: type) -> tuple[tuple[str, Spec, Any, bool], ...]:
    """Name, declaration, type and whether it is required, of every field that stands in the text."""
    types_ = hints(target)
    return tuple(
        (
            f.name,
            f.metadata["spec"],
            types_[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(target)
        if "spec" in f.metadata
    )


def unwrap(hint: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it was there."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        inner = [a for a in typing.get_args(hint) if a is not type(None)]
        return inner[0], True
    return hint, False


class _Skip:
    """A value that was reported and left out."""


_SKIP = _Skip()


def _empty(hint: Any) -> Any:
    """What stands for a required value that could not be read."""
    hint, optional = unwrap(hint)
    if optional:
        return None
    origin = typing.get_origin(hint)
    if origin is tuple:
        return ()
    if origin is not None:
        return {}
    if dataclasses.is_dataclass(hint):
        target = typing.cast(type, hint)
        return target(**{name: _empty(inner) for name, _, inner, required in specs(target) if required})
    if issubclass(hint, Choice):
        return next(iter(hint))
    return hint()


@cache
def _record(target: type) -> Convert:
    fields = {name: (_value(hint, spec), required, hint) for name, spec, hint, required in specs(target)}
    required_names = tuple(name for name, (_, required, _) in fields.items() if required)

    def convert(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if not isinstance(node, Entries):
            faults.append(_fault("not-a-mapping", node, pointer, **_found(node)))
            return _SKIP
        values: dict[str, Any] = {}
        for key, (key_node, value) in node.entries.items():
            known = fields.get(key)
            here = f"{pointer}/{key}" if known else child(pointer, key)
            if known is None:
                guess = nearest(key, fields)
                code = "unknown-field-near" if guess else "unknown-field"
                known_names = ", ".join(fields)
                faults.append(_fault(code, key_node, here, field=key[:80], guess=guess, known=known_names))
                continue
            read_value = known[0](value, here, faults)
            if read_value is not _SKIP:
                values[key] = read_value
            elif known[1]:
                values[key] = _empty(known[2])
        for name in required_names:
            if name not in values:
                faults.append(_fault("missing-field", node, child(pointer, name), field=name))
                values[name] = _empty(fields[name][2])
        return target(**values)

    return convert


def _value(hint: Any, spec: Spec) -> Convert:
    hint, _ = unwrap(hint)
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _items(_value(typing.get_args(hint)[0], spec), typing.get_args(hint)[0])
    if origin is not None:
        return _mapping(_value(typing.get_args(hint)[1], spec), typing.get_args(hint)[1])
    if dataclasses.is_dataclass(hint):
        target = typing.cast(type, hint)
        return lambda node, pointer, faults: _record(target)(node, pointer, faults)
    if issubclass(hint, Choice):
        return _choice(hint)
    if hint is bool:
        return _bool
    if hint is int or hint is float:
        return _number(hint, spec)
    if hint is Fraction:
        return _fraction(spec)
    return _text(spec.form, hint)


def _items(convert: Convert, hint: Any) -> Convert:
    scalar = not dataclasses.is_dataclass(hint)

    def items(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if not isinstance(node, Items):
            faults.append(_fault("not-a-list", node, pointer, **_found(node)))
            return _SKIP
        values = []
        seen: dict[str, int] = {}
        for index, item in enumerate(node.items):
            here = f"{pointer}/{index}"
            value = convert(item, here, faults)
            if scalar and isinstance(item, Text):
                if item.text in seen:
                    faults.append(
                        _fault("repeated-value", item, here, value=item.text[:80], first_line=seen[item.text])
                    )
                seen.setdefault(item.text, item.line)
            values.append(_empty(hint) if value is _SKIP else value)
        return tuple(values)

    return items


def _mapping(convert: Convert, hint: Any) -> Convert:
    def mapping(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if not isinstance(node, Entries):
            faults.append(_fault("not-a-mapping", node, pointer, **_found(node)))
            return _SKIP
        values = {}
        for key, (key_node, item) in node.entries.items():
            here = child(pointer, key)
            # A plain `4:` is the same key to every reader; a plain `1.10:` is 1.1 to most.
            if key_node.plain and not _INT.match(key) and looks_typed(key):
                faults.append(_fault("unquoted-text", key_node, here, value=key[:80], read_as=_read_as(key)))
            elif not Form.CODE.regex.match(key):
                wanted = Form.CODE.value
                faults.append(
                    _fault("bad-form", key_node, here, value=key[:80], **_wanted(wanted.zh, wanted.en, wanted.example))
                )
            value = convert(item, here, faults)
            values[key] = _empty(hint) if value is _SKIP else value
        return values

    return mapping


def _choice(choices: type[Choice]) -> Convert:
    known = {member.value: member for member in choices}

    def choice(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if isinstance(node, Text) and node.text in known:
            return known[node.text]
        if not isinstance(node, Text):
            faults.append(_fault("not-text", node, pointer, **_found(node)))
            return _SKIP
        label = next((m.value for m in choices if m.zh == node.text), "")
        near = label or nearest(node.text, known)
        args: dict[str, Scalar] = {
            "value": node.text[:80],
            "choices_zh": "、".join(f"{m.value}（{m.zh}）" for m in choices),
            "choices_en": ", ".join(choices),
            "guess": near,
        }
        faults.append(_fault("not-in-list-near" if near else "not-in-list", node, pointer, **args))
        return _SKIP

    return choice


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant."""
    import difflib  # 50 ms that only a slip of the pen pays

    return next(iter(difflib.get_close_matches(word, known, 1, 0.6)), "")


def _bool(node: Node, pointer: str, faults: list[Fault]) -> Any:
    if isinstance(node, Text) and node.plain and node.text in ("true", "false"):
        return node.text == "true"
    faults.append(_fault("not-true-or-false", node, pointer, **_found(node)))
    return _SKIP


def _number(kind: type[int] | type[float], spec: Spec) -> Convert:
    pattern = _INT if kind is int else _DECIMAL

    def number(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if not isinstance(node, Text):
            faults.append(_fault("not-a-number", node, pointer, **_found(node)))
            return _SKIP
        if _TIME.match(node.text):
            faults.append(_fault("time-not-seconds", node, pointer, value=node.text[:40], seconds=_seconds(node.text)))
            return _SKIP
        if not node.plain and pattern.match(node.text):
            faults.append(_fault("quoted-number", node, pointer, value=node.text[:40]))
            return _SKIP
        if not pattern.match(node.text) or len(node.text) > 30:
            faults.append(
                _fault("not-a-whole-number" if kind is int else "not-a-number", node, pointer, **_found(node))
            )
            return _SKIP
        return _in_range(kind(node.text), node, pointer, faults, spec)

    return number


def _fraction(spec: Spec) -> Convert:
    def fraction(node: Node, pointer: str, faults: list[Fault]) -> Any:
        wanted = Form.FRACTION.value
        if not isinstance(node, Text):
            faults.append(_fault("not-text", node, pointer, **_found(node)))
            return _SKIP
        risky = _TIME.match(node.text) or looks_typed(node.text) or "/" in node.text
        if node.plain and risky and not _INT.match(node.text):
            faults.append(_fault("unquoted-hours", node, pointer, value=node.text[:40]))
            return _SKIP
        if not Form.FRACTION.regex.match(node.text) or (node.plain and len(node.text) > 6):
            args = _wanted(wanted.zh, wanted.en, wanted.example)
            faults.append(_fault("bad-form", node, pointer, value=node.text[:80], **args))
            return _SKIP
        return _in_range(Fraction(node.text), node, pointer, faults, spec)

    return fraction


def _in_range(value: Any, node: Text, pointer: str, faults: list[Fault], spec: Spec) -> Any:
    low, high = spec.minimum, spec.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        low_text = f"{low:g}" if low is not None else ""
        high_text = f"{high:g}" if high is not None else ""
        faults.append(_fault("out-of-range", node, pointer, value=node.text, minimum=low_text, maximum=high_text))
        return _SKIP
    return value


def _text(form: Form, hint: type) -> Convert:
    regex = form.regex
    wanted = form.value
    is_date = hint is date
    most = 1024 if form is Form.PATH else 20_000 if form is Form.TEXT else 2_048 if form is Form.URL else MAX_LINE

    def text(node: Node, pointer: str, faults: list[Fault]) -> Any:
        if not isinstance(node, Text):
            faults.append(_fault("not-text", node, pointer, **_found(node)))
            return _SKIP
        value = node.text
        if node.plain and looks_typed(value):
            if _NULL.match(value):
                faults.append(_fault("no-value", node, pointer, **_wanted(wanted.zh, wanted.en, wanted.example)))
            else:
                faults.append(_fault("unquoted-text", node, pointer, value=value[:80], read_as=_read_as(value)))
            return _SKIP
        if len(value) > most:
            faults.append(_fault("too-long", node, pointer, length=len(value), most=most))
            return _SKIP
        if not regex.match(value):
            code = "bad-path" if form is Form.PATH else "bad-form"
            args = _wanted(wanted.zh, wanted.en, wanted.example)
            faults.append(_fault(code, node, pointer, value=value[:80], **args))
            return _SKIP
        if is_date:
            try:
                return date.fromisoformat(value)
            except ValueError:
                faults.append(_fault("no-such-day", node, pointer, value=value))
                return _SKIP
        return value

    return text


def looks_typed(text: str) -> bool:
    """Some YAML reader would not take this plain word for text."""
    first = text[:1]
    if first and first not in "0123456789+-.~nNyYoOtTfF":
        return False
    return bool(
        _NULL.match(text)
        or _BOOL.match(text)
        or _BOOL_1_1.match(text)
        or _TIME.match(text)
        or _OTHER_NUMBER.match(text)
    )


def _read_as(text: str) -> str:
    """What another reader would make of it, to show the harm."""
    if _BOOL.match(text) or _BOOL_1_1.match(text):
        return "true" if text.lower() in ("true", "y", "yes", "on") else "false"
    if _TIME.match(text):
        return str(_seconds(text))
    digits = text.replace("_", "")
    if re.match(r"[-+]?0[0-7]+\Z", digits):
        return str(int(digits, 8))
    try:
        value = float(digits)
    except ValueError:
        return "number"
    return f"{value:g}" if "." in digits or "e" in digits.lower() else str(int(value))


def _seconds(text: str) -> int:
    total = 0
    for part in text.lstrip("+-").replace("_", "").split(".")[0].split(":"):
        total = total * 60 + int(part[:9])
    return total


def _found(node: Node) -> dict[str, Scalar]:
    if isinstance(node, Entries):
        return {"found_zh": "一组“键：值”", "found_en": "a mapping"}
    if isinstance(node, Items):
        return {"found_zh": "一个列表", "found_en": "a list"}
    if node.plain and _NULL.match(node.text):
        return {"found_zh": "空值", "found_en": "nothing"}
    shown = node.text[:60]
    return {"found_zh": f"“{shown}”", "found_en": f"“{shown}”"}


def _wanted(zh: str, en: str, example: str) -> dict[str, Scalar]:
    return {"wanted_zh": zh, "wanted_en": en, "example": example}


def _fault(code: str, node: Node, pointer: str, **args: Scalar) -> Fault:
    return Fault(code, pointer, node.line, node.column, args)
