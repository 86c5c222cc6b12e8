"""The lesson as a line: level, movement and findings over time, as SVG that scales with the page.

Places in time are percentages of the width, so that text and strokes keep their size at 390 px; only the level curve
is stretched. Nothing here holds a word that came from outside: numbers and coursekit's own labels only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from coursekit.model import AudioFacts, Result, VideoFacts
from coursekit.report import figures
from coursekit.report.view import Issue

_FLOOR_LUFS, _TOP_LUFS = -60.0, 0.0
_POINTS = 480
_MAX_CUTS = 400
_LANES = 8
LEVEL_PX, MOTION_PX, MARK_PX, AXIS_PX = 84, 44, 26, 20
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule asks of a figure, drawn in where it can be."""

    low: float | None = None
    high: float | None = None


def limits(results: Sequence[Result], check: str) -> Limits:
    """The limits that a check was judged by."""
    wanted = next((r.expected for r in results if r.check == check and r.expected), None)
    return Limits(wanted.min, wanted.max) if wanted else Limits()


def _x(at_s: float, whole_s: float) -> str:
    return f"{min(100.0, max(0.0, 100 * at_s / whole_s)):.3f}%"


def _wide(start_s: float, end_s: float, whole_s: float) -> str:
    return f"{max(0.0, min(100.0, 100 * (min(end_s, whole_s) - max(0.0, start_s)) / whole_s)):.3f}%"


def ticks(whole_s: float) -> tuple[float, ...]:
    """Round times, five to eight of them."""
    step = next((s for s in _STEPS_S if whole_s / s <= 7), _STEPS_S[-1])
    return tuple(float(n * step) for n in range(int(whole_s // step) + 1) if n * step < whole_s * 0.97)


def short_clock(seconds: float) -> str:
    """3:10, or 1:03:10."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def axis(whole_s: float) -> Markup:
    """The time axis."""
    parts = [f'<svg class="axis" width="100%" height="{AXIS_PX}" aria-hidden="true">']
    for at in ticks(whole_s):
        anchor = "start" if at == 0 else "middle"
        parts.append(f'<rect class="tick" x="{_x(at, whole_s)}" y="0" width="1" height="4"/>')
        parts.append(f'<text x="{_x(at, whole_s)}" y="15" text-anchor="{anchor}">{short_clock(at)}</text>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers only


def _y(level: float) -> float:
    return round((_TOP_LUFS - min(_TOP_LUFS, max(_FLOOR_LUFS, level))) / (_TOP_LUFS - _FLOOR_LUFS) * LEVEL_PX, 2)


def level_curve(audio: AudioFacts, whole_s: float, asked: Limits, label: str) -> Markup:
    """Loudness of each second, the permitted window behind it, the integrated figure as a line."""
    parts = [f'<svg class="level" width="100%" height="{LEVEL_PX}" role="img" aria-label="{escape(label)}">']
    low, high = asked.low, asked.high
    if low is not None or high is not None:
        top, bottom = _y(high if high is not None else _TOP_LUFS), _y(low if low is not None else _FLOOR_LUFS)
        parts.append(f'<rect class="window" width="100%" y="{top}" height="{round(bottom - top, 2)}"/>')
        parts += [f'<rect class="limit" width="100%" y="{_y(v)}" height="1"/>' for v in (low, high) if v is not None]
    for level in (-20.0, -40.0):
        parts.append(f'<rect class="grid" width="100%" y="{_y(level)}" height="1"/>')
    parts.append(_curve(audio, whole_s))
    if audio.integrated_lufs is not None and math.isfinite(audio.integrated_lufs):
        parts.append(f'<rect class="mean" width="100%" y="{_y(audio.integrated_lufs) - 0.75}" height="1.5"/>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers, and an escaped label


def _curve(audio: AudioFacts, whole_s: float) -> str:
    values = audio.curve_lufs
    if not values:
        return ""
    stride = max(1, math.ceil(len(values) / _POINTS))
    # The loudest of each group: what the ear goes by, and what a limit is about.
    loud = [max(values[n : n + stride]) for n in range(0, len(values), stride)]
    step = audio.curve_step_s * stride
    start = audio.start_s or 0.0
    points = [(start + (n + 0.5) * step, _y(v)) for n, v in enumerate(loud)]
    first, last = points[0][0] - step / 2, min(whole_s, points[-1][0] + step / 2)
    line = " ".join(f"{at:.1f},{y:g}" for at, y in [(first, points[0][1]), *points, (last, points[-1][1])])
    box = f'viewBox="0 0 {whole_s:g} {LEVEL_PX}" preserveAspectRatio="none" width="100%" height="{LEVEL_PX}"'
    return (
        f'<svg {box}><polygon class="area" points="{first:.1f},{LEVEL_PX} {line} {last:.1f},{LEVEL_PX}"/>'
        f'<polyline class="line" vector-effect="non-scaling-stroke" points="{line}"/></svg>'
    )


def motion_track(video: VideoFacts, whole_s: float, asked: Limits, label: str) -> Markup | None:
    """Cuts as ticks, pictures that stand still and black ones as bars, shake by its strength over its limit.

    None where there is nothing to draw.
    """
    still = video.stillness
    moved = video.motion is not None and video.motion.shake
    if not (video.cuts_s or moved or (still and (still.freezes or still.blacks))):
        return None
    parts = [f'<svg class="motion" width="100%" height="{MOTION_PX}" role="img" aria-label="{escape(label)}">']
    base = MOTION_PX - 8
    if video.stillness is not None:
        for freeze in video.stillness.freezes:
            parts.append(_bar("still", freeze.start_s, freeze.end_s, whole_s, base + 2, 6))
        for black in video.stillness.blacks:
            parts.append(_bar("black", black.start_s, black.end_s, whole_s, base + 2, 6))
    if video.motion is not None and video.motion.shake:
        limit = asked.high or 0.25
        reach = max(2 * limit, *(s.peak_pct for s in video.motion.shake))
        for shake in video.motion.shake:
            height = round(base * min(1.0, shake.strength_pct / reach), 2)
            kind = "shake over" if shake.strength_pct > limit else "shake"
            parts.append(_bar(kind, shake.start_s, shake.end_s, whole_s, base - height, height))
        if asked.high is not None:
            parts.append(f'<rect class="limit" width="100%" y="{round(base - base * limit / reach, 2)}" height="1"/>')
    stride = max(1, math.ceil(len(video.cuts_s) / _MAX_CUTS))
    for cut in video.cuts_s[::stride]:
        parts.append(f'<rect class="cut" x="{_x(cut, whole_s)}" y="0" width="1.5" height="{base}"/>')
    parts.append(f'<rect class="grid" width="100%" y="{base}" height="1"/>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers, and an escaped label


def _bar(kind: str, start_s: float, end_s: float, whole_s: float, y: float, height: float) -> str:
    x, width = _x(start_s, whole_s), _wide(start_s, end_s, whole_s)
    return f'<rect class="{kind}" x="{x}" y="{y:g}" width="{width}" height="{height:g}"/>'


def marks(issues: Sequence[Issue], whole_s: float) -> Markup:
    """A link per finding: where it lies, how long it lasts. Those that overlap lie in lanes of their own."""
    placed = sorted((i for i in issues if i.start_s is not None), key=lambda i: (i.start_s or 0.0, i.key))
    if not placed:
        return Markup("")
    lanes = _lanes(placed, whole_s)
    height = MARK_PX * (max(lanes) + 1)
    parts = [f'<svg class="marks" width="100%" height="{height}">']
    for issue, lane in zip(placed, lanes, strict=True):
        parts.extend(_mark(issue, lane * MARK_PX, whole_s))
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers, and escaped titles


def _lanes(placed: Sequence[Issue], whole_s: float) -> list[int]:
    ends: list[float] = []
    lanes = []
    room = whole_s * 0.03
    for issue in placed:
        start, end = issue.start_s or 0.0, issue.end_s or 0.0
        lane = next(
            (n for n, until in enumerate(ends) if until <= start), len(ends) if len(ends) < _LANES else _LANES - 1
        )
        if lane == len(ends):
            ends.append(0.0)
        ends[lane] = max(ends[lane], max(end, start + room))
        lanes.append(lane)
    return lanes


def _mark(issue: Issue, y: int, whole_s: float) -> Iterator[str]:
    assert issue.start_s is not None
    end = issue.end_s if issue.end_s is not None else issue.start_s
    x, width = _x(issue.start_s, whole_s), _wide(issue.start_s, end, whole_s)
    name = escape(f"{issue.title.zh} {issue.title.en} {figures.clock(issue.start_s)}")
    yield f'<a href="#{issue.key}" class="mark {issue.verdict.value}" aria-label="{name}">'
    yield f"<title>{name}</title>"
    yield f'<rect class="hit" x="{x}" y="{y}" width="24" height="{MARK_PX - 2}"/>'
    yield f'<rect class="span" x="{x}" y="{y + 9}" width="{width}" height="6" rx="3"/>'
    yield f'<rect class="head" x="{x}" y="{y + 3}" width="6" height="18" rx="2"/></a>'
