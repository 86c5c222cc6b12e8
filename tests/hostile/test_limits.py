"""What is beyond a limit is named by its code, and costs no more than being named."""

from __future__ import annotations

import os
import struct
import wave
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from coursekit import folder
from coursekit.engine.job import Job, run_job
from coursekit.folder import CourseError, Identity, list_folder
from coursekit.model import FileKind
from coursekit.probe import limits
from coursekit.probe.facts import PacketFacts, PictureFacts, ProbeFacts, SoundFacts, StreamFacts, StreamKind
from coursekit.probe.image import measure_image
from coursekit.probe.limits import refuse_beyond
from coursekit.probe.media import MediaError
from coursekit.probe.streams import shown_size
from coursekit.texts import Teller
from tests.media import make_video

PICTURE = StreamFacts(0, StreamKind.VIDEO, "h264", PacketFacts(1, 1, 1), picture=PictureFacts((1280, 720), (1280, 720)))
SOUND = StreamFacts(1, StreamKind.AUDIO, "aac", PacketFacts(1, 1, 1), sound=SoundFacts(48000, 2))
BEYOND = {
    "too-many-streams": (SOUND,) * 65,
    "too-long": (replace(PICTURE, packets=replace(PICTURE.packets, end_s=limits.LESSON_S + 1)),),
    "frame-too-large": (replace(PICTURE, picture=PictureFacts((32768, 32768), (32768, 32768))),),
    "sample-rate-refused": (replace(SOUND, sound=SoundFacts(128, 2)),),
    "too-many-channels": (replace(SOUND, sound=SoundFacts(48000, 255)),),
}


def facts(*streams: StreamFacts) -> ProbeFacts:
    return ProbeFacts(container="mp4", opens=True, size_bytes=1, streams=streams)


@pytest.mark.parametrize("code", BEYOND)
def test_what_is_beyond_a_limit_has_its_code(code: str) -> None:
    with pytest.raises(MediaError) as refused:
        refuse_beyond(facts(*BEYOND[code]))
    assert refused.value.code == code


def test_honest_lessons_are_within() -> None:
    refuse_beyond(facts(PICTURE, SOUND))
    refuse_beyond(facts())


def test_a_rate_no_recorder_has_is_refused_in_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(128)
        file.writeframes(bytes(2560))
    job = Job(path.name, path, FileKind.AUDIO, Identity.of(path), None, None)
    assert ("audio", "sample-rate-refused") in {(p.stage, p.code) for p in run_job(job, lambda *_: None).problems}


def test_a_codec_nobody_knows_is_said_and_brings_nothing_down(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=0.4, size=(96, 64), audio=None)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    job = Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, None)
    assert ("video", "no-decoder") in {(p.stage, p.code) for p in run_job(job, lambda *_: None).problems}


def _png(width: int, height: int, depth: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("size", "depth"), [((32_000, 32_000), 8), ((32_768, 8_192), 16)])
def test_a_giant_cover_is_refused_before_a_row_is_unpacked(tmp_path: Path, size: tuple[int, int], depth: int) -> None:
    path = tmp_path / "cover.png"
    path.write_bytes(_png(*size, depth))
    found = measure_image(path)
    assert (found.opens, found.open_code) == (False, "too-large")


def test_a_vector_cover_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cover.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", encoding="utf-8")
    assert measure_image(path).open_code == "unsupported"


def test_a_picture_called_flat_still_has_a_column() -> None:
    assert shown_size((96, 64), Fraction(1, 60_000), 0) == (1, 64)
    assert shown_size((96, 64), Fraction(1, 60_000), 90) == (64, 1)
    assert shown_size((0, 0), Fraction(1), 0) == (0, 0)


def test_folders_without_a_floor_are_refused(tmp_path: Path) -> None:
    (tmp_path / "course" / "/".join("d" * (limits.FOLDER_DEPTH + 2))).mkdir(parents=True)
    with pytest.raises(CourseError) as refused:
        list_folder(tmp_path / "course")
    assert refused.value.code == "too-deep"


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "FOLDER_FILES", 3)
    for name in "abcd":
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(CourseError) as refused:
        list_folder(tmp_path)
    assert refused.value.code == "too-many-files"


def test_names_that_differ_only_in_how_they_are_composed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "caf\u00e9.mp4").write_bytes(b"1")
    (tmp_path / "cafe\u0301.mp4").write_bytes(b"2")
    if len(os.listdir(tmp_path)) < 2:  # noqa: PTH208
        pytest.skip("this file system makes the two names one")
    with pytest.raises(CourseError) as refused:
        list_folder(tmp_path)
    assert refused.value.code == "names-collide"


def test_a_hard_link_is_read_and_its_other_name_stays_as_it_is(tmp_path: Path) -> None:
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"not mine to change")
    (tmp_path / "course").mkdir()
    try:
        os.link(outside, tmp_path / "course" / "a.mp4")
    except OSError:
        pytest.skip("this file system has no hard links")
    before = outside.stat()
    entry = list_folder(tmp_path / "course").entries["a.mp4"]
    run_job(Job("a.mp4", entry.path, FileKind.VIDEO, entry.identity, None, None), lambda *_: None)
    after = outside.stat()
    assert (after.st_mtime_ns, after.st_mode, after.st_size) == (before.st_mtime_ns, before.st_mode, before.st_size)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_and_a_device_are_no_lessons(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").symlink_to("/dev/zero")
    entries = list_folder(tmp_path).entries
    assert entries["a.mp4"].refused == "not-a-file"
    assert entries["b.mp4"].refused == "outside-course"


def test_every_code_has_a_sentence_in_both_languages() -> None:
    for lang in ("zh", "en"):
        assert "too-long" in Teller(lang).reason(
            "stage-failed", {"stage": "video", "problem": "too-long", "detail": "x"}
        )
