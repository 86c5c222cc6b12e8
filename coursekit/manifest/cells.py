"""One value of a manifest in one cell of a table, and back."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from coursekit.manifest.fields import Choice, Form, Spec
from coursekit.manifest.plain import number_text
from coursekit.manifest.tree import Items, Node, Text

YES, NO = "是", "否"
_YES = frozenset({YES, "true", "yes", "y", "1", "√", "对"})
_NO = frozenset({NO, "false", "no", "n", "0", "×", "错"})
_SEPARATORS = re.compile(r"[、，,；;\n]+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\Z")
_CODED = frozenset({Form.ID, Form.CODE})

Cell = str | int | float | None


class CellError(ValueError):
    """A cell that cannot be taken as it is. The code names a text in load.toml."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code, value)
        self.code = code
        self.value = value


def to_cell(value: Any, hint: Any, spec: Spec, many: bool) -> Cell:
    """The cell of a plain value."""
    if many:
        return _join([str(to_cell(each, hint, spec, False)) for each in value], spec, hint)
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(hint, type) and issubclass(hint, Choice):
        return next(member.zh for member in hint if member.value == value)
    cell: Cell = value
    return cell


def _join(parts: list[str], spec: Spec, hint: Any) -> str:
    if _is_free(spec, hint):
        if any("\n" in part or part != part.strip() for part in parts) or parts[0].startswith("["):
            return json.dumps(parts, ensure_ascii=False)
        return "\n".join(parts)
    return "、".join(parts)


def _is_free(spec: Spec, hint: Any) -> bool:
    """Free text may hold any separator, so only line breaks divide it."""
    return hint is str and spec.form is not Form.ID


def from_cell(cell: Any, hint: Any, spec: Spec, many: bool, line: int, column: int) -> Node | None:
    """The node of a cell; None where nothing was filled in."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if many:
        return Items(line, column, [_node(part, hint, spec, line, column) for part in _split(cell, spec, hint)])
    return _node(cell, hint, spec, line, column)


def _split(cell: Any, spec: Spec, hint: Any) -> list[Any]:
    if not isinstance(cell, str):
        return [cell]
    if _is_free(spec, hint):
        if cell.startswith("["):
            try:
                parts = json.loads(cell)
            except ValueError:
                parts = None
            if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
                return parts
        return [part for part in cell.split("\n") if part.strip()]
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]


def _node(cell: Any, hint: Any, spec: Spec, line: int, column: int) -> Node:
    if isinstance(hint, type) and issubclass(hint, Choice):
        text = str(cell).strip()
        return Text(line, column, next((m.value for m in hint if text in (m.zh, m.value)), text), plain=False)
    if hint is bool:
        return Text(line, column, _truth(cell), plain=True)
    if hint is date:
        return Text(line, column, _day(cell), plain=False)
    if hint in (int, float, Fraction):
        return _number(cell, hint, line, column)
    return Text(line, column, _words(cell, spec), plain=False)


def _truth(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = str(cell).strip().lower()
    return "true" if text in _YES else "false" if text in _NO else str(cell)


def _day(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    match = _DATE.match(str(cell).strip())
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else str(cell)


def _number(cell: Any, hint: Any, line: int, column: int) -> Text:
    if isinstance(cell, bool):
        return Text(line, column, str(cell), plain=False)
    text = number_text(float(cell)) if isinstance(cell, float) else str(cell).strip()
    if hint is Fraction:
        return Text(line, column, text, plain=text.isdecimal() and len(text) <= 6)
    return Text(line, column, text, plain=True)


def _words(cell: Any, spec: Spec) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime | date):
        return _day(cell)
    if isinstance(cell, float) and spec.form in _CODED and not cell.is_integer():
        # 1.10 typed into an Excel cell has become 1.1, and nobody can tell any more.
        raise CellError("cell-not-text", number_text(cell))
    return number_text(float(cell)) if isinstance(cell, int | float) else str(cell)
