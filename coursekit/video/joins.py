"""Colour on both sides of a cut between two views of the same scene.

Only where both sides show the same things can their colours be compared. SIFT finds those things, whatever the size of
the view and its colours; other scenes, slides and inserts share no more than five places by chance, two views of one
scene share dozens. The colours are then compared at those places and nowhere else, so a different choice of what is
in the picture counts for nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.facts import JoinDifference, JoinFacts
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals

_BESIDE = 2
"""Frames from the cut at which both sides are looked at: the very last one may be a blend."""
_MIN_MATCHES = 10
_MIN_APART_S = 0.4
_SINGLE = 2.0
"""A cut changes the picture that many times more than the frames beside it do."""
_STEP_LEVELS = 1.2
_STEP_PCT = 2.5
_EMIT_DELTA_E = 1.0
_MAX_KEPT = 120


@dataclass(slots=True)
class _View:
    """A small picture with its time, kept for a few frames."""

    row: int
    time_s: float
    y: Picture
    colour: Picture
    change: float
    alive: float


class JoinsMeter:
    """Fills `VideoFacts.joins`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._recent: deque[_View] = deque(maxlen=8)
        self._waiting: list[int] = []
        self._cuts_seen = 0
        self._looked = 0
        self._same: list[float] = []
        self._last_s = float("-inf")
        self._found: list[JoinDifference] = []
        self._areas: npt.NDArray[np.float64] | None = None
        self._usual = 0.0

    def feed(self, frame: Frame) -> None:
        """Remember the picture, and compare both sides of a cut once its far side is here."""
        row = len(self._signals) - 1
        last = self._signals.last
        assert last is not None
        self._recent.append(_View(row, frame.time_s, frame.small, frame.colour, last.change, last.alive))
        cuts = self._signals.sudden
        self._waiting += cuts[self._cuts_seen :]
        self._cuts_seen = len(cuts)
        if self._step() and row not in self._waiting:
            self._waiting.append(row)
        for cut in [c for c in self._waiting if row >= c + _BESIDE]:
            self._waiting.remove(cut)
            self._compare(cut)

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A shot is known by its last pictures before the gap; small steps cannot be told from movement across it."""
        if not static:
            self._areas = None

    def finish(self) -> JoinFacts:
        """The strongest differences, in order of time."""
        kept = sorted(self._found, key=lambda d: -d.delta_e)[:_MAX_KEPT]
        return JoinFacts(
            cuts=self._looked,
            same_scene=len(self._same),
            same_scene_s=tuple(self._same[:500]),
            differences=tuple(sorted(kept, key=lambda d: d.time_s)),
        )

    def _step(self) -> bool:
        """A cut too gentle for the cut detector: all areas change colour or brightness alike, at one blow."""
        areas = self._signals.last_areas
        before, self._areas = self._areas, areas
        if before is None:
            return False
        step = areas - before
        step[0] *= 100 / np.maximum(before[0] - 16, 20)
        middle = np.median(step, axis=1)
        size = float(max(np.hypot(middle[1], middle[2]) / _STEP_LEVELS, abs(middle[0]) / _STEP_PCT))
        usual, self._usual = self._usual, 0.9 * self._usual + 0.1 * min(size, 1.0)
        if size < 1 or size < 4 * usual:
            return False
        lead = step[0] * middle[0] if abs(middle[0]) / _STEP_PCT >= 1 else step[1] * middle[1] + step[2] * middle[2]
        whole = middle[0] ** 2 if abs(middle[0]) / _STEP_PCT >= 1 else middle[1] ** 2 + middle[2] ** 2
        return bool(np.mean(lead > 0.4 * whole) >= 0.75)

    def _compare(self, cut: int) -> None:
        first = next((v for v in reversed(self._recent) if v.row == cut - _BESIDE), None)
        second = next((v for v in self._recent if v.row == cut + _BESIDE), None)
        at = next((v for v in self._recent if v.row == cut), None)
        if first is None or second is None or at is None or at.time_s - self._last_s < _MIN_APART_S:
            return
        beside = [v for v in self._recent if 0 < abs(v.row - cut) <= _BESIDE and v.change == v.change]
        # In a dissolve every frame differs from the last as much as this one does.
        if at.change < _SINGLE * max((v.change for v in beside), default=0.0):
            return
        self._last_s = at.time_s
        self._looked += 1
        places = self._matcher.places(first.y, second.y)
        if places is None:
            return
        self._same.append(round(at.time_s, 6))
        alive = min(max((v.alive for v in beside if (v.row < cut) == early), default=0.0) for early in (True, False))
        difference = compare_colours(first, second, *places, at.time_s, alive)
        if difference is not None and difference.delta_e >= _EMIT_DELTA_E:
            self._found.append(difference)
            if len(self._found) > 4 * _MAX_KEPT:
                self._found = sorted(self._found, key=lambda d: -d.delta_e)[:_MAX_KEPT]

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher()


class Matcher:
    """Finds the same places in two pictures."""

    def __init__(self) -> None:
        self._sift: Any = cv2.SIFT_create(nfeatures=300, contrastThreshold=0.03)  # type: ignore[attr-defined]
        self._match: Any = cv2.BFMatcher()

    def places(self, first: Picture, second: Picture) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
        """Points in the first and in the second picture; None where they do not show the same scene."""
        points_a, words_a = self._sift.detectAndCompute(first, None)
        points_b, words_b = self._sift.detectAndCompute(second, None)
        if words_a is None or words_b is None or min(len(points_a), len(points_b)) < _MIN_MATCHES:
            return None
        pairs = [
            pair[0]
            for pair in self._match.knnMatch(words_a, words_b, k=2)
            if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance
        ]
        if len(pairs) < _MIN_MATCHES:
            return None
        a = np.array([points_a[p.queryIdx].pt for p in pairs], dtype=np.float32)
        b = np.array([points_b[p.trainIdx].pt for p in pairs], dtype=np.float32)
        _, inlier = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=3)
        if inlier is None or int(inlier.sum()) < _MIN_MATCHES:
            return None
        fits = inlier[:, 0] == 1
        return a[fits], b[fits]


def compare_colours(
    first: _View,
    second: _View,
    a: npt.NDArray[np.float32],
    b: npt.NDArray[np.float32],
    time_s: float,
    alive: float,
) -> JoinDifference | None:
    """How the colours at the same places differ."""
    patch_a, patch_b = _patches(first, a), _patches(second, b)
    # Blown highlights and blacks say nothing of exposure.
    usable = np.all((patch_a > 8) & (patch_a < 247) & (patch_b > 8) & (patch_b < 247), axis=1)
    if usable.sum() < _MIN_MATCHES:
        return None
    lab_a, lab_b = _lab(patch_a[usable]), _lab(patch_b[usable])
    shift = lab_b - lab_a
    middle = np.median(shift, axis=0)
    distance = float(np.linalg.norm(middle))
    # Exposure and white balance are gains: they move a bright or colourful place further than a grey one.
    some, other = patch_a[usable] + 4, patch_b[usable] + 4
    expected = np.clip(some * np.exp(np.median(np.log(other / some), axis=0)) - 4, 0, 255)
    agree = float(np.mean(np.linalg.norm(lab_b - _lab(expected), axis=1) < max(5.0, 0.75 * distance)))
    ycc_a, ycc_b = _ycc(patch_a[usable]), _ycc(patch_b[usable])
    bright = float(np.median(np.log((ycc_b[:, 0] + 4) / (ycc_a[:, 0] + 4))))
    spread_a, spread_b = float(np.std(ycc_a[:, 0])), float(np.std(ycc_b[:, 0]))
    colour = np.median(ycc_b[:, 1:] - ycc_a[:, 1:], axis=0)
    return JoinDifference(
        time_s=round(time_s, 6),
        matches=int(usable.sum()),
        agree=round(agree, 2),
        brightness_pct=round((float(np.exp(bright)) - 1) * 100, 1),
        contrast_pct=round((spread_b / max(spread_a, 1.0) - 1) * 100, 1),
        colour_levels=round(float(np.hypot(*colour)), 2),
        delta_e=round(distance, 2),
        alive=round(alive, 3),
        moved_pct=round(float(np.median(np.hypot(*(b - a).T))) / first.y.shape[1] * 100, 2),
        before_s=round(first.time_s, 6),
        after_s=round(second.time_s, 6),
    )


def _patches(view: _View, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    soft = cv2.blur(view.colour, (3, 3))
    height, width = soft.shape[:2]
    scale = np.array([width / view.y.shape[1], height / view.y.shape[0]])
    at = np.clip((points * scale).astype(int), 0, [width - 1, height - 1])
    return np.asarray(soft[at[:, 1], at[:, 0]], dtype=np.float32)


def _lab(bgr: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor((bgr / 255)[None], cv2.COLOR_BGR2Lab)[0], dtype=np.float32)


def _ycc(bgr: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor((bgr / 255)[None], cv2.COLOR_BGR2YCrCb)[0] * 255, dtype=np.float32)
