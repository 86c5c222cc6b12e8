"""One renderer a format; renderers decide nothing. A format is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from coursekit.pipeline import Audit

Renderer = Callable[["Audit", Path | None], str]
"""The second argument is where the text will lie (None: stdout), for formats that refer to files beside them."""


@dataclass(frozen=True, slots=True)
class Format:
    """Where a renderer stands, and which endings of a file name mean it."""

    where: str
    endings: tuple[str, ...]
    needs_facts: bool = False
    """It draws what was measured, not only what was judged."""

    def load(self) -> Renderer:
        """Import the renderer."""
        module, _, name = self.where.partition(":")
        return cast("Renderer", getattr(import_module(module), name))


FORMATS: dict[str, Format] = {
    "text": Format("coursekit.report.plain:render_text", (".txt", ".text")),
    "html": Format("coursekit.report.page:render_html", (".html", ".htm"), needs_facts=True),
    "json": Format("coursekit.report.plain:render_json", (".json",)),
    "facts": Format("coursekit.report.plain:render_facts", ("facts.json",), needs_facts=True),
    "sarif": Format("coursekit.report.sarif:render_sarif", (".sarif", ".sarif.json")),
    "junit": Format("coursekit.report.junit:render_junit", ("junit.xml", ".junit")),
    "gitlab": Format(
        "coursekit.report.gitlab:render_gitlab", ("codequality.json", "code-quality.json", "code-quality-report.json")
    ),
    "github": Format("coursekit.report.github:render_annotations", ()),
    "markdown": Format("coursekit.report.github:render_summary", (".md",)),
    "ebu-qc": Format("coursekit.report.ebu:render_ebu", ("ebu-qc.xml", ".qc.xml"), needs_facts=True),
}


def format_of(name: str) -> str | None:
    """The format that a file name means: the longest ending that fits, None where none does."""
    lowered = name.lower()
    fits = [(len(end), key) for key, entry in FORMATS.items() for end in entry.endings if lowered.endswith(end)]
    return max(fits)[1] if fits else None
