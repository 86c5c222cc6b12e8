"""What is measured of one video stream: numbers and candidate spans, no opinions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from coursekit.probe.facts import DecodeError


@dataclass(frozen=True, slots=True)
class ShakeSpan:
    """Camera shake, measured on the background."""

    start_s: float
    end_s: float
    strength_pct: float
    """Swing (peak of a sine of the same power), % of the picture's width: mean over the span."""
    peak_pct: float
    """The strongest two seconds of it."""
    peak_at_s: float
    """Where those two seconds begin."""
    quick_pct: float
    """The same of what is quicker than 2 Hz: trembling and bumps, not a camera swung about."""
    freq_hz: float
    """Dominant frequency."""
    share: float
    """Share of the points that follow the movement fitted: how sure it is that the whole background moves."""


@dataclass(frozen=True, slots=True)
class MotionFacts:
    """Movement of the picture as a whole."""

    followed_s: float
    """Time over which the background could be followed, stillness included."""
    still_s: float
    """Time over which the picture did not move at all."""
    shake: tuple[ShakeSpan, ...] = ()
    path_s: float = 0.0
    """Step of `path_pct`."""
    path_pct: tuple[tuple[float, float], ...] = ()
    """The background's path in the strongest shake, for up to four seconds from its `peak_at_s` on: % of the width."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """One video stream, decoded from end to end."""

    stream: int
    """Index of the stream in its file."""
    coded_px: tuple[int, int]
    display_px: tuple[int, int]
    """As shown: sample aspect and rotation applied."""
    frame_rate: Fraction | None
    decoded_s: float
    frames: int
    cuts_s: tuple[float, ...]
    """Presentation times of the first frame after each cut."""
    first_s: float = 0.0
    """Presentation time of the first frame."""
    decode_errors: tuple[DecodeError, ...] = ()
    motion: MotionFacts | None = None
