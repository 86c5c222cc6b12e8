"""manifest/schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from coursekit.manifest.model import Manifest
from coursekit.manifest.sections import condense
from coursekit.model import CourseFacts, Finding, Place
from coursekit.rules.check import CannotTest, CheckContext, check, measured


@dataclass(frozen=True, slots=True)
class SchemaParams:
    """Fields that the clause asks for beyond those every manifest needs: `course.fee`, `lessons.hours` …"""

    required_fields: tuple[str, ...]


@check("manifest/schema", facts=CourseFacts, params=SchemaParams)
def schema(ctx: CheckContext, facts: CourseFacts, params: SchemaParams) -> Iterator[Finding]:
    """The manifest is written as its schema says, and states what the clause asks for."""
    yield from condense(ctx, "more-of-the-same", _judge(ctx, facts, params))


def _judge(ctx: CheckContext, facts: CourseFacts, params: SchemaParams) -> Iterator[Finding]:
    manifest = facts.manifest
    if manifest is None:
        raise CannotTest("no-manifest")
    ctx.observe(measured(len(manifest.faults)))
    for fault in manifest.faults:
        args: dict[str, Any] = dict(fault.args)
        yield ctx.fail(
            fault.code,
            measured=measured(manifest.places.text(fault.pointer)),
            where=Place(fault.pointer, fault.line, fault.column),
            **args,
        )
    for name in params.required_fields:
        for pointer in _missing(manifest, name):
            yield ctx.fail("not-stated", measured=measured(None), where=manifest.places.place(pointer), field=name)


def _missing(manifest: Manifest, name: str) -> Iterator[str]:
    """Where `section.field` is not written. In a list every entry must state it."""
    section, _, field = name.partition(".")
    value = getattr(manifest, section)
    if not field:
        if not value:
            yield f"/{section}"
    elif isinstance(value, tuple):
        if not value:
            yield f"/{section}"
        yield from (p for i in range(len(value)) if not manifest.places.has(p := f"/{section}/{i}/{field}"))
    elif not manifest.places.has(f"/{section}/{field}"):
        yield f"/{section}/{field}"
