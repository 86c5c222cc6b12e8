"""What is measured of one video stream: numbers and candidate spans, no opinions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from coursekit.probe.facts import DecodeError


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
