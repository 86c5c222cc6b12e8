"""`coursekit audit` as a studio's CI calls it: exit codes, outputs, cache, names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from coursekit import pipeline
from coursekit.engine.local import LocalEngine
from coursekit.model import Outcome, Scope
from tests.cli.courses import LENIENT, TOO_SMALL, UNTESTABLE, coursekit, make_course, profile

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return make_course(tmp_path / "course")


def test_conforming_course_exits_0_and_names_scope_and_open_rules(course: Path, tmp_path: Path) -> None:
    said = coursekit("audit", course, "-p", profile(tmp_path))
    assert said.code == 0, said.err
    assert "Conforms (lenient, media)" in said.out
    assert "outside this scope 1 rule stays open: expert's judgement 1" in said.out
    assert "No manifest" in said.out


def test_breach_exits_1_and_says_where_what_and_how_to_mend(course: Path, tmp_path: Path) -> None:
    said = coursekit("audit", course, "-p", profile(tmp_path, TOO_SMALL))
    assert said.code == 1
    assert "lesson-1.mp4 probe/size over-limit:" in said.out
    assert "(lenient 2)" in said.out
    assert "→" in said.out
    assert "Does not conform (lenient, media)" in said.out


def test_should_and_review_count_only_when_asked(course: Path, tmp_path: Path) -> None:
    own = profile(tmp_path)
    assert coursekit("audit", course, "-p", own, "--fail-on", "should").code == 1
    reviewing = profile(tmp_path, LENIENT.replace("review_over_bytes = 800000000", "review_over_bytes = 50"))
    assert coursekit("audit", course, "-p", reviewing).code == 0
    assert coursekit("audit", course, "-p", reviewing, "--fail-on", "review").code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("missing-course",), "no such course"),
        ((".", "-p", "no-such-profile"), "no-such-profile"),
        ((".", "--scope", "moon"), "moon"),
        ((".", "-f", "json", "-f", "text"), "only one report can go to stdout"),
        ((".", "-o", "report.docx"), "cannot tell the format"),
    ],
)
def test_usage_errors_exit_2_and_name_the_fault(course: Path, args: tuple[str, ...], words: str) -> None:
    said = coursekit("audit", *args, cwd=course)
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err


def test_unreadable_manifest_exits_2(course: Path) -> None:
    (course / "course.yaml").write_text("schema: coursekit/manifest/1\ncourse: {id: a, id: b}\n", encoding="utf-8")
    said = coursekit("audit", course)
    assert said.code == 2
    assert "course.yaml" in said.err
    assert "Traceback" not in said.err


def test_untested_must_rule_exits_3_even_beside_a_breach(course: Path, tmp_path: Path) -> None:
    said = coursekit("audit", course, "-p", profile(tmp_path, TOO_SMALL + UNTESTABLE))
    assert said.code == 3
    assert "Undecided (lenient, media)" in said.out
    assert "over-limit" in said.out


def test_file_that_does_not_open_is_never_passed(course: Path, tmp_path: Path) -> None:
    (course / "lesson-2.mp4").write_bytes(b"this is no film")
    said = coursekit("audit", course, "-p", profile(tmp_path), "-f", "json")
    verdicts = {(r["subject"], r["check"]): r["verdict"] for r in said.report()["results"]}
    assert verdicts["lesson-2.mp4", "probe/container"] == "fail"
    assert verdicts["lesson-2.mp4", "probe/resolution"] == "not_tested"
    assert said.code in (1, 3)


def test_empty_folder_is_undecided_not_conforming(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    said = coursekit("audit", tmp_path / "course", "-p", profile(tmp_path))
    assert said.code == 3
    assert "nothing" in said.out.lower()


def test_report_that_cannot_be_written_exits_3(course: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    said = coursekit("audit", course, "-p", profile(tmp_path), "-o", blocked / "report.json")
    assert said.code == 3
    assert "report not written" in said.err


def test_several_reports_in_one_run(course: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    targets = [word for name in ("report.json", "facts.json", "r.txt") for word in ("-o", out / name)]
    said = coursekit("audit", course, "-p", profile(tmp_path), *targets)
    assert said.code == 0, said.err
    assert said.out == ""
    assert "Conforms" in said.err
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["schema"] == "coursekit/report/1"
    assert json.loads((out / "facts.json").read_text(encoding="utf-8"))["schema"] == "coursekit/facts/1"
    assert "Conforms" in (out / "r.txt").read_text(encoding="utf-8")


def test_report_and_facts_fit_their_published_schemas(course: Path, tmp_path: Path) -> None:
    said = coursekit("audit", course, "-p", profile(tmp_path, TOO_SMALL + UNTESTABLE), "-f", "json")
    facts = coursekit("measure", course)
    for name, body in (("report", said.out), ("facts", facts.out)):
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(json.loads(body))


def test_two_runs_differ_in_the_run_block_only(course: Path, tmp_path: Path) -> None:
    own = profile(tmp_path)
    first, second = (coursekit("audit", course, "-p", own, "-f", "json", "--no-cache").report() for _ in range(2))
    assert first.pop("run") != {}
    second.pop("run")
    assert json.dumps(first) == json.dumps(second)


def test_another_profile_decodes_nothing(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _settle(course)
    own = profile(tmp_path)
    first = pipeline.audit(course, pipeline.Settings(profiles=(str(own),))).report
    assert first.run.measured_files == 1

    def no_engine(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(LocalEngine, "run", no_engine)
    other = pipeline.audit(course, pipeline.Settings(profiles=("tianjin-2025",))).report
    assert other.run.measured_files == 0
    assert other.run.cached_files == 1
    assert {r.rule.split("/")[0] for r in other.results} == {"tianjin-2025"}


def test_changed_bytes_and_changed_profile_are_judged_anew(course: Path, tmp_path: Path) -> None:
    _settle(course)
    own = profile(tmp_path)
    settings = pipeline.Settings(profiles=(str(own),))
    assert pipeline.audit(course, settings).report.summary.outcome is Outcome.CONFORMS
    own.write_text(TOO_SMALL, encoding="utf-8")
    assert pipeline.audit(course, settings).report.summary.outcome is Outcome.DOES_NOT_CONFORM
    own.write_text(LENIENT, encoding="utf-8")
    (course / "lesson-1.mp4").write_bytes(b"no film at all")
    changed = pipeline.audit(course, settings).report
    assert {f.code for r in changed.results for f in r.findings} == {"not-media"}
    assert changed.summary.outcome is Outcome.DOES_NOT_CONFORM


def test_unchanged_course_is_known_by_heart(course: Path, tmp_path: Path) -> None:
    _settle(course)
    settings = pipeline.Settings(profiles=(str(profile(tmp_path)),))
    first = pipeline.audit(course, settings)
    second = pipeline.audit(course, settings)
    assert second.facts is None, "the second report was built again"
    assert second.report.results == first.report.results
    assert second.report.summary == first.report.summary
    assert second.report.run.measured_files == 0


def test_scope_filing_asks_for_people_and_papers(course: Path, tmp_path: Path) -> None:
    settings = pipeline.Settings(profiles=("tianjin-2025",), scope=Scope.FILING)
    report = pipeline.audit(course, settings).report
    assert report.open == ()
    reasons = {r.reason.code for r in report.results if r.reason}
    assert {"needs-person", "needs-paper", "informational"} <= reasons
    assert report.summary.outcome is Outcome.UNDECIDED


def _settle(folder: Path) -> None:
    """Put the files' times far enough back for the cache to rely on them, and wait out the inode's own clock."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    time.sleep(2.1)


NAMES = [
    "第01课 电工😀 “引号” 'x' \"y\".mp4",
    "two\nlines.mp4",
    "-rf.mp4",
    " leading and trailing .mp4",
    "percent%20&amp;<b>.mp4",
    "תוכנית\u202eabc.mp4",
]


@pytest.mark.skipif(os.name == "nt", reason="these names cannot exist on Windows")
def test_any_name_works_and_is_readable(tmp_path: Path) -> None:
    course = make_course(tmp_path / "课程 -x", tuple(NAMES))
    said = coursekit("audit", course, "-p", profile(tmp_path), "-f", "json")
    assert said.code == 0, said.err
    assert {le["path"] for le in said.report()["course"]["lessons"]} == set(NAMES)
    text = coursekit("audit", course, "-p", profile(tmp_path, TOO_SMALL)).out
    assert "two\\nlines.mp4" in text
    assert "\u202e" not in text
    assert "第01课 电工😀 “引号”" in text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are not text")
def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")
    (course / "lesson-1.mp4").rename(course / os.fsdecode(b"\xb5\xda01\xbf\xce.mp4"))
    said = coursekit("audit", course, "-p", profile(tmp_path), "-f", "json")
    assert said.code == 0, said.err
    (lesson,) = said.report()["course"]["lessons"]
    assert lesson["path"] == "\\xb5\\xda01\\xbf\\xce.mp4"


def test_link_out_of_the_course_is_not_followed(course: Path, tmp_path: Path) -> None:
    outside = make_course(tmp_path / "elsewhere") / "lesson-1.mp4"
    try:
        (course / "linked.mp4").symlink_to(outside)
    except OSError:
        pytest.skip("this system does not let us make links")
    report = pipeline.audit(course, pipeline.Settings(profiles=(str(profile(tmp_path)),))).report
    linked = [r for r in report.results if r.subject == "linked.mp4"]
    assert {r.verdict.value for r in linked} == {"not_tested"}
    assert report.summary.outcome is Outcome.UNDECIDED


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
def test_interrupted_run_says_what_was_not_done_and_resumes(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", tuple(f"lesson-{i}.mp4" for i in range(12)))
    _settle(course)
    own, out = profile(tmp_path), tmp_path / "report.json"
    with subprocess.Popen(
        [sys.executable, "-m", "coursekit", "audit", course, "-p", own, "-j", "1", "-o", out],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith("[2/12]"):
                run.send_signal(signal.SIGINT)
                break
        rest = run.stderr.read()
        assert run.wait(60) == 3
    assert "interrupted" in rest
    partial = json.loads(out.read_text(encoding="utf-8"))
    assert partial["run"]["interrupted"]
    left = partial["run"]["not_done"]
    assert 1 <= len(left) <= 10
    again = coursekit("audit", course, "-p", own, "-f", "json")
    assert again.code == 0, again.err
    assert again.report()["run"]["cached_files"] == 12 - len(left)
