"""Waivers: a person accepts one finding of one file, with a reason, by name, until a day.

A waiver names the file's hash, so it dies with the bytes it was given for, and the finding's span, so that a second
fault of the same kind is not accepted along with the first. An accepted finding stays in every report as a `review`
that breaks nothing. What was not tested cannot be waived: nobody can accept what nobody has seen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coursekit.model import Finding, Report, Result, Span, Waiver, WaiverUse
from coursekit.rules.outcome import count_verdicts, outcome_of
from coursekit.terms import FailOn, Verdict

FILE_NAME = "waivers.toml"
SCHEMA = "coursekit/waivers/1"
_MAX_BYTES = 1 << 20
_NEAR_S = 0.5
_TEXTS = ("subject", "check", "code", "sha256", "reason", "who")


class WaiverError(Exception):
    """A waivers.toml that cannot be read: no finding is accepted on a guess."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        super().__init__(en)
        self.path, self.zh, self.en = path, zh, en

    def describe(self, lang: str) -> str:
        """What is wrong, where, and how to mend it."""
        if lang == "zh":
            return f"{self.path.name} 有误，没有进行审核。\n{self.zh}"
        return f"{self.path.name} cannot be used; nothing was audited.\n{self.en}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry of waivers.toml."""

    subject: str
    check: str
    code: str
    sha256: str
    reason: str
    who: str
    until: dt.date
    span: tuple[float, float] | None = None

    def covers(self, result: Result, finding: Finding) -> bool:
        """Whether this very finding is meant."""
        if (result.subject, result.check, finding.code) != (self.subject, self.check, self.code):
            return False
        where = finding.where
        if not isinstance(where, Span):
            return self.span is None
        if self.span is None:
            return False
        # The whole of it must lie where the person looked: a fault that has grown is another one.
        return self.span[0] - _NEAR_S <= where.start_s and where.end_s <= self.span[1] + _NEAR_S


def load_waivers(path: Path) -> tuple[Accepted, ...]:
    """Read waivers.toml."""
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise WaiverError(path, "文件超过 1 MB", "it is larger than 1 MB")
        raw = tomllib.loads(data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WaiverError(path, f"不是可读的 TOML：{error}", f"it is no readable TOML: {error}") from error
    if raw.get("schema") != SCHEMA:
        raise WaiverError(path, f'第一行应为 schema = "{SCHEMA}"', f'it must begin with schema = "{SCHEMA}"')
    entries = raw.get("waiver", [])
    if not isinstance(entries, list):
        raise WaiverError(path, "每条写成 [[waiver]]", "write each entry as [[waiver]]")
    return tuple(_entry(path, n, entry) for n, entry in enumerate(entries, 1))


def _entry(path: Path, number: int, raw: object) -> Accepted:
    def wrong(zh: str, en: str) -> WaiverError:
        return WaiverError(path, f"第 {number} 条：{zh}", f"entry {number}: {en}")

    if not isinstance(raw, dict):
        raise wrong("每条写成 [[waiver]]", "write each entry as [[waiver]]")
    unknown = sorted(set(raw) - {*_TEXTS, "until", "span"})
    if unknown:
        raise wrong(f"不认识 {'、'.join(unknown)}", f"unknown key {', '.join(unknown)}")
    for key in _TEXTS:
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise wrong(f"缺少 {key}", f"{key} is missing")
    until = raw.get("until")
    if not isinstance(until, dt.date) or isinstance(until, dt.datetime):
        raise wrong("until 应为日期，例如 2026-12-31（不加引号）", "until must be a date such as 2026-12-31, unquoted")
    texts = {key: str(raw[key]) for key in _TEXTS}
    return Accepted(**texts, until=until, span=_span(raw.get("span"), wrong))


def _span(raw: object, wrong: object) -> tuple[float, float] | None:
    if raw is None:
        return None
    numbers = isinstance(raw, list) and len(raw) == 2 and all(type(v) in (int, float) for v in raw)
    if not numbers or not isinstance(raw, list) or not raw[0] <= raw[1]:
        assert callable(wrong)
        raise wrong("span 应为 [开始秒, 结束秒]", "span must be [start_s, end_s]")
    return float(raw[0]), float(raw[1])


def content_hash(subject: str, hashes: Mapping[str, str], report: Report) -> str | None:
    """The hash a waiver for this subject is bound to; of all lessons together for the course as a whole."""
    if subject == ".":
        listing = "\n".join(f"{le.path} {le.sha256}" for le in report.course.lessons)
        return hashlib.sha256(listing.encode("utf-8", "backslashreplace")).hexdigest()
    covers = {cover.path: cover.sha256 for cover in report.course.covers}
    by_lesson = {le.path: le.sha256 for le in report.course.lessons}
    return hashes.get(subject) or by_lesson.get(subject) or covers.get(subject)


def apply_waivers(
    report: Report, accepted: Sequence[Accepted], hashes: Mapping[str, str], fail_on: FailOn, today: dt.date
) -> Report:
    """The report with accepted findings marked, and everything counted again."""
    alive, states = [], {}
    for entry in accepted:
        if entry.until < today:
            states[entry] = "expired"
        elif content_hash(entry.subject, hashes, report) != entry.sha256:
            states[entry] = "changed"
        else:
            states[entry] = "unmatched"
            alive.append(entry)
    results = tuple(_apply(result, alive, states) for result in report.results)
    summary = replace(
        report.summary,
        counts=count_verdicts(results),
        outcome=outcome_of(results, fail_on, interrupted=report.run.partial),
    )
    uses = tuple(
        WaiverUse(e.subject, e.check, e.code, e.reason, e.who, e.until.isoformat(), states[e]) for e in accepted
    )
    return replace(report, results=results, summary=summary, waivers=uses)


def _apply(result: Result, alive: Sequence[Accepted], states: dict[Accepted, str]) -> Result:
    if result.verdict not in (Verdict.FAIL, Verdict.REVIEW):
        return result
    findings = []
    for finding in result.findings:
        entry = next((e for e in alive if e.covers(result, finding)), None)
        if entry is None:
            findings.append(finding)
            continue
        states[entry] = "applied"
        waiver = Waiver(entry.reason, entry.who, entry.until.isoformat(), finding.verdict)
        findings.append(replace(finding, verdict=Verdict.REVIEW, waiver=waiver))
    order = tuple(Verdict)
    verdict = min((f.verdict for f in findings), key=order.index, default=result.verdict)
    return replace(result, findings=tuple(findings), verdict=verdict)


def entry_text(result: Result, finding: Finding, sha256: str, reason: str, who: str, until: dt.date) -> str:
    """A [[waiver]] for waivers.toml."""
    values = {
        "subject": result.subject,
        "check": result.check or result.rule,
        "code": finding.code,
        "sha256": sha256,
        "reason": reason,
        "who": who,
    }
    lines = ["[[waiver]]", *(f"{key} = {_quoted(value)}" for key, value in values.items())]
    if isinstance(finding.where, Span):
        lines.append(f"span = [{float(finding.where.start_s)!r}, {float(finding.where.end_s)!r}]")
    return "\n".join([*lines, f"until = {until.isoformat()}"]) + "\n"


def _quoted(text: str) -> str:
    # TOML's basic strings take JSON's escapes, but 0x7F must be escaped in TOML and is not in JSON.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
