"""What is a cut, and what only changes much; and how the bench counts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pytest

from coursekit.bench.cuts import Tally, splice
from coursekit.bench.faults_video import Picture, gain
from coursekit.video.cuts import CutFinder
from tests.measure.test_video import scene

RATE = 25.0
SIZE = (160, 90)


def filmed(seed: int, count: int, change: tuple[float, float] = (0.0, 0.0)) -> list[Picture]:
    """A locked camera with a little grain, its view shifted by shares of the size."""
    rng = np.random.default_rng(seed)
    shift = np.array([[1, 0, change[0] * SIZE[0]], [0, 1, change[1] * SIZE[1]]], dtype=np.float64)
    base = cv2.warpAffine(scene(seed, SIZE), shift, SIZE, borderMode=cv2.BORDER_REFLECT).astype(np.float64)
    return [np.asarray(np.clip(base + rng.normal(0, 2, base.shape), 0, 255), np.uint8) for _ in range(count)]


def find(*shots: Iterable[Picture]) -> CutFinder:
    finder = CutFinder(RATE)
    for shot in shots:
        for picture in shot:
            finder.feed(picture)
    return finder


def cuts(*shots: Iterable[Picture]) -> tuple[int, ...]:
    return find(*shots).cuts


def test_another_view_is_a_cut_and_so_is_black() -> None:
    black = [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * 20
    assert cuts(filmed(1, 20), filmed(2, 20), black) == (20, 40)


def test_a_second_camera_on_the_same_scene_is_a_cut() -> None:
    width, height = SIZE
    closer = [
        np.asarray(cv2.resize(p[height // 8 : -height // 8, width // 8 : -width // 8], SIZE), np.uint8)
        for p in filmed(1, 20)
    ]
    assert cuts(filmed(1, 20), closer) == (20,)


@pytest.mark.parametrize("shift", [(0.0, 0.14), (0.1, 0.0), (-0.06, 0.05)])
def test_a_camera_that_is_knocked_cuts_nothing(shift: tuple[float, float]) -> None:
    finder = find(filmed(3, 20), filmed(3, 20, shift))
    assert finder.cuts == ()
    # No movement can be followed across it all the same.
    assert finder.sudden == (20,)


def test_a_light_switched_on_cuts_nothing() -> None:
    assert cuts((gain(p, 0.6) for p in filmed(3, 20)), filmed(3, 20)) == ()


def test_hues_of_two_blacks_cut_nothing() -> None:
    def dark(blue: int, red: int) -> Sequence[Picture]:
        return [np.full((SIZE[1], SIZE[0], 3), (blue, 0, red), np.uint8)] * 20

    assert cuts(dark(3, 0), dark(0, 3), dark(0, 0)) == ()


def test_what_is_turned_down_hides_no_cut() -> None:
    assert cuts(filmed(3, 20), filmed(3, 4, (0.0, 0.14)), filmed(4, 20)) == (24,)


def test_a_view_that_comes_back_at_one_blow_cuts_nothing() -> None:
    # Farther from where it jumped to than a view may shift, and no farther than that from where it was.
    assert cuts(filmed(3, 20), filmed(3, 4, (0.0, 0.15)), filmed(3, 20, (0.0, -0.15))) == ()
    assert cuts(filmed(3, 20, (0.0, 0.15)), filmed(3, 20, (0.0, -0.15))) == (20,)


def test_cuts_are_counted_once_each() -> None:
    tally = Tally()
    tally.add((10, 21, 40), (10, 20, 30), near=1)
    assert (tally.right, tally.wrong, tally.missed) == (2, 1, 1)
    assert tally.recall == pytest.approx(2 / 3)
    assert tally.precision == pytest.approx(2 / 3)


def test_a_splice_knows_its_cuts_and_those_its_clips_have() -> None:
    shots = {name: tuple(np.full((2, 2, 3), 80 * n, np.uint8) for _ in range(60)) for n, name in enumerate("abc")}
    own = {"a": (40,), "b": (), "c": ()}
    marked = {**shots, "a": tuple(p if n < 40 else p + np.uint8(7) for n, p in enumerate(shots["a"]))}
    pictures, truth = splice(marked, own, seed=4)
    levels = [int(p[0, 0, 0]) for p in pictures]
    assert truth == tuple(n for n in range(1, len(levels)) if levels[n] != levels[n - 1])
    assert {0, 7, 80, 160} == set(levels)
