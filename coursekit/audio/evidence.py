"""What a reviewer looks at and listens to: the level of a lesson over time, and seconds of sound around a finding."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from coursekit.audio.facts import AudioFacts

if TYPE_CHECKING:
    from pydub import AudioSegment

_LOWEST_LUFS = -70.0
_HIGHEST_LUFS = 0.0
_FADE_MS = 15
_MAX_EXCERPT_S = 20.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to be shown on the curve."""

    start_s: float
    end_s: float
    label: str
    strong: bool = True


def level_curve_svg(
    facts: AudioFacts,
    marks: Sequence[Mark] = (),
    *,
    width_px: int = 960,
    height_px: int = 160,
    title: str = "",
) -> str:
    """Loudness over the lesson as an SVG that stands alone: no script, no font, nothing fetched."""
    left, top, right, bottom = 44, 8, width_px - 8, height_px - 22
    end_s = max(facts.end_s or facts.decoded_s, 1.0)

    def across(seconds: float) -> float:
        return left + (right - left) * min(max(seconds / end_s, 0.0), 1.0)

    def down(lufs: float) -> float:
        level = min(max(lufs, _LOWEST_LUFS), _HIGHEST_LUFS)
        return top + (bottom - top) * (_HIGHEST_LUFS - level) / (_HIGHEST_LUFS - _LOWEST_LUFS)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px}" role="img" '
        f'aria-label={quoteattr(title or "loudness")} font-family="sans-serif" font-size="10">',
        f"<title>{escape(title)}</title>" if title else "",
        f'<rect x="0" y="0" width="{width_px}" height="{height_px}" fill="#fff"/>',
    ]
    for mark in marks:
        x = across(mark.start_s)
        wide = max(across(mark.end_s) - x, 2.0)
        colour = "#c62828" if mark.strong else "#f9a825"
        parts.append(
            f'<rect x="{x:.1f}" y="{top}" width="{wide:.1f}" height="{bottom - top}" fill="{colour}" '
            f'fill-opacity="0.25"><title>{escape(mark.label)}</title></rect>'
        )
    for level in range(-60, 1, 20):
        y = down(level)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 3:.1f}" text-anchor="end" fill="#555">{level}</text>')
    step = _tick_s(end_s)
    for tick in range(int(end_s // step) + 1):
        x = across(tick * step)
        if x > width_px - 20:
            # Half of it would stand outside the drawing.
            continue
        parts.append(
            f'<text x="{x:.1f}" y="{height_px - 8}" text-anchor="middle" fill="#555">{_clock(tick * step)}</text>'
        )
    if facts.integrated_lufs is not None and math.isfinite(facts.integrated_lufs):
        y = down(facts.integrated_lufs)
        parts.append(
            f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#2e7d32" stroke-dasharray="4 3"/>'
        )
    start_s = facts.start_s or 0.0
    points = " ".join(
        f"{across(start_s + (i + 0.5) * facts.curve_step_s):.1f},{down(value):.1f}"
        for i, value in enumerate(facts.curve_lufs)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="#1565c0" stroke-width="1"/>')
    parts.append("</svg>")
    return "".join(parts)


def _tick_s(end_s: float) -> int:
    return next((s for s in (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800) if end_s / s <= 12), 3600)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def cut_excerpt(source: Path, target: Path, start_s: float, end_s: float, *, stream: int | None = None) -> None:
    """Write the sound between two presentation times as a WAV file, both ends faded by 15 ms.

    Raises MediaError where the file does not open, and ValueError where no sound lies between the two times.
    """
    if not 0 < end_s - start_s <= _MAX_EXCERPT_S:
        raise ValueError(f"an excerpt lasts up to {_MAX_EXCERPT_S:g} s, not {end_s - start_s:g}")
    segment = sound_between(source, start_s, end_s, stream)
    fade = min(_FADE_MS, len(segment) // 4)
    # In memory first: a WAV writer that meets a full disk goes on complaining after it was told to stop.
    made = io.BytesIO()
    segment.fade_in(fade).fade_out(fade).export(made, format="wav")
    target.write_bytes(made.getvalue())


def before_and_after(
    source: Path, before: Path, after: Path, at_s: float, *, length_s: float = 3.0, stream: int | None = None
) -> None:
    """The seconds up to a moment and those from it on, as two WAV files: what changed, to be heard side by side."""
    start_s = max(0.0, at_s - length_s)
    if at_s > start_s:
        cut_excerpt(source, before, start_s, at_s, stream=stream)
    cut_excerpt(source, after, at_s, at_s + length_s, stream=stream)


def sound_between(source: Path, start_s: float, end_s: float, stream: int | None) -> AudioSegment:
    """The sound between two presentation times; raises ValueError where there is none."""
    import av
    import numpy as np

    from coursekit.probe.media import open_media

    parts = []
    rate, channels = 0, 0
    with open_media(source) as container:
        origin_s = max(0, container.start_time or 0) / 1_000_000
        sounds = list(container.streams.audio)
        chosen = next((s for s in sounds if stream is None or s.index == stream), None)
        if chosen is None:
            raise ValueError(f"no audio stream {'' if stream is None else stream}".strip())
        container.seek(max(0, int((start_s + origin_s - 0.5) * 1_000_000)))
        resampler = av.AudioResampler(format="s16", layout="stereo" if chosen.channels > 1 else "mono")
        for frame in container.decode(chosen):
            if frame.time is None:
                continue
            time_s = frame.time - origin_s
            if time_s >= end_s:
                break
            if time_s + frame.samples / frame.sample_rate <= start_s:
                continue
            for same in resampler.resample(frame):
                rate, channels = same.sample_rate, same.layout.nb_channels
                pcm = same.to_ndarray().reshape(-1, channels)
                first = max(0, round((start_s - time_s) * rate))
                last = min(len(pcm), round((end_s - time_s) * rate))
                parts.append(pcm[first:last])
    if not parts or not sum(map(len, parts)):
        raise ValueError(f"no sound between {start_s:g} and {end_s:g} s")
    return _audio_segment(np.concatenate(parts).astype("<i2").tobytes(), rate, channels)


def _audio_segment(pcm: bytes, rate: int, channels: int) -> AudioSegment:
    # pydub looks for an ffmpeg on the path when it is imported, and warns; it is not asked to run one. A measuring
    # process may have no path at all.
    os.environ.setdefault("PATH", os.defpath)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment

        return AudioSegment(data=pcm, sample_width=2, frame_rate=rate, channels=channels)


def to_mp3(wave_file: Path) -> bytes | None:
    """A WAV of 16 bit as MP3, a tenth of its size, which every browser plays; None where FFmpeg cannot write it."""
    import wave

    import av
    import numpy as np

    with wave.open(str(wave_file), "rb") as source:
        rate, channels = source.getframerate(), source.getnchannels()
        pcm = np.frombuffer(source.readframes(source.getnframes()), "<i2").reshape(1, -1)
    layout = "stereo" if channels > 1 else "mono"
    made = io.BytesIO()
    try:
        with av.open(made, "w", format="mp3") as container:
            stream = container.add_stream("libmp3lame", rate=min(rate, 48_000), layout=layout)
            stream.bit_rate = 128_000
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="s16", layout=layout)
            frame.sample_rate = rate
            # MP3 knows three rates up to 48 kHz; the encoder's own comes from the resampler.
            fitting = av.AudioResampler(format="s16p", layout=layout, rate=stream.rate)
            for ready in (*fitting.resample(frame), *fitting.resample(None)):
                container.mux(stream.encode(ready))
            container.mux(stream.encode(None))
    except (av.FFmpegError, av.codec.codec.UnknownCodecError, ValueError):
        return None
    return made.getvalue()
