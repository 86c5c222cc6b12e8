"""Cuts, found by PySceneDetect's own detector on the pictures of the shared decode.

AdaptiveDetector compares each frame's difference with its neighbours', so a fast pan is no cut; it is what the
`scenedetect` command uses by default. It is fed with the small pictures here and never opens the file itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2

from coursekit.video.meter import Picture

if TYPE_CHECKING:
    from scenedetect import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector

_MIN_SCENE_S = 0.32
"""The detector's own 0.6 s lets a jerk of a hand-held camera hide a cut that follows within that time: of 45 controlled
cuts between eight clips it cost two."""
MIN_CONTENT = 15.0
"""AdaptiveDetector's own least difference of a cut. With 25 the precision over 75 controlled cuts rose from 0.91 to
0.95, but of the cuts between two cameras on one scene five of fourteen were lost."""


def content_step(before: Picture, after: Picture) -> float:
    """How far two pictures (blue-green-red) are apart, as AdaptiveDetector counts it."""
    return _apart(cv2.cvtColor(before, cv2.COLOR_BGR2HSV), cv2.cvtColor(after, cv2.COLOR_BGR2HSV))


def _apart(before: Any, after: Any) -> float:
    return float(sum(cv2.mean(cv2.absdiff(before, after))[:3]) / 3)


class _Score:
    """The detector's own score of a picture, counted by OpenCV: the same figure for a third of the time."""

    def __init__(self) -> None:
        self._before: Any = None

    def __call__(self, timecode: FrameTimecode, picture: Picture) -> float:
        before, self._before = self._before, cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
        return 0.0 if before is None else _apart(before, self._before)


class CutFinder:
    """Numbers of the first frame after each cut."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._count = 0
        self._cuts: list[int] = []
        self._detector: AdaptiveDetector | None = None

    def feed(self, colour: Picture) -> None:
        """Take the next picture, blue-green-red."""
        if self._detector is None:
            from scenedetect.detectors import AdaptiveDetector

            self._detector = AdaptiveDetector(min_scene_len=max(1, round(self._rate * _MIN_SCENE_S)))
            self._detector._calculate_frame_score = _Score()
        self._take(self._detector.process_frame(self._timecode(), colour))
        self._count += 1

    def skip(self) -> None:
        """A picture that shows what the last one showed."""
        self._count += 1

    def add(self, number: int) -> None:
        """A cut that is known from elsewhere."""
        if number > (self._cuts[-1] if self._cuts else 0):
            self._cuts.append(number)

    def restart(self) -> None:
        """Forget the last picture: the next one is not its neighbour."""
        if self._detector is not None:
            self._take(self._detector.post_process(self._timecode()))
            self._detector = None

    def finish(self) -> tuple[int, ...]:
        """All cuts found."""
        self.restart()
        return tuple(c for c in self.found if c < self._count)

    @property
    def found(self) -> tuple[int, ...]:
        """Cuts known by now, in order."""
        return tuple(self._cuts)

    def _timecode(self) -> FrameTimecode:
        from scenedetect import FrameTimecode

        return FrameTimecode(self._count, self._rate)

    def _take(self, cuts: list[FrameTimecode]) -> None:
        self._cuts += [c.frame_num for c in cuts if c.frame_num > (self._cuts[-1] if self._cuts else 0)]
