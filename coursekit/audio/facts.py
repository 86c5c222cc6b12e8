"""What is measured of one audio stream."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.probe.facts import DecodeError


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One audio stream, decoded from end to end."""

    stream: int
    """Index of the stream in its file."""
    integrated_lufs: float | None
    """BS.1770-5, both gates; -inf where every block lies under the gate; None where less than 400 ms decoded."""
    max_momentary_lufs: float | None
    """Of windows of 400 ms that move on by 10 ms."""
    max_short_term_lufs: float | None
    """Of windows of 3 s that move on by 10 ms."""
    loudness_range_lu: float | None
    true_peak_dbtp: float | None
    sample_rate_hz: int
    channels: int
    decoded_s: float
    """Sound that came out of the decoder, holes not counted."""
    start_s: float | None = None
    """Presentation time of the first sample."""
    end_s: float | None = None
    """Presentation time at which the last sample ends."""
    layout: str | None = None
    sample_peak_dbfs: float | None = None
    decode_errors: tuple[DecodeError, ...] = ()
