"""Putting spans together, so that one trouble is one finding, and asking what the sound did meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from coursekit.model import FileFacts, Span

_MAX_GROUPS = 20
_SOUNDING_LUFS = -50.0


class Spanned(Protocol):
    """Anything from here to there."""

    @property
    def start_s(self) -> float:
        """Its first moment."""
        ...

    @property
    def end_s(self) -> float:
        """Its last."""
        ...


S = TypeVar("S", bound=Spanned)


def together(spans: Iterable[S], gap_s: float) -> list[list[S]]:
    """Groups of spans with less than `gap_s` between them; the gap widens until there are few enough to read."""
    ordered = sorted(spans, key=lambda span: span.start_s)
    while True:
        groups: list[list[S]] = []
        for span in ordered:
            if groups and span.start_s - max(s.end_s for s in groups[-1]) <= gap_s:
                groups[-1].append(span)
            else:
                groups.append([span])
        if len(groups) <= _MAX_GROUPS:
            return groups
        gap_s = max(1.0, gap_s * 2)


def where(group: Sequence[Spanned]) -> Span:
    """From the first moment of a group to its last."""
    return Span(min(s.start_s for s in group), max(s.end_s for s in group))


def worst(group: Sequence[S], figure: Callable[[S], float]) -> S:
    """The member with the highest figure."""
    return max(group, key=figure)


def sounding_share(file: FileFacts | None, start_s: float, end_s: float) -> float | None:
    """Share of a span's seconds in which any track sounds; None where no sound was measured."""
    tracks = [a for a in (file.audio if file else ()) if a.curve_lufs]
    if not tracks:
        return None
    shares = []
    for track in tracks:
        first = int(max(0.0, start_s - (track.start_s or 0.0)) / track.curve_step_s)
        last = int(max(0.0, end_s - (track.start_s or 0.0)) / track.curve_step_s) + 1
        seconds = track.curve_lufs[first:last]
        shares.append(sum(level > _SOUNDING_LUFS for level in seconds) / len(seconds) if seconds else 0.0)
    return max(shares)
