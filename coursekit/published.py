"""JSON Schemas of the files that others read, derived from the model: `python -m coursekit.published` writes them.

The schema says what `codec` reads and writes, type by type, so the two cannot drift; a test compares the committed
files with what this module derives.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
import types
import typing
from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from coursekit.bundle.model import PACKAGE_SCHEMA, VERIFICATION_SCHEMA, Package, Verification
from coursekit.library.model import EDITION_SCHEMA, EVENT_SCHEMA, IMPORT_SCHEMA, Edition, Event, Import
from coursekit.model import FACTS_SCHEMA, REPORT_SCHEMA, FactsFile, Report
from coursekit.review.model import DECISION_SCHEMA, DOSSIER_SCHEMA, STATE_SCHEMA, Decision, Dossier, ReviewState

PUBLISHED: dict[str, tuple[type, str]] = {
    "report.schema.json": (Report, REPORT_SCHEMA),
    "facts.schema.json": (FactsFile, FACTS_SCHEMA),
    "package.schema.json": (Package, PACKAGE_SCHEMA),
    "verification.schema.json": (Verification, VERIFICATION_SCHEMA),
    "edition.schema.json": (Edition, EDITION_SCHEMA),
    "import.schema.json": (Import, IMPORT_SCHEMA),
    "import-event.schema.json": (Event, EVENT_SCHEMA),
    "decision.schema.json": (Decision, DECISION_SCHEMA),
    "dossier.schema.json": (Dossier, DOSSIER_SCHEMA),
    "review-state.schema.json": (ReviewState, STATE_SCHEMA),
}
_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    type(None): {"type": "null"},
    float: {"oneOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}]},
    Fraction: {"type": "string", "pattern": r"^-?\d+/\d+$"},
    Any: {},
    object: {},
}


def schema_of(kind: type, schema_id: str) -> dict[str, Any]:
    """The whole schema of one file."""
    definitions: dict[str, Any] = {}
    root = _of_dataclass(kind, definitions)
    root["properties"]["schema"] = {"const": schema_id}
    root["required"] = ["schema", *(name for name in root["required"] if name != "schema")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{schema_id.replace('/', ':')}",
        "title": schema_id,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of(arg, definitions) for arg in args]}
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return {"type": "array", "items": _of(args[0], definitions)}
    if origin is tuple:
        items = [_of(arg, definitions) for arg in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(args[1], definitions)}
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _of_dataclass(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    assert issubclass(hint, Enum)
    return {"enum": [member.value for member in hint]}


def _of_dataclass(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))
    fields = dataclasses.fields(kind)
    # Written always, but for what is None by default; read strictly, so nothing else is allowed.
    required = [f.name for f in fields if f.default is not None]
    return {
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": {f.name: _of(hints[f.name], definitions) for f in fields},
        "required": required,
        "additionalProperties": False,
    }


def render(name: str) -> str:
    """The text of one published schema."""
    kind, schema_id = PUBLISHED[name]
    return json.dumps(schema_of(kind, schema_id), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write all schemas into `schemas/` of the checkout."""
    folder = Path(__file__).resolve().parent.parent / "schemas"
    for name in PUBLISHED:
        (folder / name).write_text(render(name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
