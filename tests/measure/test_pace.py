"""Repeated pictures: of a mouth in a still face, and by the beat of a converted rate in a lesson seen in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture, jump_ahead, repeat_frames
from coursekit.bench.overprint import subtitled
from coursekit.probe.measure import measure_media
from coursekit.video.facts import PaceFacts, StutterSpan
from coursekit.video.measure import measure_video
from coursekit.video.pace import Movement, find_leaps
from coursekit.video.rhythm import find_cadence, find_rhythm
from tests.scenes import mottled

_RATE = 25
_FRAMES = 250
_LOOK = 100
"""Pictures in a piece of four seconds."""
_LEAP = 1.3
"""Between a mouth that rests for a picture, 1.0, and one that lost some."""


def _talker(frames: int, rests: tuple[int, ...] = ()) -> Iterator[Picture]:
    """A face of which only mouth and chin move, evenly up and down; they pause where they are told."""
    rng = np.random.default_rng(3)
    ground = cv2.GaussianBlur(rng.integers(60, 190, (270, 480, 3)).astype(np.uint8), (0, 0), 6)
    chin = cv2.GaussianBlur(rng.integers(0, 255, (60, 90, 3)).astype(np.uint8), (0, 0), 2)
    step = 0
    for number in range(frames):
        step += number not in rests
        out = ground.copy()
        top = 165 + 3 * abs(step % 12 - 6)
        out[top : top + 60, 195:285] = chin
        yield out


def _smeared(pictures: Iterator[Picture]) -> Iterator[Picture]:
    """As strong compression leaves them: the ground is redrawn a little in every picture, in repeats too."""
    rng = np.random.default_rng(5)
    for picture in pictures:
        grain = cv2.GaussianBlur(rng.normal(0, 7, picture.shape[:2]), (0, 0), 4)
        yield np.asarray(np.clip(picture + grain[:, :, None], 0, 255), np.uint8)


def _stutter(pictures: Iterator[Picture], folder: Path) -> tuple[StutterSpan, ...]:
    return _pace(pictures, folder).stutter


def _pace(pictures: Iterator[Picture], folder: Path) -> PaceFacts:
    path = folder / "talker.mp4"
    write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=_RATE, crf=23)
    (facts,) = measure_video(path, measure_media(path), lambda _: None, thorough=True)
    assert facts.pace is not None
    return facts.pace


def test_a_mouth_leaps_after_repeated_pictures(tmp_path: Path) -> None:
    """The whole picture hardly changes; the mouth makes two steps at once."""
    found = _stutter(_smeared(repeat_frames(_talker(_FRAMES), 0.1, 2, _RATE)), tmp_path)
    worst = max(found, key=lambda span: span.count)
    assert worst.count >= 8
    assert worst.sure < 0.5
    assert worst.leap >= _LEAP


def test_a_mouth_that_rests_for_a_picture_leaps_nowhere(tmp_path: Path) -> None:
    """It goes on where it was."""
    rests = tuple(range(20, _FRAMES - 20, 11))
    found = _stutter(_smeared(_talker(_FRAMES, rests)), tmp_path)
    assert found
    assert all(span.leap < _LEAP for span in found)


def _swaying() -> Iterator[Picture]:
    """A camera in a calm hand."""
    scene = mottled(2, (700, 400))
    for number in range(_FRAMES):
        x, y = 60 + 18 * np.sin(number / 25), 50 + 9 * np.sin(number / 40)
        matrix = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
        yield np.asarray(cv2.warpAffine(scene, matrix, (480, 270)), np.uint8)


def test_a_subtitle_that_comes_is_no_leap_and_pictures_left_out_are(tmp_path: Path) -> None:
    subtitled_s = [leap.start_s for leap in _pace(subtitled(_swaying(), _RATE, 1), tmp_path).leaps]
    assert not subtitled_s
    left_out = jump_ahead(tuple(_swaying()), _RATE, (3.2, 4.6, 6.1), 12)
    (leaps,) = _pace(iter(left_out), tmp_path).leaps
    assert leaps.count == 3


def _looks(rows: list[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """Pieces one after another, and where each begins."""
    groups = [np.asarray(r, np.int64) + number * _LOOK for number, r in enumerate(rows)]
    return groups, [number * _LOOK for number in range(1, len(rows))]


def test_a_beat_that_most_pieces_show_is_the_lessons() -> None:
    """18 pictures shown as 25 repeat every 3.57 pictures; the piece that lost pictures by chance does not share it."""
    rng = np.random.default_rng(1)
    beat = np.unique((np.arange(28) * 25 / 7).astype(int))
    pieces = [np.sort(rng.choice(beat, 9, replace=False)) for _ in range(6)]
    lost = np.flatnonzero(rng.random(_LOOK) < 0.15)
    groups, gaps = _looks([*pieces, lost])
    *kept, other = find_cadence(groups, gaps, 150)
    assert min(kept) > 0.8
    assert other == pytest.approx(0.0)


def test_what_is_lost_by_chance_has_no_beat() -> None:
    """However many pieces show it."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        groups, gaps = _looks([np.flatnonzero(rng.random(_LOOK) < 0.1) for _ in range(10)])
        assert find_cadence(groups, gaps, 150) == pytest.approx((0.0,) * len(groups))


def test_a_single_piece_is_no_lesson() -> None:
    """Its rhythm is its own, and judged as such."""
    groups, gaps = _looks([np.arange(0, _LOOK, 4)])
    assert find_cadence(groups, gaps, 150) == pytest.approx((0.0,))


@pytest.mark.parametrize(("rows", "regular"), [([7, 32, 57, 82, 107], True), ([7, 32, 50, 82, 107], False)])
def test_a_slow_beat_is_heard_in_a_short_clip(rows: list[int], regular: bool) -> None:
    """24 shown as 25 repeat five pictures in five seconds."""
    assert (find_rhythm(np.array(rows)) > 0.8) is regular


def _moving(steps: list[float]) -> Movement:
    """Pictures that change so much each; what changes by more than 4 leads all the way that five pictures go."""
    change = np.array(steps)
    count = len(change)
    return Movement(
        times=np.arange(count) / _RATE,
        change=change,
        box=4.4 * change,
        alive=np.ones(count),
        light=np.full(count, 0.1),
        cuts=(),
        frame_s=1 / _RATE,
        lasting=np.where(change > 4, 1.1, 3.0),
        scene=np.ones(count, np.bool_),
        line=np.zeros(count, np.bool_),
        key=np.zeros(count, np.bool_),
    )


def test_a_camera_that_is_jolted_does_not_leap() -> None:
    """Each jolt by itself looks like pictures left out amid quick movement; but there are many."""
    jolted = [1.8, 2.3, 1.3, 4.1, 1.3, 3.3, 2.0, 1.9, 1.4, 2.9, 1.8, 3.9, 1.7, 2.3]
    assert find_leaps(_moving(jolted * 8)) == []
    # The first comes too early to be judged.
    even = [1.8, 2.1, 1.7, 4.1, 1.8, 2.1, 2.0, 1.9, 1.7, 2.0, 1.8, 2.2, 1.7, 2.1] + [2.0, 1.8] * 10
    (found,) = find_leaps(_moving(even * 3))
    assert found.count == 2
