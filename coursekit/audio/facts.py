"""What is measured of one audio stream."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One audio stream, decoded from end to end."""

    stream: int
    """Index of the stream in its file."""
    integrated_lufs: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    sample_rate_hz: int
    channels: int
    decoded_s: float
