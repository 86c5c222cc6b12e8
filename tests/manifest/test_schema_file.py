"""The published schema is the reader's own, and both accept and refuse the same manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from coursekit.manifest.fields import Form
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import Manifest
from coursekit.manifest.plain import to_plain
from coursekit.manifest.schema import schema_text
from tests.manifest.sample import sample_text
from tests.manifest.strategies import manifests

PUBLISHED = Path(__file__).resolve().parents[2] / "schemas" / "manifest.schema.json"
REFERENCES = {"duplicate-id", "dangling-reference", "two-main-files", "file-used-twice", "no-such-day"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_published_schema_is_generated() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


def test_every_field_is_explained_in_both_languages() -> None:
    schema = json.loads(schema_text())
    for holder in (schema, *schema["$defs"].values()):
        for name, field in holder["properties"].items():
            chinese, _, english = field["description"].partition("\n\n")
            assert any("\u4e00" <= c <= "\u9fff" for c in chinese), name
            assert english.isascii() or "★" in english or "…" in english or "职业" in english, name


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(manifest=manifests())
def test_valid_manifests_validate(validator: jsonschema.Draft202012Validator, manifest: Manifest) -> None:
    assert list(validator.iter_errors(to_plain(manifest))) == []


def _edits(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """Wrong values for every place of a manifest: another type, an unknown word, nothing."""
    found: list[tuple[tuple[Any, ...], Any]] = []
    if isinstance(node, dict):
        found.append((path, []))
        found.append(((*path, "zzz"), "x"))
        for key, value in node.items():
            found += _edits(value, (*path, key))
    elif isinstance(node, list):
        found.append((path, {}))
        for index, value in enumerate(node[:2]):
            found += _edits(value, (*path, index))
    else:
        found += [(path, None), (path, {}), (path, ""), (path, "\x01"), (path, -5), (path, 10**9), (path, 1.5)]
        found += [(path, True)]
    return found


def test_reader_and_schema_refuse_the_same(validator: jsonschema.Draft202012Validator) -> None:
    plain = yaml.load(sample_text(), Loader=yaml.CSafeLoader)
    plain["points"], plain["lessons"] = plain["points"][:3], plain["lessons"][:3]
    plain["assessments"] = plain["assessments"][:1]
    differ = []
    edits = [e for e in _edits(plain) if e[0] and e[0][0] != "schema"]
    for path, value in edits:
        copy = json.loads(json.dumps(plain))
        holder = copy
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = value
        faults = manifest_from_text(json.dumps(copy), json=True).faults
        reader = any(f.code not in REFERENCES for f in faults)
        schema = not validator.is_valid(copy)
        if reader != schema:
            differ.append((path, value, [f.code for f in faults]))
    assert len(edits) > 500
    assert differ == []


def test_patterns_mean_the_same_in_editors() -> None:
    """ECMA-262 knows no \\Z, no possessive and no inline flags; nothing of the kind is used."""
    for form in Form:
        assert not any(mark in form.value.pattern for mark in (r"\Z", "(?i", "(?s", "++", "*+", "(?P"))
