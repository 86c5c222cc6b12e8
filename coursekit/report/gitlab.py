"""GitLab's Code Quality report: a list of findings a merge request shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.codec import json_text
from coursekit.model import Level, Verdict
from coursekit.report.anchors import Anchors
from coursekit.report.tell import Item, clause_line, headline, items

if TYPE_CHECKING:
    from coursekit.pipeline import Audit


def render_gitlab(done: Audit, _: Path | None = None) -> str:
    """One entry a finding; fingerprints differ, since GitLab drops all but one of equal ones."""
    report = done.report
    anchors = Anchors.of(done)
    entries = []
    for item in items(report):
        anchor = anchors.of_finding(item.result.subject, item.finding)
        entries.append(
            {
                "description": f"{headline(report, item)} ({clause_line(report, item)})",
                "check_name": f"{item.check}/{item.code}",
                "fingerprint": item.fingerprint,
                "severity": _severity(item),
                "location": {"path": anchor.path, "lines": {"begin": anchor.line}},
            }
        )
    return json_text(entries) + "\n"


def _severity(item: Item) -> str:
    if item.verdict in (Verdict.ERROR, Verdict.NOT_TESTED):
        return "critical" if item.result.level is Level.MUST else "minor"
    if item.verdict is Verdict.FAIL:
        return "major" if item.result.level is Level.MUST else "minor"
    return "info"
