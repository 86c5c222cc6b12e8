"""`coursekit init` and `coursekit manifest …`, as a person calls them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from coursekit.cli.main import cli
from coursekit.manifest.digest import learner_files
from coursekit.manifest.load import load_manifest, manifest_from_text
from tests.manifest.sample import SAMPLE, UNREVIEWED
from tests.manifest.variants import VARIANTS


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The sample course with a stub for every file: enough for all that needs no measuring."""
    from coursekit.manifest.course import listed_files

    root = tmp_path / "课程 ☂"
    manifest = manifest_from_text(SAMPLE.read_text(encoding="utf-8"))
    for _, name in listed_files(manifest):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(STUBS.get(Path(name).suffix, b"words\n") + name.encode())
    (root / "course.yaml").write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    digest = run("manifest", "digest", root)
    assert digest.exit_code == 0, digest.output
    text = SAMPLE.read_text(encoding="utf-8").replace(UNREVIEWED, digest.output.strip())
    (root / "course.yaml").write_text(text, encoding="utf-8")
    return root


STUBS = {
    ".mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".pdf": b"%PDF-1.4\n",
    ".glb": b"glTF\x02\x00\x00\x00",
    ".srt": b"1\n00:00:01,000 --> 00:00:02,000\n",
}
THREE = ("-p", "fujian-2025", "-p", "shanghai-2020", "-p", "tianjin-2025")


def test_check_passes_and_says_what_is_left(course: Path) -> None:
    done = run("manifest", "check", course, *THREE)
    assert done.exit_code == 0, done.output
    assert "0 findings" in done.stderr
    assert "left for coursekit audit" in done.stderr
    assert done.stdout == ""


def test_check_tells_line_mend_and_fails(course: Path) -> None:
    path = course / "course.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("- {point: K.1.1.2}\n", "- {point: K.1.1.2, depth: mention}\n"), encoding="utf-8")
    done = run("manifest", "check", course)
    line = next(i for i, words in enumerate(text.splitlines(), 1) if "{id: K.1.1.2" in words)
    assert done.exit_code == 1
    assert f"course.yaml:{line}:5 only-mentioned: K.1.1.2" in done.stdout
    assert "raise its depth" in done.stdout


def test_check_reads_bytes(course: Path) -> None:
    (course / "media" / "L06.mp4").write_bytes(STUBS[".mp4"] + b"cut again")
    done = run("manifest", "check", course, *THREE)
    assert done.exit_code == 1
    assert done.stdout.count("stale-review") == 2
    done = run("manifest", "check", course, "--no-hash", *THREE)
    assert "stale-review" not in done.stdout


def test_faults_come_first_and_in_groups(course: Path) -> None:
    path = course / "course.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("depth: practise", "depth: practice"), encoding="utf-8")
    done = run("manifest", "check", course)
    assert done.exit_code == 1
    assert done.stdout.startswith("The manifest's form (60)")
    assert done.stdout.count("not-in-list-near") == 8
    assert "and 52 more of this kind" in done.stdout
    assert run("manifest", "check", course, "-v").stdout.count("not-in-list-near") == 60


@pytest.mark.parametrize("command", [["check"], ["coverage"], ["digest"], ["export", "--json", "x.json"]])
def test_unreadable_manifest_is_exit_2(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "course.yaml").write_text("schema: coursekit/manifest/1\ncourse: &a {}\n")
    done = run("manifest", command[0], tmp_path, *command[1:])
    assert done.exit_code == 2
    assert "course.yaml:2:9: anchor:" in done.stderr
    assert "Nothing was judged." in done.stderr


def test_no_manifest_is_exit_2(tmp_path: Path) -> None:
    done = run("manifest", "check", tmp_path)
    assert done.exit_code == 2
    assert "coursekit init" in done.stderr


def test_export_and_import_are_inverse(course: Path, tmp_path: Path) -> None:
    book, table, case = tmp_path / "清单.xlsx", tmp_path / "csv", tmp_path / "case.json"
    done = run("manifest", "export", course, "--xlsx", book, "--csv", table, "--case", case)
    assert done.exit_code == 0, done.output
    original = load_manifest(course / "course.yaml")
    for source in (book, table):
        into = tmp_path / source.name.replace(".", "-")
        done = run("manifest", "import", source, "--into", into)
        assert done.exit_code == 0, done.output
        assert load_manifest(into / "course.yaml") == original
        assert (into / ".coursekit" / "manifest.schema.json").is_file()
    again = run("manifest", "import", book, "--into", course)
    assert again.exit_code == 2
    assert "left as it is" in again.stderr
    assert run("manifest", "import", book, "--into", course, "--force").exit_code == 0
    assert load_manifest(course / "course.yaml") == original
    package = json.loads(case.read_text(encoding="utf-8"))
    assert sum("educationLevel" in item for item in package["CFItems"]) == len(original.points)


def test_export_refuses_what_it_would_lose(course: Path, tmp_path: Path) -> None:
    path = course / "course.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  fee: 免费", "  fee: 0"), encoding="utf-8")
    done = run("manifest", "export", course, "--xlsx", tmp_path / "a.xlsx")
    assert done.exit_code == 2
    assert not (tmp_path / "a.xlsx").exists()
    assert run("manifest", "export", course).exit_code == 2


def test_import_names_the_cell(course: Path, tmp_path: Path) -> None:
    book = tmp_path / "a.xlsx"
    run("manifest", "export", course, "--xlsx", book)
    opened = openpyxl.load_workbook(book)
    opened["课次"]["C4"].value = "网上"
    opened.save(book)
    done = run("manifest", "import", book, "--into", tmp_path / "into")
    assert done.exit_code == 2
    assert "[课次!C4] not-in-list" in done.stderr
    assert not (tmp_path / "into" / "course.yaml").exists()
    opened["课次"]["C4"].value = "=A1"
    opened.save(book)
    assert "cell-formula" in run("manifest", "import", book, "--into", tmp_path / "into").stderr
    opened["课次"]["C4"].value = "线上"
    opened["知识点技能点"]["C3"].value = 1.1
    opened.save(book)
    assert "cell-not-text" in run("manifest", "import", book, "--into", tmp_path / "into").stderr
    opened["知识点技能点"]["C3"].value = "1.10"
    opened["讲授"]["A2"].value = "L99"
    opened.save(book)
    assert "no-such-parent" in run("manifest", "import", book, "--into", tmp_path / "into").stderr
    del opened["讲授"]
    opened["知识点技能点"]["A1"].value = "点号"
    opened.save(book)
    assert "no-such-column" in run("manifest", "import", book, "--into", tmp_path / "into").stderr


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"\xd0\xcf\x11\xe0 old xls"])
def test_import_of_what_is_no_workbook(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    done = run("manifest", "import", tmp_path / "a.xlsx", "--into", tmp_path / "into")
    assert done.exit_code == 2
    assert "not-a-workbook" in done.stderr


def own_table(path: Path) -> None:
    rows = [["2026 年课表", None, None, None], ["序号", "章节名称", "学时", "录像"],
            ["1", "绝缘电阻", 1, "v\\1.mp4"], ["2", "接地", 1.5, "v\\2.mp4"]]  # fmt: skip
    if path.suffix == ".csv":
        text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows[1:])
        path.write_bytes(text.encode("gb18030"))
        return
    book = openpyxl.Workbook()
    for row in rows[1:]:
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize("name", ["课表.xlsx", "课表.csv"])
def test_own_table_by_naming_columns(tmp_path: Path, name: str) -> None:
    own_table(tmp_path / name)
    done = run("init", tmp_path / "c", "--from", tmp_path / name, "--columns", "title=章节名称,file=录像")
    assert done.exit_code == 0, done.output
    manifest = load_manifest(tmp_path / "c" / "course.yaml")
    assert manifest.faults == ()
    assert [(le.id, le.title, str(le.hours), le.media[0].file) for le in manifest.lessons] == [
        ("1", "绝缘电阻", "1", "v/1.mp4"),
        ("2", "接地", "3/2", "v/2.mp4"),
    ]
    done = run("init", tmp_path / "d", "--from", tmp_path / name, "--columns", "title=没有这列")
    assert done.exit_code == 2
    assert "章节名称" in done.stderr
    assert run("init", tmp_path / "e", "--from", tmp_path / name, "--columns", "teacher=录像").exit_code == 2
    assert run("init", tmp_path / "f", "--from", tmp_path / name, "--columns", "title").exit_code == 2


def test_coverage_prints_and_renders(course: Path, tmp_path: Path) -> None:
    path = course / "course.yaml"
    text = path.read_text(encoding="utf-8").replace("      - {point: K.1.1.2}\n", "")
    path.write_text(text.replace("text: 误吸的早期表现", 'text: "<script>alert(1)</script>"'), encoding="utf-8")
    files = [tmp_path / name for name in ("c.html", "c.csv", "c.xlsx")]
    done = run("manifest", "coverage", course, *(word for f in files for word in ("-o", str(f))))
    assert done.exit_code == 0, done.output
    assert "✗ K.1.1.2" in done.stdout
    assert "taught by no lesson" in done.stdout
    assert "1 points with gaps" in done.stderr
    page = files[0].read_text(encoding="utf-8")
    assert page.count('class="gap"') == 1
    assert "<script>" not in page
    assert "http" not in page
    assert "taught by no lesson" in files[1].read_text(encoding="utf-8-sig")
    assert openpyxl.load_workbook(files[2]).active.max_column == 4 + 40 + 2
    assert run("manifest", "coverage", course, "--gaps").stdout.count("K.") == 1


def test_init_from_a_folder(tmp_path: Path) -> None:
    root = tmp_path / "电工（四级）"
    names = ["10_接地.mp4", "2_兆欧表.mp4", "第3讲 验电.mp4", "2_兆欧表.srt", "封面.png"]
    if os.name != "nt":
        names.append("back\\slash.mp4")  # a name that no manifest can state
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(STUBS[Path(name).suffix] + b" " * 64)
    done = run("init", root)
    assert done.exit_code == 0, done.output
    text = (root / "course.yaml").read_text(encoding="utf-8")
    manifest = load_manifest(root / "course.yaml")
    assert manifest.faults == ()
    assert sorted(le.title for le in manifest.lessons) == ["兆欧表", "接地", "验电"]
    assert [le.media[0].file for le in manifest.lessons][:2] == ["2_兆欧表.mp4", "10_接地.mp4"]
    assert manifest.lessons[0].media[0].subtitles[0].file == "2_兆欧表.srt"
    assert manifest.course.covers[0].file == "封面.png"
    assert "# 培训对象" not in text.splitlines()[0]
    assert "audience:" in text, "fields to fill in stand there as comments"
    again = run("init", root)
    assert again.exit_code == 2
    assert (root / "course.yaml").read_text(encoding="utf-8") == text


def test_init_takes_durations_from_the_media(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "01 开头.wav"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=16000)
        frame.sample_rate = 8000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert run("init", tmp_path).exit_code == 0
    lesson = load_manifest(tmp_path / "course.yaml").lessons[0]
    assert lesson.title == "开头"
    assert lesson.media[0].duration_s is not None
    assert abs(lesson.media[0].duration_s - 2.0) < 0.11


def test_every_variant_of_the_text_fails_check(course: Path) -> None:
    clean = (course / "course.yaml").read_text(encoding="utf-8")
    wrong = []
    for variant in VARIANTS:
        if variant.find and "DIGEST" not in variant.find:
            (course / "course.yaml").write_text(clean.replace(variant.find, variant.replace), encoding="utf-8")
            done = run("manifest", "check", course, "--no-hash", *THREE)
            # Minutes are measured by the audit, and hashes were not asked for; everything else is told here.
            if variant.code not in ("too-few-minutes", "hash-differs") and (
                variant.code not in done.stdout or done.exit_code > 1
            ):
                wrong.append((variant.id, done.exit_code, done.stdout[:200]))
    assert wrong == []


def test_digest_names_a_missing_file(course: Path) -> None:
    assert len(learner_files(load_manifest(course / "course.yaml"))) > 40
    (course / "media" / "L06.mp4").unlink()
    done = run("manifest", "digest", course)
    assert done.exit_code == 3
    assert "media/L06.mp4" in done.stderr
