"""EBU QC Report XML (2026-01), after the best-practice guidance for a pass/fail operation.

An item is a rule on a file. Item ids are coursekit's own check ids, not numbers of the EBU catalogue: their
definitions are not ours to claim. `must` rules have relevance 10 and alone decide (`MinimumRelevance`), `should` rules
5. A doubt that a person must settle does not fail its item, and says so; what was not tested has the status `error`
and never passes. Times are hh:mm:ss.mmm of the file's own presentation time.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.model import Finding, Level, Outcome, Result, Span, Verdict
from coursekit.report import figures
from coursekit.report.view import check_title
from coursekit.report.xml import Element, document

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.pipeline import Audit

NAMESPACE = "tag:qc.ebu.ch,2026-01"
_OWN = "tag:coursekit,2026:ebu-qc"
_RELEVANCE = {Level.MUST: "10", Level.SHOULD: "5", Level.INFO: "0"}
_SEVERITY = {Verdict.FAIL: "2", Verdict.REVIEW: "1"}
_STOPPED = (Verdict.ERROR, Verdict.NOT_TESTED)


def render_ebu(done: Audit, _: Path | None = None) -> str:
    """The report as EBU QC XML."""
    report = done.report
    judged = [r for r in report.results if r.verdict is not Verdict.NOT_APPLICABLE]
    stopped = any(r.verdict in _STOPPED for r in judged) or report.run.partial
    root = Element("Report", xmlns=NAMESPACE)
    root.add("ReportId", _uuid("report", *_identity(report), *(f"{r.rule} {r.subject} {r.verdict}" for r in judged)))
    root.add("ExecutionStatus", "error" if stopped else "complete")
    if stopped:
        reasons = dict.fromkeys(r.reason.message for r in judged if r.verdict in _STOPPED and r.reason)
        root.add("ErrorDescription", "; ".join(reasons) or "interrupted")
    root.add("CheckResult", "true" if report.summary.outcome is Outcome.CONFORMS else "false")
    _content(root, report)
    root.add("LastModifiedDateTime", last_modified(done))
    tool = root.add("ToolInformation")
    tool.add("ToolID", "urn:coursekit")
    tool.add("ToolName", "coursekit")
    tool.add("Version", report.run.coursekit)
    profile = root.add("Profile")
    profile.add("ID", _uuid("profile", *_identity(report)))
    profile.add("Name", ", ".join(p.title for p in report.profiles))
    _content(profile, report)
    profile.add("CheckResultRule", "MinimumRelevance")
    profile.add("Description", ", ".join(f"{p.id} {p.hash}" for p in report.profiles))
    profile.add("Scopes")
    profile.add("RelevanceLevel", _RELEVANCE[Level.MUST])
    wanted = profile.add("Items")
    profile.add("ItemDefinitions")
    found = root.add("ItemResults")
    for result in judged:
        _item(wanted.add("Item"), result)
        _item_result(found.add("ItemResult"), result, report.lang)
    return document(root)


def _identity(report: Report) -> tuple[str, ...]:
    return (
        report.course.id,
        *(f"{le.path} {le.sha256}" for le in report.course.lessons),
        *(p.hash for p in report.profiles),
    )


def _uuid(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "backslashreplace").decode("utf-8")
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'coursekit:' + text)}"


def last_modified(done: Audit) -> str:
    """When the newest file of the course was last written: a report of the same course keeps its bytes.

    SOURCE_DATE_EPOCH says otherwise where a build wants one time for all it makes.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    times = [e.identity.mtime_ns // 1_000_000_000 for e in done.folder.entries.values()] if done.folder else []
    seconds = int(epoch) if epoch.isdecimal() else max(times, default=0)
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _content(parent: Element, report: Report) -> None:
    content = parent.add("ContentId")
    package = content.add("ContentIdentifier")
    package.add("ID", report.course.id)
    package.add("Annotation").add("Text", report.course.title)
    for lesson in report.course.lessons:
        entry = content.add("ContentIdentifier")
        entry.add("ID", f"sha256:{lesson.sha256}" if lesson.sha256 else lesson.path)
        entry.add("Annotation").add("Text", lesson.path)


def _head(node: Element, result: Result) -> None:
    check = result.check or result.rule
    node.add("EBUQCID", "coursekit-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in check))
    node.add("EBUQCName", check_title(result.check, result.rule)["en"])
    node.add("EBUQCVersion", "1.0")
    node.add("InstanceId", _uuid("item", result.rule, result.subject, str(result.stream)))


def _item(node: Element, result: Result) -> None:
    _head(node, result)
    node.add("Relevance", _RELEVANCE[result.level])
    node.add("UsedAs", "check")
    if result.stream is not None:
        node.add("Track", str(result.stream))
    node.add("Scopes")
    node.add("Inputs")
    own = node.add("ExtensionProperties")
    own.add("Subject", result.subject, xmlns=_OWN)
    own.add("Rule", result.rule, xmlns=_OWN)
    own.add("Clause", f"{result.clause.document} {result.clause.number}: {result.clause.text}", xmlns=_OWN)


def _item_result(node: Element, result: Result, lang: str) -> None:
    _head(node, result)
    node.add("AnalysisMethodUsed", "measure")
    if result.verdict in _STOPPED:
        node.add("ExecutionStatus", "error")
        node.add("ErrorDescription", result.reason.message if result.reason else result.verdict.value)
        node.add("CheckResult", "false")
    else:
        node.add("ExecutionStatus", "complete")
        node.add("CheckResult", "false" if result.verdict is Verdict.FAIL else "true")
        words = [result.verdict.value, figures.figure(result.measured, result.expected, lang)]
        node.add("ResultDescription", f"{result.subject}: {': '.join(w for w in words if w)}")
    node.add("Relevance", _RELEVANCE[result.level])
    if result.findings:
        node.add("MaxSeverity", max(_SEVERITY.get(f.verdict, "0") for f in result.findings))
    node.add("DetectionMethod", "automatic")
    outputs = node.add("Outputs")
    for finding in result.findings:
        _output(outputs.add("Output"), finding, lang)


def _output(node: Element, finding: Finding, lang: str) -> None:
    node.add("Name", finding.code)
    if isinstance(finding.where, Span):
        place = node.add("Locator")
        place.add("Start", figures.clock(finding.where.start_s, exact=True))
        place.add("End", figures.clock(finding.where.end_s, exact=True))
        if finding.where.box is not None:
            place.add("SpatialRegion", "percent:" + ",".join(str(round(v * 100)) for v in finding.where.box))
    node.add("Value", figures.measured(finding.measured, lang))
    node.add("Annotation").add("Text", f"{finding.message} → {finding.remedy}")
    node.add("Severity", _SEVERITY.get(finding.verdict, "0"))
