"""Reports for tests, made by hand: an ordinary course and one that means harm."""

from __future__ import annotations

from pathlib import Path

from coursekit.folder import list_folder
from coursekit.model import (
    Clause,
    CourseRef,
    Expected,
    FactsFile,
    FileFacts,
    FileKind,
    Finding,
    LessonRef,
    Measured,
    ProfileRef,
    Reason,
    Report,
    Result,
    Run,
    Span,
    Summary,
)
from coursekit.pipeline import Audit
from coursekit.rules.outcome import count_verdicts, outcome_of
from coursekit.terms import FailOn, Level, Method, Scope, ThresholdSource, Verdict
from tests.audio_facts import track
from tests.video_facts import HEALTHY as HEALTHY_VIDEO

EVIL = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "]]></failure><error/>",
    "=HYPERLINK(1)|`x`|[l](javascript:1)",
    "\u202egpj.exe\u2066",
    "bell\x07\x1b[31m\ufffe",
    "line\nbreak\r::error::%0A",
    "&lt;{{ 7*7 }}{% raw %}",
)
LONG = "很长" * 30


def clause(number: str = "附件2 二（二）3（1）", text: str = "全片图像无抖动跳跃") -> Clause:
    return Clause("某通告", number, text)


def result(
    subject: str,
    check: str = "video/shake",
    verdict: Verdict = Verdict.PASS,
    *findings: Finding,
    level: Level = Level.MUST,
    rule: str = "tianjin-2025/a2.2.2.3.1-1",
    reason: str | None = None,
    text: str = "全片图像无抖动跳跃",
) -> Result:
    return Result(
        rule=rule,
        check=check,
        method=Method.MACHINE,
        level=level,
        clause=clause(text=text),
        subject=subject,
        verdict=verdict,
        threshold_source=ThresholdSource.COURSEKIT,
        reason=Reason(reason, reason) if reason else None,
        measured=Measured(0.1, "%"),
        expected=Expected(max=0.25, unit="%"),
        findings=findings,
    )


def finding(
    start_s: float | None = 3.0,
    end_s: float = 5.0,
    *,
    code: str = "shaky-span",
    verdict: Verdict = Verdict.FAIL,
    message: str = "it shakes",
    measured: float | str = 1.4,
) -> Finding:
    where = None if start_s is None else Span(start_s, end_s, box=(0.1, 0.2, 0.3, 0.4))
    return Finding(code, verdict, message, where, Measured(measured, "%"), Expected(max=0.25, unit="%"), "use a tripod")


def report_of(*results: Result, title: str = "Course", lang: str = "en", fail_on: FailOn = FailOn.MUST) -> Report:
    names = [n for n in dict.fromkeys(r.subject for r in results) if n != "."]
    lessons = tuple(LessonRef(n, f"{title} {n}", n, f"{k:064x}", 20.0) for k, n in enumerate(names))
    return Report(
        lang=lang,
        course=CourseRef("course", title, None, lessons),
        profiles=(ProfileRef("tianjin-2025", "0" * 64, title),),
        summary=Summary(
            Scope.MEDIA, "no-manifest", outcome_of(results, fail_on), count_verdicts(results), {}, len(lessons), 20.0
        ),
        results=results,
        open=(),
        run=Run("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:09+00:00", "host", "0.1.0", {"av": title}, 1, 0),
    )


def audit_of(root: Path, report: Report) -> Audit:
    """An audit of files that lie in `root` and hold nothing a decoder would take."""
    files = []
    for lesson in report.course.lessons:
        # A name may hold what no file system takes; such a lesson has facts and no file.
        files.append(
            FileFacts(
                lesson.path,
                lesson.sha256 or "",
                9,
                FileKind.VIDEO,
                audio=(track(curve_lufs=(-23.0, float("-inf"), -20.0)),),
                video=(HEALTHY_VIDEO,),
            )
        )
        place = root / lesson.path.replace("/", "_").replace("\0", "_")
        place.write_bytes(b"not media")
    return Audit(report, FactsFile(tuple(files)), list_folder(root))


def ordinary(root: Path, lang: str = "en") -> Audit:
    """Three lessons: one fails twice, one must be looked at, one could not be tested."""
    shake = result("a.mp4", "video/shake", Verdict.FAIL, finding(), finding(9.0, 9.2))
    again = result("a.mp4", "video/shake", Verdict.FAIL, finding(), rule="tianjin-2025/other-1", text="另一条")
    look = finding(verdict=Verdict.REVIEW, code="unsteady-span")
    return audit_of(
        root,
        report_of(
            shake,
            again,
            result("b 课.mp4", "video/shake", Verdict.REVIEW, look),
            result("b 课.mp4", "probe/size", Verdict.PASS),
            result("c.mp4", "video/shake", Verdict.NOT_TESTED, reason="stage-failed"),
            result("c.mp4", "probe/resolution", Verdict.FAIL, finding(None, code="too-small"), level=Level.SHOULD),
            result("c.mp4", "probe/size", Verdict.NOT_APPLICABLE, reason="no-such-subject"),
            lang=lang,
        ),
    )


def hostile(root: Path) -> Audit:
    """Every text that comes from outside is an attack."""
    results = []
    for n, evil in enumerate((*EVIL, LONG)):
        # The code is one no text knows, so that the finding's own words are shown.
        bad = finding(float(n), n + 2.0, code="unknown-code", message=evil, measured=evil)
        results.append(result(f"{n} {evil}.mp4", "video/shake", Verdict.FAIL, bad, text=evil))
        results.append(result(f"{n} {evil}.mp4", "probe/size", Verdict.NOT_TESTED, reason=evil))
    return audit_of(root, report_of(*results, title=EVIL[0] + EVIL[4] + EVIL[5] + EVIL[3]))
