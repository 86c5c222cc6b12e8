"""A course whose every text means harm, through every command and every format: words stay words."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import logging
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from coursekit.bundle.keys import new_key, public_pem, save_key
from coursekit.cli.options import _Plain
from coursekit.library.shelf import open_shelf
from coursekit.library.uploads import Uploads
from coursekit.report import FORMATS
from coursekit.review.shelf import Shelf
from tests.bundle.foreign import chromium, node_modules
from tests.cli.courses import coursekit
from tests.conftest import ROOT
from tests.filing.course import COURSE, write_course
from tests.hostile.attacks import _OBEYED
from tests.report.courses import hostile
from tests.report.test_formats import Page
from tests.review.courses import MANIFEST, build, decide, make_reviewed_course

EVIL = (
    '=HYPERLINK("http://127.0.0.1/x")\u001b]0;x\u0007\u001b[2J<script>alert(1)</script>]]>&|`x`[l](javascript:1)'
    "\u202egpj\u0085\n::error::x\r\n| a | b |\u0000\ufffe"
)
LINE = EVIL.partition("\u001b")[0] + "<script>alert(1)</script>]]>&|`x`[l](javascript:1)\u202egpj\u009b2J{{7*7}}"
"""What a manifest takes for one line of text."""


@dataclass
class Harmful:
    """A course, and what was said of it by each command."""

    root: Path
    course: Path
    said: dict[str, str]


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> Harmful:
    """Once through the whole product."""
    root = tmp_path_factory.mktemp("harmful")
    course = make_reviewed_course(root / "course")
    evil = MANIFEST
    for before in (
        '电工安全 <b>&"',
        "示例学校",
        "电工国家职业标准",
        "触电的危害 <i>",
        "第一课",
        "林秀兰",
        "电工考评员",
    ):
        assert before in evil
        evil = evil.replace(before, json.dumps(LINE), 1)
    (course / "course.yaml").write_text(evil, encoding="utf-8")
    save_key(key := new_key(), root / "studio.key", "passphrase")
    (root / "passphrase").write_text("passphrase", encoding="utf-8")
    (root / "trusted.pub").write_bytes(public_pem(key.raw_public))
    out = root / "out"
    out.mkdir()
    house = ("-p", root / "house.toml", "--cache", root / "cache", "-j", "1")
    said: dict[str, str] = {}

    def call(name: str, *args: str | Path) -> None:
        done = coursekit(*args)
        assert "Traceback" not in done.err
        said[name] = done.out + done.err

    call("manifest check", "manifest", "check", course)
    reports = [w for n in FORMATS if n != "text" for w in ("-f", n, "-o", out / f"report.{n}")]
    call("audit", "audit", course, *house, "-v", *reports)
    call("audit json", "audit", course, *house, "-f", "json")
    call("manifest export", "manifest", "export", course, "--xlsx", out / "book.xlsx", "--csv", out / "csv")
    call("coverage", "manifest", "coverage", course)
    said_by = {**decide(build(course, root / "cache"), "X1", opinion=EVIL), "reviewed_on": dt.date.today().isoformat()}  # noqa: DTZ011
    (root / "decision.json").write_text(json.dumps(said_by), encoding="utf-8")
    call("dossier", "dossier", course, *house, "-o", out / "dossier")
    call("review add", "review", "add", course, root / "decision.json")
    call("review status", "review", "status", course)
    call("review status json", "review", "status", course, "-f", "json")
    signed = ("--key", root / "studio.key", "--passphrase-file", root / "passphrase")
    for kind in ("bag", "scorm12", "cmi5"):
        more = signed if kind == "bag" else ()
        call(
            f"package {kind}", "package", course, *house, "-f", kind, "--draft", *more, "-o", out / f"DRAFT-{kind}.zip"
        )
    trust = ("--trust", root / "trusted.pub")
    call("verify", "verify", out / "DRAFT-bag.zip", *trust)
    call("verify json", "verify", out / "DRAFT-bag.zip", *trust, "-f", "json")
    call("import", "import", out / "DRAFT-bag.zip", "--into", root / "library", *trust, "--allow-draft")
    call("library list", "library", "list", root / "library")
    call("library list json", "library", "list", root / "library", "-f", "json")
    call("library find", "library", "find", root / "library", "1.1")
    call("filing check", "filing", "check", course, "--cache", root / "cache")
    worse = evil.replace(json.dumps(LINE), json.dumps(EVIL))
    (course / "course.yaml").write_text(worse, encoding="utf-8")
    call("manifest check of worse", "manifest", "check", course)
    call("audit of worse", "audit", course, *house)
    call("review status of worse", "review", "status", course)
    call("a name nobody has", "audit", root / "no\x1b[2J\u202e such")
    call("diff", "diff", out / "report.json", root / "no\x1b[2J such.json")
    call("explain", "explain", "\x1b[2Jno/such")
    return Harmful(root, course, said)


@pytest.mark.logs_errors
def test_no_command_sends_a_terminal_what_it_would_obey(harmful: Harmful) -> None:
    assert len(harmful.said) > 20
    for name, words in harmful.said.items():
        assert not set(words) & _OBEYED, name
    assert "already" not in harmful.said["import"]
    for name in ("review status", "library list", "audit json", "verify", "package bag"):
        assert "HYPERLINK" in harmful.said[name], f"{name} told nothing of the title"


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_holds_what_a_terminal_would_obey(name: str, tmp_path: Path) -> None:
    body = FORMATS[name].load()(hostile(tmp_path), tmp_path / "report")
    text = body if isinstance(body, str) else body.decode("utf-8")
    assert not set(text) & _OBEYED
    if name in ("junit", "ebu-qc"):
        ElementTree.fromstring(text)
    if name in ("json", "sarif", "gitlab"):
        json.loads(text)


def _pages(root: Path) -> Iterator[tuple[str, Page]]:
    for path in (root / "out" / "report.html", root / "out" / "dossier" / "index.html"):
        yield path.name, Page(path.read_text(encoding="utf-8"))
    for kind in ("scorm12", "cmi5"):
        with zipfile.ZipFile(root / "out" / f"DRAFT-{kind}.zip") as archive:
            for name in archive.namelist():
                if name.endswith(".html"):
                    yield name, Page(archive.read(name).decode("utf-8"))


def test_every_page_we_write_has_a_policy_and_obeys_it(harmful: Harmful) -> None:
    pages = list(_pages(harmful.root))
    assert len(pages) >= 4
    for name, page in pages:
        (policy,) = [a["content"] or "" for t, a in page.tags if t == "meta" and "http-equiv" in a]
        assert policy.startswith("default-src 'none'"), name
        assert "base-uri 'none'" in policy
        assert "form-action 'none'" in policy
        assert "unsafe" not in policy
        for tag, attributes in page.tags:
            assert not [a for a in attributes if a.startswith("on") or a == "style"], (name, tag)
            for key in ("src", "href"):
                assert not re.match(r"\s*(javascript|http|//)", attributes.get(key) or ""), (name, tag)
        scripts = sum(t == "script" and "src" not in a and "type" not in a for t, a in page.tags)
        assert scripts <= 1, "the page's own; a stranger's stays text"


@pytest.mark.interop
def test_a_browser_finds_nothing_to_obey_in_our_pages(harmful: Harmful, tmp_path: Path) -> None:
    pages = [harmful.root / "out" / "report.html", harmful.root / "out" / "dossier" / "index.html"]
    with zipfile.ZipFile(harmful.root / "out" / "DRAFT-scorm12.zip") as archive:
        archive.extractall(tmp_path)
        pages += [tmp_path / name for name in archive.namelist() if name.endswith("index.html")][:1]
    ran = subprocess.run(
        ["node", ROOT / "tests" / "browser" / "open_hostile.mjs", node_modules("playwright-core"), chromium(), *pages],
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    seen = json.loads(ran.stdout)
    assert len(seen) == 3
    for page in seen:
        assert (page["dialogs"], page["errors"]) == (0, []), page["path"]
        assert page["told"], "the title is there, as words"
        assert page["stopped"] == [True, True], "what the policy forbids, the browser refuses"
        assert len(page["refused"]) == 2, "the two that were tried; the page itself wants nothing that is forbidden"
        assert page["requests"] == []


def test_package_descriptions_are_xml_whatever_a_title_holds(harmful: Harmful) -> None:
    for kind, name in (("scorm12", "imsmanifest.xml"), ("cmi5", "cmi5.xml")):
        with zipfile.ZipFile(harmful.root / "out" / f"DRAFT-{kind}.zip") as archive:
            root = ElementTree.fromstring(archive.read(name))
        texts = " ".join(e.text or "" for e in root.iter())
        assert "<script>alert(1)</script>]]>&" in texts, "kept as text"
        assert "script" not in {e.tag.rpartition("}")[2] for e in root.iter()}


def test_spreadsheets_hold_no_formula_and_reach_nowhere(harmful: Harmful) -> None:
    book = openpyxl.load_workbook(harmful.root / "out" / "book.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    _no_external(harmful.root / "out" / "book.xlsx")
    for path in (harmful.root / "out" / "csv").iterdir():
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))], path.name


def _no_external(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                root = ElementTree.fromstring(archive.read(name))
                assert "External" not in {e.get("TargetMode") for e in root.iter()}, name
            assert "externalLink" not in name
            assert not name.endswith((".bin", ".vbs"))


def test_word_forms_hold_words_and_reach_nowhere(tmp_path: Path) -> None:
    course = tmp_path / "course"
    evil = json.dumps(LINE + " INCLUDETEXT")
    write_course(course, COURSE.replace("name: 林秀喆", f"name: {evil}").replace("source: 自主开发", f"source: {evil}"))
    done = coursekit("filing", "forms", course, "-p", "fujian-2025", "-o", tmp_path / "forms")
    papers = sorted((tmp_path / "forms").glob("*.docx"))
    assert papers, done.err
    for path in papers:
        _no_external(path)
        with zipfile.ZipFile(path) as archive:
            body = archive.read("word/document.xml").decode("utf-8")
        assert not re.search(r"<w:(instrText|fldSimple|hyperlink|altChunk|object)\b", body)
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_name_stays_in_its_line_of_the_log() -> None:
    record = logging.LogRecord("coursekit", logging.INFO, "", 0, "no pictures of %s", (EVIL,), None)
    line = _Plain("%(levelname)s %(name)s: %(message)s").format(record)
    assert "\n" not in line
    assert not set(line) & _OBEYED
    try:
        raise ValueError(EVIL)
    except ValueError:
        record.exc_info = sys.exc_info()
    assert not set(_Plain("%(message)s").format(record)) & _OBEYED


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_what_experts_wrote_and_what_is_uploaded_is_its_owners_alone(harmful: Harmful, tmp_path: Path) -> None:
    shelf = Shelf(harmful.course)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-")
    kept = shelf.paper_path(shelf.keep_paper(scan))
    (decision,) = shelf.decisions.glob("*.json")
    for path in (kept, decision, harmful.root / "studio.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    uploads = Uploads.of(open_shelf(tmp_path / "library", create=True))
    assert stat.S_IMODE(uploads.root.stat().st_mode) == 0o700
