"""Reading: what is refused, what is a fault at its line, and what the words say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coursekit.manifest.course import course_from_manifest
from coursekit.manifest.faults import ManifestError
from coursekit.manifest.load import find_manifest, load_manifest, manifest_from_text

HEAD = "schema: coursekit/manifest/1\ncourse: {id: a, title: b}\n"
JSON_HEAD = '{"schema": "coursekit/manifest/1", "course": {"id": "a", "title": "b"}'


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 1),
        ("# nothing\n", "empty", 1),
        ("- a\n", "not-a-manifest", 1),
        ("just words\n", "not-a-manifest", 1),
        ("course: {}\n", "no-version", 1),
        ("schema: coursekit/manifest/2\n", "unknown-version", 1),
        (HEAD + "lessons: [\n", "syntax", 4),
        (HEAD + "lessons:\n\t- a\n", "syntax", 4),
        (HEAD + "course: {id: c, title: d}\n", "duplicate-key", 3),
        (HEAD + "standard: {title: x, title: y}\n", "duplicate-key", 3),
        (HEAD + "papers: &p []\n", "anchor", 3),
        (HEAD + "papers: *p\n", "anchor", 3),
        (HEAD + "papers: !!python/object:os.system []\n", "tag", 3),
        (HEAD + "papers: !!str x\n", "tag", 3),
        (HEAD + "? [a]\n: b\n", "key-not-text", 3),
        (HEAD + "---\n" + HEAD, "more-than-one-document", 3),
        (HEAD + "papers: \x07\n", "bad-character", 3),
        (HEAD + "standard: {title: x, file: ../../etc/passwd}\n", "path-escapes", 3),
        (HEAD + "standard: {title: x, file: /etc/passwd}\n", "path-escapes", 3),
        (HEAD + "standard: {title: x, file: 'C:\\x.pdf'}\n", "path-escapes", 3),
        (HEAD + "standard: {title: x, file: 'a\\..\\..\\x.pdf'}\n", "path-escapes", 3),
        (HEAD + "a: " + "[" * 40 + "]" * 40 + "\n", "too-deep", 3),
        (HEAD + "a: " + "{a: " * 40 + "\n", "too-deep", 3),
    ],
)
def test_yaml_refused(text: str, code: str, line: int) -> None:
    with pytest.raises(ManifestError) as error:
        manifest_from_text(text)
    assert [(f.code, f.line) for f in error.value.faults] == [(code, line)]
    assert error.value.describe("zh") != error.value.describe("en")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (JSON_HEAD, "syntax"),
        (JSON_HEAD + "} {}", "syntax"),
        (JSON_HEAD + ",}", "syntax"),
        (JSON_HEAD + ', "papers": [1,]}', "syntax"),
        (JSON_HEAD + ", 'papers': []}", "syntax"),
        (JSON_HEAD + ', "papers": "\\ud842"}', "syntax"),
        (JSON_HEAD + ', "papers": "\\x"}', "syntax"),
        (JSON_HEAD + ', "loudness": {"target_lufs": NaN}}', "nan"),
        (JSON_HEAD + ', "loudness": {"target_lufs": -Infinity}}', "nan"),
        (JSON_HEAD + ', "papers": 012}', "syntax"),
        (JSON_HEAD + ', "course": {}}', "duplicate-key"),
        (JSON_HEAD + ', "a": ' + "[" * 40 + "]" * 40 + "}", "too-deep"),
    ],
)
def test_json_refused(text: str, code: str) -> None:
    with pytest.raises(ManifestError) as error:
        manifest_from_text(text, json=True, path="course.json")
    assert [f.code for f in error.value.faults] == [code]


def test_json_reads_what_yaml_reads() -> None:
    manifest = manifest_from_text(JSON_HEAD.replace('"b"', '"\\ud842\\udfb7\\n"') + "}\r\n", json=True)
    assert manifest.faults[0].code == "bad-form"
    assert manifest_from_text(JSON_HEAD.replace('"b"', '"\\ud842\\udfb7"') + "}", json=True).course.title == "𠮷"


LESSON = "lessons:\n  - {id: l, title: t, mode: online, part: theory, hours: 1, %s}\n"
ONE_FILE = LESSON % "media: [{file: a}]"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (HEAD + "lessns: []\n", "unknown-field-near", 3, 1),
        (HEAD + "zzz: []\n", "unknown-field", 3, 1),
        (HEAD + "standard: {kind: national}\n", "missing-field", 3, 11),
        (HEAD + "standard: x\n", "not-a-mapping", 3, 11),
        (HEAD + "papers: x\n", "not-a-list", 3, 9),
        (HEAD + "standard: {title: [x]}\n", "not-text", 3, 19),
        (HEAD + "standard: {title: }\n", "no-value", 3, 19),
        (HEAD + "standard: {title: ~}\n", "no-value", 3, 19),
        (HEAD + "standard: {title: 1:30}\n", "unquoted-text", 3, 19),
        (HEAD + "standard: {title: 0o17}\n", "unquoted-text", 3, 19),
        (HEAD + "standard: {title: No}\n", "unquoted-text", 3, 19),
        (HEAD + 'standard: {title: ""}\n', "bad-form", 3, 19),
        (HEAD + 'standard: {title: "a\\x01"}\n', "bad-form", 3, 19),
        (HEAD + f"standard: {{title: {'x' * 501}}}\n", "too-long", 3, 19),
        (HEAD + "hours: {unit_minutes: '45'}\n", "quoted-number", 3, 23),
        (HEAD + "hours: {unit_minutes: 045}\n", "not-a-whole-number", 3, 23),
        (HEAD + "hours: {unit_minutes: 500}\n", "out-of-range", 3, 23),
        (HEAD + "loudness: {target_lufs: .nan, tolerance_lu: 2}\n", "not-a-number", 3, 25),
        (HEAD + "ai: {used: 'true'}\n", "not-true-or-false", 3, 12),
        (HEAD + "rights_none: [zzz]\n", "not-in-list", 3, 15),
        (HEAD + "rights_none: [图片]\n", "not-in-list-near", 3, 15),
        (HEAD + "rights_none: [font, font]\n", "repeated-value", 3, 21),
        (HEAD + "papers: [{title: x, file: a//b}]\n", "bad-path", 3, 27),
        (HEAD + "weights: {1.10: {}}\n", "unquoted-text", 3, 11),
        (HEAD + LESSON % "media: [{file: a, duration_s: 45:00}]", "time-not-seconds", 4, 92),
        (HEAD + (LESSON % "role: exam").replace("hours: 1", "hours: 1/2"), "unquoted-hours", 4, 58),
        (HEAD + (LESSON % "role: exam").replace("hours: 1", "hours: 一"), "bad-form", 4, 58),
        (HEAD + LESSON % "media: [{file: a}, {file: b}]", "two-main-files", 4, 81),
        (HEAD + ONE_FILE + ONE_FILE[9:].replace("id: l", "id: k"), "file-used-twice", 5, 77),
        (HEAD + (LESSON % "role: exam").replace("online", "blended"), "blended-without-share", 4, 6),
        (HEAD + LESSON % "online_hours: 1", "share-without-blended", 4, 76),
        (HEAD + (LESSON % "online_hours: 2").replace("online,", "blended,"), "share-above-hours", 4, 77),
        (HEAD + LESSON % "requires: [nobody]", "dangling-reference", 4, 73),
        (HEAD + "papers: [{title: x, file: a}]\ncourse2: 1\n", "unknown-field-near", 4, 1),
    ],
)  # fmt: skip
def test_faults_stand_at_line_and_column(text: str, code: str, line: int, column: int) -> None:
    manifest = manifest_from_text(text)
    assert [f.code for f in manifest.faults] == [code]
    fault = manifest.faults[0]
    assert fault.line == line
    assert fault.message("zh")
    assert fault.remedy("en")
    if code not in ("two-main-files", "file-used-twice", "blended-without-share", "share-without-blended",
                    "share-above-hours", "dangling-reference", "time-not-seconds"):  # fmt: skip
        assert fault.column == column


def test_every_fault_is_told_at_once_in_order() -> None:
    manifest = manifest_from_text(HEAD + "standard: {title: 1, kind: x}\nai: {used: on}\npapers: [{title: 2}]\n")
    assert [(f.line, f.code) for f in manifest.faults] == [
        (3, "unquoted-text"), (3, "not-in-list"), (4, "not-true-or-false"), (5, "missing-field"), (5, "unquoted-text"),
    ]  # fmt: skip


def test_bytes(tmp_path: Path) -> None:
    path = tmp_path / "course.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.replace("title: b", "title: 电工").encode())
    assert load_manifest(path).course.title == "电工"
    path.write_bytes(HEAD.replace("title: b", "title: 电工").encode("gb18030"))
    with pytest.raises(ManifestError) as error:
        load_manifest(path)
    assert [(f.code, f.line, f.column) for f in error.value.faults] == [("not-utf8", 2, 24)]
    path.write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(ManifestError):
        load_manifest(path)


def test_ten_megabyte_string_and_bomb(tmp_path: Path) -> None:
    path = tmp_path / "course.yaml"
    path.write_text(HEAD + "papers: " + "x" * 10_000_000)
    with pytest.raises(ManifestError) as error:
        load_manifest(path)
    assert error.value.faults[0].code == "too-large"
    path.write_text(HEAD + "papers: " + "x" * 30_000)
    with pytest.raises(ManifestError) as error:
        load_manifest(path)
    assert error.value.faults[0].code == "text-too-long"
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    path.write_text(bomb)
    with pytest.raises(ManifestError) as error:
        load_manifest(path)
    assert error.value.faults[0].code == "anchor"
    path.write_text(HEAD + "papers: [" + "a," * 500_000 + "]")
    with pytest.raises(ManifestError) as error:
        load_manifest(path)
    assert error.value.faults[0].code == "too-many-values"


def test_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").mkdir()
    with pytest.raises(ManifestError) as error:
        load_manifest(tmp_path / "course.yaml")
    assert error.value.faults[0].code in ("not-a-file", "cannot-open")
    with pytest.raises(ManifestError) as error:
        load_manifest(tmp_path / "nothing.yaml")
    assert error.value.faults[0].code == "cannot-open"


def test_two_manifests(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(HEAD)
    assert find_manifest(tmp_path) == tmp_path / "course.yaml"
    (tmp_path / "course.json").write_text("{}")
    with pytest.raises(ManifestError) as error:
        find_manifest(tmp_path)
    assert error.value.faults[0].code == "two-manifests"


LISTED = HEAD + LESSON % "media: [{file: %s}]"


def test_course_names_what_lies_there(tmp_path: Path) -> None:
    for name in ("media/e\u0301tude.mp4", "notes.pdf", "封面.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"%PDF-1.4" if name.endswith("pdf") else b"x")
    (tmp_path / "licence.txt").write_bytes(b"x")
    text = LISTED % "media/étude.mp4"
    (tmp_path / "course.yaml").write_text(text.replace("title: b}", "title: b, covers: [{file: 封面.png}]}"), "utf-8")
    course = course_from_manifest(tmp_path, load_manifest(tmp_path / "course.yaml"))
    assert [(le.id, le.path) for le in course.lessons] == [("l", "media/e\u0301tude.mp4")]
    assert course.covers == ("封面.png",)
    assert course.documents == ("notes.pdf",)
    assert course.ignored == ("licence.txt",)
    assert course.manifest_path == "course.yaml"


def test_missing_file_keeps_its_lesson(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text(LISTED % "gone.mp4")
    course = course_from_manifest(tmp_path, load_manifest(tmp_path / "course.yaml"))
    assert [le.path for le in course.lessons] == ["gone.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
@pytest.mark.parametrize("behind", ["file", "folder"])
def test_links_out_of_the_course_are_refused(tmp_path: Path, behind: str) -> None:
    outside, root = tmp_path / "outside", tmp_path / "course"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.mp4").write_bytes(b"x")
    if behind == "file":
        (root / "a.mp4").symlink_to(outside / "secret.mp4")
        listed = "a.mp4"
    else:
        (root / "a").symlink_to(outside, target_is_directory=True)
        listed = "a/secret.mp4"
    (root / "course.yaml").write_text(LISTED % listed)
    with pytest.raises(ManifestError) as error:
        course_from_manifest(root, load_manifest(root / "course.yaml"))
    assert [(f.code, f.line) for f in error.value.faults] == [("link-escapes", 4)]
