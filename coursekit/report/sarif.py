"""SARIF 2.1.0, as GitHub's code scanning reads it: a result per finding, anchored on the lesson's manifest line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from coursekit.codec import json_text
from coursekit.model import Level, Verdict
from coursekit.paths import for_terminal
from coursekit.report import figures
from coursekit.report.anchors import Anchors
from coursekit.report.tell import Item, clause_line, headline, items, remedy, times
from coursekit.texts import MissingText, check_text

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.pipeline import Audit

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_URL = "https://github.com/coursekit/coursekit"
_ROOT = "SRCROOT"
_ROOT_IS = "The checkout, or the course folder where there is none; every file of the report lies in it."
_TAGS = ["course", "filing"]


def render_sarif(done: Audit, _: Path | None = None) -> str:
    """One run with one result per finding. Passes are no results: viewers would show them as alerts."""
    report = done.report
    anchors = Anchors.of(done)
    found = items(report)
    rules = sorted({_rule_id(item) for item in found})
    first = {_rule_id(item): item for item in reversed(found)}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "coursekit",
                        "version": report.run.coursekit,
                        "semanticVersion": report.run.coursekit,
                        "informationUri": _URL,
                        "rules": [_rule(name, first[name], report) for name in rules],
                    }
                },
                "automationDetails": {"id": f"coursekit/{'+'.join(p.id for p in report.profiles)}/"},
                "language": "zh-CN" if report.lang == "zh" else "en-US",
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": _ROOT_IS}}},
                "results": [_result(item, rules, report, anchors) for item in found],
                "properties": {
                    "outcome": report.summary.outcome.value,
                    "scope": report.summary.scope.value,
                    "profiles": [f"{p.id}@{p.hash[:16]}" for p in report.profiles],
                },
            }
        ],
    }
    return json_text(log) + "\n"


def _rule_id(item: Item) -> str:
    return f"{item.check}/{item.code}"


def _rule(name: str, item: Item, report: Report) -> dict[str, Any]:
    lang = report.lang
    rule: dict[str, Any] = {"id": name}
    try:
        text = check_text(item.check)
        entry = text.codes.get(item.code)
        title, measured, why = text.title[lang], text.measured[lang], text.why[lang]
    except MissingText:
        entry, title, measured, why = None, item.check, "", ""
    stop = "。" if lang == "zh" else "."
    clause = item.result.clause
    rule["name"] = "".join(part.capitalize() for part in name.replace("/", "-").replace("_", "-").split("-"))
    rule["shortDescription"] = {"text": _ended(f"{title}: {item.code}", stop)}
    rule["fullDescription"] = {"text": _ended(f"{why or title}", stop)}
    help_text = "\n\n".join(
        p for p in (measured, why, entry.remedy[lang] if entry else "", f"{clause.document} {clause.number}") if p
    )
    rule["help"] = {"text": help_text, "markdown": help_text}
    rule["helpUri"] = f"{_URL}#{quote(item.check, safe='')}"
    rule["defaultConfiguration"] = {"level": _level(item)}
    rule["properties"] = {"tags": _TAGS, "precision": "medium", "problem.severity": _severity(item)}
    return rule


def _ended(text: str, stop: str) -> str:
    return text if text.endswith((".", "。", "！", "？")) else text + stop


def _level(item: Item) -> str:
    if item.result.level is Level.MUST and item.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED):
        return "error"
    return "warning" if item.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED) else "note"


def _severity(item: Item) -> str:
    return {"error": "error", "warning": "warning", "note": "recommendation"}[_level(item)]


def _result(item: Item, rules: list[str], report: Report, anchors: Anchors) -> dict[str, Any]:
    anchor = anchors.of_finding(item.result.subject, item.finding)
    stop = "。" if report.lang == "zh" else "."
    words = [_ended(headline(report, item), stop), remedy(item), f"({clause_line(report, item)})"]
    properties: dict[str, Any] = {
        "verdict": item.verdict.value,
        "level": item.result.level.value,
        "subject": for_terminal(item.result.subject),
        "clauses": list(item.clauses),
        "thresholdSource": item.result.threshold_source.value,
    }
    if item.finding is not None:
        properties["measured"] = figures.measured(item.finding.measured, report.lang)
        properties["expected"] = figures.expected(item.finding.expected, report.lang)
    if (span := times(item)) is not None:
        properties |= {"startSeconds": span[0], "endSeconds": span[1], "timecode": figures.clock(span[0], exact=True)}
    accepted = item.finding.waiver if item.finding else None
    if accepted is not None:
        properties |= {"waivedBy": for_terminal(accepted.who)}
        if accepted.until is not None:
            properties["waivedUntil"] = accepted.until
    waived = (
        [{"kind": "external", "status": "accepted", "justification": for_terminal(accepted.reason)}] if accepted else []
    )
    return {
        **({"suppressions": waived} if waived else {}),
        "ruleId": _rule_id(item),
        "ruleIndex": rules.index(_rule_id(item)),
        "level": _level(item),
        "kind": "review" if item.verdict is Verdict.REVIEW else "fail",
        "message": {"text": " ".join(w for w in words if w)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(anchor.path), "uriBaseId": _ROOT},
                    "region": {"startLine": anchor.line},
                }
            }
        ],
        "partialFingerprints": {"coursekit/v1": item.fingerprint},
        "properties": properties,
    }


def uri(path: str) -> str:
    """A course-relative path as a URI reference: percent-encoded, and never mistaken for a scheme or a host."""
    return "/".join(quote(part, safe="", errors="backslashreplace") for part in path.split("/"))
