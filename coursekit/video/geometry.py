"""Shape of the picture: bars that stay, what is left between them, and how broad its lettering stands.

How broad faces stand was tried and left out. A trained cascade of local binary patterns for frontal faces (the one that
scikit-image brings), run over a still made wider and narrower by 0.5–2, answers most at one breadth, and that breadth
follows a stretch. But people differ by as much: over 99 small portraits it had a deviation of 11 % (0.78–1.20 of the
median from the first to the last hundredth); over six heads as they are it was 0.67 (half turned), 0.92–0.99 (four, one
of them drawn) and 1.39 (smiling, inclined), where the four stretched by 20 % had 1.10–1.21 and by 33 % 1.21–1.32. A bar
of 1.25, which no portrait passed, tells a quarter of the portraits stretched by 20 %, three quarters of those stretched
by 33 %, and the smiling head as it is. A head hardly changes from still to still, so that more stills do not help; the
quarter of the portraits that it answers most to still have a deviation of 8 %.

Three traces of a picture resampled along one axis only were tried and left out as well. All of them would also be found
in what a camera stores at 1440 × 1080 and shows at 1920 × 1080, which is as it should be.
- Interpolation makes the second differences of rows periodic: in a telephone's clip made wider by 10–33 % that stood
  19–130 times above what is beside it, before coding. Coded by x264 at crf 23 and averaged over twenty intra pictures,
  of eight clips made wider by 20 % with cubic interpolation five had 0.2–1.1, as they have unchanged, and three of 768
  lines or less 2.4–5.1; with linear interpolation two had no more than unchanged. 130 pictures told no more than 8 did.
  What becomes 16:9 from 4:3 repeats every four pixels, as the coder's own blocks do.
- A picture made wider has less of the band left along its rows than along its columns: detail across over detail along
  fell to 0.72 with a widening by 33 %, at 2 Mbit/s as at crf 18. But of 17 recorded clips and 37 photographs as they
  are one in fifty had 0.33 and one in ten 0.55 (two telephones 0.67–0.81, plants, things that pass by): a bar with one
  false review in fifty told 2 %. The finest tiles of each direction alone, judged by what is left at 0.7–0.8 of the
  band, told 44 %, but nearly all of them photographs: four of the clips, one of which is all but the same unchanged.
- The blocks in which the recording itself was coded are broader than high afterwards. In places without detail their
  rims showed at the true width in six of 15 clips at crf 23, with a score of 2.5–3.9 (logarithms of how far three
  harmonics stand above what is beside them), and of 2.4 at most at 720 lines and 1 Mbit/s; of 37 clips as they are 14
  scored 2.3–3.8 at some width. One that was enlarged evenly by a half scored 3.7 across and 1.3 along.
"""

from __future__ import annotations

import cv2
import numpy as np

from coursekit.video.facts import GeometryFacts, LetteringFacts
from coursekit.video.lettering import WORK_PX, Line, find_lettering
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals

_EVERY_S = 2.0
_DARK = 24
_MIN_LIT = 0.05
_EXACT_PX = 3
_MOST_STILLS = 6
"""Looked through for letters, at a tenth of a second each, however long the lesson is."""
_OTHER_STILL = 2.0
"""Mean difference of two stills of 32 × 18, in levels, from which they show different things: slides of one template
with other lines differed by 1.3–5.8 (one pair in ten by less than 2.6), by a line more 0.8, by a pointer 0.1."""
_MIN_LINES = 2
_AGREE = 1 / 12
"""In Regular no line was farther than 7 % from the median of its face, in Bold one in ten was, by 12 % at most."""


class GeometryMeter:
    """Fills `VideoFacts.geometry`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._info = info
        self._signals = signals
        self._next_s = float("-inf")
        self._edges: list[tuple[int, int, int, int]] = []
        self._stills: list[tuple[Picture, Picture]] = []
        """Small, to tell one from another, and large enough to read."""
        self._still_s = float("-inf")
        self._still_step_s = _EVERY_S

    def feed(self, frame: Frame) -> None:
        """Look at one lit picture every two seconds."""
        row = self._signals.last
        assert row is not None
        if frame.time_s < self._next_s or row.lit < _MIN_LIT:
            return
        self._next_s = frame.time_s + _EVERY_S
        if frame.time_s >= self._still_s and not frame.damaged:
            self._keep_still(frame)
        small = frame.small
        # A line is dark when nearly all of it is: compressed bars have sparks along their edge.
        columns = np.partition(small, -max(1, small.shape[0] // 50), axis=0)[-max(1, small.shape[0] // 50)]
        rows = np.partition(small, -max(1, small.shape[1] // 50), axis=1)[:, -max(1, small.shape[1] // 50)]
        lit_x, lit_y = np.flatnonzero(columns > _DARK), np.flatnonzero(rows > _DARK)
        if len(lit_x) and len(lit_y):
            height, width = small.shape
            self._edges.append((int(lit_x[0]), int(lit_y[0]), int(width - 1 - lit_x[-1]), int(height - 1 - lit_y[-1])))

    def _keep_still(self, frame: Frame) -> None:
        fine = self._signals.fine
        if any(cv2.mean(cv2.absdiff(fine, other))[0] < _OTHER_STILL for other, _ in self._stills):
            return
        self._still_s = frame.time_s + self._still_step_s
        luma = frame.luma
        scale = min(1.0, WORK_PX / max(luma.shape))
        if scale < 1:
            luma = np.asarray(cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        self._stills.append((fine, luma.copy()))
        if len(self._stills) > _MOST_STILLS:
            # Every second one, and from now on half as many: they spread over the lesson however long it is.
            self._stills = self._stills[::2]
            self._still_step_s *= 2
            self._still_s = frame.time_s + self._still_step_s

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A still picture keeps its edges."""
        while static and self._edges and self._next_s <= end_s:
            self._edges.append(self._edges[-1])
            self._next_s += _EVERY_S

    def finish(self) -> GeometryFacts:
        """Bars that are there (nearly) always: the narrowest that one picture in fifty undercuts."""
        info = self._info
        width, height = info.small_px
        shown = info.display_px[0] / max(info.display_px[1], 1)
        if not self._edges:
            return GeometryFacts(info.sample_aspect, info.rotation_deg, (0.0, 0.0, 0.0, 0.0), 0.0, round(shown, 4))
        stored = info.shown_px[0] / max(info.shown_px[1], 1)
        edges = np.asarray(self._edges)
        bars = np.percentile(edges, 2, axis=0, method="lower")
        bars = np.where(bars >= _EXACT_PX, bars, 0)
        same = np.all(np.abs(edges - bars) <= _EXACT_PX, axis=1)
        left, top, right, bottom = (float(b) for b in bars)
        across, down = 1 - (left + right) / width, 1 - (top + bottom) / height
        return GeometryFacts(
            sample_aspect=info.sample_aspect,
            rotation_deg=info.rotation_deg,
            bars=(round(left / width, 4), round(top / height, 4), round(right / width, 4), round(bottom / height, 4)),
            bars_share=round(float(np.mean(same)), 3),
            active_aspect=round(shown * across / max(down, 1e-6), 4),
            lettering=_lettering([find_lettering(luma) for _, luma in self._stills], shown / stored),
        )


def _lettering(stills: list[list[Line]], widened: float) -> LetteringFacts | None:
    """`widened`: how much broader a pixel is shown than it is high."""
    told = [lines for lines in stills if len(lines) >= _MIN_LINES]
    if not told:
        return None
    breadths = np.array([line.breadth for lines in told for line in lines]) * widened
    usual = float(np.median(breadths))
    return LetteringFacts(
        stills=len(told),
        lines=len(breadths),
        breadth=round(usual, 3),
        agree=round(float(np.mean(np.abs(breadths / usual - 1) <= _AGREE)), 3),
    )
