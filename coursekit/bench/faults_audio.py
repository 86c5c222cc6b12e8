"""Faults of sound, and sounds that only look like faults: pure functions over samples, the same for the same seed.

Samples are float32 shaped (channels, n), full scale 1. Strengths are in the units a listener or an engineer would name;
`under speech` means against the mean power of the frames within 20 dB of the loudest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def speech_rms(x: Samples, rate: int) -> float:
    """Root mean square of the voice without its pauses."""
    size = max(1, rate // 50)
    count = x.shape[1] // size
    power = (x[:, : count * size].astype(np.float64) ** 2).mean(axis=0).reshape(count, size).mean(axis=1)
    return float(math.sqrt(power[power >= np.percentile(power, 95) / 100].mean()))


def _gain(db: float) -> float:
    return float(10 ** (db / 20))


def _unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x / max(math.sqrt(float((x**2).mean())), 1e-12)


def _add(x: Samples, other: NDArray[np.float64]) -> Samples:
    return (x + other[None, : x.shape[1]]).astype(np.float32)


# ------------------------------------------------------------------------------------------------------------ faults


def hum(
    x: Samples, rate: int, *, under_speech_db: float, base_hz: float = 50.0, harmonics: int = 5, seed: int = 0
) -> Samples:
    """Mains hum of so many harmonics, together so far under the voice (negative decibels)."""
    rng = np.random.default_rng(seed)
    t = np.arange(x.shape[1]) / rate
    tone = np.zeros(x.shape[1])
    for k in range(1, harmonics + 1):
        tone += _gain(-rng.uniform(0, 12)) * np.sin(2 * np.pi * base_hz * k * t + rng.uniform(0, 2 * np.pi))
    return _add(x, _unit(tone) * speech_rms(x, rate) * _gain(under_speech_db))


def overdrive(x: Samples, rate: int, *, overdrive_db: float, after_db: float = 0.0) -> Samples:
    """Driven so far over full scale, cut off there, then turned by `after_db`."""
    driven = x / max(float(np.abs(x).max()), 1e-9) * _gain(overdrive_db)
    return np.asarray(np.clip(driven, -1.0, 1.0) * _gain(after_db), dtype=np.float32)


def gain_step(
    x: Samples, rate: int, *, step_lu: float, from_s: float, to_s: float = math.inf, ramp_s: float = 0.02
) -> Samples:
    """Louder or quieter by so much between two moments."""
    t = np.arange(x.shape[1]) / rate
    inside = np.clip((t - from_s) / ramp_s, 0, 1) * np.clip((to_s - t) / ramp_s, 0, 1)
    return (x * 10 ** (inside * step_lu / 20)).astype(np.float32)


def gain_drift(x: Samples, rate: int, *, drift_lu: float) -> Samples:
    """Louder or quieter by so much from the first second to the last, evenly."""
    return (x * 10 ** (np.linspace(0, drift_lu, x.shape[1]) / 20)).astype(np.float32)


def noise(x: Samples, rate: int, *, snr_db: float, colour: str = "white", seed: int = 0) -> Samples:
    """`white` or `pink` noise so far under the voice (positive decibels)."""
    return _add(x, coloured_noise(x.shape[1], rate, colour, seed) * speech_rms(x, rate) * _gain(-snr_db))


def bed(
    x: Samples, music: Samples, rate: int, *, over_voice_lu: float, loudness: Callable[[Samples, int], float]
) -> Samples:
    """Music under the whole voice, so much louder than it (negative: quieter), by the given measure of loudness."""
    under = np.tile(music, (1, -(-x.shape[1] // music.shape[1])))[:1, : x.shape[1]]
    return (x + under * _gain(loudness(x, rate) + over_voice_lu - loudness(under, rate))).astype(np.float32)


def delay(x: Samples, rate: int, *, delay_ms: float) -> Samples:
    """Later (positive) or earlier, length kept."""
    shift = round(delay_ms * rate / 1000)
    out = np.zeros_like(x)
    if shift >= 0:
        out[:, shift:] = x[:, : x.shape[1] - shift]
    else:
        out[:, :shift] = x[:, -shift:]
    return out


def whistle(x: Samples, rate: int, *, under_speech_db: float, hz: float = 7800.0) -> Samples:
    """One steady high tone, as a power supply sings."""
    t = np.arange(x.shape[1]) / rate
    return _add(x, math.sqrt(2) * np.sin(2 * np.pi * hz * t) * speech_rms(x, rate) * _gain(under_speech_db))


def dc_offset(x: Samples, rate: int, *, offset: float) -> Samples:
    """The zero line moved by a share of full scale."""
    return (x + np.float32(offset)).astype(np.float32)


def hole(x: Samples, rate: int, *, at_s: float, length_s: float) -> Samples:
    """Nothing for a while."""
    out = x.copy()
    out[:, int(at_s * rate) : int((at_s + length_s) * rate)] = 0
    return out


def loud_places(x: Samples, rate: int, count: int, seed: int = 0) -> tuple[float, ...]:
    """Moments in the louder half of the voice, at least 1.2 s apart."""
    size = rate // 20
    n = x.shape[1] // size
    power = (x[0, : n * size].reshape(n, size).astype(np.float64) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > np.percentile(power, 60))
    loud = loud[(loud > 20) & (loud < n - 30)]
    rng = np.random.default_rng(seed)
    chosen: list[float] = []
    for place in rng.permutation(loud):
        time = float(place) / 20 + float(rng.uniform(0, 0.05))
        if all(abs(time - other) > 1.2 for other in chosen):
            chosen.append(time)
        if len(chosen) == count:
            break
    return tuple(sorted(chosen))


def dropouts(x: Samples, rate: int, *, length_ms: float, count: int = 5, seed: int = 0) -> Samples:
    """Short cuts to nothing where somebody speaks."""
    out = x.copy()
    for time in loud_places(x, rate, count, seed):
        out[:, int(time * rate) : int((time + length_ms / 1000) * rate)] = 0
    return out


def clicks(x: Samples, rate: int, *, height: float, count: int = 12, seed: int = 0) -> Samples:
    """Single samples thrown off by so much of full scale."""
    out = x.copy()
    for time in loud_places(x, rate, count, seed):
        out[:, int(time * rate)] += np.float32(height)
    return out


def channel_fault(x: Samples, rate: int, *, kind: str, seed: int = 0) -> Samples:
    """From the first channel: `mono`, `identical`, `near-identical`, `one-sided`, `dead`, `opposed` or `stereo`."""
    one = x[:1]
    if kind == "mono":
        return one.copy()
    if kind == "identical":
        return np.concatenate([one, one])
    if kind == "near-identical":
        hiss = coloured_noise(x.shape[1], rate, "white", seed) * speech_rms(one, rate) * _gain(-55)
        return np.concatenate([one, _add(one, hiss)])
    if kind == "one-sided":
        return np.concatenate([one, one * np.float32(_gain(-14))])
    if kind == "dead":
        return np.concatenate([one, np.zeros_like(one)])
    if kind == "opposed":
        return np.concatenate([one, -one])
    if kind == "stereo":
        return stereo_room(one, rate, seed)
    raise ValueError(kind)


FAULTS = ("hum", "overdrive", "gain_step", "gain_drift", "noise", "bed", "delay", "whistle", "dc_offset", "hole",
          "dropouts", "clicks", "channel_fault")  # fmt: skip


# --------------------------------------------------------------------------------------- healthy sounds and material


def coloured_noise(samples: int, rate: int, colour: str, seed: int) -> NDArray[np.float64]:
    """`white`, `pink` or `brown`, from 30 Hz up, power 1."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hz = np.fft.rfftfreq(samples, 1 / rate)
    slope = {"white": 0.0, "pink": 0.5, "brown": 1.0}[colour]
    spectrum *= np.where(hz >= 30, np.maximum(hz, 30.0) ** -slope, 0.0)
    return _unit(np.fft.irfft(spectrum, samples))


def stereo_room(x: Samples, rate: int, seed: int = 0) -> Samples:
    """One voice between two microphones in a room: direct sound with a little of its own echoes on each side."""
    rng = np.random.default_rng(seed)
    sides = []
    for side in range(2):
        out = x[0].astype(np.float64) * (1.0 if side else 0.9)
        for _ in range(24):
            lag = int(rng.uniform(0.003, 0.12) * rate)
            out[lag:] += x[0, : x.shape[1] - lag] * rng.normal(0, 0.12) * math.exp(-lag / rate / 0.06)
        sides.append(out + coloured_noise(x.shape[1], rate, "pink", seed * 2 + side + 1) * 3e-4)
    return np.asarray(np.stack(sides), dtype=np.float32)


def limited(x: Samples, rate: int, *, drive_db: float) -> Samples:
    """Loud mastering: driven into a look-ahead limiter that turns peaks down and cuts nothing."""
    driven = x / max(float(np.abs(x).max()), 1e-9) * _gain(drive_db)
    reach = int(0.005 * rate)
    peak = np.abs(driven).max(axis=0)
    padded = np.pad(peak, reach)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    shape = np.hanning(2 * reach + 1)
    smooth = np.convolve(np.pad(1 / np.maximum(highest, 1.0), reach, mode="edge"), shape / shape.sum(), "valid")
    out = driven * smooth
    return (0.97 * out / max(1.0, float(np.abs(out).max()))).astype(np.float32)


def machine(samples: int, rate: int, *, turn_hz: float = 24.3, seed: int = 0) -> NDArray[np.float64]:
    """A lathe at work: harmonics of a speed that wanders, gear noise over them, power 1."""
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / rate
    knots = np.arange(0, t[-1] + 1, 0.5)
    wander = np.cumsum(np.interp(t, knots, rng.normal(0, 0.25, len(knots))))
    phase = 2 * np.pi * (turn_hz * t + wander / rate)
    tone = sum(rng.uniform(0.3, 1) / k**0.6 * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, 25))
    return _unit(np.asarray(_unit(np.asarray(tone)) + 0.6 * coloured_noise(samples, rate, "brown", seed)))


def _note(hz: float, samples: int, rate: int, partials: int, decay_s: float) -> NDArray[np.float64]:
    t = np.arange(samples) / rate
    ramp = np.minimum(t / 0.005, 1) * np.minimum((samples / rate - t) / 0.02, 1)
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k**1.3 * np.exp(-t * k / decay_s) for k in range(1, partials + 1))
    return np.asarray(wave * ramp)


def music(seconds: float, rate: int, *, style: str = "band", seed: int = 0) -> Samples:
    """Accompaniment: `band` (chords, bass, drums), `pad` (held chords), `arpeggio`, `bass` (a line near the mains)."""
    rng = np.random.default_rng(seed)
    total = int(seconds * rate)
    out = np.zeros(total + 6 * rate)
    beat = 60 / rng.uniform(80, 125)
    roots = ((45, 41, 48, 43), (40, 45, 38, 43), (43, 38, 40, 36))[seed % 3]

    def put(at_s: float, wave: NDArray[np.float64], level: float) -> None:
        first = int(at_s * rate)
        out[first : first + len(wave)] += level * wave

    def pitch(midi: float) -> float:
        return float(440 * 2 ** ((midi - 69) / 12))

    for number in range(int(seconds / beat) + 1):
        root, at = roots[(number // 4) % 4], number * beat
        if style == "band":
            for interval in (12, 16, 19):
                put(at, _note(pitch(root + interval), int(2 * beat * rate), rate, 7, 1.2), 0.15)
            put(at, _note(pitch(root - 5 + rng.choice([0, 0, 5, 7])), int(0.95 * beat * rate), rate, 6, 1.5), 0.3)
            burst = rng.standard_normal(int(0.12 * rate)) * np.exp(-np.arange(int(0.12 * rate)) / rate / 0.03)
            put(at + beat / 2, burst, 0.08)
        elif style == "pad" and number % 4 == 0:
            for interval in (0, 7, 12, 16):
                put(at, _note(pitch(root + interval), int(4.3 * beat * rate), rate, 5, 60.0), 0.12)
        elif style == "arpeggio":
            for part in range(4):
                note = _note(pitch(root + rng.choice([12, 16, 19, 24])), int(0.6 * rate), rate, 7, 0.6)
                put(at + part * beat / 4, note, 0.25)
        elif style == "bass":
            # Notes within 5 Hz of 50, 100 and 150 Hz, and of 60 and 120.
            hz = rng.choice([46.2, 49.0, 51.9, 55.0, 58.3, 61.7, 98.0, 103.8, 116.5, 123.5, 146.8, 155.6])
            put(at, _note(float(hz), int(0.9 * beat * rate), rate, 8, 2.0), 0.4)
    out = out[:total]
    return np.asarray(0.5 * out / max(float(np.abs(out).max()), 1e-9), dtype=np.float32)[None]


@dataclass(frozen=True, slots=True)
class Voice:
    """A talker made of a pulse train, moving resonances and hiss: enough of a voice for every detector here."""

    pitch_hz: float = 120.0
    formant_scale: float = 1.0
    pace_hz: float = 4.2
    room_db: float = -62.0
    """Room tone against full scale; -inf for none."""


_VOWELS = (
    (700, 1220, 2600),
    (390, 2300, 3000),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (440, 1020, 2240),
)


def voice(seconds: float, rate: int, talker: Voice = Voice(), seed: int = 0) -> Samples:
    """Phrases of syllables with gliding pitch, consonants and pauses, peak 0.5."""
    rng = np.random.default_rng(seed)
    total = int(seconds * rate)
    out = np.zeros(total + rate)
    at = 0.3
    while at < seconds:
        syllables = int(rng.integers(5, 14))
        start_hz = talker.pitch_hz * rng.uniform(1.05, 1.3)
        emphasis = _gain(rng.normal(0, 1.5))
        for number in range(syllables):
            length = rng.uniform(0.7, 1.3) / talker.pace_hz
            if at + length > seconds:
                break
            n = int(0.72 * length * rate)
            t = np.arange(n) / rate
            fall = 1 - 0.28 * number / syllables
            hz = start_hz * fall * (1 + rng.normal(0, 0.05) + rng.normal(0, 0.10) * t / max(t[-1], 1e-3))
            hz = hz * (1 + 0.012 * np.sin(2 * np.pi * rng.uniform(4, 7) * t))
            phase = 2 * np.pi * np.cumsum(hz) / rate
            goal, origin = (np.array(_VOWELS[int(i)]) * talker.formant_scale for i in rng.integers(0, len(_VOWELS), 2))
            move = np.clip(t / 0.09, 0, 1)[:, None]
            formants = origin + (goal - origin) * move
            wave = np.zeros(n)
            for k in range(1, int(min(4500, rate / 2.2) / talker.pitch_hz)):
                own = k * hz
                level = sum(
                    w / (1 + ((own - formants[:, i]) / (60 + 0.06 * formants[:, i])) ** 2)
                    for i, w in enumerate((1.0, 0.5, 0.25))
                )
                wave += (level + 0.02) / k**0.35 * np.sin(k * phase)
            envelope = np.minimum(t / 0.025, 1) * np.minimum((t[-1] - t) / 0.05, 1) * emphasis * _gain(rng.normal(0, 2))
            first = int(at * rate)
            out[first + int(0.28 * length * rate) : first + int(0.28 * length * rate) + n] += wave * envelope
            hiss = np.diff(rng.standard_normal(int(0.2 * length * rate) + 1))
            soft = np.hanning(len(hiss))
            out[first : first + len(hiss)] += hiss * soft * rng.choice([0.0, 0.05, 0.25]) * emphasis
            at += length
        at += rng.uniform(0.25, 0.9)
    out = out[:total] / max(float(np.abs(out).max()), 1e-9) * 0.5
    if math.isfinite(talker.room_db):
        out = out + coloured_noise(total, rate, "pink", seed + 1) * _gain(talker.room_db)
    return np.asarray(out, dtype=np.float32)[None]
