"""Exports: what stands in them, byte for byte the same twice, and what they refuse."""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit.bundle import cmi5, kolibri, scorm
from coursekit.bundle.copying import ChangedSince
from coursekit.bundle.learner import DRAFT, CannotExport, webvtt
from coursekit.bundle.plan import Plan
from coursekit.bundle.zipread import StrictZip
from coursekit.manifest.case import case_package, point_uri
from coursekit.manifest.load import manifest_from_text
from coursekit.texts import LANGS, phrase, phrases
from tests.bundle.exported import FIRST, PAPER, SECONDS, make_course, make_plan, with_first
from tests.bundle.packed import Packed
from tests.cli.courses import coursekit

CMI5 = f"{{{cmi5.NAMESPACE}}}"
IMSCP = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}"
Export = Callable[[Plan, Path], None]
ZIPS = (scorm.export, cmi5.export)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("课程"))


@pytest.fixture(scope="module")
def plan(course: Path) -> Plan:
    return make_plan(course)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def channel(folder: Path) -> sqlite3.Connection:
    (found,) = (folder / "content" / "databases").glob("*.sqlite3")
    return sqlite3.connect(found)


@pytest.mark.parametrize("export", ZIPS)
def test_the_same_course_gives_the_same_bytes(plan: Plan, tmp_path: Path, export: Export) -> None:
    export(plan, tmp_path / "a.zip")
    export(plan, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["a.zip", "b.zip"]


def test_the_same_course_gives_the_same_channel(plan: Plan, tmp_path: Path) -> None:
    kolibri.export(plan, tmp_path / "a")
    kolibri.export(plan, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


@pytest.mark.parametrize("export", ZIPS)
def test_entry_names_are_ascii_and_content_is_the_courses(plan: Plan, tmp_path: Path, export: Export) -> None:
    export(plan, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.testzip() is None
        assert all(name.isascii() and "\\" not in name for name in archive.namelist())
        assert archive.read("lessons/001/main.mp4") == plan.sources[FIRST].read_bytes()
        assert archive.read("lessons/001/extra-1.pdf") == plan.sources[PAPER].read_bytes()
        subtitle = archive.read("lessons/001/subtitle-1.vtt").decode("utf-8")
        page = archive.read("lessons/001/index.html").decode("utf-8")
    assert subtitle.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n先断电 再 操作 &amp; 验电\n")
    assert "<h1>安全用电 &amp; &lt;接线&gt;</h1>" in page
    assert 'srclang="zh-CN"' in page
    assert "能断电、验电、挂牌" in page
    assert DRAFT not in page


@pytest.mark.parametrize("export", ZIPS)
def test_every_file_an_entry_names_is_there(plan: Plan, tmp_path: Path, export: Export) -> None:
    export(plan, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        there = set(archive.namelist())
        if export is scorm.export:
            manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
            said = {file.attrib["href"] for file in manifest.iter(f"{IMSCP}file")}
            assert said | {"imsmanifest.xml"} == there
        else:
            urls = {url.text for url in ElementTree.fromstring(archive.read("cmi5.xml")).iter(f"{CMI5}url")}
            assert urls == {"lessons/001/index.html", "lessons/002/index.html"}
            assert urls <= there


def test_scorm_menu_has_the_lessons_in_order_with_their_titles(plan: Plan, tmp_path: Path) -> None:
    scorm.export(plan, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
    items = [*manifest.iter(f"{IMSCP}item")]
    assert [item.findtext(f"{IMSCP}title") for item in items] == ["安全用电 & <接线>", "“测量”"]
    assert {item.attrib["isvisible"] for item in items} == {"true"}
    resources = {r.attrib["identifier"] for r in manifest.iter(f"{IMSCP}resource")}
    assert {item.attrib["identifierref"] for item in items} <= resources


def test_cmi5_objectives_are_the_points_under_their_case_addresses(plan: Plan, tmp_path: Path) -> None:
    cmi5.export(plan, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        root = ElementTree.fromstring(archive.read("cmi5.xml"))
    # What an importer asks (cmi5 13.1): the order of elements, unique absolute ids, references that resolve.
    assert [child.tag.removeprefix(CMI5) for child in root] == ["course", "objectives", "au", "au"]
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("urn:uuid:") for name in ids)
    objectives = [o.attrib["id"] for o in root.findall(f"{CMI5}objectives/{CMI5}objective")]
    assert objectives == [point_uri("dg-4-2026", point.id) for point in plan.package.points]
    for au in root.iter(f"{CMI5}au"):
        assert [c.tag.removeprefix(CMI5) for c in au] == ["title", "description", "objectives", "url"]
        assert {r.attrib["idref"] for r in au.iter(f"{CMI5}objective")} <= set(objectives)
        assert au.attrib["moveOn"] == "Completed"
    assert {w.attrib["lang"] for w in root.iter(f"{CMI5}langstring")} == {"zh-CN"}


def test_a_point_has_one_address_in_cmi5_and_in_case() -> None:
    manifest = manifest_from_text(
        "schema: coursekit/manifest/1\ncourse: {id: dg-4-2026, title: 电工}\n"
        'points: [{id: L4.S.1.1.1, kind: skill, code: "1.1.1", text: 能断电}]\n'
    )
    assert point_uri("dg-4-2026", "L4.S.1.1.1") in {item["uri"] for item in case_package(manifest)["CFItems"]}


def test_the_channel_is_one_nested_set_and_its_media_bear_their_md5(plan: Plan, tmp_path: Path) -> None:
    kolibri.export(plan, tmp_path / "k")
    for path in (tmp_path / "k" / "content" / "storage").rglob("*.*"):
        assert hashlib.md5(path.read_bytes()).hexdigest() == path.stem
        assert path.parts[-3:-1] == (path.stem[0], path.stem[1])
    with closing(channel(tmp_path / "k")) as database:
        rows = database.execute(
            "SELECT title, kind, lft, rght, level, duration FROM content_contentnode ORDER BY lft"
        ).fetchall()
        assert rows == [
            ("电工（四级）线上课程", "topic", 1, 10, 0, None),
            ("安全用电 & <接线>", "topic", 2, 7, 1, None),
            ("安全用电 & <接线>", "video", 3, 4, 2, 4),
            ("工作单（学员）.pdf", "document", 5, 6, 2, None),
            ("“测量”", "video", 8, 9, 1, 3),
        ]
        version, schema, picture = database.execute(
            "SELECT version, min_schema_version, thumbnail FROM content_channelmetadata"
        ).fetchone()
        assert (version, schema) == (20260305, "5")
        assert picture.startswith("data:image/png;base64,")
        presets = {row[0] for row in database.execute("SELECT preset FROM content_file")}
        assert presets == {"high_res_video", "video_subtitle", "video_thumbnail", "document"}
        sizes = dict(database.execute("SELECT id, file_size FROM content_localfile"))
    assert sum(sizes.values()) == sum(p.stat().st_size for p in (tmp_path / "k" / "content" / "storage").rglob("*.*"))


def test_a_later_approval_is_a_higher_channel_version(course: Path, tmp_path: Path) -> None:
    kolibri.export(make_plan(course), tmp_path / "k", version=7)
    with closing(channel(tmp_path / "k")) as database:
        assert database.execute("SELECT version FROM content_channelmetadata").fetchone() == (7,)


def test_nobody_takes_a_draft_for_the_real_thing(course: Path, tmp_path: Path) -> None:
    draft = make_plan(course, draft=True)
    scorm.export(draft, tmp_path / "s.zip")
    cmi5.export(draft, tmp_path / "c.zip")
    kolibri.export(draft, tmp_path / "k")
    with zipfile.ZipFile(tmp_path / "s.zip") as archive:
        assert DRAFT in archive.read("imsmanifest.xml").decode("utf-8")
        assert DRAFT in archive.read("lessons/002/index.html").decode("utf-8")
    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        assert DRAFT in archive.read("cmi5.xml").decode("utf-8")
    with closing(channel(tmp_path / "k")) as database:
        assert database.execute("SELECT name FROM content_channelmetadata").fetchone()[0].startswith(DRAFT)


@pytest.mark.parametrize("export", [*ZIPS, kolibri.export])
def test_a_file_that_changed_since_the_audit_is_not_exported(tmp_path: Path, export: Export) -> None:
    plan = make_plan(make_course(tmp_path / "course"))
    path = plan.sources[FIRST]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChangedSince, match="01 安全用电"):
        export(plan, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["course"], "nothing half-made is left"


@pytest.mark.parametrize("export", [*ZIPS, kolibri.export])
def test_a_lesson_no_browser_plays_is_named(plan: Plan, tmp_path: Path, export: Export) -> None:
    with pytest.raises(CannotExport) as raised:
        export(with_first(plan, "第一章/01.wmv"), tmp_path / "out")
    assert raised.value.code == "not-playable"
    for lang in LANGS:
        assert "01.wmv" in phrase("exports", raised.value.code, lang, **raised.value.args_)
    assert not (tmp_path / "out").exists()


def test_kolibri_refuses_what_only_other_players_show(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(CannotExport) as raised:
        kolibri.export(with_first(plan, "第一章/01.m4a"), tmp_path / "out")
    assert raised.value.code == "not-playable"
    scorm.export(with_first(plan, "第一章/01.m4a"), tmp_path / "out.zip")


def test_a_channel_never_overwrites(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(CannotExport) as raised:
        kolibri.export(plan, tmp_path / "k")
    assert raised.value.code == "target-exists"
    assert [p.name for p in (tmp_path / "k").iterdir()] == ["mine.txt"]


def test_a_course_without_lessons_online_has_nothing_to_export(plan: Plan, tmp_path: Path) -> None:
    offline = tuple(le for le in plan.package.lessons if le.path is None)
    with pytest.raises(CannotExport) as raised:
        scorm.export(replace(plan, package=replace(plan.package, lessons=offline)), tmp_path / "x.zip")
    assert raised.value.code == "no-lessons"


def test_a_subtitle_in_no_known_encoding_is_named(plan: Plan) -> None:
    with pytest.raises(CannotExport) as raised:
        webvtt(b"\0\xff\xfe\0\x80", plan.package.lessons[0], "a.srt")
    assert raised.value.code == "subtitle-unreadable"


def test_every_refusal_has_words_in_both_languages() -> None:
    for code in phrases("exports"):
        for lang in LANGS:
            assert phrase("exports", code, lang, course="c", lesson="l", file="f", playable="p", target="t").strip()


def test_durations_are_those_of_the_course(plan: Plan) -> None:
    assert {lesson.duration_s for lesson in plan.package.lessons} == {*SECONDS.values(), None}


@pytest.mark.parametrize(
    ("form", "inside"), [("scorm12", "imsmanifest.xml"), ("cmi5", "cmi5.xml"), ("kolibri", "content")]
)
def test_the_command_makes_each_form(packed: Packed, tmp_path: Path, form: str, inside: str) -> None:
    made = tmp_path / form
    profile, cache = packed.settings.profiles[0], str(packed.settings.cache_root)
    said = coursekit("package", packed.course, "-p", profile, "--cache", cache, "-f", form, "-o", made)
    assert said.code == 0, said.err
    if made.is_dir():
        assert [p.name for p in made.iterdir()] == [inside]
    else:
        with zipfile.ZipFile(made) as archive:
            assert archive.namelist()[0] == inside, "importers look at the first entry"


def test_what_comes_out_of_an_export_passes_the_strict_reader(plan: Plan, tmp_path: Path) -> None:
    for export in ZIPS:
        export(plan, tmp_path / "x.zip")
        with StrictZip(tmp_path / "x.zip") as archive:
            assert all(sum(map(len, archive.chunks(entry))) == entry.size_bytes for entry in archive.entries.values())
