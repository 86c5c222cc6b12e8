"""The voice in a lesson: where it speaks, how loud, against what, and where its level jumps.

Three figures tell a voice from music and from a room, over windows of three seconds:

- *depth*: how strongly loudness swings at the pace of syllables (2.5 to 8 Hz). Speech 3.5–8 dB, music under 1.5.
- *glide*: share of voiced frames whose pitch moves on in one direction, 14 to 200 cents twice in 40 ms. Speech 0.2–0.5;
  notes stand still (0–0.1), and where chords confuse the tracker it jumps to and fro.
- *spread*: 95th less 10th percentile of loudness. With a bed under the voice, the 10th percentile is the bed.

Level swings are looked for in the voice alone, second by second, by cutting its history where the mean changes most
(binary segmentation). A change of gain moves all bands and the noise in the pauses by the same amount; another speaker
has another spectrum and another pitch. Both are kept with each step, so that a check can tell them apart.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.channels import runs
from coursekit.audio.facts import BedSpan, NoiseSection, VoiceFacts, VoiceSegment
from coursekit.audio.frames import BANDS, FRAME_HZ, PITCH_STEPS_PER_OCTAVE, FrameMeter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating]
    Bands = NDArray[np.int8]
    """Whole decibels; as floats, those of a long lesson would weigh more than all that is kept of it."""

_WINDOW_S = 3
_BED_S = 6
_MIN_DEPTH_DB = 1.6
_MIN_GLIDE = 0.10
_MIN_VOICED = 0.12
_DROWNED_DEPTH_DB = 1.2
_SURE_SHARE = 0.3
_ACTIVE_DB = 15.0
_QUIETEST_DB = 30.0
"""A voice so far under the usual is no voice: a hole is not a quiet speaker."""
_SILENT_DB = -90.0
_MIN_SEGMENT = 6
_MIN_STEP_DB = 1.5
_MIN_GAIN = 9.0
_NATURAL_DB = 2.5
_EXCURSIONS = (6, 8, 11, 15, 20, 28, 40)
_AROUND = 20
_MIN_EXCURSION_DB = 3.0
_SECTION_S = 180
_BODY_TOP = 8
"""First band that is no longer the body of a voice: 1.3 kHz."""
# A voice alone has its 95th percentile this far above its mean level and over what is heard between its syllables.
_SPREAD_OF_BED_DB = 5.0
_MAX_SPANS = 60


@dataclass(frozen=True, slots=True)
class Windows:
    """Figures of windows of three seconds, one after the other."""

    depth: Array
    glide: Array
    voiced: Array
    spread: Array
    """Over twice the length: a pause must fall into it."""
    high: Array
    low: Array

    @property
    def voice(self) -> NDArray[np.bool_]:
        """Where somebody speaks."""
        found = (self.depth >= _MIN_DEPTH_DB) & (self.glide >= _MIN_GLIDE) & (self.voiced >= _MIN_VOICED)
        # One window without a glide between two with a voice is a long vowel or a cough, not another programme.
        if len(found) > 2:
            found[1:-1] |= found[:-2] & found[2:]
        return found


def analyse_voice(levels: Array, frames: FrameMeter) -> VoiceFacts:
    """Everything about the voice, from loudness every 20 ms and what the frames kept."""
    count = min(len(levels), len(frames.pitch))
    levels = levels[:count]
    pitch = np.frombuffer(frames.pitch, np.uint8)[:count]
    low_bands = _bands(frames.low_bands, frames.bands_used)
    loud_bands = _bands(frames.loud_bands, frames.bands_used)
    windows = measure_windows(levels, pitch)
    voice = windows.voice
    seconds = min(count // FRAME_HZ, len(low_bands))
    spoken = np.repeat(voice, _WINDOW_S)
    spoken = np.concatenate([spoken, np.full(max(0, seconds - len(spoken)), bool(voice[-1]) if len(voice) else False)])
    history = _voice_history(levels, pitch, spoken[:seconds])
    sections = tuple(_sections(levels, low_bands, spoken, seconds))
    return VoiceFacts(
        voice_s=float(int(spoken[:seconds].sum())),
        voice_lufs=_level(history),
        sections=sections,
        segments=_segments(history, levels, loud_bands),
        beds=_beds(windows, sections),
    )


def measure_windows(levels: Array, pitch: NDArray[np.uint8]) -> Windows:
    """Depth, glide, voiced share and spread of every three seconds."""
    size = _WINDOW_S * FRAME_HZ
    count = max(1, len(levels) // size) if len(levels) >= FRAME_HZ else 0
    if not count:
        return Windows(*(np.zeros(0) for _ in range(6)))
    size = min(size, len(levels))
    # A hundred windows at a time: the tables of a long lesson would weigh more than all the rest.
    parts = [_windows(levels, pitch, size, first, min(first + 100, count)) for first in range(0, count, 100)]
    return Windows(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Windows)))


def _windows(levels: Array, pitch: NDArray[np.uint8], size: int, first: int, last: int) -> Windows:
    count = last - first
    rows = levels[first * size : last * size].reshape(count, size)
    top = rows.max(axis=1, keepdims=True)
    shape = np.maximum(rows, top - 30)
    shape = shape - shape.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(shape * np.hanning(size), axis=1)) ** 2
    hz = np.fft.rfftfreq(size, 1 / FRAME_HZ)
    pace = power[:, (hz > 2.5) & (hz < 8)].sum(axis=1)
    whole = power[:, (hz > 0.5) & (hz < 20)].sum(axis=1) + 1e-9
    codes = pitch[first * size : last * size].reshape(count, size).astype(np.int16)
    both = (codes[:, 1:] > 0) & (codes[:, :-1] > 0)
    step = np.diff(codes, axis=1) * (1200 / PITCH_STEPS_PER_OCTAVE)
    fair = both & (np.abs(step) >= 14) & (np.abs(step) < 200)
    onward = np.sign(step[:, 1:]) == np.sign(step[:, :-1])
    moving = (fair[:, 1:] & fair[:, :-1] & onward).sum(axis=1)
    pairs = (both[:, 1:] & both[:, :-1]).sum(axis=1)
    wide = [levels[max(0, i * size - size // 2) : (i + 1) * size + size // 2] for i in range(first, last)]
    high = np.array([np.percentile(w, 95) for w in wide])
    low = np.array([np.percentile(w, 10) for w in wide])
    return Windows(
        depth=shape.std(axis=1) * np.sqrt(pace / whole),
        glide=np.where(pairs > 10, moving / np.maximum(pairs, 1), 0.0),
        voiced=(codes > 0).mean(axis=1),
        spread=high - low,
        high=high,
        low=low,
    )


def _bands(series: array[int], used: int) -> Bands:
    return np.frombuffer(series, np.int8).reshape(-1, BANDS)[:, :used]


# ------------------------------------------------------------------------------------------------------------- noise


def _sections(levels: Array, low: Bands, spoken: NDArray[np.bool_], seconds: int) -> list[NoiseSection]:
    """Noise floor and voice-to-noise ratio, three minutes at a time.

    The floor is the 5th percentile of loudness over 60 ms, digital silence left out: what remains in the pauses. It is
    noise only if it stands still, and that is `steady_db`: how far the lowest 60 ms of a second move between the 10th
    and the 60th percentile of the seconds, band by band, median over the bands. Added noise gives 0–3 dB; clean speech,
    whose floor is mostly its own decay, 6 and more; music under a voice 4 and more.
    """
    found = []
    count = max(1, round(seconds / _SECTION_S))
    for first, last in zip(*(_edges(seconds, count)[i : i + count] for i in (0, 1)), strict=True):
        if last - first < 3:
            continue
        part = levels[first * FRAME_HZ : last * FRAME_HZ]
        power = np.convolve(10 ** (part / 10), np.ones(3) / 3, "valid")
        smooth = 10 * np.log10(power + 1e-13)
        sounding = smooth[smooth > _SILENT_DB]
        lowest = low[first:last].astype(np.float64)
        heard = lowest[:, 2:].max(axis=1, initial=-120) > -105
        if sounding.size < FRAME_HZ or heard.sum() < 3:
            continue
        floor = float(np.percentile(sounding, 5))
        peak = float(np.percentile(part, 95))
        active = 10 ** (part[part > max(peak - _ACTIVE_DB, floor + 3)] / 10)
        voice = 10 * math.log10(max(float(active.mean()) - 10 ** (floor / 10), 1e-12)) if active.size else floor
        ground = np.percentile(lowest[heard], 25, axis=0)
        moves = np.percentile(lowest[heard], 60, axis=0) - np.percentile(lowest[heard], 10, axis=0)
        noise = 10 ** (ground / 10)
        found.append(
            NoiseSection(
                start_s=float(first),
                end_s=float(last),
                floor_lufs=round(floor, 1),
                voice_lufs=round(voice, 1),
                voice_s=int(spoken[first:last].sum()),
                steady_db=round(float(np.median(moves[2:])), 1),
                silent_share=round(float((smooth <= _SILENT_DB).mean()), 3),
                hiss_share=round(min(1.0, float(noise[_BODY_TOP:].sum()) / 10 ** (floor / 10)), 4),
            )
        )
    return found


def _edges(seconds: int, count: int) -> list[int]:
    return [round(i * seconds / count) for i in range(count + 1)]


# ------------------------------------------------------------------------------------------------------------- swing


@dataclass(frozen=True, slots=True)
class _History:
    second: NDArray[np.intp]
    level: Array
    weight: Array
    pitch: Array


def _level(history: _History) -> float | None:
    """Mean loudness of the voice while it sounds, each second within 15 dB of its loudest neighbours."""
    if not history.level.size:
        return None
    return round(10 * math.log10(float(np.average(10 ** (history.level / 10), weights=history.weight)) + 1e-12), 1)


def _voice_history(levels: Array, pitch: NDArray[np.uint8], spoken: NDArray[np.bool_]) -> _History:
    seconds = len(spoken)
    rows = levels[: seconds * FRAME_HZ].reshape(seconds, FRAME_HZ)
    codes = pitch[: seconds * FRAME_HZ].reshape(seconds, FRAME_HZ)
    kept, level, weight, tone = [], [], [], []
    top = rows.max(axis=1, initial=-120)
    usual = float(np.median(top[spoken])) if spoken.any() else 0.0
    for s in np.flatnonzero(spoken):
        near = max(top[max(0, s - 2) : s + 3].max(), usual - _QUIETEST_DB)
        row = rows[s]
        frames = row >= near - _ACTIVE_DB
        n = int(frames.sum())
        if n < 8:
            continue
        kept.append(int(s))
        level.append(10 * math.log10(float((10 ** (row[frames] / 10)).mean()) + 1e-12))
        weight.append(n / FRAME_HZ)
        voiced = codes[s][codes[s] > 0]
        tone.append(float(np.median(voiced)) if voiced.size > 5 else math.nan)
    return _History(np.array(kept, dtype=np.intp), np.array(level), np.array(weight), np.array(tone))


def _cut(level: Array, weight: Array, first: int, last: int) -> int | None:
    """Where the mean of level[first:last] changes most, if it changes enough to be no chance."""
    if last - first < 2 * _MIN_SEGMENT:
        return None
    w, x = weight[first:last], level[first:last]
    cw, cx = np.cumsum(w), np.cumsum(w * x)
    at = np.arange(_MIN_SEGMENT, last - first - _MIN_SEGMENT + 1)
    before = cx[at - 1] / cw[at - 1]
    after = (cx[-1] - cx[at - 1]) / (cw[-1] - cw[at - 1])
    effective = cw[at - 1] * (cw[-1] - cw[at - 1]) / cw[-1]
    gain = (after - before) ** 2 * effective / _NATURAL_DB**2
    best = int(gain.argmax())
    if gain[best] < _MIN_GAIN or abs(after[best] - before[best]) < _MIN_STEP_DB:
        return None
    return first + int(at[best])


def _excursions(level: Array, weight: Array, first: int, last: int) -> list[int]:
    """Ends of stretches that leave the level of what lies around them and come back to it.

    Cutting in two does not see them: with the excursion on one side, the means of both sides stay close.
    """
    best: tuple[float, int, int] | None = None
    cw = np.concatenate([[0.0], np.cumsum(weight[first:last])])
    cx = np.concatenate([[0.0], np.cumsum(weight[first:last] * level[first:last])])
    n = last - first
    for length in _EXCURSIONS:
        at = np.arange(_MIN_SEGMENT, n - length - _MIN_SEGMENT + 1)
        if not at.size:
            continue
        low, high = np.maximum(at - _AROUND, 0), np.minimum(at + length + _AROUND, n)
        w_in = cw[at + length] - cw[at]
        w_out = cw[high] - cw[low] - w_in
        mean_in = (cx[at + length] - cx[at]) / w_in
        mean_out = (cx[high] - cx[low] - cx[at + length] + cx[at]) / w_out
        gain = (mean_in - mean_out) ** 2 * (w_in * w_out / (w_in + w_out)) / _NATURAL_DB**2
        gain = np.where(np.abs(mean_in - mean_out) >= _MIN_EXCURSION_DB, gain, 0.0)
        top = int(gain.argmax())
        if gain[top] >= _MIN_GAIN and (best is None or gain[top] > best[0]):
            best = (float(gain[top]), first + int(at[top]), first + int(at[top]) + length)
    if best is None:
        return []
    _, start, end = best
    return [start, end, *_excursions(level, weight, first, start), *_excursions(level, weight, end, last)]


def _segments(history: _History, levels: Array, loud: Bands) -> tuple[VoiceSegment, ...]:
    count = len(history.level)
    if count < _MIN_SEGMENT:
        return ()
    cuts, todo = [0, count], [(0, count)]
    while todo:
        first, last = todo.pop()
        at = _cut(history.level, history.weight, first, last)
        if at is not None and len(cuts) < 200:
            cuts.append(at)
            todo += [(first, at), (at, last)]
    for first, last in pairwise(sorted(cuts)):
        cuts += _excursions(history.level, history.weight, first, last)
    cuts = sorted(set(cuts))
    found: list[VoiceSegment] = []
    previous: tuple[Array, float, float] | None = None
    for first, last in pairwise(cuts):
        inside = slice(first, last)
        seconds = history.second[inside]
        level = float(np.average(history.level[inside], weights=history.weight[inside]))
        near_end = seconds[-20:]
        shape_start = _shape(loud[seconds[:20][seconds[:20] < len(loud)]])
        shape_end = _shape(loud[near_end[near_end < len(loud)]])
        tones = history.pitch[inside]
        tone = float(np.nanmedian(tones)) if np.isfinite(tones).any() else math.nan
        floor_start, floor_end = _pause_level(levels, seconds[:12]), _pause_level(levels, seconds[-12:])
        change = shape_before = pitch_change = floor_change = None
        if previous is not None:
            before_shape, before_tone, before_floor = previous
            change = round(level - found[-1].level_lufs, 1)
            shape_before = round(float(np.std(shape_start - before_shape)), 1) if shape_start.size else None
            if math.isfinite(tone) and math.isfinite(before_tone):
                pitch_change = round(abs(tone - before_tone) * 1200 / PITCH_STEPS_PER_OCTAVE)
            if math.isfinite(floor_start) and math.isfinite(before_floor):
                floor_change = round(floor_start - before_floor, 1)
        found.append(
            VoiceSegment(
                start_s=float(seconds[0]),
                end_s=float(seconds[-1] + 1),
                voice_s=round(float(history.weight[inside].sum()), 1),
                level_lufs=round(level, 1),
                change_lu=change,
                shape_change_db=shape_before,
                pitch_change_cents=pitch_change,
                floor_change_lu=floor_change,
            )
        )
        previous = (shape_end, tone, floor_end)
    return tuple(found)


def _shape(loud: Bands) -> Array:
    """Mean spectrum of these seconds in the bands of the voice, its level taken out."""
    if not len(loud):
        return np.zeros(0)
    mean = 10 * np.log10((10 ** (loud.astype(np.float64) / 10)).mean(axis=0))[1:15]
    return np.asarray(mean - mean.mean())


def _pause_level(levels: Array, seconds: NDArray[np.intp]) -> float:
    """What is heard between the words of these seconds; nan where that is digital silence."""
    rows = [levels[s * FRAME_HZ : (s + 1) * FRAME_HZ] for s in seconds]
    low = float(np.percentile(np.concatenate(rows), 5)) if rows else math.nan
    return low if low > -80 else math.nan


# --------------------------------------------------------------------------------------------------------------- bed


def _beds(windows: Windows, sections: tuple[NoiseSection, ...]) -> tuple[BedSpan, ...]:
    """Stretches with a voice in which something else never falls far below it."""
    sure = windows.voice
    # Under a bed as loud as the voice the swing of the syllables drowns; neighbours that are sure carry such windows.
    voice = sure | ((windows.depth >= _DROWNED_DEPTH_DB) & (windows.glide >= _MIN_GLIDE) & (windows.spread < 12))
    margin = windows.spread - _SPREAD_OF_BED_DB
    close = voice & (margin < 16.0) & (windows.high > -60)
    found = []
    for first, last in runs(close):
        if sure[first:last].mean() < _SURE_SHARE:
            continue
        middle = (first + last) / 2 * _WINDOW_S
        section = next((s for s in sections if s.start_s <= middle <= s.end_s), None)
        inside = slice(first, last)
        found.append(
            BedSpan(
                start_s=float(first * _WINDOW_S),
                end_s=float(last * _WINDOW_S),
                voice_over_bed_lu=round(float(np.median(margin[inside])), 1),
                closest_lu=round(float(margin[inside].min()), 1),
                depth_db=round(float(np.median(windows.depth[inside])), 1),
                glide=round(float(np.median(windows.glide[inside])), 2),
                steady_db=section.steady_db if section else None,
                hiss_share=section.hiss_share if section else None,
            )
        )
    found.sort(key=lambda s: s.start_s - s.end_s)
    return tuple(sorted(found[:_MAX_SPANS], key=lambda s: s.start_s))
