"""Papers, subtitles, pages and models: do they open, is anything in them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from coursekit import codec
from coursekit.probe import office
from coursekit.probe.document import measure_document
from coursekit.probe.facts import DocumentFacts
from coursekit.probe.media import MediaError


def measured(path: Path) -> DocumentFacts:
    facts = measure_document(path)
    assert codec.loads(DocumentFacts, codec.dumps(facts)) == facts
    assert facts.size_bytes == path.stat().st_size
    return facts


# ------------------------------------------------------------------------------------------------------------------ PDF


def pdf(pages: list[bytes]) -> PdfWriter:
    """A PDF whose pages hold these content streams, in Helvetica."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for content in pages:
        page = writer.add_blank_page(200, 200)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(content)
        page[NameObject("/Contents")] = writer._add_object(stream)
    return writer


TEXT = b"BT /F1 12 Tf 20 100 Td (Lesson one) Tj ET"


def test_pdf(tmp_path: Path) -> None:
    path = tmp_path / "讲义.pdf"
    pdf([TEXT, TEXT]).write(str(path))
    facts = measured(path)
    assert (facts.format, facts.pages, facts.characters, facts.encrypted) == ("pdf", 2, 20, False)


def test_pdf_pages_without_anything(tmp_path: Path) -> None:
    pdf([b""]).write(str(tmp_path / "blank.pdf"))
    blank = measured(tmp_path / "blank.pdf")
    assert (blank.pages, blank.characters, blank.pictures) == (1, 0, 0)
    pdf([b"10 10 m 90 90 l S"]).write(str(tmp_path / "drawn.pdf"))
    assert measured(tmp_path / "drawn.pdf").pictures == 1
    Image.new("RGB", (50, 50), "red").save(tmp_path / "scan.pdf")
    assert measured(tmp_path / "scan.pdf").pictures == 1


@pytest.mark.parametrize(("user", "opens"), [("secret", False), ("", True)])
def test_pdf_with_a_password(user: str, opens: bool, tmp_path: Path) -> None:
    writer = pdf([TEXT])
    writer.encrypt(user, "owner", algorithm="AES-256")
    writer.write(str(tmp_path / "a.pdf"))
    facts = measured(tmp_path / "a.pdf")
    assert (facts.opens, facts.encrypted) == (opens, True)
    assert facts.open_code == (None if opens else "encrypted")


def test_a_broken_pdf(tmp_path: Path) -> None:
    whole = io.BytesIO()
    pdf([TEXT]).write(whole)
    (tmp_path / "a.pdf").write_bytes(whole.getvalue()[:200])
    facts = measured(tmp_path / "a.pdf")
    assert (facts.opens, facts.open_code) == (False, "damaged")
    assert len(PdfReader(whole).pages) == 1


# --------------------------------------------------------------------------------------------------------------- office


def ooxml(path: Path, main: str, parts: dict[str, str]) -> Path:
    """The least of an office file."""
    types = f'<Types><Override PartName="/x" ContentType="application/vnd.{main}"/></Types>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


WORD = "openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES = "openxmlformats-officedocument.presentationml.presentation.main+xml"
SHEETS = "openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def test_word(tmp_path: Path) -> None:
    path = ooxml(
        tmp_path / "a.docx",
        WORD,
        {"word/document.xml": "<w:p><w:r><w:t>安全</w:t></w:r><w:t xml:space='1'>用电</w:t></w:p>"},
    )
    facts = measured(path)
    assert (facts.format, facts.characters, facts.pages, facts.macros) == ("docx", 4, None, False)


def test_slides(tmp_path: Path) -> None:
    parts = {f"ppt/slides/slide{i}.xml": "<a:t>课</a:t>" for i in (1, 2, 3)} | {"ppt/media/image1.png": "x"}
    facts = measured(ooxml(tmp_path / "a.pptx", SLIDES, parts))
    assert (facts.format, facts.pages, facts.characters, facts.pictures) == ("pptx", 3, 3, 1)


def test_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "blank.xlsx")
    blank = measured(tmp_path / "blank.xlsx")
    assert (blank.format, blank.pages, blank.characters) == ("xlsx", 1, 0)
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "工时"
    book.save(tmp_path / "a.xlsx")
    characters = measured(tmp_path / "a.xlsx").characters
    assert characters is not None
    assert characters > 0


def test_macros_and_outside_links(tmp_path: Path) -> None:
    main = "ms-word.document.macroEnabled.main+xml"
    relations = '<Relationship Id="a" Target="https://host.example/x.png" TargetMode="External"/>'
    parts = {
        "word/document.xml": "<w:t>x</w:t>",
        "word/vbaProject.bin": "x",
        "word/_rels/document.xml.rels": relations,
    }
    facts = measured(ooxml(tmp_path / "a.docm", main, parts))
    assert (facts.format, facts.macros, facts.external) == ("docx", True, ("host.example",))


def test_office_files_that_are_none(tmp_path: Path) -> None:
    whole = ooxml(tmp_path / "a.docx", WORD, {"word/document.xml": "<w:t>x</w:t>"})
    (tmp_path / "half.docx").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert measured(tmp_path / "half.docx").open_code == "damaged"
    with zipfile.ZipFile(tmp_path / "zip.docx", "w") as archive:
        archive.writestr("notes.txt", "x")
    assert measured(tmp_path / "zip.docx").open_code == "unrecognised"
    assert measured(ooxml(tmp_path / "empty.docx", WORD, {})).open_code == "damaged"
    assert measured(ooxml(tmp_path / "odd.docx", "other", {"word/document.xml": "x"})).open_code == "unrecognised"


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_PART_BYTES", 1 << 20)
    path = ooxml(tmp_path / "a.docx", WORD, {"word/document.xml": "<w:t>" + "x" * (3 << 20)})
    facts = measured(path)
    assert (facts.opens, facts.open_code) == (False, "damaged")
    monkeypatch.setattr(office, "MAX_TOTAL_BYTES", 1 << 20)
    assert measured(path).open_code == "too-large"


def test_a_zip_that_points_before_its_beginning(tmp_path: Path) -> None:
    data = bytearray(ooxml(tmp_path / "a.docx", WORD, {"word/document.xml": "<w:t>x</w:t>"}).read_bytes())
    end = data.rindex(b"PK\5\6")
    struct.pack_into("<II", data, end + 12, 0x7FFFFFFF, 0)
    (tmp_path / "a.docx").write_bytes(data)
    assert measured(tmp_path / "a.docx").open_code == "damaged"


def compound(*names: str, body: bytes = b"") -> bytes:
    """The least of an OLE compound file: a header, one table, one directory."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HH", header, 30, 9, 6)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = bytearray(512)
    for index, name in enumerate(names[:4]):
        text = name.encode("utf-16-le")
        directory[index * 128 : index * 128 + len(text)] = text
        struct.pack_into("<H", directory, index * 128 + 64, len(text) + 2)
    return bytes(header) + table + bytes(directory) + body.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("names", "found", "code"),
    [
        (("Root Entry", "WordDocument"), "doc", None),
        (("Root Entry", "PowerPoint Document"), "ppt", None),
        (("Root Entry", "Workbook"), "xls", None),
        (("Root Entry", "EncryptionInfo", "EncryptedPackage"), "ole", "encrypted"),
        (("Root Entry", "Contents"), "ole", "unrecognised"),
    ],
)
def test_legacy_office(names: tuple[str, ...], found: str, code: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(compound(*names))
    facts = measured(tmp_path / "a.doc")
    assert (facts.format, facts.open_code, facts.opens) == (found, code, code is None)


def test_legacy_word_with_a_password(tmp_path: Path) -> None:
    block = bytearray(32)
    block[:2] = b"\xec\xa5"
    block[11] = 0x01
    (tmp_path / "a.doc").write_bytes(compound("Root Entry", "WordDocument", body=bytes(block)))
    assert measured(tmp_path / "a.doc").open_code == "encrypted"


def test_a_compound_file_that_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(compound("Root Entry")[:700])
    assert measured(tmp_path / "a.doc").open_code == "damaged"


# ----------------------------------------------------------------------------------------- subtitles, pages, models


def test_subtitles(tmp_path: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n你好\n\n2\n00:00:01,500 --> 00:00:03,000\n世界\n"
    (tmp_path / "a.srt").write_bytes(text.encode("gb18030"))
    facts = measured(tmp_path / "a.srt")
    assert (facts.format, facts.encoding, facts.cues, facts.characters) == ("srt", "gb18030", 2, 4)
    assert facts.end_s == pytest.approx(3.0)
    assert [(p.code, p.line) for p in facts.cue_problems] == [("overlap", 6)]
    (tmp_path / "none.srt").write_text("nothing here\n")
    assert measured(tmp_path / "none.srt").cues == 0


def test_a_web_page(tmp_path: Path) -> None:
    page = (
        "<!doctype html><html><head><title>t</title><script src='//cdn.example/x.js'></script></head><body>"
        "<h1>课</h1><img src='img/a%20b.png' srcset='a.png 1x, b.png 2x'><img src='data:image/png;base64,AA,BB'>"
        "<a href='https://elsewhere.example/'>link</a></body></html>"
    )
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    facts = measured(tmp_path / "index.html")
    assert (facts.format, facts.external) == ("html", ("cdn.example",))
    assert facts.beside == ("a.png", "b.png", "img/a b.png")
    assert facts.characters == len("课link")


def glb(scene: object, length: int | None = None) -> bytes:
    data = json.dumps(scene).encode()
    data += b" " * (-len(data) % 4)
    total = 20 + len(data) if length is None else length
    return b"glTF" + struct.pack("<III4s", 2, total, len(data), b"JSON") + data


SCENE = {
    "asset": {"version": "2.0"},
    "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
    "accessors": [{"count": 24}],
    "buffers": [{"uri": "cube.bin"}, {"uri": "data:x,AA"}],
}


@pytest.mark.parametrize(
    ("name", "data", "vertices", "code"),
    [
        ("a.glb", glb(SCENE), 24, None),
        ("a.glb", glb(SCENE, 10_000), None, "damaged"),
        ("a.glb", glb([]), None, "damaged"),
        ("a.glb", b"glTF", None, "damaged"),
        ("a.gltf", json.dumps(SCENE).encode(), 24, None),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", 3, None),
        ("a.obj", b"# empty\n", None, "unrecognised"),
        ("a.stl", bytes(80) + struct.pack("<I", 2) + bytes(100), 6, None),
        ("a.stl", bytes(80) + struct.pack("<I", 2) + bytes(50), None, "damaged"),
        ("a.stl", b"solid x\nfacet normal 0 0 1\nendfacet\nendsolid x\n", 3, None),
    ],
)
def test_models(name: str, data: bytes, vertices: int | None, code: str | None, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    facts = measured(tmp_path / name)
    assert (facts.vertices, facts.open_code, facts.opens) == (vertices, code, code is None)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("a.pdf", b"", "empty"), ("a.pdf", b"hello", "unrecognised"), ("a.docx", b"hello", "unrecognised")],
)
def test_what_is_no_paper(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert measured(tmp_path / name).open_code == code


def test_a_paper_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        measure_document(tmp_path / "gone.pdf")
