"""The forms of the notices as data (forms/*.toml), and what they become once filled: plain blocks that a renderer sets.

The wording and the order stand in the data, a test holds them against the notice; nothing here knows a province. A
field nobody stated is left blank, as the notice is blank.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from coursekit.paths import BIDI

Align = Literal["left", "centre", "right"]
Style = Literal["body", "label", "section", "hint", "title", "heading", "cover", "small"]
Fields = Mapping[str, str]
"""`operator.name` → its value. A field that is not in here does not exist; one that is empty is blank."""

FORMS = (
    "fujian-consent",
    "fujian-basic",
    "guangdong-basic",
    "tianjin-application",
    "tianjin-content-pledge",
    "pudong-commitment",
    "shanghai-commitment-enterprise",
    "shanghai-commitment-institution",
)
_PLACE = re.compile(r"{([a-z_.]+)}")


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph."""

    text: str
    style: Style = "body"
    align: Align = "left"
    indent: bool = False
    gap_mm: float = 0
    """Free space above it."""


@dataclass(frozen=True, slots=True)
class Space:
    """Free room: for a seal, a signature, or words that the notice leaves to the operator."""

    height_mm: float


@dataclass(frozen=True, slots=True)
class Page:
    """A new page begins."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    paras: tuple[Para, ...]
    span: int = 1
    rows: int = 1
    foot: tuple[Para, ...] = ()
    """What stands at its bottom, with room to write in beside it."""
    height_mm: float = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. A cell over several rows stands in the first of them only."""

    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Para | Space | Page | Grid


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the notice prints it."""

    id: str
    title: str
    profiles: tuple[str, ...]
    answers: tuple[str, ...]
    """Kinds of papers it becomes once it is signed and sealed."""
    per: Literal["course", "operator"]
    blocks: tuple[Mapping[str, Any], ...]
    own_words: tuple[str, ...] = ()
    """Sentences the notice does not print: it asks for a pledge and gives no form for it."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form filled in."""

    form: Form
    blocks: tuple[Block, ...]
    author: str

    def texts(self) -> Iterator[str]:
        """Every paragraph on it, in reading order."""
        for block in self.blocks:
            if isinstance(block, Para):
                yield block.text
            elif isinstance(block, Grid):
                for row in block.rows:
                    for cell in row:
                        yield from (para.text for para in (*cell.paras, *cell.foot))


class FormError(ValueError):
    """A form's data is wrong: coursekit's fault, not the operator's."""


@cache
def load_form(form_id: str) -> Form:
    """One form by its id."""
    text = files("coursekit.filing.forms").joinpath(f"{form_id}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    if raw.pop("id") != form_id or raw["per"] not in ("course", "operator"):
        raise FormError(form_id)
    return Form(
        id=form_id,
        title=raw["title"],
        profiles=tuple(raw["profiles"]),
        answers=tuple(raw["answers"]),
        per=raw["per"],
        blocks=tuple(raw["block"]),
        own_words=tuple(raw.get("own_words", ())),
    )


def forms_of(profile: str) -> tuple[Form, ...]:
    """The forms of a profile, in the order of the list."""
    return tuple(form for form in map(load_form, FORMS) if profile in form.profiles)


def fill_form(form: Form, fields: Fields, lists: Mapping[str, Sequence[Fields]], author: str) -> Filled:
    """The form with its fields filled; `lists` are what a part is repeated over: experts, courses."""
    return Filled(form, tuple(_blocks(form.blocks, fields, lists)), author)


def _blocks(raw: Sequence[Mapping[str, Any]], fields: Fields, lists: Mapping[str, Sequence[Fields]]) -> Iterator[Block]:
    for block in raw:
        match block["kind"]:
            case "group":
                for each in _each(block, fields, lists):
                    yield from _blocks(block["block"], each, lists)
            case "page":
                yield Page()
            case "space":
                yield Space(block["height_mm"])
            case "table":
                rows = tuple(
                    tuple(_cell(cell, each) for cell in row)
                    for part in block["part"]
                    for each in _each(part, fields, lists)
                    for row in part["rows"]
                )
                yield Grid(tuple(block["widths"]), rows)
            case "lines":
                for text in block["texts"]:
                    yield from _paras(text, fields, indent=block.get("indent", False))
            case "title" | "heading" | "cover" as style:
                align: Align = "left" if style == "cover" else "centre"
                yield from _paras(block["text"], fields, style=style, align=align)
            case "text":
                style = "small" if block.get("small") else "body"
                paras = list(
                    _paras(
                        block["text"],
                        fields,
                        style=style,
                        align=block.get("align", "left"),
                        indent=block.get("indent", False),
                    )
                )
                paras[0] = replace(paras[0], gap_mm=block.get("gap_mm", 0))
                yield from paras
            case other:
                raise FormError(f"unknown block {other}")


def _each(part: Mapping[str, Any], fields: Fields, lists: Mapping[str, Sequence[Fields]]) -> Iterator[Fields]:
    if "each" not in part:
        yield fields
        return
    for number, item in enumerate(lists[part["each"]], 1):
        yield {**fields, **item, "n": str(number)}


def _cell(raw: Mapping[str, Any], fields: Fields) -> Cell:
    paras: list[Para] = []
    kinds: tuple[tuple[str, Style, Align], ...] = (
        ("section", "section", "left"),
        ("head", "section", "centre"),
        ("label", "label", "centre"),
        ("hint", "hint", "left"),
        ("lead", "body", "left"),
        ("text", "body", "left"),
    )
    for key, style, align in kinds:
        if key in raw:
            paras += _paras(raw[key], fields, style=style, align=align)
    for text in raw.get("more", ()):
        # Under a label it is a label; under a question it is the answer.
        first = paras[0]
        paras += _paras(text, fields, style=first.style, align=first.align)
    foot = tuple(para for text in raw.get("foot", ()) for para in _paras(text, fields))
    kept = tuple(para for para in paras if para.text) or (Para(""),)
    return Cell(kept, raw.get("span", 1), raw.get("rows", 1), foot, raw.get("height_mm", 0))


def _printable(text: str) -> str:
    """What a page can show: no control codes, which no Word file may hold, and nothing that turns the line round."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in lines if c == "\n" or not (unicodedata.category(c) in ("Cc", "Cs") or c in BIDI))


def _paras(
    text: str, fields: Fields, *, style: Any = "body", align: Align = "left", indent: bool = False
) -> Iterator[Para]:
    def value(match: re.Match[str]) -> str:
        if match[1] not in fields:
            raise FormError(f"unknown field {match[1]}")
        return _printable(fields[match[1]])

    for line in _PLACE.sub(value, text).split("\n"):
        yield Para(line.rstrip(), style, align, indent)
