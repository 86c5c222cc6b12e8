"""The formats that are the data itself: report.json, facts.json, and the text report as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coursekit import codec
from coursekit.report import text

if TYPE_CHECKING:
    from coursekit.pipeline import Audit


def render_text(done: Audit, _: Path | None = None) -> str:
    """The text report, without colour."""
    return text.render(done.report)


def render_json(done: Audit, _: Path | None = None) -> str:
    """report.json."""
    return codec.dumps(done.report)


def render_facts(done: Audit, _: Path | None = None) -> str:
    """facts.json."""
    return codec.dumps(done.facts)
