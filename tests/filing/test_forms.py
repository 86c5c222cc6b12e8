"""The forms: word for word as the notices print them, filled with nothing else than what was stated."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document

from coursekit.filing.fill import (
    CourseToFile,
    Disagreement,
    course_fields,
    expert_fields,
    negative,
    operator_fields,
)
from coursekit.filing.form import FORMS, Fields, Filled, Grid, Para, fill_form, forms_of, load_form
from coursekit.filing.pdf import GlyphMissing, render_pdf
from coursekit.filing.word import render_word
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.review.model import CourseTag, ExpertState, ReviewState, Standing
from coursekit.rules.profiles import builtin_ids, read_profile
from tests.filing.course import COURSE
from tests.filing.papers import complete, register_of

REGISTER = register_of(complete())


def course(text: str = COURSE, review: ReviewState | None = None) -> CourseToFile:
    manifest = manifest_from_text(text)
    assert manifest.faults == ()
    return CourseToFile(Path(), manifest, review or ReviewState(Standing.OPEN))


def filled(form_id: str, *courses: CourseToFile) -> Filled:
    made = courses or (course(),)
    lists: Mapping[str, Sequence[Fields]] = {
        "experts": expert_fields(made[0]),
        "courses": tuple(course_fields(one, REGISTER) for one in made),
    }
    fields = {**operator_fields(REGISTER), **course_fields(made[0], REGISTER)}
    return fill_form(load_form(form_id), fields, lists, REGISTER.operator.name)


def reviewed(first: ReviewVerdict, second: ReviewVerdict, standing: Standing, words: str = "") -> ReviewState:
    def state(expert: str, verdict: ReviewVerdict) -> ExpertState:
        now = Standing.APPROVED if verdict is ReviewVerdict.PASS else Standing.REFUSED
        now = now if standing is not Standing.STALE else Standing.STALE
        return ExpertState(expert, expert, now, verdict=verdict, opinion=words, decision="d")

    return ReviewState(standing, CourseTag("demo-4", "", "0"), experts=(state("X1", first), state("X2", second)))


# -------------------------------------------------------------------------------------------------------------- wording


def printed(form_id: str) -> list[str]:
    """All that stands on the blank form, in reading order."""
    form = load_form(form_id)
    fields = dict.fromkeys(operator_fields(None), "") | course_fields(course(), None)
    blank = dict.fromkeys(fields, "")
    experts = [dict.fromkeys(expert_fields(course())[0], "")] * 2
    courses = [dict.fromkeys(course_fields(course(), None), "")]
    made = fill_form(form, blank, {"experts": experts, "courses": courses}, "")
    return [text for text in made.texts() if text]


def flat(text: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|</?b>|[#*]", lambda m: m[1] or "", text)
    text = re.sub(r"(?m)^[ \t]*-[ \t]+", "", text)
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("form_id", FORMS)
def test_every_word_stands_in_the_notice_and_in_its_order(form_id: str, shared: Path) -> None:
    form = load_form(form_id)
    source = read_profile(form.profiles[0]).documents[0].source
    assert source is not None
    notice = flat((shared / "regulations" / source).read_text(encoding="utf-8"))
    own = {flat(re.sub(r"{[a-z_.]+}", "", words)) for words in form.own_words}
    own |= {"书面承诺"} if form.own_words else set()
    wanted = [flat(text) for text in printed(form_id) if flat(text) not in own]
    wanted = [text for text in wanted if text != "年月日"]
    missing = [text for text in wanted if text not in notice]
    assert missing == []
    positions, start = [], notice.rfind(wanted[0])
    for text in wanted:
        at = notice.find(text, start)
        positions.append(at)
        start = at if at >= 0 else start
    assert [text for text, at in zip(wanted, positions, strict=True) if at < 0] == [], "not in the notice's order"


def test_every_profile_that_prints_a_form_has_it() -> None:
    assert {p: [f.id for f in forms_of(p)] for p in builtin_ids()} == {
        "tianjin-2025": ["tianjin-application", "tianjin-content-pledge"],
        "fujian-2025": ["fujian-consent", "fujian-basic"],
        "guangdong-2022": ["guangdong-basic"],
        "shanghai-2020": ["shanghai-commitment-enterprise", "shanghai-commitment-institution"],
        "shanghai-2020-enterprise": ["shanghai-commitment-enterprise"],
        "shanghai-2020-institution": ["shanghai-commitment-institution"],
        "pudong-2020": ["pudong-commitment"],
        "mohrss-73-2024": [],
    }


def test_a_form_answers_papers_that_its_notices_ask_for() -> None:
    for form_id in FORMS:
        form = load_form(form_id)
        for profile in form.profiles:
            asked = {k for rule in read_profile(profile).profile.rules for e in rule.evidence for k in e.split("|")}
            assert set(form.answers) <= asked


# -------------------------------------------------------------------------------------------------------------- filling


def cells(made: Filled) -> dict[str, str]:
    """Label to what stands right of it; the last one wins where a label repeats."""
    found = {}
    for block in made.blocks:
        if isinstance(block, Grid):
            for row in block.rows:
                for label, value in pairwise(row):
                    if label.paras[0].style == "label":
                        found[label.paras[0].text.replace("　", "").replace(" ", "")] = "\n".join(
                            p.text for p in (*value.paras, *value.foot)
                        )
    return found


def test_the_consent_form_is_filled_from_manifest_and_decisions() -> None:
    made = cells(filled("fujian-consent", course(review=reviewed(*[ReviewVerdict.PASS] * 2, Standing.APPROVED))))
    assert made["运营机构"] == REGISTER.operator.name
    assert made["课程名称"] == "养老护理员（四级）<示例> & 演示"
    assert made["课程地址"] == "https://learn.example.cn/courses/4"
    assert (made["姓名"], made["证书名称"]) == ("郑国䶮", "主管护师资格证")
    assert made["审核专家2"].split("\n") == [
        "是否符合要求，需要调整或修改的具体意见（可另附页）：", "符合要求。", "签字：", "日期：",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(ReviewVerdict.REJECT, "不符合要求。"), (ReviewVerdict.REVISE, "不符合要求，需要调整或修改。")],
)
def test_a_negative_opinion_is_printed_as_it_is(verdict: ReviewVerdict, words: str) -> None:
    one = course(review=reviewed(ReviewVerdict.PASS, verdict, Standing.REFUSED, "第 2 课须重拍。"))
    made = filled("fujian-consent", one)
    assert words in made.texts()
    assert "第 2 课须重拍。" in made.texts()
    assert negative(one) == ("郑国䶮",)


def test_an_opinion_on_other_bytes_is_not_printed() -> None:
    made = list(filled("fujian-consent", course(review=reviewed(*[ReviewVerdict.PASS] * 2, Standing.STALE))).texts())
    assert not [text for text in made if text.startswith(("符合", "不符合"))]


def test_a_review_recorded_in_the_manifest_counts_for_these_bytes_only() -> None:
    recorded = "reviews:\n  - {expert: X1, verdict: pass, subject_sha256: '" + "a" * 64 + "', comment: 很好。}\n"
    for digest, counts in (("a" * 64, True), ("b" * 64, False)):
        state = ReviewState(Standing.OPEN, CourseTag("demo-4", "", digest))
        texts = list(filled("fujian-consent", course(COURSE + recorded, state)).texts())
        assert ("很好。" in texts) is counts


def test_the_pledge_is_left_blank_and_nothing_is_dated() -> None:
    made = filled("fujian-consent")
    at = next(i for i, b in enumerate(made.blocks) if isinstance(b, Para) and b.text == "机构承诺书")
    assert not isinstance(made.blocks[at + 1], Para | Grid)
    for form_id in FORMS:
        assert not [t for t in filled(form_id).texts() if re.search(r"20\d\d ?年", t)]


def test_a_third_expert_gets_a_block_and_one_expert_leaves_one_blank() -> None:
    third = "  - {id: X3, name: 丙, province: 福建省, route: examiner}\n"
    texts = list(filled("fujian-consent", course(COURSE + third)).texts())
    assert texts.count("审核专家 3") == 2
    one = COURSE[: COURSE.index("  - id: X2")]
    texts = list(filled("fujian-consent", course(one)).texts())
    assert texts.count("审核专家 2") == 2
    assert "审核专家 3" not in texts


def test_a_page_per_course() -> None:
    made = filled("tianjin-application", course(), course(COURSE.replace("养老护理员（四级）", "保育师（五级）")))
    texts = list(made.texts())
    assert texts.count("三、平台培训项目简介") == 2
    assert [t for t in texts if t.startswith("项目")] == ["项目1名称", "项目2名称"]
    assert "2.5" in texts


def test_without_a_register_everything_of_the_operator_is_blank() -> None:
    values = {name: value for name, value in operator_fields(None).items() if value}
    assert values == {}


def test_the_course_and_the_register_must_agree() -> None:
    with pytest.raises(Disagreement, match="operator") as caught:
        course_fields(course(COURSE.replace("operator: 云栖", "operator: 云溪")), REGISTER)
    assert "云溪" in caught.value.describe("zh")


# ------------------------------------------------------------------------------------------------------------ rendering


@pytest.mark.parametrize("form_id", FORMS)
def test_word_holds_every_word_and_is_the_same_twice(form_id: str) -> None:
    made = filled(form_id)
    data = render_word(made)
    assert data == render_word(made)
    document = Document(io.BytesIO(data))
    body = "\n".join(
        [p.text for p in document.paragraphs]
        + [p.text for t in document.tables for row in t.rows for c in row.cells for p in c.paragraphs]
    )
    assert [text for text in made.texts() if text and text not in body] == []
    parts = zipfile.ZipFile(io.BytesIO(data))
    assert not [name for name in parts.namelist() if "thumbnail" in name]
    assert "MS Mincho" not in parts.read("word/document.xml").decode()
    fonts = re.findall(r'w:eastAsia="([^"]+)"', parts.read("word/document.xml").decode())
    assert set(fonts) <= {"宋体", "黑体", "zh-CN"}
    assert fonts


needs_pdf = pytest.importorskip("typst", reason="the extra pdf is not installed: no PDF was set")


@pytest.mark.parametrize("form_id", FORMS)
def test_pdf_is_pdf_a_holds_every_word_and_is_the_same_twice(form_id: str) -> None:
    from pypdf import PdfReader

    made = filled(form_id)
    data = render_pdf(made)
    assert data == render_pdf(made)
    reader = PdfReader(io.BytesIO(data))
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages))
    assert [t for t in made.texts() if re.sub(r"\s", "", t) not in text] == []
    assert b"pdfaid:part" in data
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor), "a font is not embedded"


@pytest.mark.parametrize("name", ["赵䶮", "陈喆", "朱镕堃"])
def test_rare_names_are_printed(name: str) -> None:
    from pypdf import PdfReader

    data = render_pdf(filled("fujian-consent", course(COURSE.replace("林秀喆", name))))
    assert name in "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize(("name", "point"), [("𠮷田", "U+20BB7"), ("王\U0003106c", "U+3106C")])
def test_a_name_no_font_has_stops_the_form_and_is_named(name: str, point: str) -> None:
    one = course(COURSE.replace("林秀喆", name))
    with pytest.raises(GlyphMissing) as caught:
        render_pdf(filled("fujian-consent", one))
    for lang in ("zh", "en"):
        told = caught.value.describe(lang)
        assert point in told
        assert name in told
    # The Word file is set by the office's own fonts and is made all the same.
    assert render_word(filled("fujian-consent", one))


def test_markup_in_a_name_is_only_a_name() -> None:
    from pypdf import PdfReader

    nasty = '#image("/etc/passwd") *粗* <script> & $x$ \\\\'
    one = course(COURSE.replace("林秀喆", "'" + nasty + "'"))
    made = filled("fujian-consent", one)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(made))).pages)
    assert "<script>" in re.sub(r"[\s\u200b]", "", text)
    body = zipfile.ZipFile(io.BytesIO(render_word(made))).read("word/document.xml").decode()
    assert "&lt;script&gt; &amp; $x$" in body


def test_control_codes_in_an_opinion_do_no_harm() -> None:
    state = reviewed(ReviewVerdict.PASS, ReviewVerdict.PASS, Standing.APPROVED, "好\x00\x0b\u202e\r\n第二行\ud800\t完")
    made = filled("fujian-consent", course(review=state))
    assert "第二行 完" in made.texts()
    assert render_word(made)
    assert render_pdf(made)


def test_a_very_long_opinion_runs_on_and_nothing_is_cut() -> None:
    from pypdf import PdfReader

    words = "\n".join(
        f"第{n}条意见：这里需要调整，理由写得很长很长，直到一行放不下为止再换到下一行。" for n in range(1, 60)
    )
    state = reviewed(ReviewVerdict.REVISE, ReviewVerdict.PASS, Standing.REFUSED, words)
    reader = PdfReader(io.BytesIO(render_pdf(filled("fujian-consent", course(review=state)))))
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages))
    assert text.count("第59条意见") == 2
    assert "机构承诺书" in text


# -------------------------------------------------------------------------------------------------- programs of others


@pytest.mark.interop
def test_poppler_finds_every_font_embedded(tmp_path: Path) -> None:
    program = shutil.which("pdffonts")
    if program is None:
        pytest.skip("poppler (pdffonts) is not installed: no outside reader looked at the PDFs")
    for form_id in FORMS:
        path = tmp_path / f"{form_id}.pdf"
        path.write_bytes(render_pdf(filled(form_id)))
        lines = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
        assert lines
        assert all(re.search(r"Identity-H\s+yes yes", line) for line in lines), lines


@pytest.mark.interop
def test_an_office_suite_opens_every_word_file(tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    text = shutil.which("pdftotext")
    if program is None or text is None or not any(Path("/usr/lib/libreoffice/program").glob("libsw*")):
        pytest.skip("LibreOffice Writer or poppler is not installed: the Word files were not opened in an office suite")
    for form_id in FORMS:
        (tmp_path / f"{form_id}.docx").write_bytes(render_word(filled(form_id)))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *map(str, sorted(tmp_path.glob("*.docx")))], capture_output=True, check=True, timeout=180)
    for form_id in FORMS:
        said = subprocess.run([text, tmp_path / f"{form_id}.pdf", "-"], capture_output=True, text=True, check=True)
        seen = re.sub(r"\s", "", said.stdout)
        # Cells are read side by side, so words come in pieces; no character of them may be missing.
        assert Counter(re.sub(r"\s", "", "".join(filled(form_id).texts()))) - Counter(seen) == Counter()


def test_a_form_is_only_data() -> None:
    made = filled("fujian-basic")
    assert replace(made, author="x").form is made.form
