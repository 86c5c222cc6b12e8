"""How much detail a picture really holds, whatever its size says.

On the liveliest tiles of a full-size picture the spectrum along and across is compared with that of ideal edges, which
falls with the square of frequency. Where it has fallen a further 7.5 dB, the detail ends: pictures blown up from 360 or
480 lines to 1080 end at 0.33–0.37 and 0.40–0.47 of the band at any sensible rate of compression, real ones at 0.6 and
more. Edge width and re-blurring were tried on paper and passed over: both follow contrast and the encoder's softening
as much as they follow size.

Per tile, then the middle tile, and the middle one once more with no row of tiles counting for more than a usual one: a
sharp caption over a soft picture does not vouch for it. Subtitles are the liveliest of all; with every tile counting
alike they raised four clips enlarged from 360 and 480 lines from 0.31–0.48 to 0.38–0.57, and so to 0.31–0.49.

A lens that draws one thing sharp before a ground out of focus gives a middle tile like an enlarged picture (0.35–0.55).
But in an enlarged one no tile is as fine as its pixels, in a shallow one some are, whole ones: 0.06 of the tiles looked
at, against 0.03 at most in pictures enlarged from 480 lines or blurred, with grain laid over them too. Rows of tiles
that hold most of these are left out of this count, for a line of subtitles or a title is fine as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.facts import ClarityFacts, SoftSpan
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals

_EVERY_S = 2.0
_TILE = 64
_MAX_TILES = 48
_MIN_TILES = 6
_MIN_ACTIVITY = 1.2
"""Mean difference of pixels four apart, in levels: fainter tiles hold no detail to judge."""
_FALL = -0.75
_BANDS = np.array([0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
_HALF_BAND = 0.045
_DEEP = slice(2, 4)
_DEEP_FALL = -0.85
_DEEP_DETAIL = 0.15
"""Rows 2 and 3 of the spectrum, 0.06–0.09 of the band. Blur of five pixels and more takes away the reference as well;
then it is what lies below that tells. Without that look such pictures read as perfectly sharp, because nothing but
rounding is left above."""
_ONE_SIDED = 2.5
"""Where one direction reads so many times finer than the other, the finer one holds rounding and grain, no lines.
Choosing for each direction the tiles with most energy in it was tried instead: it named enlarged pictures more surely
(0.34–0.48 against 0.43–0.49 from 480 lines), but called sound talking heads soft (0.38 for 0.8)."""
_FINE = slice(5, 9)
"""0.5–0.65 of the band: where what was blown up from 480 lines to 1080 holds nothing."""
_LETTERED = 0.2
"""Share of the height that lines of letters may take."""
_BEST = 85
_SOFT = 0.6
"""Of the stream's best: below it a sample counts as soft."""
_MIN_SOFT_S = 4.0

_WINDOW = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
_FREQUENCY = np.arange(_TILE // 2 + 1) / (_TILE / 2)
_REFERENCE = (_FREQUENCY >= 0.1) & (_FREQUENCY <= 0.2)
_PICK = np.stack([np.abs(_FREQUENCY - band) <= _HALF_BAND for band in _BANDS]).astype(np.float64)
_PICK /= _PICK.sum(axis=1, keepdims=True)
_EDGE_LAW = 2 * np.log10(np.maximum(_FREQUENCY, 1e-3) / 0.15)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detail:
    """Detail of one picture: where its spectrum ends, 1 = as fine as its pixels."""

    across: float
    """Along the rows: fine upright lines."""
    along: float
    """Along the columns: fine level lines."""
    blocking: float
    """Steps at the 8 × 8 grid over steps elsewhere: 1 where there is no grid."""
    focused: float = 0.0
    """Share of the tiles looked at that are fine along and across, but for the rows with most of them."""

    @property
    def ratio(self) -> float:
        """Both directions."""
        low, high = sorted((self.across, self.along))
        return low if high > _ONE_SIDED * low else (low + high) / 2


class ClarityMeter:
    """Fills `VideoFacts.clarity`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._info = info
        self._next_s = float("-inf")
        self._moved = 0.0
        self._samples: list[tuple[float, Detail | None]] = []

    def feed(self, frame: Frame) -> None:
        """Look at one picture every two seconds, and again only if something changed since."""
        row = self._signals.last
        assert row is not None
        self._moved += row.change if row.change == row.change else 99.0
        if frame.time_s >= self._next_s and not frame.damaged:
            self._look(frame.time_s, frame)

    def _look(self, time_s: float, frame: Frame) -> None:
        self._next_s = time_s + _EVERY_S
        if self._samples and self._moved < 0.5:
            self._samples.append((time_s, self._samples[-1][1]))
            return
        self._moved = 0.0
        self._samples.append((time_s, measure_detail(frame.luma)))

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A still picture keeps its detail."""
        shown = self._signals.shown
        while static and shown is not None and not shown.damaged and self._next_s <= end_s:
            self._look(max(self._next_s, start_s), shown)

    def finish(self) -> ClarityFacts:
        """Figures of the whole stream, and where it is softer than itself."""
        known = [(t, d) for t, d in self._samples if d is not None]
        if not known:
            return ClarityFacts(samples=len(self._samples), judged=0)
        ratios = np.array([d.ratio for _, d in known])
        best = float(np.percentile(ratios, _BEST))
        height = min(self._info.shown_px)
        return ClarityFacts(
            samples=len(self._samples),
            judged=len(known),
            detail=round(best, 3),
            detail_median=round(float(np.median(ratios)), 3),
            detail_across=round(float(np.percentile([d.across for _, d in known], _BEST)), 3),
            detail_along=round(float(np.percentile([d.along for _, d in known], _BEST)), 3),
            lines=round(best * height),
            blocking=round(float(np.median([d.blocking for _, d in known])), 3),
            focused=round(float(np.mean([d.focused for _, d in known])), 3),
            soft=self._soft(best),
        )

    def _soft(self, best: float) -> tuple[SoftSpan, ...]:
        spans: list[SoftSpan] = []
        group: list[tuple[float, float]] = []

        def close() -> None:
            if group and group[-1][0] + _EVERY_S - group[0][0] >= _MIN_SOFT_S:
                values = [r for _, r in group]
                spans.append(
                    SoftSpan(round(group[0][0], 6), round(group[-1][0], 6), round(float(np.median(values)), 3))
                )
            group.clear()

        for time_s, detail in self._samples:
            # Both directions must be soft: a view without level lines says nothing of focus.
            if detail is not None and max(detail.across, detail.along) < _SOFT * best:
                group.append((time_s, detail.ratio))
            elif detail is not None or (group and time_s - group[-1][0] > 3 * _EVERY_S):
                close()
        close()
        return tuple(spans[:200])


def measure_detail(luma: Picture) -> Detail | None:
    """Detail of a full-size picture; None where it holds nothing to judge by."""
    height, width = luma.shape[0] // _TILE * _TILE, luma.shape[1] // _TILE * _TILE
    if not height or not width:
        return None
    activity = _activity(np.ascontiguousarray(luma[:height:4, :width:4]), _TILE // 4).ravel()
    order = np.argsort(-activity, kind="stable")[: min(_MAX_TILES, max(_MIN_TILES, len(activity) // 6))]
    order = order[activity[order] >= _MIN_ACTIVITY]
    if len(order) < _MIN_TILES:
        return None
    per_row = width // _TILE
    block = np.stack(
        [
            luma[r * _TILE : (r + 1) * _TILE, c * _TILE : (c + 1) * _TILE]
            for r, c in ((int(n) // per_row, int(n) % per_row) for n in order)
        ]
    ).astype(np.float32)
    block -= block.mean(axis=(1, 2), keepdims=True)
    block *= _WINDOW
    row = order // per_row
    weight = _weights(np.bincount(row, minlength=height // _TILE))[row]
    across, along = (_fall(power, weight) for power in _spectra(block))
    fine = across.fine & along.fine
    return Detail(across.end, along.end, measure_blocking(luma), _focused(fine, row, height // _TILE))


def _weights(tiles: npt.NDArray[np.intp]) -> Floats:
    """Of a tile, for each row with so many of them: no row has more weight than the middle one of those that count."""
    counts = np.maximum(tiles, 1)
    return np.asarray(np.minimum(1.0, np.median(tiles[tiles > 0]) / counts))


def _focused(fine: npt.NDArray[np.bool_], row: npt.NDArray[np.intp], rows: int) -> float:
    most = np.sort(np.bincount(row[fine], minlength=rows))[::-1]
    return float(most[max(1, round(_LETTERED * rows)) :].sum()) / len(fine)


def _activity(coarse: Picture, tile: int) -> Floats:
    """Mean difference of neighbours along and across, for each tile."""
    across = cv2.absdiff(coarse[:, 1:], coarse[:, :-1])
    along = cv2.absdiff(coarse[1:], coarse[:-1])
    # Each pixel of the last column and of the last line has one neighbour less.
    sums = np.asarray(cv2.integral(cv2.copyMakeBorder(across, 0, 0, 0, 1, cv2.BORDER_CONSTANT, value=0)))
    sums = sums + cv2.integral(cv2.copyMakeBorder(along, 0, 1, 0, 0, cv2.BORDER_CONSTANT, value=0))
    rows = np.diff(sums[::tile, ::tile], axis=0)
    return np.asarray(np.diff(rows, axis=1) / tile**2)


def _spectra(block: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Power of each tile by frequency along its rows, where nearly nothing changes down the columns; and turned."""
    # OpenCV takes a fourth of NumPy's time. It packs real and imaginary parts side by side; the first and the last
    # column, which stand for a single frequency each, one below the other.
    squares = np.stack([cv2.dft(tile) for tile in block])
    squares *= squares
    narrow, half = _TILE // 8, _TILE // 2
    middle = squares[:, :, 1:-1:2] + squares[:, :, 2::2]
    rim = squares[:, :, [0, -1]]
    rim = np.concatenate([rim[:, :1], rim[:, 1:-1:2] + rim[:, 2::2], rim[:, -1:]], axis=1)
    across = np.empty((len(block), half + 1), np.float32)
    across[:, 1:-1] = middle[:, :narrow].sum(axis=1) + middle[:, -narrow:].sum(axis=1)
    across[:, [0, -1]] = rim[:, 0] + 2 * rim[:, 1:narrow].sum(axis=1) + rim[:, narrow]
    along = rim[:, :, 0] + middle[:, : half + 1, : narrow - 1].sum(axis=2)
    return across, along


@dataclass(frozen=True, slots=True)
class _Fall:
    """How the spectra of tiles fall in one direction."""

    end: float
    """Where that of the middle tile has fallen, as a share of the band."""
    fine: npt.NDArray[np.bool_]
    """Tiles that have not fallen in the upper half of it."""


def _fall(power: npt.NDArray[np.float32], weight: Floats) -> _Fall:
    excess = np.log10(power.astype(np.float64) + 1) + _EDGE_LAW
    reference = excess[:, _REFERENCE].mean(axis=1, keepdims=True)
    deep = reference[:, 0] - excess[:, _DEEP].mean(axis=1)
    curves = (excess - reference) @ _PICK.T
    fine = (curves[:, _FINE].mean(axis=1) > _FALL) & (deep > _DEEP_FALL)
    # Neither a row of lively letters speaks for the whole, nor a thing that stands in many rows.
    return _Fall(min(_end(deep, curves, w) for w in (np.ones_like(weight), weight)), fine)


def _end(deep: Floats, curves: Floats, weight: Floats) -> float:
    if float(_middle(deep[:, None], weight)[0]) < _DEEP_FALL:
        return _DEEP_DETAIL
    return _end_of_band(_middle(curves, weight))


def _middle(values: Floats, weight: Floats) -> Floats:
    """The median of each column, where half of the weight lies below."""
    order = np.argsort(values, axis=0)
    below = np.cumsum(weight[order], axis=0)
    rank = np.argmax(below >= below[-1] / 2, axis=0)
    return np.asarray(np.take_along_axis(values, np.take_along_axis(order, rank[None], axis=0), axis=0)[0])


def _end_of_band(curve: Floats) -> float:
    below = np.flatnonzero(curve < _FALL)
    # The band ends where the curve has fallen for good, not at a single dip of the content's own.
    for first in below:
        if np.all(curve[first : first + 3] < _FALL):
            if first == 0:
                return float(_BANDS[0])
            high, low = curve[first - 1], curve[first]
            return float(_BANDS[first - 1] + (high - _FALL) / (high - low) * (_BANDS[first] - _BANDS[first - 1]))
    return 1.0


def measure_blocking(luma: Picture) -> float:
    """How much stronger steps are at multiples of eight than elsewhere, along the rows."""
    rows = luma[4::16].astype(np.int16)
    steps = np.minimum(np.abs(np.diff(rows, axis=1)), 24).mean(axis=0, dtype=np.float64)
    usable = len(steps) // 8 * 8
    if usable < 64:
        return 1.0
    columns = steps[:usable].reshape(-1, 8).mean(axis=0)
    return float((columns[7] + 0.2) / (np.median(columns[:7]) + 0.2))
