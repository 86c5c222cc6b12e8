"""Make the media and papers of this sample course: python make.py FOLDER [--hour SECONDS]

Pillow draws the slides, coursekit's own narrator speaks, the bundled FFmpeg encodes. Every lesson is one slide; a
short piece is encoded and then repeated without encoding, so that 45 minutes take a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import imageio_ffmpeg
import yaml
from PIL import Image, ImageDraw

from coursekit.bench.clip import write_wave
from coursekit.bench.synth import narration

HERE = Path(__file__).resolve().parent
SIZE = (1280, 720)
PIECE_S = 20
UNREVIEWED = "0" * 64
PAPER = (250, 248, 242)
INK = (60, 48, 40)
ACCENTS = ((183, 108, 74), (96, 125, 104), (74, 103, 132), (138, 98, 120))


def main() -> None:
    """Read the manifest, make every file it lists, enter the review digest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hour", type=float, default=2700, metavar="SECONDS", help="length of a class hour")
    arguments = parser.parse_args()
    make_course(arguments.folder, arguments.hour)


def make_course(folder: Path, hour_s: float = 2700) -> None:
    """The whole course in `folder`."""
    text = (HERE / "course.yaml").read_text(encoding="utf-8")
    course = yaml.safe_load(text)
    folder.mkdir(parents=True, exist_ok=True)
    for number, lesson in enumerate(course["lessons"]):
        for media in lesson.get("media", []):
            target = folder / media["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".mp4":
                seconds = media["duration_s"] / 2700 * hour_s
                spoken = any(media["file"] in item["files"] for item in course["ai"]["items"])
                make_lesson(target, lesson, number, seconds, generated=spoken)
            else:
                target.write_bytes(triangle_glb())
            for subtitle in media.get("subtitles", []):
                (folder / subtitle["file"]).write_text(captions(lesson, media, hour_s), encoding="utf-8")
    for path in sorted(papers(course)):
        make_paper(folder / path)
    register = (HERE / "filing" / "register.yaml").read_text(encoding="utf-8")
    for paper in yaml.safe_load(register)["papers"]:
        for path in paper["files"]:
            make_paper(folder / "filing" / path)
    schemas = "../../../schemas/", "../.coursekit/"
    (folder / "filing" / "register.yaml").write_text(register.replace(*schemas), encoding="utf-8")
    if hour_s != 2700:
        text = text.replace("duration_s: 2700", f"duration_s: {hour_s:g}")
        text = text.replace("duration_s: 1350", f"duration_s: {hour_s / 2:g}")
    text = text.replace("../../schemas/manifest.schema.json", ".coursekit/manifest.schema.json")
    (folder / "course.yaml").write_text(text.replace(UNREVIEWED, digest(folder, course)), encoding="utf-8")
    for name in ("manifest.schema.json", "register.schema.json"):
        schema = HERE.parents[1] / "schemas" / name
        if schema.is_file():
            (folder / ".coursekit").mkdir(exist_ok=True)
            shutil.copy(schema, folder / ".coursekit" / schema.name)


def papers(course: dict) -> set[str]:
    """Every listed file that is no lesson media."""
    found = {cover["file"] for cover in course["course"]["covers"]} | {course["standard"]["file"]}
    for section in ("assessments", "rights", "marks", "experts", "reviews", "papers"):
        for entry in course[section]:
            found |= {value for key, value in entry.items() if key == "file" or key.endswith("_file")}
    return found


def learner_files(course: dict) -> list[str]:
    """What the review digest is taken over: media, subtitles, covers."""
    found = {cover["file"] for cover in course["course"]["covers"]}
    for lesson in course["lessons"]:
        for media in lesson.get("media", []):
            found |= {media["file"], *(subtitle["file"] for subtitle in media.get("subtitles", []))}
    return sorted(found)


def digest(folder: Path, course: dict) -> str:
    """As `coursekit manifest digest` prints it."""
    total = hashlib.sha256()
    for name in learner_files(course):
        with (folder / name).open("rb") as file:
            one = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{one}  {name}\n".encode())
    return total.hexdigest()


def slide(lesson: dict, number: int) -> Image.Image:
    """A quiet slide: a coloured band, the lesson's number, bars where the lines of text would be."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    accent = ACCENTS[number % len(ACCENTS)]
    draw.rectangle((0, 0, 96, SIZE[1]), fill=accent)
    draw.text((150, 70), lesson["id"], fill=accent, font_size=110)
    draw.line((150, 210, 1130, 210), fill=accent, width=3)
    for row, teaching in enumerate(lesson.get("teaches", [{}])[:8]):
        top = 260 + row * 50
        draw.ellipse((152, top + 6, 168, top + 22), fill=accent)
        draw.rounded_rectangle((190, top, 420 + (len(teaching.get("point", "")) * 67) % 520, top + 26), 8, fill=INK)
    return image


def make_lesson(target: Path, lesson: dict, number: int, seconds: float, *, generated: bool) -> None:
    """One lesson: 25 frames a second, stereo, index at the front."""
    with tempfile.TemporaryDirectory() as scratch:
        picture, piece = Path(scratch, "slide.png"), Path(scratch, "piece.mp4")
        slide(lesson, number).save(picture)
        length = min(seconds, PIECE_S)
        spoken = Path(scratch, "voice.wav")
        write_wave(spoken, narration(length, seed=number))
        source = ["-loop", "1", "-framerate", "25", "-t", f"{length}", "-i", str(picture), "-i", str(spoken)]
        video = (
            "-vf noise=alls=2:allf=t -c:v libx264 -threads 3 -preset veryfast -tune stillimage -crf 26 -pix_fmt yuv420p"
        )
        colour = "-color_primaries bt709 -color_trc bt709 -colorspace bt709"
        sound = "-c:a aac -b:a 96k -ac 2 -t"
        encode = [*source, *video.split(), *colour.split(), *sound.split(), f"{length}"]
        label = {"Label": "1", "ContentProducer": "云栖职业培训学校（示例）", "ProduceID": f"yl-{lesson['id']}"}
        tags = ["-movflags", "+faststart+use_metadata_tags"]
        tags += ["-metadata", "AIGC=" + json.dumps(label, ensure_ascii=False)] if generated else []
        if seconds <= PIECE_S:
            run([*encode, "-fflags", "+bitexact", *tags, str(target)])
            return
        run([*encode, str(piece)])
        repeat = ["-stream_loop", "-1", "-i", str(piece), "-t", f"{seconds}", "-c", "copy", "-map_metadata", "-1"]
        run([*repeat, "-fflags", "+bitexact", *tags, str(target)])


def run(arguments: list[str]) -> None:
    """FFmpeg, silent unless it fails."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        sys.exit(f"ffmpeg: {done.stderr.strip()}")


def captions(lesson: dict, media: dict, hour_s: float) -> str:
    """Two captions: the title, and a farewell."""
    end = media["duration_s"] / 2700 * hour_s
    return (
        f"1\n{clock(0.2)} --> {clock(min(2.0, end / 2))}\n{lesson['title']}\n\n"
        f"2\n{clock(end * 0.6)} --> {clock(end * 0.9)}\n本课到此结束，谢谢观看\n"
    )


def clock(seconds: float) -> str:
    """As SubRip writes it."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{thousandths:03d}"


def make_paper(target: Path) -> None:
    """A file of the right kind with a word in it: these stand for scans and documents."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".png":
        image = Image.new("RGB", (1280, 720) if "covers" in target.parts else (640, 400), PAPER)
        ImageDraw.Draw(image).rounded_rectangle((40, 40, image.width - 40, image.height - 40), 24, outline=INK, width=6)
        image.save(target)
    elif target.suffix == ".pdf":
        target.write_bytes(pdf(f"Sample {target.parent.name} {hashlib.sha256(target.name.encode()).hexdigest()[:8]}"))
    elif target.suffix == ".docx":
        docx(target)
    else:
        target.write_text("Sample text; stands for a licence.\n", encoding="utf-8")


def pdf(words: str) -> bytes:
    """One page."""
    stream = f"BT /F1 18 Tf 72 760 Td ({words}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def docx(target: Path) -> None:
    """The smallest document that Word opens."""
    kind = "application/vnd.openxmlformats"
    office = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="rels" '
        f'ContentType="{kind}-package.relationships+xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{kind}-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
        f"{target.stem}（示例）</w:t></w:r></w:p></w:body></w:document>",
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            head = '<?xml version="1.0" encoding="UTF-8"?>\n'
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), head + body)


def triangle_glb() -> bytes:
    """A 3D model of one triangle, in glTF's binary form."""
    data = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "buffers": [{"byteLength": len(data)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(data)}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]}
        ],
    }
    head = json.dumps(scene, separators=(",", ":")).encode("ascii")
    head += b" " * (-len(head) % 4)
    chunks = struct.pack("<II", len(head), 0x4E4F534A) + head + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


if __name__ == "__main__":
    main()
