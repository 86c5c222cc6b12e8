"""Colour on both sides of a cut between two views of the same scene.

Only where both sides show the same things can their colours be compared. SIFT finds those things, whatever the size of
the view and its colours; other scenes, slides and inserts share no more than five places by chance, two views of one
scene share dozens. The colours are then compared at those places and nowhere else, so a different choice of what is
in the picture counts for nothing.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.facts import JoinDifference, JoinFacts
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals, likeness

_BESIDE = 2
"""Frames from the cut at which both sides are looked at: the very last one may be a blend."""
_MIN_MATCHES = 10
_REMEMBERED = 6
"""Pictures whose points are kept: both sides of two steps and what came since."""
_MIN_APART_S = 0.4
_SINGLE = 2.0
"""A cut changes the picture that many times more than the frames beside it do."""
_STEP_LEVELS = 1.2
_STEP_PCT = 2.5
_EMIT_DELTA_E = 1.0
_MAX_SCALE = 4.0
"""Two cameras in one room do not differ more in size; places that all fall on one spot fit any view."""
_STAYS_PCT = 1.0
"""Places that lie no further apart, % of the width: the camera is the same."""
_HOLDS_S = 0.4
"""A shot lasts: what was there before a cut is not there again so soon."""
_DOUBT_DELTA_E = 3.0
"""From there on it is worth waiting for: colours are asked about from 4 on. Over 217 clips and lessons three steps lay
at 1.5–3 and would be waited for at half of it for nothing; three at 3–6 would be left at twice."""
_GONE = 0.5
"""Share of the difference in colour that must last. Of steps of exposure and white balance that stayed 0.98–1.02 was
left 0.4 s later, of flashes that passed 0.01–0.02: half of it tells the same, at twice as much no step would last."""
_PARTS = (6, 4)
_MIN_PARTS = 6
_PART_ALIKE = 0.8
"""Correlation of a part with itself before: less, and something passed through it."""
_FOLLOWS = 0.3
"""A part follows the tone curve if it is no further from it than this share of the usual difference. With steps put on
eight clips 73–100 % of the parts did, where a ceiling lamp went on or off 29–52 %."""
_MAX_KEPT = 120
_LIVES = 0.1
"""Share of the picture that must change from one frame to the next for it to live. Colours are asked about from 0.15
on, where a picture stood still from 0.2."""
_LIVED, _LIVED_OF = 6, 12
"""So many of so many frames in a row must have lived for a shot to have lived: a slide is polished once or twice."""


@dataclass(slots=True)
class _View:
    """A small picture with its time, kept for a few frames."""

    row: int
    time_s: float
    y: Picture
    colour: Picture
    change: float
    alive: float


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A difference that must last, with the pictures on both sides of it."""

    before: _View
    after: _View
    found: JoinDifference

    def due(self, now: _View) -> bool:
        """Whether it has lasted."""
        return now.time_s - self.found.time_s >= _HOLDS_S


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
        self._doubts: list[_Doubt] = []
        self._areas: npt.NDArray[np.float64] | None = None
        self._usual = 0.0
        self._alive: deque[bool] = deque(maxlen=_LIVED_OF)
        """Of the newest frames in a row, which lived."""
        self._lived = False
        """Whether anything has lived since the last cut."""

    def feed(self, frame: Frame) -> None:
        """Remember the picture, and compare both sides of a cut once its far side is here."""
        row = len(self._signals) - 1
        last = self._signals.last
        assert last is not None
        view = _View(row, frame.time_s, frame.small, frame.colour, last.change, last.alive)
        self._recent.append(view)
        self._alive.append(view.alive >= _LIVES)
        self._lived = self._lived or sum(self._alive) >= _LIVED
        self._settle(view)
        cuts = self._signals.sudden
        self._waiting += cuts[self._cuts_seen :]
        self._cuts_seen = len(cuts)
        if self._step() and row not in self._waiting:
            self._waiting.append(row)
        for cut in [c for c in self._waiting if row >= c + _BESIDE]:
            self._waiting.remove(cut)
            self._compare(cut)

    @property
    def in_doubt(self) -> bool:
        """Whether colours stepped a moment ago and have yet to last."""
        return any(d.found.delta_e >= _DOUBT_DELTA_E for d in self._doubts)

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A shot is known by its last pictures before the gap; small steps cannot be told from movement across it."""
        # What has lived has, though it stands still by now; what stands still tells nothing of what comes next to it.
        self._alive.clear()
        if not static:
            self._areas = None
            self._settle(None)

    def finish(self) -> JoinFacts:
        """The strongest differences, in order of time."""
        self._settle(None)
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
        # The median, without the checks that cost NumPy's own ten times as long.
        ranked, half = np.sort(step, axis=1), step.shape[1] // 2
        middle = [(float(row[half - 1]) + float(row[half])) / 2 for row in ranked]
        size = max(math.hypot(middle[1], middle[2]) / _STEP_LEVELS, abs(middle[0]) / _STEP_PCT)
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
        alive = min(max((v.alive for v in beside if (v.row < cut) == early), default=0.0) for early in (True, False))
        lived, self._lived = self._lived, False
        self._alive.clear()
        if alive < _LIVES and not lived:
            # A slide, whose colours are nobody's fault; nor did anything stop that could go on here.
            return
        places = self._matcher.places(first.y, second.y)
        if places is None:
            return
        self._same.append(round(at.time_s, 6))
        difference = compare_colours(first, second, *places, at.time_s, alive)
        if difference is not None and difference.delta_e >= _EMIT_DELTA_E:
            self._doubts.append(_Doubt(first, second, difference))

    def _settle(self, now: _View | None) -> None:
        """Differences that have lasted are kept; None: there is nothing more to compare them with."""
        open_, self._doubts = self._doubts, []
        for doubt in open_:
            if now is not None and self._back(doubt, now):
                continue
            if now is not None and not doubt.due(now):
                self._doubts.append(doubt)
                continue
            self._found.append(doubt.found)
        if len(self._found) > 4 * _MAX_KEPT:
            self._found = sorted(self._found, key=lambda d: -d.delta_e)[:_MAX_KEPT]

    def _back(self, doubt: _Doubt, now: _View) -> bool:
        """Whether what was there before the cut is there again."""
        before, found = doubt.before, doubt.found
        moved = found.moved_pct >= _STAYS_PCT
        if not (likeness(now.y, before.y) > likeness(now.y, doubt.after.y) if moved else doubt.due(now)):
            return False
        places = self._matcher.places(before.y, now.y)
        if places is None or _moved_pct(before, *places) >= _STAYS_PCT:
            return False
        if moved:
            return True
        left = compare_colours(before, now, *places, now.time_s, now.alive)
        return left is not None and left.delta_e < _GONE * found.delta_e

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher()


class Matcher:
    """Finds the same places in two pictures."""

    def __init__(self) -> None:
        self._sift: Any = cv2.SIFT_create(nfeatures=300, contrastThreshold=0.03)  # type: ignore[attr-defined]
        self._match: Any = cv2.BFMatcher()
        self._known: OrderedDict[int, tuple[Picture, Any]] = OrderedDict()

    def places(self, first: Picture, second: Picture) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
        """Points in the first and in the second picture; None where they do not show the same scene."""
        (points_a, words_a), (points_b, words_b) = self._points(first), self._points(second)
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
        fit, inlier = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=3)
        if inlier is None or int(inlier.sum()) < _MIN_MATCHES:
            return None
        if not 1 / _MAX_SCALE <= float(np.hypot(fit[0, 0], fit[1, 0])) <= _MAX_SCALE:
            return None
        fits = inlier[:, 0] == 1
        return a[fits], b[fits]

    def _points(self, picture: Picture) -> Any:
        """The picture before a step is compared with every one after it, until the step has lasted."""
        key = id(picture)
        if key not in self._known:
            # With the picture itself: as long as it is kept no other can have its number.
            self._known[key] = picture, self._sift.detectAndCompute(picture, None)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key][1]


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
    moved_pct = _moved_pct(first, a, b)
    return JoinDifference(
        time_s=round(time_s, 6),
        matches=int(usable.sum()),
        agree=round(agree, 2),
        brightness_pct=round((float(np.exp(bright)) - 1) * 100, 1),
        contrast_pct=round((spread_b / max(spread_a, 1.0) - 1) * 100, 1),
        colour_levels=round(float(np.hypot(*colour)), 2),
        delta_e=round(distance, 2),
        alive=round(alive, 3),
        moved_pct=round(moved_pct, 2),
        before_s=round(first.time_s, 6),
        after_s=round(second.time_s, 6),
        even=_even(first.colour, second.colour) if moved_pct < _STAYS_PCT else None,
    )


def _moved_pct(first: _View, a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(np.median(np.hypot(*(b - a).T)) / first.y.shape[1] * 100)


def _even(first: Picture, second: Picture) -> float | None:
    """Share of the parts of a view that stays that follow one tone curve."""
    levels, ratios = [], []
    columns, rows = _PARTS
    height, width = first.shape[:2]
    before, after = (cv2.GaussianBlur(p, (0, 0), 1.5).astype(np.float32) for p in (first, second))
    for row in range(rows):
        for column in range(columns):
            part = np.s_[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            one, other = before[part].reshape(-1, 3), after[part].reshape(-1, 3)
            usable = np.all((one > 8) & (one < 247) & (other > 8) & (other < 247), axis=1)
            if np.mean(usable) < 0.5:
                continue
            one, other = one[usable] + 4, other[usable] + 4
            grey = one.mean(axis=1) - one.mean(), other.mean(axis=1) - other.mean()
            size = float(np.linalg.norm(grey[0]) * np.linalg.norm(grey[1]))
            if float(np.dot(*grey)) < _PART_ALIKE * size or size == 0:
                continue
            levels.append(np.median(np.log(one), axis=0))
            ratios.append(np.median(np.log(other / one), axis=0))
    if len(levels) < _MIN_PARTS:
        return None
    level, ratio = np.array(levels), np.array(ratios)
    off = np.stack([_off_line(level[:, c], ratio[:, c]) for c in range(3)], axis=1)
    usual = float(np.median(np.linalg.norm(ratio, axis=1)))
    return round(float(np.mean(np.linalg.norm(off, axis=1) < _FOLLOWS * usual)), 2)


def _off_line(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Distances from the line that three quarters of the points follow: gain and gamma are a line over logarithms."""
    off = np.zeros(len(x))
    for _ in range(3):
        near = np.abs(off) <= np.percentile(np.abs(off), 75)
        off = y - np.polyval(np.polyfit(x[near], y[near], 1), x)
    return off


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
