"""The dossier itself: what it asks, what it holds, what it must not hold, how it is written."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from coursekit.manifest.load import manifest_from_text
from coursekit.model import TOPICS, Level, Method
from coursekit.report.view import Issue
from coursekit.review.dossier import DossierError, contents, is_ours, write_folder, write_zip
from coursekit.review.model import Asked
from coursekit.review.printed import render_pdf
from coursekit.review.questions import build_questions, human_rules, requirements_of, tag_lessons
from coursekit.rules.profiles import list_profiles, load_profile
from coursekit.texts import phrases
from tests.cli.courses import coursekit
from tests.conftest import ROOT
from tests.manifest.sample import hash_of, sample_durations_and_files, sample_text
from tests.review.conftest import Desk
from tests.review.courses import LESSONS, MANIFEST, SECRETS, build, change_lesson, decide, page_of

NO_ISSUES: tuple[Issue, ...] = ()


class Page(HTMLParser):
    """What a page refers to, and its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.policy = ""
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.refers += [v for k, v in attrs if k in ("src", "href", "poster", "action") and v and not v.startswith("#")]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given.get("content") or ""


def test_every_question_of_a_lesson_and_of_the_course_is_asked(first_desk: Desk) -> None:
    asked = first_desk.built.dossier.questions
    of_lessons = [(q.subject, q.asked.value, q.topic) for q in asked if q.subject != "."]
    assert of_lessons == [
        item
        for name in LESSONS
        for item in (
            (name, "overrule", "sound"),
            (name, "doubt", "other"),
            (name, "rule", "content"),
            (name, "rule", "correctness"),
        )
    ]
    assert [(q.rules, q.topic) for q in asked if q.subject == "."] == [(("house/4-1",), "content")]
    assert len({q.key for q in asked}) == len(asked)


def test_every_rule_that_only_a_person_can_judge_becomes_a_question() -> None:
    manifest = manifest_from_text(sample_text())
    hashes = {path: hash_of(path) for path in sample_durations_and_files()}
    lessons = tag_lessons(manifest, hashes)
    for profile in list_profiles():
        asked = build_questions((profile,), manifest, lessons, "c" * 64, NO_ISSUES, {})
        wanted = {
            r.id
            for r in profile.rules
            if r.method is Method.HUMAN and r.topic != "verdict" and r.unavailable is None and r.level is not Level.INFO
        }
        assert {rule for q in asked for rule in q.rules} == wanted, profile.id
        for rule in human_rules((profile,)):
            mine = [q for q in asked if q.rules == (rule.id,)]
            each = rule.each == "lesson" or rule.lesson_question is not None
            subjects = {q.subject for q in mine}
            assert ("." in subjects) == (rule.each == "course" and rule.topic != "verdict")
            assert (subjects >= {le.path for le in lessons}) == each


def test_the_notices_together_ask_all_that_reviewers_must_answer() -> None:
    topics = {
        r.topic for p in ("tianjin-2025", "fujian-2025", "shanghai-2020") for r in human_rules((load_profile(p),))
    }
    assert topics >= {"content", "practice", "correctness", "proofreading", "banned", "picture", "sound", "marks"}
    assert topics <= set(TOPICS)
    assert sum(r.topic == "banned" for r in human_rules((load_profile("tianjin-2025"),))) == 10


def test_what_is_asked_of_the_experts_comes_from_the_notice() -> None:
    wanted = requirements_of((load_profile("fujian-2025"), load_profile("tianjin-2025")))
    assert wanted.min_experts == 2
    assert wanted.provinces == ("福建省",)
    assert len(wanted.routes) == 4
    assert requirements_of((load_profile("tianjin-2025"),)).min_experts == 1


def test_the_same_course_gives_the_same_dossier(first_desk: Desk) -> None:
    again = build(first_desk.course, first_desk.cache)
    assert again.sha256 == first_desk.built.sha256
    assert contents(again, "zh") == contents(first_desk.built, "zh")
    assert len(list((first_desk.course / "review" / "dossiers").iterdir())) == 1


def test_a_changed_lesson_changes_its_own_questions_only(desk: Desk) -> None:
    before = {q.key: q for q in desk.built.dossier.questions}
    change_lesson(desk.course, LESSONS[0])
    after = {q.key: q for q in build(desk.course, desk.cache).dossier.questions}
    assert {q.subject for k, q in before.items() if k not in after} == {LESSONS[0], "."}


def test_other_points_are_another_question(desk: Desk) -> None:
    text = MANIFEST.replace("text: 验电", "text: 验电与放电")
    (desk.course / "course.yaml").write_text(text, encoding="utf-8")
    before = {q.key: q for q in desk.built.dossier.questions}
    after = {q.key for q in build(desk.course, desk.cache).dossier.questions}
    assert [(q.subject, q.topic) for k, q in before.items() if k not in after] == [(LESSONS[1], "content")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_asks_nothing_of_the_network(first_desk: Desk, lang: str) -> None:
    files = contents(first_desk.built, lang)
    page = Page(files["index.html"].decode("utf-8"))
    assert set(page.refers) <= set(files)
    assert set(page.refers) == {name for name in files if name.startswith("evidence/")}
    assert len(page.ids) == len(set(page.ids))
    policy = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert policy["default-src"] == "'none'"
    assert not re.search(r"https?:|\*|unsafe", page.policy)
    assert policy["script-src"].startswith("'sha256-")


def test_nothing_from_outside_is_taken_for_markup(first_desk: Desk) -> None:
    text = page_of(first_desk.built)
    assert '<b>&"' not in text
    assert "&lt;b&gt;&amp;" in text
    data = text.split('id="data">', 1)[1].split("</script>", 1)[0]
    assert "<" not in data
    assert json.loads(data)["course"]["title"] == '电工安全 <b>&"'


def test_nothing_of_a_person_but_name_and_qualification(first_desk: Desk, tmp_path: Path) -> None:
    for name, data in contents(first_desk.built, "zh").items():
        text = data.decode("utf-8", "replace")
        assert not [secret for secret in SECRETS if secret in text], name
    profile = first_desk.course.parent / "house.toml"
    options = ("-p", profile, "-o", tmp_path / "d", "--cache", first_desk.cache)
    said = coursekit("dossier", first_desk.course, *options)
    assert said.code == 0, said.err
    assert not [secret for secret in SECRETS if secret in said.out + said.err and not secret.endswith((".png", ".pdf"))]


def test_what_a_thorough_audit_measured_serves_the_dossier_and_the_package(desk: Desk, tmp_path: Path) -> None:
    profile = desk.course.parent / "house.toml"
    shared = ("-p", profile, "--cache", tmp_path / "cache", "--thorough")
    assert coursekit("audit", desk.course, *shared, "-o", tmp_path / "report.json").code in (0, 1, 3)
    facts = tmp_path / "cache" / "facts"
    kept = {path: path.stat().st_mtime_ns for path in facts.rglob("*.json")}
    assert kept
    said = coursekit("dossier", desk.course, *shared, "-o", tmp_path / "d")
    assert said.code == 0, said.err
    coursekit("package", desk.course, *shared, "--draft", "-o", tmp_path / "DRAFT.zip")
    assert {path: path.stat().st_mtime_ns for path in facts.rglob("*.json")} == kept


def test_it_is_written_as_a_folder_or_as_one_file(first_desk: Desk, tmp_path: Path) -> None:
    files = contents(first_desk.built, "zh")
    target = tmp_path / "材料"
    write_folder(target, files)
    write_folder(target, files)
    assert {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()} == set(files)
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.docx").write_bytes(b"x")
    with pytest.raises(DossierError) as error:
        write_folder(other, files)
    assert error.value.code == "target-not-ours"
    assert not is_ours(other)
    assert (other / "thesis.docx").read_bytes() == b"x"
    for name in ("a.zip", "b.zip"):
        write_zip(tmp_path / name, files)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {f"dossier/{name}" for name in files}


def test_dossier_and_decision_fit_their_published_schemas(first_desk: Desk) -> None:
    for name, raw in (
        ("dossier", json.loads(first_desk.built.data)),
        ("decision", decide(first_desk.built, "X1")),
    ):
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(raw, schema)


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("no-experts", "    route: examiner\n    qualification: 电工考评员\n", ""),
        ("media-missing", "lesson-3.mp4", "lesson-9.mp4"),
    ],
)
def test_why_no_dossier_is_made(desk: Desk, code: str, before: str, after: str) -> None:
    text = MANIFEST.replace(before, after).replace(
        "    route: professional-title\n", "" if code == "no-experts" else "    route: examiner\n"
    )
    (desk.course / "course.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DossierError) as error:
        build(desk.course, desk.cache)
    assert error.value.code == code


def test_a_course_without_a_manifest_or_lessons(tmp_path: Path) -> None:
    assert coursekit("dossier", tmp_path).code == 2
    (tmp_path / "course.yaml").write_text(
        "schema: coursekit/manifest/1\ncourse: { id: a, title: 空 }\nlessons: []\n"
        "experts: [ { id: X, name: 某, route: examiner } ]\n",
        encoding="utf-8",
    )
    said = coursekit("dossier", tmp_path, lang="zh")
    assert said.code == 2
    assert "没有生成评审材料" in said.err


class TestPrinted:
    """The same dossier on paper."""

    def text(self, data: bytes, folder: Path) -> str:
        from io import BytesIO

        from pypdf import PdfReader

        reader = PdfReader(BytesIO(data))
        for page in reader.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                embedded = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
                assert "/FontFile3" in embedded or "/FontFile2" in embedded
        assert b"pdfaid:part" in data or "pdfaid" in str(reader.xmp_metadata and reader.xmp_metadata.stream.get_data())
        return "\n".join(page.extract_text() for page in reader.pages)

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_question_is_printed_with_its_boxes(self, first_desk: Desk, tmp_path: Path, lang: str) -> None:
        data = render_pdf(first_desk.built, lang, (), tmp_path / "a.pdf")
        flat = re.sub(r"\s", "", self.text(data, tmp_path))
        for question in first_desk.built.dossier.questions:
            if question.asked is Asked.RULE:
                assert re.sub(r"\s", "", question.text(lang)) in flat
        assert flat.count("无法判断" if lang == "zh" else "Cannotjudge") == 3 + 6 + 1
        assert not [secret for secret in SECRETS if secret in flat]
        assert data == render_pdf(first_desk.built, lang, (), tmp_path / "a.pdf")

    def test_a_name_no_font_can_print_stops_it_with_the_character(self, first_desk: Desk, tmp_path: Path) -> None:
        built = first_desk.built
        expert = replace(built.dossier.experts[0], name="林\U000304ad")
        odd = replace(built, dossier=replace(built.dossier, experts=(expert,)))
        with pytest.raises(DossierError) as error:
            render_pdf(odd, "zh", (), tmp_path / "a.pdf")
        assert error.value.code == "no-glyph"
        assert "U+304AD" in error.value.words("zh")


def test_every_phrase_of_the_dossier_is_in_both_languages() -> None:
    for key, text in phrases("dossier").items():
        assert text.zh, key
        assert text.en, key
        # English may name a count twice: the figure, and one or many.
        assert set(re.findall(r"\{(\w+)", text.zh)) == set(re.findall(r"\{(\w+)", text.en)), key
