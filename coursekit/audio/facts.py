"""What is measured of one audio stream."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.probe.facts import DecodeError


@dataclass(frozen=True, slots=True)
class ChannelSpan:
    """A stretch where the front pair is not what it is elsewhere."""

    start_s: float
    end_s: float
    kind: str
    """`left-lost`, `right-lost` or `opposed`."""
    balance_db: float
    """Left over right."""
    correlation: float
    seconds: int
    """Seconds inside that show it; the rest is quiet."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """How the channels relate. The figures of a pair are of the first two channels; None with fewer."""

    levels_dbfs: tuple[float, ...]
    """Root mean square of each channel; -inf where it holds nothing."""
    peaks_dbfs: tuple[float, ...]
    correlation: float | None = None
    side_to_mid_db: float | None = None
    matched_residual_db: float | None = None
    """What of one side is left when the other is subtracted at the best gain: -200 where the two are copies."""
    balance_db: float | None = None
    """Left over right."""
    mono_sum_db: float | None = None
    """Loss when both are played through one loudspeaker: 0 for two copies, -3 for two strangers, -200 for opposites."""
    identical_share: float | None = None
    """Share of the seconds in which both are equal sample by sample."""
    dc: tuple[float, ...] = ()
    """Mean of each channel, full scale 1."""
    spans: tuple[ChannelSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipSpan:
    """A stretch where flat tops gather."""

    start_s: float
    end_s: float
    loud: int
    """Loud half waves looked at."""
    flat: int
    hard: int
    ceiling_dbfs: float


@dataclass(frozen=True, slots=True)
class ClippingFacts:
    """Half waves with their tops cut off."""

    loud: int = 0
    """Loud half waves looked at."""
    flat: int = 0
    """Of these, flat on top, as lossy coding leaves them."""
    hard: int = 0
    """Of these, cut off sample-exact."""
    spans: tuple[ClipSpan, ...] = ()
    overs: int = 0
    """Stretches of 32 samples whose true peak exceeds full scale."""
    over_spans: tuple[OverSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class OverSpan:
    """A stretch in which the wave between the samples exceeds full scale."""

    start_s: float
    end_s: float
    count: int
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True)
class SilentSpan:
    """No sound above -80 dBFS on any channel."""

    start_s: float
    end_s: float
    level_dbfs: float
    """Loudest 10 ms inside, to a decibel; -inf for digital silence."""


@dataclass(frozen=True, slots=True)
class Dropout:
    """A sounding wave cut to nothing for less than half a second."""

    time_s: float
    length_ms: int
    cut_db: float
    """Fall within a few milliseconds, on the gentler of the two sides."""
    level_dbfs: float
    """Inside."""
    jump: float
    """Largest step from sample to sample where the sound stops, over the peak before: a sound that ends has little."""


@dataclass(frozen=True, slots=True)
class Click:
    """A single sharp corner in the wave."""

    time_s: float
    height: float
    """Second difference of the samples, fourth at 32 kHz and above, full scale 1."""
    isolation: float
    """Over the sharpest other corner within 12 ms before and after."""
    surprise: float | None = None
    """Under 32 kHz: the error of predicting it from both sides, over the largest other within 22 ms."""


@dataclass(frozen=True, slots=True)
class HumSpan:
    """A half minute (at most 36 s) in which a comb on a mains frequency stands out."""

    start_s: float
    end_s: float
    base_hz: float
    harmonics: int
    """Lines at three times their neighbourhood and more, of ten."""
    third_line: float
    """Power of the third strongest line over its neighbourhood; chance gives 1 to 4."""
    fourth_line: float
    steady: float
    """Share of the 8 s windows in which at least three of the lines show."""
    level_dbfs: float
    """Of all lines together."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady high tone in the quiet moments."""

    hz: float
    level_dbfs: float
    share: float
    """Share of the seconds in which it stands out."""
    contrast_db: float
    """Over its neighbourhood, mean."""


@dataclass(frozen=True, slots=True)
class NoiseSection:
    """About three minutes: what is heard in the pauses, and how far the voice stands above it."""

    start_s: float
    end_s: float
    floor_lufs: float
    """5th percentile of loudness over 60 ms, digital silence left out."""
    voice_lufs: float
    """Mean of the frames within 15 dB of the 95th percentile, the floor's power taken off."""
    voice_s: int
    """Seconds in which somebody speaks."""
    steady_db: float
    """How far the floor moves from second to second, median over bands: noise stands still."""
    silent_share: float
    hiss_share: float
    """What stands still above 1.3 kHz, over the floor: a quarter and more in hiss, hundredths in machines."""


@dataclass(frozen=True, slots=True)
class VoiceSegment:
    """A stretch in which the voice keeps its level. The changes are against the segment before."""

    start_s: float
    end_s: float
    voice_s: float
    """Seconds of it in which the voice sounds."""
    level_lufs: float
    change_lu: float | None = None
    shape_change_db: float | None = None
    """How differently the bands changed: a gain moves all alike (1–2 dB), another speaker does not (3 dB and more)."""
    pitch_change_cents: int | None = None
    floor_change_lu: float | None = None
    """Change of what is heard between the words; None where that is digital silence."""


@dataclass(frozen=True, slots=True)
class BedSpan:
    """A stretch where a voice speaks and something else never falls far below it."""

    start_s: float
    end_s: float
    voice_over_bed_lu: float
    closest_lu: float
    depth_db: float
    """How strongly loudness swings at the pace of syllables."""
    glide: float
    """Share of voiced frames whose pitch moves as a voice's does."""
    steady_db: float | None = None
    """Of the section it lies in, as is the next."""
    hiss_share: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """The voice of a lesson."""

    voice_s: float = 0.0
    """Seconds of the windows in which somebody speaks."""
    voice_lufs: float | None = None
    sections: tuple[NoiseSection, ...] = ()
    segments: tuple[VoiceSegment, ...] = ()
    beds: tuple[BedSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeGap:
    """Where the timestamps say that sound is missing (positive length) or told twice (negative)."""

    time_s: float
    length_s: float


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
    gaps: tuple[TimeGap, ...] = ()
    gap_count: int = 0
    clock_drift_s: float = 0.0
    """Sum of all jumps of the timestamps against the samples that came out."""
    curve_lufs: tuple[float, ...] = ()
    """Loudness of each second (of each several, where the track is longer than an hour), -inf in silence."""
    curve_step_s: float = 1.0
    channel: ChannelFacts | None = None
    clipping: ClippingFacts | None = None
    silent_spans: tuple[SilentSpan, ...] = ()
    silent_share: float = 0.0
    """Share of the track under -80 dBFS."""
    pause_dbfs: float | None = None
    """Level under which a twentieth of the sounding track lies."""
    dropouts: tuple[Dropout, ...] = ()
    dropout_count: int = 0
    clicks: tuple[Click, ...] = ()
    click_count: int = 0
    hum: tuple[HumSpan, ...] = ()
    tones: tuple[Tone, ...] = ()
    voice: VoiceFacts | None = None
