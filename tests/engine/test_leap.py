"""Leaping over repeats: what comes after is decoded to what it is, and nothing of a stream is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from coursekit.bench import traps_video as traps
from coursekit.probe.measure import measure_media
from coursekit.probe.process import ffmpeg_exe, run_tool
from coursekit.probe.units import slices
from coursekit.video.decode import open_video
from coursekit.video.leap import Counters, Leaper, leaps
from coursekit.video.looks import Item, Repeats, walk
from coursekit.video.meter import Frame

SIZE = (320, 180)
RATE = 25
SECONDS = 26.0

ENCODERS: Mapping[str, tuple[str, ...]] = {
    "medium": ("-preset", "medium"),
    "no-delay": ("-preset", "veryfast", "-tune", "zerolatency"),
    "baseline": ("-profile:v", "baseline"),
    "slices": ("-preset", "medium", "-x264-params", "slices=4"),
    "many-drawn-from": ("-preset", "medium", "-x264-params", "b-pyramid=strict:bframes=8:ref=6"),
    "temporal": ("-preset", "medium", "-x264-params", "b-pyramid=none:direct=temporal:ref=8"),
    "one-group": ("-preset", "medium", "-g", "2000", "-keyint_min", "2000", "-sc_threshold", "0"),
    "open": ("-preset", "medium", "-x264-params", "open-gop=1"),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slides") / "raw.yuv"
    import cv2

    with path.open("wb") as out:
        for picture in traps.slides(SIZE, SECONDS, RATE, every_s=7.3):
            out.write(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)).tobytes())
    return path


def encode(pictures: Path, path: Path, options: tuple[str, ...]) -> Path:
    source = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(RATE), "-i", pictures)
    run_tool([ffmpeg_exe(), "-v", "error", *source, "-threads", "2", "-c:v", "libx264", *options, path], timeout_s=120)
    return path


def items(path: Path) -> tuple[list[Item], int]:
    """What a walk gives, repeats one by one, and how many pictures were decoded for it."""
    with open_video(path, measure_media(path)) as decoder:
        reader = next(iter(decoder.readers.values()))
        found: list[Item] = []
        for item in walk(decoder, reader, lambda: True):
            if isinstance(item, Repeats):
                found += [Repeats([t], [n]) for t, n in zip(item.times_s, item.packet_bytes, strict=True)]
            else:
                found.append(item)
        assert reader.decode_errors == ()
        return found, reader.looked


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_leap_changes_nothing_that_can_be_seen(
    pictures: Path, tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encode(pictures, tmp_path / "clip.mp4", ENCODERS[encoder])
    leaped, looked = items(path)
    monkeypatch.setattr("coursekit.video.leap.Leaper.of", lambda codec, extra: None)
    whole, all_looked = items(path)
    for one, other in zip(leaped, whole, strict=True):
        assert type(one) is type(other)
        if not isinstance(one, Frame):
            assert one == other
            continue
        if isinstance(other, Frame):
            assert one.time_s == pytest.approx(other.time_s, abs=1e-9)
            assert not one.damaged
            apart = np.abs(one.picture.to_ndarray().astype(int) - other.picture.to_ndarray())
            assert float(apart.mean()) < 0.1
    assert looked < 0.95 * all_looked


def test_a_header_moved_and_moved_back_is_what_it_was(pictures: Path, tmp_path: Path) -> None:
    path = encode(pictures, tmp_path / "clip.mp4", ENCODERS["medium"])
    with open_video(path, measure_media(path)) as decoder:
        reader = next(iter(decoder.readers.values()))
        leaper = Leaper.of("h264", reader.extra)
        assert leaper is not None
        packets = [bytes(packet) for packet in decoder.packets(reader)]
    begins = leaper.counters(packets[0])
    assert begins is not None
    assert (begins.number, begins.order) == (0, 0)
    assert leaper.begins(packets[0])
    seen = 0
    for data in packets[1:]:
        if leaper.begins(data):
            continue
        own = leaper.counters(data)
        assert own is not None
        # Turned back to nought: zeros in the header are what has to be escaped.
        zero = leaper.moved(data, own)
        assert leaper.counters(zero) == type(own)(0, 0)
        back = type(own)(-own.number, -own.order)
        assert leaper.moved(zero, back) == data
        seen += 1
    assert seen > 500


@pytest.mark.parametrize(
    "extra", [b"", b"\x01", b"\x01\x64\x00\x1f\xff\xe1\x00\x02\x67\x64", b"\0\0\1\x67\x64", bytes(40)]
)
def test_parameters_that_say_too_little_allow_no_leap(extra: bytes) -> None:
    assert Leaper.of("h264", extra) is None


@pytest.mark.parametrize("data", [b"", b"\0\0\0\0\x41", b"\0\0\0\x01\x41", b"\0\0\xff\xff\x41\0\0\0\0", bytes(60)])
def test_a_packet_that_is_not_whole_stays_as_it_is(data: bytes) -> None:
    leaper = Leaper(4, number_bits=8, order_bits=6, colour_bits=0, kept=4)
    assert leaper.counters(data) is None
    assert leaper.moved(data, Counters(3, 6)) == data


def test_only_h264_is_leaped_in() -> None:
    assert Leaper.of("hevc", bytes(range(1, 60))) is None


def test_as_many_pictures_as_are_kept_stay_before_a_leap() -> None:
    times = np.arange(60) / RATE
    still = np.ones(60, np.bool_)
    still[[0, 1, 50]] = False
    drawn = np.ones(60, np.bool_)
    assert list(leaps(times, still, drawn, kept=4)) == [(6, 50)]
    drawn[2:10] = False
    assert list(leaps(times, still, drawn, kept=4)) == [(14, 50)]
    # Nothing comes after the last change that would need what lies between.
    still[50] = True
    assert list(leaps(times, still, drawn, kept=4)) == []


def test_slices_are_counted_by_length_and_by_start_codes() -> None:
    parts = [b"\x06\x05", b"\x41\x9a", b"\x41\x88", b"\x01\x77"]
    by_length = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    by_code = b"".join(b"\0\0\0\1" + p for p in parts)
    assert slices(by_length, "h264", 4) == slices(by_code, "h264", 0) == 3
    hevc = b"".join(len(p).to_bytes(4, "big") + p for p in (b"\x4e\x01\x05", b"\x02\x01\xd0", b"\x02\x01\xe0"))
    assert slices(hevc, "hevc", 4) == 2
    assert slices(b"anything", "vp9", 0) == 1
