"""Every format: the same findings, the same bytes twice, and nothing in it that a file name could have put there."""

from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

from coursekit import codec
from coursekit.model import Report
from coursekit.paths import for_terminal
from coursekit.pipeline import Audit
from coursekit.report import FORMATS, format_of
from coursekit.report.tell import items
from coursekit.terms import FailOn, Level, Verdict
from tests.report.courses import EVIL, audit_of, finding, hostile, ordinary, report_of, result

HERE = Path(__file__).parent


def render(name: str, done: Audit, target: Path | None = None) -> str:
    return FORMATS[name].load()(done, target)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(FORMATS))
def test_same_input_gives_same_bytes(name: str, lang: str, tmp_path: Path) -> None:
    done = ordinary(tmp_path, lang)
    assert render(name, done) == render(name, done)


@pytest.mark.parametrize("name", ["html", "sarif", "junit", "gitlab", "github", "markdown", "ebu-qc"])
def test_no_clock_and_no_host(name: str, tmp_path: Path) -> None:
    text = render(name, ordinary(tmp_path))
    assert "2026-01-01T00:00" not in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("report.html", "html"),
        ("report.json", "json"),
        ("facts.json", "facts"),
        ("coursekit.sarif", "sarif"),
        ("coursekit.sarif.json", "sarif"),
        ("gl-code-quality-report.json", "gitlab"),
        ("coursekit-junit.xml", "junit"),
        ("lesson.ebu-qc.xml", "ebu-qc"),
        ("SUMMARY.MD", "markdown"),
        ("report.xml", None),
    ],
)
def test_file_names_say_the_format(file: str, name: str | None) -> None:
    assert format_of(file) == name


class Page(html.parser.HTMLParser):
    """What a browser would build of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_page_holds_hostile_text_as_text(tmp_path: Path) -> None:
    page = Page(render("html", hostile(tmp_path), tmp_path / "out" / "report.html"))
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    for tag, attributes in page.tags:
        assert not [a for a in attributes if a.startswith("on")], tag
        assert "style" not in attributes
        for key in ("src", "href", "data-src"):
            value = attributes.get(key) or "#"
            assert re.match(r"(#|data:image/jpeg;base64,|[^:]*$)", value), value
    shown = "".join(page.words)
    for evil in EVIL:
        assert for_terminal(evil) in shown
    assert "49" not in "".join(w for w in page.words if "7*7" in w), "a template was run"
    assert not re.search("[\u202e\u2066\x07\x1b]", shown)


def test_page_permits_only_its_own_script_and_style(tmp_path: Path) -> None:
    page = Page(render("html", ordinary(tmp_path)))
    policy = next(a["content"] or "" for t, a in page.tags if t == "meta" and "content" in a and "http-equiv" in a)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_page_tells_what_to_do_before_what_passed(tmp_path: Path) -> None:
    text = render("html", ordinary(tmp_path))
    marks = [
        text.index(mark) for mark in ('class="word"', 'id="first"', 'id="lessons"', 'class="passed"', 'id="clauses"')
    ]
    assert marks == sorted(marks)
    assert "全片图像无抖动跳跃" in text
    assert "另一条" in text, "the same finding under a second clause cites both"
    assert text.count('<details class="issue fail"') == 3, "told once however many clauses ask"


def test_page_links_lessons_from_where_it_lies(tmp_path: Path) -> None:
    text = render("html", ordinary(tmp_path), tmp_path / "out" / "report.html")
    assert 'data-src="../b%20%E8%AF%BE.mp4"' in text
    to_stdout = Page(render("html", ordinary(tmp_path)))
    assert not [tag for tag, attributes in to_stdout.tags if "data-src" in attributes], "no way to a file from stdout"


@pytest.mark.parametrize("make", [ordinary, hostile])
def test_junit_counts_what_it_holds(make: object, tmp_path: Path) -> None:
    assert callable(make)
    root = ET.fromstring(render("junit", make(tmp_path)))
    for node in (root, *root.iter("testsuite")):
        cases = list(node.iter("testcase"))
        assert int(node.get("tests", "")) == len(cases)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(node.get(key, "")) == sum(c.find(tag) is not None for c in cases)
    names = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    assert len(names) == len(set(names)), "GitLab merges cases of one name"


def test_junit_never_passes_what_was_not_tested(tmp_path: Path) -> None:
    root = ET.fromstring(render("junit", ordinary(tmp_path)))
    case = next(c for c in root.iter("testcase") if c.get("classname") == "c.mp4" and "shake" in c.get("name", ""))
    assert case.find("error") is not None


@pytest.mark.parametrize("make", [ordinary, hostile])
def test_gitlab_fits_its_schema(make: object, tmp_path: Path) -> None:
    assert callable(make)
    done = make(tmp_path)
    entries = json.loads(render("gitlab", done))
    jsonschema.validate(entries, json.loads((HERE / "gitlab-code-quality.schema.json").read_text("utf-8")))
    assert len({e["fingerprint"] for e in entries}) == len(entries) == len(items(done.report))


def test_fingerprints_outlive_a_new_measurement(tmp_path: Path) -> None:
    from dataclasses import replace

    from coursekit.model import Measured, Span

    report = ordinary(tmp_path).report

    def moved(report: Report) -> Report:
        results = tuple(
            replace(
                r,
                findings=tuple(
                    replace(f, measured=Measured(9.9, "%"), where=Span(f.where.start_s + 0.1, f.where.end_s))
                    if isinstance(f.where, Span)
                    else f
                    for f in r.findings
                ),
            )
            for r in report.results
        )
        return replace(report, results=results)

    assert [i.fingerprint for i in items(report)] == [i.fingerprint for i in items(moved(report))]


def test_annotations_are_one_line_each(tmp_path: Path) -> None:
    text = render("github", hostile(tmp_path))
    assert all(re.match(r"::(error|warning|notice) (file=|title=)", line) for line in text.splitlines())
    assert "\r" not in text
    assert len(text.splitlines()) == 10, "nine of the worst, and one that says how many are left"


def test_annotations_of_a_must_rule_not_tested_are_errors(tmp_path: Path) -> None:
    lines = render("github", ordinary(tmp_path)).splitlines()
    assert any(line.startswith("::error file=c.mp4") for line in lines)
    assert any(line.startswith("::warning file=c.mp4") for line in lines)
    assert any(line.startswith("::notice file=b") for line in lines)


def test_summary_is_one_table_without_markup(tmp_path: Path) -> None:
    done = hostile(tmp_path)
    rows = [line for line in render("markdown", done).splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(items(done.report))
    assert {len(re.findall(r"\|", row)) for row in rows} == {6}
    assert not [row for row in rows if "<" in row or "`" in row or "](" in row]


def test_sarif_points_at_something_and_levels_follow(tmp_path: Path) -> None:
    done = ordinary(tmp_path)
    run = json.loads(render("sarif", done))["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    for entry in run["results"]:
        assert rules[entry["ruleIndex"]] == entry["ruleId"]
        place = entry["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[\w.~%/-]+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
    levels = {(e["ruleId"], e["level"]) for e in run["results"]}
    assert ("video/shake/shaky-span", "error") in levels
    assert ("video/shake/unsteady-span", "note") in levels
    assert ("probe/resolution/too-small", "warning") in levels


def test_json_report_reads_back_and_fits_the_published_schema(tmp_path: Path) -> None:
    done = hostile(tmp_path)
    text = render("json", done)
    assert codec.loads(Report, text) == done.report
    schema = json.loads((HERE.parents[1] / "schemas" / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(text), schema)


NS = {"q": "tag:qc.ebu.ch,2026-01"}


@pytest.mark.parametrize("make", [ordinary, hostile])
def test_ebu_report_follows_the_best_practice_list(make: object, tmp_path: Path) -> None:
    assert callable(make)
    root = ET.fromstring(render("ebu-qc", make(tmp_path)))

    def texts(path: str) -> list[str]:
        return [node.text or "" for node in root.findall(path, NS)]

    assert texts("q:CheckResult") == ["false"]
    assert texts("q:ToolInformation/q:ToolName") == ["coursekit"]
    assert texts("q:ContentId//q:ID") == texts("q:Profile/q:ContentId//q:ID") != []
    assert not root.findall("q:Profile/q:ItemDefinitions/*", NS)
    assert set(texts("q:Profile/q:Items/q:Item/q:UsedAs")) == {"check"}
    wanted = list(
        zip(texts("q:Profile/q:Items/q:Item/q:EBUQCID"), texts("q:Profile/q:Items/q:Item/q:InstanceId"), strict=True)
    )
    given = list(
        zip(
            texts("q:ItemResults/q:ItemResult/q:EBUQCID"),
            texts("q:ItemResults/q:ItemResult/q:InstanceId"),
            strict=True,
        )
    )
    assert wanted == given
    assert len(set(given)) == len(given)
    assert len(texts("q:ItemResults/q:ItemResult/q:CheckResult")) == len(given), "a check item has a result"
    assert texts("q:ExecutionStatus") == ["error"], "something was not tested"
    assert all(re.search(r"(Z|[+-]\d\d:\d\d)$", t) for t in texts("q:LastModifiedDateTime"))


def test_paths_start_at_the_checkout_where_ci_names_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = tmp_path / "courses" / "one"
    course.mkdir(parents=True)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    paths = {e["location"]["path"] for e in json.loads(render("gitlab", ordinary(course)))}
    assert "courses/one/a.mp4" in paths


def test_reports_written_into_the_course_are_no_part_of_it(tmp_path: Path) -> None:
    from coursekit.folder import list_folder

    (tmp_path / "lesson.mp4").write_bytes(b"x")
    for name in ("report.html", "report.json", "report.sarif", "junit.xml", "ebu-qc.xml", "facts.json"):
        assert format_of(name)
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert list(list_folder(tmp_path).entries) == ["lesson.mp4"]


def test_what_was_accepted_is_shown_but_not_asked_for(tmp_path: Path) -> None:
    from dataclasses import replace

    from coursekit.model import Waiver

    waiver = Waiver("因为<b>", "张三<i>", "2026-12-31", Verdict.FAIL)
    accepted = replace(finding(verdict=Verdict.REVIEW), waiver=waiver)
    done = audit_of(tmp_path, report_of(result("a.mp4", "video/shake", Verdict.REVIEW, accepted)))
    text = render("html", done)
    first = text[text.index('id="first"') : text.index('id="lessons"')]
    assert 'tasks"></ol>' in first, "nothing is left to do"
    assert "accepted by 张三&lt;i&gt; until 2026-12-31: 因为&lt;b&gt;" in text
    assert "accepted by 张三<i>" in render("text", done)
    entry = json.loads(render("sarif", done))["runs"][0]["results"][0]
    assert entry["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "因为<b>"}]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.NOT_TESTED])
def test_the_first_sentence_counts_nothing_that_is_not_there(verdict: Verdict, tmp_path: Path) -> None:
    level = Level.SHOULD if verdict is Verdict.FAIL else Level.MUST
    found = (finding(),) if verdict is Verdict.FAIL else ()
    one = result("a.mp4", "video/shake", verdict, *found, level=level, reason="stage-failed")
    text = render("html", audit_of(tmp_path, report_of(one, fail_on=FailOn.SHOULD)))
    lead = text[text.index('class="lead"') : text.index('class="tally"')]
    assert "有 0 处" not in lead
    assert "0 findings" not in lead


def test_findings_that_overlap_do_not_hide_each_other(tmp_path: Path) -> None:
    spans = [finding(float(n), 15.0 + n) for n in range(3)]
    done = audit_of(tmp_path, report_of(result("a.mp4", "video/shake", Verdict.FAIL, *spans)))
    drawn = re.search(r'<svg class="marks".*?</svg>', render("html", done), re.DOTALL)
    assert drawn is not None
    assert len(set(re.findall(r'class="head" x="[\d.]+%" y="(\d+)"', drawn[0]))) == 3


def test_clauses_stand_as_the_notice_prints_them(tmp_path: Path) -> None:
    late = result("a.mp4", "video/shake", rule="tianjin-2025/a2.2.2.3.1-1", text="LATE")
    early = result("a.mp4", "probe/size", rule="tianjin-2025/a2.2.2.1.3-1", text="EARLY")
    own = result("a.mp4", "probe/codec", rule="studio/1", text="OWN")
    text = render("html", audit_of(tmp_path, report_of(own, late, early)))
    table = text[text.index('id="clauses"') :]
    assert table.index("EARLY") < table.index("LATE") < table.index("OWN")
