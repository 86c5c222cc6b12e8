"""One renderer a format; renderers decide nothing. A format is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from coursekit.pipeline import Audit

Renderer = Callable[["Audit"], str]


@dataclass(frozen=True, slots=True)
class Format:
    """Where a renderer stands, and which file endings mean it."""

    where: str
    suffixes: tuple[str, ...]

    def load(self) -> Renderer:
        """Import the renderer."""
        module, _, name = self.where.partition(":")
        return cast("Renderer", getattr(import_module(module), name))


FORMATS: dict[str, Format] = {
    "text": Format("coursekit.report.plain:render_text", (".txt", ".text")),
    "json": Format("coursekit.report.plain:render_json", (".json",)),
    "facts": Format("coursekit.report.plain:render_facts", ()),
}
