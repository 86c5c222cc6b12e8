"""Cuts, found by PySceneDetect's own detector on the pictures of the shared decode.

AdaptiveDetector compares each frame's difference with its neighbours', so a fast pan is no cut; it is what the
`scenedetect` command uses by default. It is fed with the small pictures here and never opens the file itself.

What it proposes is looked at once more, for it knows how much changed and not what. A keyframe that redraws a poor
picture, a tape that loses its hold, a page scrolled by a wheel and a camera that is knocked show on both sides the same
view, if a little shifted; and from one black to another its hues leap though nobody sees anything. Those are no cuts.
They stay sudden changes all the same, across which no movement can be followed and no rate counted.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.meter import Picture

Details = npt.NDArray[np.float32]

_MIN_SCENE_S = 0.32
"""The detector's own 0.6 s lets a jerk of a hand-held camera hide a cut that follows within that time: of 45 controlled
cuts between eight clips it cost two."""
MIN_CONTENT = 15.0
"""AdaptiveDetector's own least difference of a cut. With 25 the precision over 75 controlled cuts rose from 0.91 to
0.95, but of the cuts between two cameras on one scene five of fourteen were lost."""
_WINDOW = 2
"""Pictures on each side that AdaptiveDetector compares with: it tells a cut when so many have followed."""
_SEEN = 3.0
"""Mean difference of blue, green and red, levels. Proposed between two near blacks: 1.0 and 2.3; of 1500 pairs of
pictures of different clips, black ones among them, one had less, 2.7."""
_SAME_VIEW = 0.8
"""Correlation of the details of both sides where they fit best. Proposed inside one view: 0.83–0.98 (16 places in 3
clips); at 36 real cuts 0.26 at most, over those 1500 pairs 0.3; between two cameras of which one sees a quarter less
of the same scene 0.56, and 0.74 over a board with hardly a thing on it."""
_DETAIL = 0.5
"""Deviation of the details, levels: with less there is nothing to compare."""
_REACH = 0.2
"""Of width and height: how far the view may have shifted."""
_RETURNS_S = 1.0
"""So soon after a change within one view that view may come back at one blow too, as when a tape loses its hold."""
_COARSE_PX = 4.0
"""Deviation of the blur that takes the details away."""


def content_step(before: Picture, after: Picture) -> float:
    """How far two pictures (blue-green-red) are apart, as AdaptiveDetector counts it."""
    return _apart(cv2.cvtColor(before, cv2.COLOR_BGR2HSV), cv2.cvtColor(after, cv2.COLOR_BGR2HSV))


def _apart(before: Any, after: Any) -> float:
    return float(sum(cv2.mean(cv2.absdiff(before, after))[:3]) / 3)


def is_cut(before: Picture, after: Picture) -> bool:
    """Whether two pictures (blue-green-red) that differ much show different views."""
    if sum(cv2.mean(cv2.absdiff(before, after))[:3]) / 3 < _SEEN:
        return False
    one, other = _details(before), _details(after)
    height, width = other.shape
    y, x = round(height * _REACH), round(width * _REACH)
    middle = np.ascontiguousarray(other[y : height - y, x : width - x])
    if min(float(np.std(one)), float(np.std(middle))) < _DETAIL:
        return True
    return cv2.minMaxLoc(cv2.matchTemplate(one, middle, cv2.TM_CCOEFF_NORMED))[1] < _SAME_VIEW


def _details(picture: Picture) -> Details:
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _COARSE_PX), dtype=np.float32)


class CutFinder:
    """Numbers of the first frame after each cut, and after each sudden change of any kind."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._shortest = max(1, round(rate * _MIN_SCENE_S))
        self._count = 0
        self._cuts: list[int] = []
        self._sudden: list[int] = []
        self._before: Any = None
        """The newest picture: hue, saturation, value."""
        self._scores: deque[tuple[int, float]] = deque(maxlen=2 * _WINDOW + 1)
        """Number and score of the newest pictures."""
        self._begun = self._calm = 0
        """Where the scene in hand begins as far as is known, and where nothing sudden has happened since."""
        self._shown: deque[Picture] = deque(maxlen=_WINDOW + 2)
        self._left: tuple[int, Picture] | None = None
        """The newest change that was no cut, and the picture before it."""

    def feed(self, colour: Picture) -> None:
        """Take the next picture, blue-green-red."""
        before, self._before = self._before, cv2.cvtColor(colour, cv2.COLOR_BGR2HSV)
        if before is None:
            self._begun = self._calm = self._count
        # The detector's own score of a picture, counted by OpenCV: the same figure for a third of the time.
        self._scores.append((self._count, 0.0 if before is None else _apart(before, self._before)))
        self._shown.append(colour)
        self._count += 1
        if len(self._scores) == self._scores.maxlen:
            number, score = self._scores[_WINDOW]
            # What the detector turns down for its least difference it need not be asked about.
            if score >= MIN_CONTENT and self._proposed():
                self._weigh(number)

    def _proposed(self) -> bool:
        """Whether the detector takes the picture in the middle of those whose scores are at hand for a cut."""
        from scenedetect import FrameTimecode
        from scenedetect.detectors import AdaptiveDetector

        # How close cuts may follow each other is counted here: a proposal that is turned down must hide no cut.
        detector = AdaptiveDetector(min_scene_len=1, min_content_val=MIN_CONTENT, window_width=_WINDOW)
        scores = iter(self._scores)
        detector._calculate_frame_score = lambda timecode, picture: next(scores)[1]
        picture = self._shown[-1]
        return any(detector.process_frame(FrameTimecode(number, self._rate), picture) for number, _ in self._scores)

    def skip(self, count: int) -> None:
        """So many pictures that show what the last one showed."""
        self._count += count

    def add(self, number: int) -> None:
        """A cut that is known from elsewhere."""
        for known in (self._cuts, self._sudden):
            if number > (known[-1] if known else 0):
                known.append(number)

    def restart(self) -> None:
        """Forget the last picture: the next one is not its neighbour."""
        self._before = self._left = None
        self._scores.clear()
        self._shown.clear()

    @property
    def cuts(self) -> tuple[int, ...]:
        """Cuts known by now, in order; one is known two frames after it."""
        return tuple(self._cuts)

    @property
    def sudden(self) -> tuple[int, ...]:
        """Cuts, and sudden changes within one view."""
        return tuple(self._sudden)

    def _weigh(self, number: int) -> None:
        # The detector is `_WINDOW` pictures behind: the first of those kept is the last one before the change.
        before, after = self._shown[0], self._shown[1]
        other = is_cut(before, after)
        if other and self._left and number - self._left[0] <= self._rate * _RETURNS_S:
            other = is_cut(self._left[1], after)
        if not other:
            self._left = (number, before)
        if other and number - self._begun >= self._shortest:
            self.add(number)
            self._begun = self._calm = number
        elif number - self._calm >= self._shortest:
            self._sudden.append(number)
            self._calm = number
