"""Lessons side by side: what each measures, and which one stands out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup, escape

from coursekit.model import FileFacts, Text, Verdict
from coursekit.report import figures
from coursekit.report.view import Issue, Subject, View
from coursekit.rules.judge import SEVERITY

COLUMNS = ("duration", "picture", "rate", "size", "loudness", "peak", "sound")
_BY_CHECK = {
    "probe/duration": "duration",
    "probe/resolution": "picture",
    "probe/frame_rate": "rate",
    "probe/size": "size",
    "audio/loudness": "loudness",
    "audio/clipping": "peak",
    "audio/channels": "sound",
}
_BY_CODE = {
    "loudness-differs": "loudness",
    "sample-rate-differs": "sound",
    "channels-differ": "sound",
    "picture-size-differs": "picture",
    "frame-rate-differs": "rate",
}
_DOTS_PX = 72


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure; the issue that speaks of it, if one does."""

    text: Text
    verdict: Verdict | None = None
    key: str | None = None
    outlier: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table, and the loudness of all lessons on one line."""

    rows: tuple[tuple[Subject, tuple[Cell, ...]], ...]
    dots: Markup | None


def build_comparison(view: View) -> Comparison | None:
    """None with fewer than two lessons measured."""
    measured = [s for s in view.lessons if s.file is not None]
    if len(measured) < 2:
        return None
    unlike = _unlike(view)
    rows = tuple((s, _cells(s, unlike.get(s.name, {}))) for s in measured)
    return Comparison(rows, _dots(measured, unlike))


def _unlike(view: View) -> dict[str, dict[str, Issue]]:
    """By lesson and column: what the check of consistency said."""
    found: dict[str, dict[str, Issue]] = {}
    for issue in view.issues:
        column = _BY_CODE.get(issue.code) if issue.check == "course/consistency" else None
        if column and issue.finding is not None:
            found.setdefault(str(issue.finding.args.get("lesson", "")), {}).setdefault(column, issue)
    return found


def _cells(subject: Subject, unlike: dict[str, Issue]) -> tuple[Cell, ...]:
    assert subject.file is not None
    own: dict[str, Issue] = {}
    for issue in subject.issues:
        column = _BY_CHECK.get(issue.check)
        if column and (column not in own or _worse(issue, own[column])):
            own[column] = issue
    texts = _texts(subject, subject.file)
    cells = []
    for column in COLUMNS:
        said = own.get(column) or unlike.get(column)
        cells.append(Cell(texts[column], said.verdict if said else None, said.key if said else None, column in unlike))
    return tuple(cells)


def _worse(one: Issue, other: Issue) -> bool:
    return SEVERITY.index(one.verdict) < SEVERITY.index(other.verdict)


def _texts(subject: Subject, file: FileFacts) -> dict[str, Text]:
    sound = next(iter(file.audio), None)
    picture = next(iter(file.video), None)
    same = {
        "duration": figures.clock(subject.lesson.duration_s) if subject.lesson and subject.lesson.duration_s else "—",
        "picture": "×".join(map(str, picture.display_px)) if picture else "—",
        "rate": f"{float(picture.frame_rate):.4g}" if picture and picture.frame_rate else "—",
        "size": figures.byte_size(file.size_bytes),
        "loudness": _level(sound.integrated_lufs if sound else None),
        "peak": _level(sound.true_peak_dbtp if sound else None),
    }
    texts = {key: Text(zh=value, en=value) for key, value in same.items()}
    if sound is None:
        texts["sound"] = Text(zh="—", en="—")
    else:
        rate = f"{sound.sample_rate_hz / 1000:g} kHz"
        texts["sound"] = Text(zh=f"{sound.channels} 声道 {rate}", en=f"{sound.channels} ch {rate}")
    return texts


def _level(value: float | None) -> str:
    # One decimal always, so that a column of them lines up.
    return "—" if value is None else f"{value:.1f}".replace("-", "\u2212").replace("inf", "∞")


def _dots(subjects: list[Subject], unlike: dict[str, dict[str, Issue]]) -> Markup | None:
    levels = [
        (s, a.integrated_lufs)
        for s in subjects
        if s.file and (a := next(iter(s.file.audio), None)) and a.integrated_lufs is not None
    ]
    levels = [(s, v) for s, v in levels if math.isfinite(v)]
    if len(levels) < 2:
        return None
    values = [v for _, v in levels]
    low, high = math.floor(min(values) / 5 - 0.3) * 5, math.ceil(max(values) / 5 + 0.3) * 5
    low, high = min(low, -30), max(high, -15)

    def x(level: float) -> str:
        return f"{(level - low) / (high - low) * 100:.2f}%"

    parts = [f'<svg class="dots" width="100%" height="{_DOTS_PX}" aria-hidden="true">']
    parts.append(f'<rect class="grid" x="0" width="100%" y="{_DOTS_PX - 22}" height="1"/>')
    for at in range(low, high + 1, 5):
        anchor = "start" if at == low else "end" if at == high else "middle"
        parts.append(f'<rect class="tick" x="{x(at)}" y="{_DOTS_PX - 22}" width="1" height="5"/>')
        parts.append(f'<text x="{x(at)}" y="{_DOTS_PX - 4}" text-anchor="{anchor}">{figures.number(at)}</text>')
    middle = median(values)
    parts.append(f'<rect class="mean" x="{x(middle)}" y="18" width="1.5" height="{_DOTS_PX - 40}"/>')
    for subject, level in levels:
        odd = "loudness" in unlike.get(subject.name, {})
        parts.append(f'<circle class="{"odd" if odd else "dot"}" cx="{x(level)}" cy="34" r="{6 if odd else 4.5}"/>')
        if odd:
            number = escape(subject.number)
            parts.append(f'<text class="odd" x="{x(level)}" y="18" text-anchor="middle">{number}</text>')
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - numbers only
