"""Broken media: each is described, none crashes, and the damage has its second."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.model import Verdict
from coursekit.probe import secondopinion
from coursekit.probe.checks.integrity import IntegrityParams, integrity
from coursekit.probe.facts import ProbeFacts
from coursekit.probe.measure import measure_media
from tests import media
from tests.probe_facts import lesson
from tests.support import run_check

SECONDS = 8.0
PLACE_S = 0.08
"""The damaged second is known to two frames."""
PARAMS = IntegrityParams(
    review_duration_gap_s=0.5, max_duration_gap_s=2.0, max_damaged_s=0.5, max_video_streams=1, max_audio_streams=1
)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whole clips, to be broken."""
    folder = tmp_path_factory.mktemp("whole")
    plain = media.make_video(folder / "front.mp4", seconds=SECONDS)
    media.make_video(folder / "late.mp4", seconds=SECONDS, faststart=False)
    media.make_video(folder / "clip.mkv", seconds=SECONDS)
    media.make_video(folder / "clip.avi", seconds=SECONDS, vcodec="mpeg4", acodec="mp3")
    media.make_video(folder / "clip.ts", seconds=SECONDS, vcodec="mpeg2video", acodec="mp2")
    media.make_audio(folder / "clip.wav", seconds=SECONDS)
    media.remux(plain, folder / "pieces.mp4", "-movflags", "frag_keyframe+empty_moov")
    return folder


def codes(facts: ProbeFacts) -> list[str]:
    return [damage.code for damage in facts.damages]


def judged(facts: ProbeFacts) -> tuple[Verdict, tuple[str, ...]]:
    outcome = run_check(integrity, lesson(facts), PARAMS)
    return outcome.verdict, outcome.codes


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_broken_off_mp4_has_its_second(share: float, sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.truncated(sources / "front.mp4", tmp_path / "cut.mp4", share))
    (damage,) = facts.damages
    assert (damage.code, damage.offset) == ("truncated", facts.size_bytes)
    main = facts.main_video
    assert main is not None
    assert main.packets.end_s is not None
    # What the index maps and where the packets really stop are found apart, and agree.
    assert damage.time_s == pytest.approx(main.packets.end_s, abs=PLACE_S)
    assert damage.time_s == pytest.approx(SECONDS * share, abs=0.5)
    assert main.duration_s == pytest.approx(SECONDS, abs=0.05), "the header still promises everything"
    verdict, found = judged(facts)
    assert verdict is Verdict.FAIL
    assert found[0] == "truncated"


@pytest.mark.parametrize("name", ["clip.mkv", "clip.avi", "clip.wav", "pieces.mp4"])
def test_other_containers_that_break_off(name: str, sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.truncated(sources / name, tmp_path / name, 0.6))
    assert codes(facts) == ["truncated"]
    assert facts.damages[0].time_s == pytest.approx(SECONDS * 0.6, abs=0.6)
    assert judged(facts)[0] is Verdict.FAIL


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_an_mp4_that_lost_its_end_and_its_index(share: float, sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.truncated(sources / "late.mp4", tmp_path / "cut.mp4", share))
    assert (facts.opens, facts.open_code, facts.container) == (False, "index-missing", "mp4")
    assert codes(facts) == ["truncated", "index-missing"]
    assert judged(facts) == (Verdict.FAIL, ("index-missing",))


def test_an_mp4_stripped_of_its_index(sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.without_box(sources / "front.mp4", tmp_path / "x.mp4", b"moov"))
    assert (facts.opens, facts.open_code, codes(facts)) == (False, "index-missing", ["index-missing"])
    assert judged(facts) == (Verdict.FAIL, ("index-missing",))


def test_an_mp4_stripped_of_its_payload(sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.without_box(sources / "front.mp4", tmp_path / "x.mp4", b"mdat"))
    assert codes(facts) == ["payload-missing"]
    assert facts.damages[0].time_s == pytest.approx(0.0)
    assert judged(facts) == (Verdict.FAIL, ("payload-missing", "video-empty", "audio-empty"))


@pytest.mark.parametrize("fill", [0, None, 0xFF])
def test_a_hole_in_the_middle_has_its_second(fill: int | None, sources: Path, tmp_path: Path) -> None:
    facts = measure_media(media.corrupted(sources / "front.mp4", tmp_path / "x.mp4", 0.5, 0.56, fill))
    assert codes(facts)
    assert set(codes(facts)) == {"payload-damaged"}
    assert facts.damages[0].time_s == pytest.approx(SECONDS / 2, abs=0.3)
    assert judged(facts)[0] is Verdict.FAIL


def test_bytes_after_the_end_are_for_a_person(sources: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes((sources / "front.mp4").read_bytes() + b"\xde\xad\xbe\xef" * 50)
    facts = measure_media(path)
    assert codes(facts) == ["trailing-data"]
    assert judged(facts) == (Verdict.REVIEW, ("trailing-data",))


def test_a_damaged_index_is_found(sources: Path, tmp_path: Path) -> None:
    data = bytearray((sources / "front.mp4").read_bytes())
    at = data.index(b"stbl")
    data[at - 4 : at] = b"\x7f\xff\xff\xff"
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    facts = measure_media(path)
    assert "box-damaged" in codes(facts)
    assert facts.damages[0].offset == at - 4
    assert judged(facts)[0] is Verdict.FAIL


def test_a_second_reader_that_crashes_costs_its_opinion_only(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secondopinion, "_SCRIPT", "import os; os.abort()")
    facts = measure_media(sources / "front.mp4")
    assert (facts.opens, facts.second_opinion, facts.second_opinion_failure) == (True, None, "failed")
    assert judged(facts) == (Verdict.REVIEW, ("second-reader-failed",))


@pytest.mark.parametrize("name", ["front.mp4", "late.mp4", "clip.mkv", "clip.avi", "clip.ts", "clip.wav", "pieces.mp4"])
def test_whole_files_have_no_damage(name: str, sources: Path) -> None:
    facts = measure_media(sources / name)
    assert (facts.opens, facts.damages, facts.read_error) == (True, (), None)


@pytest.mark.parametrize("name", ["front.mp4", "clip.mkv", "clip.avi", "clip.ts", "clip.wav", "pieces.mp4"])
def test_cut_at_any_point_nothing_crashes(name: str, sources: Path, tmp_path: Path) -> None:
    data = (sources / name).read_bytes()
    path = tmp_path / name
    cuts = [1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 100, 333, 1000, len(data) // 50, len(data) // 3]
    for cut in cuts:
        path.write_bytes(data[:cut])
        facts = measure_media(path)
        if name != "clip.ts":  # a transport stream may stop after any packet
            assert judged(facts)[0] is Verdict.FAIL, f"cut after {cut} bytes"


@pytest.mark.parametrize("name", ["front.mp4", "clip.mkv", "pieces.mp4"])
def test_a_flipped_byte_anywhere_in_the_head_never_crashes(name: str, sources: Path, tmp_path: Path) -> None:
    data = bytearray((sources / name).read_bytes()[:60_000])
    path = tmp_path / name
    for at in range(0, 600, 23):
        changed = bytearray(data)
        changed[at] ^= 0xA5
        path.write_bytes(changed)
        assert measure_media(path).size_bytes == len(data)
