"""Decoding what must be decoded, against decoding everything: the same facts where something is, honest gaps elsewhere.

One clip of half a minute: a camera that drifts past near and far things and, where the tests say so, a fault that no
regular look would meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from coursekit.bench import faults_video as faults
from coursekit.bench import traps_video as traps
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture
from coursekit.probe.measure import measure_media
from coursekit.video.decode import open_video
from coursekit.video.facts import VideoFacts
from coursekit.video.looks import Gap, walk
from coursekit.video.measure import measure_video
from coursekit.video.stillness import with_echoes
from tests.measure.test_video import scene

RATE = 25
SIZE = (320, 180)
SECONDS = 34.0
FRAME_S = 1 / RATE


def write(path: Path, pictures: Iterable[Picture], group: int = 250) -> Path:
    return write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=RATE, group=group)


def moving(seconds: float) -> Iterator[Picture]:
    """A camera that drifts past near and far things: something moves in every picture."""
    return traps.parallax(scene(1), scene(2), SIZE, seconds, RATE)


def look(path: Path, *, thorough: bool = False, threads: int = 1) -> VideoFacts:
    (facts,) = measure_video(path, measure_media(path), lambda _: None, thorough=thorough, threads=threads, short_s=0.0)
    return facts


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("plain") / "clip.mp4", moving(SECONDS))


def test_a_camera_is_looked_at_in_part_and_the_facts_say_so(plain: Path) -> None:
    facts, whole = look(plain), look(plain, thorough=True)
    assert facts.coverage is not None
    assert whole.coverage is not None
    assert not facts.coverage.thorough
    assert (whole.coverage.thorough, whole.coverage.left_out) == (True, 0)
    assert facts.frames == whole.frames == round(SECONDS * RATE)
    # Of a picture as small and smooth as this the last few may take as few bytes as repeats; some of these are decoded.
    seen = facts.coverage.decoded + facts.coverage.left_out
    assert seen <= facts.frames <= seen + facts.coverage.repeats
    assert facts.coverage.repeats < RATE
    assert facts.coverage.left_out > 100
    assert facts.coverage.looked_s == pytest.approx((facts.frames - facts.coverage.left_out) * FRAME_S, abs=0.01)
    assert 3 < facts.coverage.longest_gap_s < 10
    assert facts.decoded_s == pytest.approx(whole.decoded_s)
    assert facts.cuts_s == whole.cuts_s == ()


def test_a_short_stream_is_decoded_whole(plain: Path) -> None:
    (facts,) = measure_video(plain, measure_media(plain), lambda _: None)
    assert facts.coverage is not None
    assert facts.coverage.left_out == 0


def test_running_ahead_changes_nothing(plain: Path) -> None:
    assert look(plain, threads=2) == look(plain)


def test_a_listener_who_gives_up_ends_the_thread_that_runs_ahead(plain: Path) -> None:
    import threading

    class EnoughError(Exception):
        pass

    def stop(_: float) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        measure_video(plain, measure_media(plain), stop, threads=2, short_s=0.0)
    assert not [t for t in threading.enumerate() if t.name == "decode"]


FAULTS: dict[str, tuple[Callable[[list[Picture]], Iterable[Picture]], tuple[float, float]]] = {
    "freeze": (lambda p: faults.freeze(p, RATE, (26.0, 28.0)), (26.0, 28.0)),
    "black": (lambda p: faults.black(p, RATE, (26.0, 28.0)), (26.0, 28.0)),
    "shake": (
        lambda p: faults.move(
            p, faults.handheld_path(len(p), RATE, amplitude=0.02, frequency_hz=3.0, seed=3), RATE, (25.0, 29.0)
        ),
        (25.0, 29.0),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_happens_between_two_looks_is_met(tmp_path: Path, fault: str) -> None:
    make, span = FAULTS[fault]
    facts = look(write(tmp_path / "clip.mp4", make(list(moving(SECONDS)))))
    assert facts.motion is not None
    assert facts.stillness is not None
    assert facts.coverage is not None
    assert facts.coverage.left_out > 0
    if fault == "shake":
        worst = max(facts.motion.shake, key=lambda s: s.peak_pct)
        assert worst.start_s < span[0] + 1.5
        assert worst.end_s > span[1] - 1.5
    elif fault == "freeze":
        # The shared tolerance of a frame: rows that are entered from packets have exact times too.
        (found,) = [f for f in facts.stillness.freezes if f.end_s - f.start_s > 1]
        assert (found.start_s, found.end_s) == pytest.approx(span, abs=FRAME_S / 2)
    else:
        (dark,) = facts.stillness.blacks
        assert (dark.start_s, dark.end_s) == pytest.approx(span, abs=FRAME_S / 2)


def test_slides_are_hardly_decoded_and_read_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", traps.slides((640, 360), SECONDS, RATE, every_s=6.8))
    facts, whole = look(path), look(path, thorough=True)
    assert facts.coverage is not None
    assert facts.coverage.repeats > 0.5 * facts.frames
    assert facts.coverage.left_out == 0
    assert facts.cuts_s == whole.cuts_s
    assert facts.stillness is not None
    assert whole.stillness is not None
    assert facts.stillness.still_share == pytest.approx(whole.stillness.still_share, abs=0.01)
    assert len(facts.stillness.freezes) == len(whole.stillness.freezes)
    assert facts.clarity is not None
    assert whole.clarity is not None
    assert (facts.clarity.samples, facts.clarity.judged) == (whole.clarity.samples, whole.clarity.judged)
    assert facts.clarity.detail == pytest.approx(whole.clarity.detail, abs=0.02)
    assert facts.geometry == whole.geometry
    assert facts.pace == whole.pace
    assert facts.light is not None
    assert whole.light is not None
    # Pictures that are not looked at differ from their neighbours by what an encoder leaves: hundredths of a level.
    assert replace(facts.light, drift=()) == replace(whole.light, drift=())
    for one, other in zip(facts.light.drift, whole.light.drift, strict=True):
        assert (one.start_s, one.end_s) == (other.start_s, other.end_s)
        assert one.colour_levels == pytest.approx(other.colour_levels, abs=0.05)
        assert one.brightness_levels == pytest.approx(other.brightness_levels, abs=0.05)


def test_slides_that_change_with_the_clock_of_the_encoder_are_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", traps.slides((640, 360), SECONDS, RATE, every_s=6.0), group=50)
    facts, whole = look(path), look(path, thorough=True)
    assert facts.coverage is not None
    assert facts.coverage.repeats > 0.7 * facts.frames
    assert set(whole.cuts_s) >= {12.0, 24.0, 30.0}
    assert facts.cuts_s == whole.cuts_s


def test_a_cut_behind_a_gap_is_found_at_its_keyframe(tmp_path: Path) -> None:
    def shots() -> Iterator[Picture]:
        # Groups of ten seconds, then one that a cut ends before its time.
        yield from moving(28.0)
        for picture in moving(8.0):
            yield np.ascontiguousarray(255 - picture)

    facts = look(write(tmp_path / "clip.mp4", chain(shots())))
    assert facts.cuts_s == pytest.approx((28.0,))
    assert facts.coverage is not None
    assert facts.coverage.left_out > 0


def test_a_look_that_ends_where_a_group_does_is_followed_too(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", moving(SECONDS), group=50)
    for asked in (True, False):
        with open_video(path, measure_media(path)) as decoder:
            (reader,) = decoder.readers.values()
            items = list(walk(decoder, reader, lambda answer=asked: answer))  # type: ignore[misc] # binds the loop
        assert any(isinstance(item, Gap) for item in items) is not asked


def test_a_woven_stretch_is_told_between_whole_pictures(tmp_path: Path) -> None:
    clip = list(traps.parallax(scene(1), scene(2), (640, 360), 12.0, RATE))
    loop = [*clip, *clip[::-1]]
    facts = look(write(tmp_path / "clip.mp4", [*clip, *faults.interlace(loop), *clip[:-150:-1]]))
    assert facts.interlace is not None
    (first, *_) = (span for span in facts.interlace.woven if abs(span.order) > 0.3)
    assert 12 < first.start_s < first.end_s < 24


@pytest.mark.parametrize(("known_before", "known_after", "span"), [(True, True, (19, 23)), (False, False, (20, 22))])
def test_a_still_span_takes_in_its_echoes_and_nothing_beyond_what_was_left_out(
    known_before: bool, known_after: bool, span: tuple[int, int]
) -> None:
    change = np.full(40, 0.5, np.float32)
    change[19:23] = 0.0
    known = np.ones(40, np.bool_)
    known[19], known[22] = known_before, known_after
    assert with_echoes(change, known, 20, 22) == span
