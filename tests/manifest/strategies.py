"""Valid manifests of every shape, for hypothesis. Derived from the declarations, like everything else."""

from __future__ import annotations

import dataclasses
import typing
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from coursekit.manifest.fields import Choice, Form, Spec
from coursekit.manifest.model import MANIFEST_SCHEMA, LessonEntry, Manifest, Media
from coursekit.manifest.reader import specs, unwrap
from coursekit.manifest.vocabulary import MediaRole, Mode

# Texts that office programs, CSV readers and YAML readers like to take for something else.
TRAPS = (
    "=1+1", "=HYPERLINK(\"http://x\",\"y\")", "+86", "-3", "@cmd", "'quoted", "1.10", "001", "1e5", "1:30", "yes",
    "no", "null", "~", "true", "#N/A", "#REF!", "_x000D_", "_x005F_x000D_", "2026-02-29", "a: b", "- x", "a #b",
    "{}", "[x]", "*a", "&a", "!t", "%x", "`x", "\"q\"", "'", "a, b", "\u3001", "\uff0c", "a;b", "  lead",
    "trail  ", "𠮷\u91ce\u5bb6", "🔧", "e\u0301", "\u200b", "\ufeffx", "\u2028", "\u0085",
    "<b>", "&amp;", "a\\b", "0x1F", ".5", "NaN", ".inf", "=", "\u662f", "\u5426", "theory",
)  # fmt: skip
_TEXT = st.one_of(
    st.sampled_from(TRAPS),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=20),
)
_ALPHABET = "ab1.-_=+@课测é𠮷%#!*&~`^$()?{}·"


def _of_form(form: Form) -> st.SearchStrategy[str]:
    regex = form.regex
    if form is Form.TEXT:
        return st.one_of(_TEXT, st.tuples(_TEXT, _TEXT).map("\n".join)).filter(lambda t: bool(regex.match(t)))
    if form is Form.LINE:
        return _TEXT.filter(lambda t: bool(regex.match(t)))
    if form is Form.PATH:
        part = st.one_of(st.sampled_from(TRAPS), st.text(_ALPHABET + " '\"，\n", min_size=1, max_size=8))
        return st.lists(part, min_size=1, max_size=3).map("/".join).filter(lambda t: bool(regex.match(t)))
    if form is Form.SHA256:
        return st.integers(0, 16**64 - 1).map(lambda n: f"{n:064x}")
    if form is Form.URL:
        return st.text(_ALPHABET, min_size=1, max_size=12).map(lambda t: f"https://{t}")
    word = st.one_of(st.sampled_from(TRAPS), st.text(_ALPHABET, min_size=1, max_size=10))
    return word.filter(lambda t: bool(regex.match(t)))


def _scalar(hint: Any, spec: Spec) -> st.SearchStrategy[Any]:
    if issubclass(hint, Choice):
        return st.sampled_from(list(hint))
    if hint is bool:
        return st.booleans()
    low, high = spec.minimum, spec.maximum
    if hint is int:
        return st.integers(int(low or 0), int(high if high is not None else 1000))
    if hint is float:
        return st.floats(low or 0, high if high is not None else 1000, allow_nan=False).map(lambda f: round(f, 6) + 0.0)
    if hint is Fraction:
        return st.fractions(low or 0, min(high or 200, 200), max_denominator=60)
    if hint is date:
        return st.dates(date(1, 1, 1))
    return _of_form(spec.form)


def _value(hint: Any, spec: Spec) -> st.SearchStrategy[Any]:
    hint, optional = unwrap(hint)
    origin = typing.get_origin(hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        if dataclasses.is_dataclass(inner):
            found = st.lists(records(typing.cast(type, inner)), max_size=3).map(tuple)
        else:
            found = st.lists(_scalar(inner, spec), max_size=3, unique_by=str).map(tuple)
    elif origin is not None:
        inner = typing.get_args(hint)[1]
        values = records(typing.cast(type, inner)) if dataclasses.is_dataclass(inner) else _scalar(inner, spec)
        found = st.dictionaries(_of_form(Form.CODE), values, max_size=3)
    elif dataclasses.is_dataclass(hint):
        found = records(typing.cast(type, hint))
    else:
        found = _scalar(hint, spec)
    return st.none() | found if optional else found


def records(target: type) -> st.SearchStrategy[Any]:
    """Any valid record, references aside."""
    return st.builds(target, **{name: _value(hint, spec) for name, spec, hint, _ in specs(target) if name != "schema"}
                     | ({"schema": st.just(MANIFEST_SCHEMA)} if target is Manifest else {}))  # fmt: skip


def _settled(manifest: Manifest) -> Manifest:
    """The same, with ids made unique and references that resolve."""
    points = _numbered(manifest.points, "P")
    lessons = tuple(_lesson(le, i) for i, le in enumerate(_numbered(manifest.lessons, "L")))
    point_ids, lesson_ids = tuple(p.id for p in points), tuple(le.id for le in lessons)
    rights = tuple(
        dataclasses.replace(r, lessons=lesson_ids[: len(r.lessons)]) for r in _numbered(manifest.rights, "R")
    )
    lessons = tuple(
        dataclasses.replace(
            le,
            requires=lesson_ids[: len(le.requires)],
            teaches=tuple(dataclasses.replace(t, point=p) for t, p in zip(le.teaches, point_ids, strict=False)),
        )
        for le in lessons
    )
    experts = _numbered(manifest.experts, "X")
    return dataclasses.replace(
        manifest,
        points=tuple(dataclasses.replace(p, requires=point_ids[: len(p.requires)]) for p in points),
        lessons=lessons,
        assessments=tuple(
            dataclasses.replace(a, covers=point_ids[: len(a.covers)]) for a in _numbered(manifest.assessments, "Q")
        ),
        rights=rights,
        marks=tuple(
            dataclasses.replace(m, right=rights[0].id if rights else None) for m in _numbered(manifest.marks, "M")
        ),
        experts=experts,
        reviews=tuple(
            dataclasses.replace(r, expert=e.id, lesson=lesson_ids[0] if r.lesson and lesson_ids else None)
            for r, e in zip(manifest.reviews, experts, strict=False)
        ),
        ai=manifest.ai and dataclasses.replace(manifest.ai, items=_numbered(manifest.ai.items, "A")),
    )


def _numbered(items: tuple[Any, ...], letter: str) -> tuple[Any, ...]:
    return tuple(dataclasses.replace(item, id=f"{letter}{i}{item.id}"[:64]) for i, item in enumerate(items))


def _lesson(lesson: LessonEntry, number: int) -> LessonEntry:
    media = tuple(_medium(m, f"{number}-{j}", j) for j, m in enumerate(lesson.media))
    hours = lesson.hours
    online = min(hours, lesson.online_hours or hours) if lesson.mode is Mode.BLENDED else None
    return dataclasses.replace(lesson, media=media, online_hours=online)


def _medium(media: Media, name: str, index: int) -> Media:
    role = media.role if index == 0 else MediaRole.SUPPLEMENT
    return dataclasses.replace(media, file=f"{name}{media.file}", role=role)


def manifests() -> st.SearchStrategy[Manifest]:
    """Any valid manifest."""
    return records(Manifest).map(_settled)
