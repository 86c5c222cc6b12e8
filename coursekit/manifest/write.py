"""A manifest as text: YAML for people, JSON for programs. The same manifest gives the same bytes."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from typing import Any

from coursekit.manifest.fields import Choice, Form, Spec
from coursekit.manifest.model import Cover, Manifest, Point, Subtitle, Teaching
from coursekit.manifest.plain import number_text, to_plain
from coursekit.manifest.reader import looks_typed, specs, unwrap

_ONE_LINE = (Point, Teaching, Subtitle, Cover)
_WIDTH = 180
_UNSAFE = r"\u0000-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff,\[\]{}#:&*!|>'\"%@`"
_SAFE = re.compile(rf"[A-Za-z_\u3400-\u9fff](?:[^{_UNSAFE}]*[^\s{_UNSAFE}])?\Z")
_BARE = re.compile(r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]*\Z")


def manifest_yaml(manifest: Manifest, *, notes: bool = False, schema: str | None = None) -> str:
    """YAML text. With `notes`, every field is explained once and empty ones stand as comments to fill in.

    `schema` is where an editor finds the JSON Schema, relative to the manifest.
    """
    writer = _Writer(notes)
    writer.record(to_plain(manifest), Manifest, 0)
    head = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    return head + "\n".join(writer.lines) + "\n"


def manifest_json(manifest: Manifest) -> str:
    """JSON text."""
    return json.dumps(to_plain(manifest), ensure_ascii=False, indent=2) + "\n"


def scalar(value: Any) -> str:
    """One value as YAML that every reader takes for the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if _SAFE.match(value) and not looks_typed(value):
        return str(value)
    return quoted(value)


def quoted(value: str) -> str:
    """A double-quoted YAML text."""
    if _BARE.match(value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    out = []
    for character in value:
        code = ord(character)
        if character in '"\\':
            out.append("\\" + character)
        elif character == "\n":
            out.append("\\n")
        elif character == "\t":
            out.append("\\t")
        elif _BARE.match(character):
            out.append(character)
        else:
            out.append(f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
    return '"' + "".join(out) + '"'


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


class _Writer:
    def __init__(self, notes: bool) -> None:
        self.notes = notes
        self.lines: list[str] = []
        self.explained: set[type] = set()

    def record(self, plain: dict[str, Any], target: type, depth: int, first: str = "") -> None:
        """The fields of a record, one a line; `first` goes before the first of them in place of its indent."""
        explain = self.notes and target not in self.explained
        self.explained.add(target)
        indent = "  " * depth
        for name, spec, hint, _ in specs(target):
            prefix = first or indent
            if name in plain:
                if depth == 0 and explain:
                    self.lines += _heading(spec) if name != "schema" else []
                self._field(prefix, name, plain[name], hint, depth, _note(spec, hint) if explain and depth else "")
                first = ""
            elif explain:
                self._empty(indent, target, name, spec, hint, depth)

    def _field(self, prefix: str, name: str, value: Any, hint: Any, depth: int, note: str) -> None:
        inner, kind = _shape(hint)
        tail = f"  # {note}" if note else ""
        if value in ({}, []):
            self.lines.append(f"{prefix}{name}: {flow(value)}{tail}")
        elif kind == "record":
            self.lines.append(f"{prefix}{name}:{tail}")
            self.record(value, inner, depth + 1)
        elif kind == "records":
            self.lines.append(f"{prefix}{name}:{tail}")
            for item in value:
                self._item(item, inner, depth + 1)
        elif kind == "map":
            self.lines.append(f"{prefix}{name}:{tail}")
            for key, item in value.items():
                line = "  " * (depth + 1) + _key(key)
                if item == {}:
                    self.lines.append(f"{line}: {{}}")
                elif dataclasses.is_dataclass(inner):
                    self.lines.append(f"{line}:")
                    self.record(item, typing.cast(type, inner), depth + 2)
                else:
                    self.lines.append(f"{line}: {scalar(item)}")
        else:
            self.lines.append(f"{prefix}{name}: {flow(value)}{tail}")

    def _item(self, item: dict[str, Any], inner: type, depth: int) -> None:
        lead = "  " * depth + "- "
        line = lead + flow(item)
        if inner in _ONE_LINE and len(line) <= _WIDTH and not (self.notes and inner not in self.explained):
            self.lines.append(line)
        else:
            self.record(item, inner, depth + 1, first=lead)

    def _empty(self, indent: str, target: type, name: str, spec: Spec, hint: Any, depth: int) -> None:
        """A field that is not filled in, as a comment that shows how."""
        inner, kind = _shape(hint)
        if depth == 0:
            self.lines += _heading(spec)
        if kind in ("record", "records"):
            self.lines.append(f"{indent}# {name}:" + ("" if depth == 0 else f"  # {spec.heading}：{spec.zh}"))
            lead = "#   - " if kind == "records" else "#   "
            for position, (each, each_spec, each_hint, _) in enumerate(specs(inner)):
                start = lead if position == 0 else "#     " if kind == "records" else "#   "
                example = _example(each_spec, each_hint, _default(inner, each))
                self.lines.append(f"{indent}{start}{each}: {example}  # {_note(each_spec, each_hint)}")
        elif kind == "map":
            self.lines.append(f"{indent}# {name}: {{}}  # {_note(spec, hint)}")
        else:
            self.lines.append(
                f"{indent}# {name}: {_example(spec, hint, _default(target, name))}  # {_note(spec, hint)}"
            )


def _shape(hint: Any) -> tuple[Any, str]:
    hint, _ = unwrap(hint)
    origin = typing.get_origin(hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return inner, "records" if dataclasses.is_dataclass(inner) else "values"
    if origin is not None:
        return typing.get_args(hint)[1], "map"
    return hint, "record" if dataclasses.is_dataclass(hint) else "value"


def _key(key: str) -> str:
    return scalar(key)


def _note(spec: Spec, hint: Any) -> str:
    inner, _ = _shape(hint)
    choices = ""
    if isinstance(inner, type) and issubclass(inner, Choice):
        choices = "（" + "、".join(f"{member.value} {member.zh}" for member in inner) + "）"
    return f"{spec.heading}：{spec.zh}{choices}" if spec.zh != spec.heading else f"{spec.heading}{choices}"


def _heading(spec: Spec) -> list[str]:
    return ["", f"# {spec.heading}" + (f"：{spec.zh}" if spec.zh != spec.heading else ""), f"# {spec.en}"]


def _example(spec: Spec, hint: Any, default: Any = None) -> str:
    """What stands after the colon of a field nobody filled in. Free text stays empty: a sample might be filed."""
    inner, kind = _shape(hint)
    if kind in ("records", "values") or kind == "map" or dataclasses.is_dataclass(inner):
        return "{}" if kind in ("map", "record") else "[]"
    if isinstance(default, bool):
        return "true" if default else "false"
    if default is not None and default is not dataclasses.MISSING and isinstance(default, str | int | float):
        return scalar(default)
    if inner is bool:
        return "false"
    if isinstance(inner, type) and issubclass(inner, Choice):
        return str(next(iter(inner)).value)
    if inner in (int, float) or spec.form in (Form.LINE, Form.TEXT, Form.SHA256):
        return ""
    example: str = spec.form.value.example
    return example


def _default(target: type, name: str) -> Any:
    return next(f.default for f in dataclasses.fields(target) if f.name == name)
