"""Brightness and colour of the whole picture over time: flicker, photosensitive flashing, drift.

Twelve areas are looked at side by side. Light that pumps moves all of them by the same factor; something that moves
through the picture does not, so the middle of the twelve is followed and the others must agree with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from coursekit.video.facts import DriftSpan, FlashSpan, FlickerSpan, LightFacts
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.motion.shake import smooth, swinging, swings
from coursekit.video.signals import Signals

Floats = npt.NDArray[np.float64]

_WINDOW_S = 2.0
_HOP_S = 0.25
_SLOW_S = 0.4
"""Standard deviation of the Gaussian that stands for intended change: half power at 0.33 Hz."""
_MIN_SWINGS = 4
_EMIT_PCT = 0.4
_EMIT_LEVELS = 0.5
_MIN_AGREE = 0.5
_MOST_OF_RANGE = 2 * 2**0.5
"""A wave less its smoothed course lies within twice its range on either side (its ends are reflected), and so does its
standard deviation; times the root of two that is its strength at most."""
_FOOT = 12.0
"""Added to a brightness (0 = black) before its logarithm, so that the dark does not shout."""
_MIN_SHOT_S = 12.0
_EMIT_DRIFT = 2.0
_END_S = 2.0
_AT_ONCE = 32
"""Pictures in which flashes are looked for at once: 55 kB."""


class LightMeter:
    """Fills `VideoFacts.light`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._flashes = FlashCounter()
        self._red = FlashCounter("red", _RED_STEP, np.inf)
        self._times: list[float] = []
        self._fine: list[tuple[Picture, Picture, Picture]] = []

    def feed(self, frame: Frame) -> None:
        """Take the next decoded frame."""
        self._times.append(frame.time_s)
        self._fine.append((self._signals.fine, *self._signals.fine_colour))
        if len(self._fine) >= _AT_ONCE:
            self._count()

    def _count(self) -> None:
        """Flashes in the pictures at hand: many at once cost a fourth of what they cost one by one."""
        if not self._fine:
            return
        y, cb, cr = (np.stack(planes).reshape(len(self._fine), -1) for planes in zip(*self._fine, strict=True))
        self._flashes.feed(self._times, _LUMINANCE[y])
        self._red.feed(self._times, redness(y, cb, cr))
        self._times, self._fine = [], []

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """The signals note it."""
        if not static:
            self._count()
            self._flashes.forget()
            self._red.forget()

    def finish(self) -> LightFacts:
        """All candidate spans."""
        self._count()
        signals = self._signals
        times = signals.times
        breaks = (0, *signals.sudden, *(row for row, static in signals.gaps if not static), len(times))
        shots = [(a, b) for a, b in zip(sorted(set(breaks)), sorted(set(breaks))[1:], strict=False) if b - a > 8]
        bright = np.log(np.maximum(signals.areas(0) - 16, 0).astype(np.float64) + _FOOT) * 100
        flicker: list[FlickerSpan] = []
        drift: list[DriftSpan] = []
        for first, last in shots:
            part = slice(first, last)
            flicker += find_flicker(times[part], bright[part], "brightness", _EMIT_PCT)
            for plane in (1, 2):
                flicker += find_flicker(
                    times[part], signals.areas(plane)[part].astype(np.float64), "colour", _EMIT_LEVELS
                )
        # A slow change goes on while nobody looks, unless another scene comes meanwhile.
        turns = sorted({0, *signals.sudden, *signals.breaks, len(times)})
        for part in (slice(a, b) for a, b in pairwise(turns) if b - a > 8):
            drift += find_drift(
                times[part], tuple(signals.areas(p)[part].astype(np.float64) for p in range(3)), signals.thumbs
            )
        return LightFacts(
            flicker=tuple(sorted(flicker, key=lambda span: span.start_s)[:300]),
            flashes=(*self._flashes.finish(), *self._red.finish()),
            drift=tuple(drift[:300]),
        )


def find_flicker(times: npt.NDArray[np.float64], areas: Floats, kind: str, least: float) -> list[FlickerSpan]:
    """Spans of one shot in which the areas swing together. `areas`: frames × areas, in % or in levels."""
    if len(times) < 8:
        return []
    step = float(np.median(np.diff(times)))
    if step <= 0:
        return []
    common = np.cumsum(np.concatenate([[0.0], np.median(np.diff(areas, axis=0), axis=1)]))
    if _MOST_OF_RANGE * float(np.ptp(common)) < least:
        # A slide: nothing in it can swing that far, and nearly all of a lecture is such.
        return []
    quick = common - smooth(common[:, None], _SLOW_S / step)[:, 0]
    each = areas - smooth(areas, _SLOW_S / step)
    length, hop = max(8, round(_WINDOW_S / step)), max(1, round(_HOP_S / step))
    found: list[tuple[float, float, float, float, float]] = []
    reaches: dict[float, list[tuple[float, float]]] = {}
    for begin in range(0, max(1, len(times) - length + hop), hop):
        end = min(begin + length, len(times))
        if end - begin < length // 2:
            break
        wave = quick[begin:end]
        strength = float(np.sqrt(2) * np.std(wave))
        if strength < least:
            continue
        turns = swings(wave, 0.4 * strength)
        if len(turns) < _MIN_SWINGS:
            continue
        # One step up and back is a flash of light or a person passing; pumping comes again and again.
        lobes = np.sort(np.abs(wave[turns]))[::-1]
        if lobes[3] < 0.4 * lobes[0]:
            continue
        other = each[begin:end] - each[begin:end].mean(axis=0)
        agree = (
            other.T @ (wave - wave.mean()) / (np.linalg.norm(other, axis=0) * np.linalg.norm(wave - wave.mean()) + 1e-9)
        )
        share = float(np.mean(agree > 0.7))
        if share < _MIN_AGREE:
            continue
        freq = (len(turns) - 1) / 2 / max((turns[-1] - turns[0]) * step, step)
        found.append((float(times[begin]), float(times[end - 1] + step), strength, freq, share))
        reaches[found[-1][0]] = [(float(times[begin + row]), abs(float(wave[row]))) for row in turns]
    groups: list[list[tuple[float, float, float, float, float]]] = []
    for window in found:
        if groups and window[0] <= groups[-1][-1][1]:
            groups[-1].append(window)
        else:
            groups.append([window])
    ends = [
        swinging(g[0][0], g[-1][1], [t for w in g for t in reaches[w[0]]], float(np.median([w[3] for w in g])))
        for g in groups
    ]
    return [
        FlickerSpan(
            start_s=round(start, 6),
            end_s=round(end, 6),
            kind=kind,
            strength=round(max(w[2] for w in g), 2),
            freq_hz=round(float(np.median([w[3] for w in g])), 2),
            share=round(float(np.mean([w[4] for w in g])), 2),
        )
        for g, (start, end) in zip(groups, ends, strict=True)
    ]


def find_drift(
    times: npt.NDArray[np.float64], planes: Sequence[Floats], thumbs: Sequence[tuple[float, npt.NDArray[np.uint8]]]
) -> list[DriftSpan]:
    """Slow change of brightness or colour within one shot in which all areas take part."""
    if len(times) < 8 or times[-1] - times[0] < _MIN_SHOT_S:
        return []
    head, tail = times < times[0] + _END_S, times > times[-1] - _END_S
    moved = [np.median(p[tail], axis=0) - np.median(p[head], axis=0) for p in planes]
    middle = [float(np.median(m)) for m in moved]
    colour = float(np.hypot(middle[1], middle[2]))
    if max(colour, abs(middle[0]) / 4) < _EMIT_DRIFT:
        return []
    lead = moved[1] * middle[1] + moved[2] * middle[2] if colour >= _EMIT_DRIFT else moved[0] * middle[0]
    reach = colour**2 if colour >= _EMIT_DRIFT else middle[0] ** 2
    return [
        DriftSpan(
            start_s=round(float(times[0]), 6),
            end_s=round(float(times[-1]), 6),
            colour_levels=round(colour, 2),
            brightness_levels=round(middle[0], 2),
            share=round(float(np.mean(lead > 0.4 * reach)), 2),
            alike=round(_alike(thumbs, float(times[0]), float(times[-1])), 2),
        )
    ]


def _alike(thumbs: Sequence[tuple[float, npt.NDArray[np.uint8]]], start_s: float, end_s: float) -> float:
    inside = [picture for time_s, picture in thumbs if start_s <= time_s <= end_s]
    if len(inside) < 2:
        return 0.0
    first, last = (picture.astype(np.float64) - picture.mean() for picture in (inside[0], inside[-1]))
    return float(np.sum(first * last) / (np.linalg.norm(first) * np.linalg.norm(last) + 1e-9))


_FLASH_STEP = 0.1
_FLASH_DARK = 0.8
_FLASH_AREA = 0.25
_RED_STEP, _SATURATED = 20.0, 0.8
_REDDISH = 170
"""Cr of the reddest cell below which no picture is looked at for saturated red."""
_FLASH_JOIN_S = 0.07
_EMIT_FLASHES = 2


class FlashCounter:
    """Flashes after ITU-R BT.1702 and WCAG 2.3.1, on a grid of 32 × 18 cells.

    A general transition is a change of relative luminance by a tenth of the maximum or more whose darker end is below
    0.8; a red one is a change of `redness` of 20 or more. Either must come over a quarter of the picture at about the
    same time; a flash is a pair of opposite ones.
    """

    def __init__(self, kind: str = "general", step: float = _FLASH_STEP, dark: float = _FLASH_DARK) -> None:
        self._kind, self._step, self._dark = kind, step, dark
        self._turn: npt.NDArray[np.float32] | None = None
        self._going = np.zeros(0, np.float32)
        self._recent = np.zeros(0)
        self._signs = np.zeros(0, np.int8)
        self._transitions: list[tuple[float, int]] = []

    def feed(self, times: Sequence[float], lights: npt.NDArray[np.float32]) -> None:
        """Take the next pictures' values: pictures × cells."""
        if self._turn is None:
            cells = lights.shape[1]
            self._turn = lights[0].copy()
            self._going = np.zeros(cells, np.float32)
            self._recent = np.full(cells, -1e9)
            self._signs = np.zeros(cells, np.int8)
        # Where all values lie closer together than a transition is high, there is none: the turning point moves along.
        # That holds for most cells of most pictures; only the others are followed from picture to picture.
        turn, going = self._turn, self._going
        high, low = np.maximum(lights.max(axis=0), turn), np.minimum(lights.min(axis=0), turn)
        rows = np.flatnonzero(high - low >= self._step)
        before = turn[rows]
        np.copyto(turn, high, where=going > 0)
        np.copyto(turn, low, where=going < 0)
        turn[rows] = before
        if len(rows):
            for time_s, light in zip(times, lights[:, rows], strict=True):
                self._follow(time_s, rows, light)

    def _follow(self, time_s: float, rows: npt.NDArray[np.intp], light: npt.NDArray[np.float32]) -> None:
        assert self._turn is not None
        turn, going = self._turn[rows], self._going[rows]
        rise = light - turn
        # Past the last turning point in the same direction: the turning point moves along.
        along = going * rise > 0
        swing = (np.abs(rise) >= self._step) & (np.minimum(light, turn) < self._dark) & ~along
        moved = along | swing
        self._turn[rows[moved]] = light[moved]
        if not swing.any():
            return
        swung = rows[swing]
        sign = np.sign(rise[swing])
        self._going[swung], self._signs[swung], self._recent[swung] = sign, sign, time_s
        fresh = time_s - self._recent <= _FLASH_JOIN_S
        for way in (1, -1):
            # What scrolls by brightens here and darkens there; a flash has one sense.
            net = float(np.mean(fresh & (self._signs == way))) - float(np.mean(fresh & (self._signs == -way)))
            if net >= _FLASH_AREA and (not self._transitions or self._transitions[-1][1] != way):
                self._transitions.append((time_s, way))

    def forget(self) -> None:
        """The next picture is no neighbour."""
        self._turn = None

    def finish(self) -> tuple[FlashSpan, ...]:
        """Spans in which flashes follow within a second of each other."""
        spans: list[FlashSpan] = []
        group: list[float] = []
        for time_s, _ in [*self._transitions, (float("inf"), 0)]:
            if group and time_s - group[-1] > 1.0:
                per_second = max(sum(1 for t in group if start <= t < start + 1) // 2 for start in group)
                if per_second >= _EMIT_FLASHES:
                    spans.append(
                        FlashSpan(round(group[0], 6), round(group[-1], 6), per_second, len(group) // 2, self._kind)
                    )
                group = []
            group.append(time_s)
        return tuple(spans)


def redness(
    fine: npt.NDArray[np.uint8], cb: npt.NDArray[np.uint8], cr: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """(R − G − B) × 320 of each cell as WCAG 2.3.1 has it, 0 where the cell is no saturated red: pictures × cells."""
    found = np.zeros(fine.shape, np.float32)
    # Without red in excess there is none that is saturated.
    some = np.nonzero((cr > 128) & (cr.max(axis=1) >= _REDDISH)[:, None])
    if not len(some[0]):
        return found
    y = (fine[some].astype(np.float32) - 16) / 219
    u, v = ((c[some].astype(np.float32) - 128) / 224 for c in (cb, cr))
    coded = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u])
    red, green, blue = np.clip(coded, 0, 1) ** 2.4
    saturated = red >= _SATURATED * (red + green + blue + 1e-6)
    found[some] = np.where(saturated, np.maximum(red - green - blue, 0) * 320, 0)
    return found


_LUMINANCE = (np.clip((np.arange(256) - 16) / 219, 0, 1) ** 2.4).astype(np.float32)
