"""The published JSON Schema of the manifest, generated from the declarations that the reader itself follows.

    python -m coursekit.manifest.schema > schemas/manifest.schema.json

Editors show the descriptions and complete the words; a test compares the file with this module.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import typing
from datetime import date
from fractions import Fraction
from typing import Any

from coursekit.manifest.fields import MAX_LINE, MAX_TEXT, Choice, Form, Spec
from coursekit.manifest.model import MANIFEST_SCHEMA, Manifest
from coursekit.manifest.reader import specs, unwrap

SCHEMA_ID = "urn:coursekit:schema:manifest:1"
"""A name, not an address: the schema is read from disk."""
_LENGTHS = {Form.TEXT: MAX_TEXT, Form.LINE: MAX_LINE, Form.URL: 2_048, Form.DATE: 10, Form.SHA256: 64}


def manifest_schema() -> dict[str, Any]:
    """The schema as plain values."""
    return record_schema(
        Manifest,
        MANIFEST_SCHEMA,
        SCHEMA_ID,
        "清单",
        title="coursekit 课程清单 · course manifest",
        description="course.yaml 或 course.json：把课程大纲与职业标准的知识点、技能点对应起来。\n\n"
        "course.yaml or course.json: ties a syllabus to the points of an occupational standard.",
    )


def record_schema(
    target: type, version: str, schema_id: str, what: str, *, title: str, description: str
) -> dict[str, Any]:
    """The schema of a file whose fields are declared with `spec()`."""
    definitions: dict[str, Any] = {}
    root = _object(target, definitions)
    root["properties"]["schema"] = {
        "const": version,
        "title": "格式",
        "description": f"{what}格式版本，照抄 {version}。\n\nVersion of the format: copy it as it is.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id,
        "title": title,
        "description": description,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(manifest_schema(), ensure_ascii=False, indent=2) + "\n"


def _object(target: type, definitions: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    required = []
    for name, spec, hint, is_required in specs(target):
        properties[name] = {**_value(hint, spec, definitions), **_words(spec)}
        if is_required:
            required.append(name)
    result: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        result["required"] = required
    return result


def _words(spec: Spec) -> dict[str, str]:
    english = spec.en[:1].upper() + spec.en[1:]
    return {"title": spec.heading, "description": f"{spec.zh}。\n\n{english}."}


def _value(hint: Any, spec: Spec, definitions: dict[str, Any]) -> dict[str, Any]:
    hint, _ = unwrap(hint)
    origin = typing.get_origin(hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        result: dict[str, Any] = {"type": "array", "items": _value(inner, spec, definitions)}
        return result if dataclasses.is_dataclass(inner) else {**result, "uniqueItems": True}
    if origin is not None:
        names = {"pattern": Form.CODE.value.pattern}
        inner_schema = _value(typing.get_args(hint)[1], spec, definitions)
        return {"type": "object", "propertyNames": names, "additionalProperties": inner_schema}
    if dataclasses.is_dataclass(hint):
        target = typing.cast(type, hint)
        if target.__name__ not in definitions:
            definitions[target.__name__] = {}
            definitions[target.__name__] = _object(target, definitions)
        return {"$ref": f"#/$defs/{target.__name__}"}
    return _scalar(hint, spec)


def _scalar(hint: type, spec: Spec) -> dict[str, Any]:
    if issubclass(hint, Choice):
        return {
            "enum": [member.value for member in hint],
            # What VS Code shows beside each word; other readers ignore it.
            "enumDescriptions": [f"{member.zh} · {member.en}" for member in hint],
        }
    if hint is bool:
        return {"type": "boolean"}
    if hint in (int, float):
        return {"type": "integer" if hint is int else "number", **_bounds(spec)}
    if hint is Fraction:
        whole = {"type": "integer", "minimum": 0, "maximum": 999_999} | _bounds(spec)
        return {"anyOf": [whole, {"type": "string", "pattern": Form.FRACTION.value.pattern}]}
    result: dict[str, Any] = {"type": "string", "pattern": spec.form.value.pattern}
    if spec.form in _LENGTHS:
        result["maxLength"] = _LENGTHS[spec.form]
    if hint is date:
        result["format"] = "date"
    return result


def _bounds(spec: Spec) -> dict[str, float]:
    bounds = {}
    if spec.minimum is not None:
        bounds["minimum"] = spec.minimum
    if spec.maximum is not None:
        bounds["maximum"] = spec.maximum
    return bounds


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(schema_text())
