"""When the background's movement is a shaking camera.

The path of the picture (sum of its movements) is freed of everything slow, and what is left is judged in windows of
two seconds: how far it swings, how often it turns back, and whether it is the whole background that does so. A pan, a
zoom or the start of one leaves no alternating swings; a page scrolled by a wheel moves in steps and rests between
them; a person or a machine in front of a locked camera leaves points at rest, or does not carry the picture's rim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coursekit.video.facts import ShakeSpan

Floats = npt.NDArray[np.float64]

_WINDOW_S = 2.0
_HOP_S = 0.25
_SMOOTH_S, _ORDER = 0.28, 3
"""Standard deviation of the Gaussian that stands for intended movement, and how often it is taken off. Three times
0.28 s leaves half of what swings at 1 Hz and a thousandth of what swings at a quarter of that. Compared on pans and
zooms that start and stop, and on hand-held paths of 1.2–8 Hz: twice 0.25 s left 0.50 % of the width of the pans (a
review), three times 0.28 s and four times 0.31 s none, and all three measure the hand-held paths alike; the shorter
filter needs less of the path on either side."""
_QUICK_S = 0.068
"""The same for what no hand does on purpose: half power at 2 Hz."""
_BRIDGE_FRAMES = 3
_MIN_RUN_S = 1.5
"""Between two cuts, or other sudden changes. In less a page scrolled by a wheel hardly rests: two words that came and
went within a second made a shaking camera of it."""
_MIN_FIT = 0.45
_MIN_RIM, _MIN_UPPER = 5.0, 3.0
_WIDE_RIM, _WIDE_UPPER, _WIDE_FIT = 7.0, 2.0, 0.9
"""Above a plain wall hardly a point can be followed: then the rest of the rim, and nearly every point, must agree."""
_LEAK = 0.02
_LEVER = 0.35
"""Turning counts as the shift it causes at this fraction of the width from the centre."""
_MAX_STILL = 0.3
_CARRIES = 1.0
"""Of the window's own speed: what carries the movement. Only there do points at rest speak against a camera: where a
hand rests with the thing it holds, nothing tells the thing from the room behind it."""
_SLOW = 0.15
"""Of the window's own speed: below it a frame counts as resting."""
_MAX_RESTING = 0.45
_MIN_SWINGS = 4
"""A pan that turns back on the spot swings three times in this filter; with four, and a third lobe of 0.35, only
footage that really swings was left of 24 clips and every hand-held path from 0.3 % on stayed."""
_THIRD_LOBE = 0.35
_TELLING = 0.3
"""Of the widest swing: from there on a swing marks where the shaking begins and ends. A filter's echo has 0.2."""
EMIT_PCT = 0.06


@dataclass(frozen=True, slots=True)
class _Window:
    start: float
    end: float
    strength: float
    quick: float
    freq: float
    share: float
    turns: tuple[tuple[float, float], ...]
    """Time and reach of every swing."""


def find_shake(
    columns: Mapping[str, Sequence[float]], width_px: int, breaks_s: Sequence[float] = ()
) -> tuple[ShakeSpan, ...]:
    """Candidate spans, down to well below what a viewer notices.

    `breaks_s`: cuts and other sudden changes, across which no path goes on.
    """
    rows = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    spans: list[ShakeSpan] = []
    for first, last in continuous_runs(rows, breaks_s):
        spans += _merge(_windows(rows, first, last, width_px))
    return tuple(spans)


def continuous_runs(rows: Mapping[str, Floats], breaks_s: Sequence[float]) -> list[tuple[int, int]]:
    """Stretches (first row, one past the last) over which the background could be followed; short blanks bridged."""
    times = rows["time"]
    good = np.isfinite(rows["dx"]) & (rows["fit"] >= _MIN_FIT)
    cut = np.zeros(len(times), dtype=bool)
    for b in breaks_s:
        row = int(np.searchsorted(times, b - 1e-4))
        if row < len(cut):
            cut[row] = True
    runs: list[tuple[int, int]] = []
    start: int | None = None
    last_good = -1
    for row in range(len(times)):
        if start is not None and (cut[row] or row - last_good > _BRIDGE_FRAMES):
            runs.append((start, last_good + 1))
            start = None
        if good[row] and not cut[row]:
            start = row if start is None else start
            last_good = row
    if start is not None:
        runs.append((start, last_good + 1))
    return [r for r in runs if times[r[1] - 1] - times[r[0]] >= _MIN_RUN_S]


def _windows(rows: Mapping[str, Floats], first: int, last: int, width_px: int) -> list[_Window]:
    part = slice(first, last)
    times = rows["time"][part]
    step = float(np.median(np.diff(times)))
    valid = np.isfinite(rows["dx"][part]) & (rows["fit"][part] >= _MIN_FIT)
    index = np.arange(len(times))
    speed = np.stack(
        [
            np.interp(index, index[valid], rows[name][part][valid]) * scale
            for name, scale in (("dx", 1.0), ("dy", 1.0), ("turn", _LEVER * width_px))
        ],
        axis=1,
    ) * (100 / width_px)
    speed = _spread_repeats(speed)
    path = np.cumsum(speed, axis=0)
    unsteady = path
    for _ in range(_ORDER):
        unsteady = unsteady - smooth(unsteady, _SMOOTH_S / step)
    slow = path - unsteady
    quick = path - smooth(path, _QUICK_S / step)
    length = max(8, round(_WINDOW_S / step))
    hop = max(1, round(_HOP_S / step))
    found = []
    for begin in range(0, max(1, len(times) - length + hop), hop):
        end = min(begin + length, len(times))
        if end - begin < _MIN_RUN_S / step:
            break
        # What a fast pan leaves behind in the filter is in proportion to the pan.
        covered = float(np.hypot(*np.ptp(slow[begin:end, :2], axis=0)))
        window = _judge(
            unsteady[begin:end],
            speed[begin:end],
            {n: rows[n][part][begin:end] for n in ("fit", "still", "rim", "upper", "dx", "dy")},
            step,
        )
        if window and window[0] >= _LEAK * covered:
            strength, freq, share, rows_of, reach = window
            turns = tuple((float(times[begin + row]), float(r)) for row, r in zip(rows_of, reach, strict=True))
            found.append(
                _Window(
                    start=float(times[begin] - step),
                    end=float(times[end - 1]),
                    strength=strength,
                    quick=_strength(quick[begin:end]),
                    freq=freq,
                    share=share,
                    turns=turns,
                )
            )
    return found


def _judge(
    unsteady: Floats, speed: Floats, evidence: Mapping[str, Floats], step: float
) -> tuple[float, float, float, npt.NDArray[np.int64], Floats] | None:
    strength = _strength(unsteady)
    if strength < EMIT_PCT:
        return None
    moving = evidence["fit"] >= _MIN_FIT
    fit, rim, upper = (float(np.median(evidence[n][moving])) for n in ("fit", "rim", "upper"))
    shift = np.hypot(evidence["dx"][moving], evidence["dy"][moving])
    carries = shift >= _CARRIES * np.sqrt(np.mean(shift**2))
    still = float(np.median(evidence["still"][moving][carries]))
    carried = (rim >= _MIN_RIM and upper >= _MIN_UPPER) or (
        rim >= _WIDE_RIM and upper >= _WIDE_UPPER and fit >= _WIDE_FIT
    )
    if still > _MAX_STILL or not carried:
        return None
    pace = np.hypot(speed[:, 0], speed[:, 1])
    if np.mean(pace < _SLOW * np.sqrt(np.mean(pace**2))) > _MAX_RESTING:
        return None
    # Along the axis on which it swings most.
    _, axes = np.linalg.eigh(np.cov(unsteady.T))
    along = unsteady @ axes[:, -1]
    turns = swings(along, 0.35 * float(np.std(along)) * np.sqrt(2))
    if len(turns) < _MIN_SWINGS:
        return None
    lobes = np.abs(along[turns])
    # One knock of a pan's start is not shaking: without its two largest swings something must be left.
    rest = np.sort(lobes)[:-2]
    if len(rest) == 0 or float(rest.max()) < _THIRD_LOBE * float(lobes.max()):
        return None
    span = (turns[-1] - turns[0]) * step
    freq = (len(turns) - 1) / 2 / span if span > 0 else 0.0
    return strength, freq, float(np.mean(evidence["fit"][moving])), turns, lobes


def _strength(path: Floats) -> float:
    return float(np.sqrt(2 * np.sum(np.var(path, axis=0))))


def swings(wave: Floats, least: float) -> npt.NDArray[np.int64]:
    """Rows of the successive turning points, alternating in sign, each at least `least` from zero."""
    found: list[int] = []
    sign = 0
    for row, value in enumerate(wave):
        if abs(value) < least:
            continue
        now = 1 if value > 0 else -1
        if now != sign:
            found.append(row)
            sign = now
        elif abs(value) > abs(wave[found[-1]]):
            found[-1] = row
    return np.asarray(found, dtype=np.int64)


def smooth(path: Floats, sigma: float) -> Floats:
    """Gaussian smoothing along the first axis; the ends are continued by point reflection, so that a pan stays one."""
    reach = max(1, min(int(np.ceil(3 * sigma)), len(path) - 1))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    kernel /= kernel.sum()
    head = 2 * path[:1] - path[reach:0:-1]
    tail = 2 * path[-1:] - path[-2 : -reach - 2 : -1]
    padded = np.concatenate([head, path, tail])
    return np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in range(path.shape[1])], axis=1)


def _spread_repeats(speed: Floats) -> Floats:
    """Share a movement among the frames it stands for: a picture shown two or three times moves by steps."""
    out = speed.copy()
    pace = np.hypot(speed[:, 0], speed[:, 1])
    floor = 0.02 * float(np.max(pace, initial=0.0))
    row = 0
    while row < len(pace):
        if pace[row] > floor:
            row += 1
            continue
        end = row
        while end < len(pace) and pace[end] <= floor:
            end += 1
        if end - row <= 2 and end < len(pace):
            out[row : end + 1] = speed[row : end + 1].sum(axis=0) / (end - row + 1)
        row = end + 1
    return out


def _merge(windows: Sequence[_Window]) -> list[ShakeSpan]:
    groups: list[list[_Window]] = []
    for window in windows:
        if groups and window.start <= groups[-1][-1].end:
            groups[-1].append(window)
        else:
            groups.append([window])
    ends = [
        swinging(g[0].start, g[-1].end, [t for w in g for t in w.turns], float(np.median([w.freq for w in g])))
        for g in groups
    ]
    return [
        ShakeSpan(
            start_s=round(max(0.0, start), 3),
            end_s=round(end, 3),
            strength_pct=round(float(np.mean([w.strength for w in g])), 3),
            peak_pct=round(max(w.strength for w in g), 3),
            peak_at_s=round(max(0.0, max(g, key=lambda w: w.strength).start), 3),
            quick_pct=round(max(w.quick for w in g), 3),
            freq_hz=round(float(np.median([w.freq for w in g])), 2),
            share=round(float(np.mean([w.share for w in g])), 2),
        )
        for g, (start, end) in zip(groups, ends, strict=True)
    ]


def swinging(start: float, end: float, turns: Sequence[tuple[float, float]], freq_hz: float) -> tuple[float, float]:
    """From the first swing of some reach to the last: the windows that found them begin earlier and end later."""
    most = max((reach for _, reach in turns), default=0.0)
    telling = [time for time, reach in turns if reach >= _TELLING * most]
    if not telling or freq_hz <= 0:
        return start, end
    quarter = 0.25 / freq_hz
    return max(start, min(telling) - quarter), min(end, max(telling) + quarter)
