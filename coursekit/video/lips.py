"""Lips against the voice, without knowing what a face is.

Where somebody talks, brightness at the mouth follows the loudness of the voice at the pace of syllables. So brightness
of every cell of a coarse picture is correlated with the voice over lags of a second either way, over a few stretches of
the lesson together. The voice of another stretch, or of another moment, shows how high chance gets: only a peak that
stands clear of all those is an estimate. Hands, slides and a face that listens give none.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import numpy.typing as npt

from coursekit.audio.reader import samples_of
from coursekit.cores import machine_cores
from coursekit.probe.facts import ProbeFacts
from coursekit.probe.media import open_media
from coursekit.video.decode import VideoDecoder, open_video
from coursekit.video.facts import LipFacts, LipReason, VideoFacts
from coursekit.video.meter import Frame, Picture
from coursekit.video.pacing import Group, blocks_of, still_pictures
from coursekit.video.scaling import shrink, times_smaller

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

Floats = npt.NDArray[np.float32]

WINDOW_S = 20.0
"""Long enough for ten looks at chance beside one at the truth, short enough for a head to stay where it is."""
MAX_WINDOWS = 4
"""80 s of decoding a lesson, however long it is. Of a mouth that explains a sixth of its voice (correlation 0.4) one
window tells nothing, three stand 1.4 to 1.7 times above chance, with a head of a fourth of the picture's height too."""
MIN_WINDOWS = 3
"""A minute. Of two stretches chance is known too little: it once reached 1.11 times what had been seen of it."""
GRID_HZ = 25
LONG_SIDE_CELLS = 80
"""A cell is 24 pixels of a 1920 px picture. Cells twice as wide lose the small heads, half as wide the moving ones."""
BAND_HZ = (1.0, 8.0)
"""Syllables; slower are heads and hands."""
MAX_LAG_S = 1.0
_LAG = round(MAX_LAG_S * GRID_HZ)
_BESIDE_S = 0.2
"""Looked at on either side of a stretch, so that its grid lies between pictures."""
_MAX_STEP_S = 0.07
"""Fewer than some fifteen pictures a second do not carry syllables."""
_MIN_CHANGE = 0.15
"""Levels by which a cell must swing within the band: below it is only what the encoder leaves."""
_MIN_VOICE_DB = 2.0
"""Swing of the voice's level within the band; speech has 4 to 7, held chords and machines under 1."""
_QUIET_DBFS = -55.0
_SAME_VIEW = 12.0
"""Mean difference of the mean pictures of two stretches, levels, up to which they are one view."""
_CUT = 30.0
_CHUNK_S = 2.5
_DRAWS = 200
_MAX_SPREAD_S = 0.3
"""A syllable and a half: where redraws fall on the next syllable the interval says so; beyond it says nothing."""
_MAX_SHARE = 0.15
"""Share of the picture that may answer together: more is light or a camera that moves with the sound, no mouth."""
_VOICE_HZ = (200.0, 4000.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One window on the common grid."""

    start_s: float
    cells: Floats
    """(time, rows, columns), band-passed, power 1; 0 where nothing moves."""
    voice: Floats
    """(time), band-passed, power 1."""
    view: Floats
    """Mean picture."""


def measure_lips(path: Path, probe: ProbeFacts, facts: VideoFacts, *, threads: int = 1) -> LipFacts | None:
    """By how much the voice follows the lips; None for a file without sound."""
    if not probe.audios:
        return None
    starts = choose_windows(facts)
    if len(starts) < MIN_WINDOWS:
        return LipFacts(LipReason.NO_STRETCH)
    try:
        with open_video(path, probe) as decoder, open_media(path) as sound:
            starts = tuple(s for s in starts if carries_lips(decoder, facts.stream, s))
            if len(starts) < MIN_WINDOWS:
                return LipFacts(LipReason.NO_STRETCH)
            origin_s = float(decoder.readers[facts.stream].start)
            voices = {s: v for s in starts if (v := read_voice(sound, s, origin_s)) is not None}
        if len(voices) < MIN_WINDOWS:
            return LipFacts(LipReason.NO_VOICE)
        # A decoder for each stretch: two with a thread each are done in two thirds of the time of one with two.
        with ThreadPoolExecutor(threads or machine_cores(), thread_name_prefix="lips") as pool:
            seen = pool.map(lambda start_s: _pictures_of(path, probe, facts.stream, start_s), voices)
            made = [on_grid(start_s, *found, voices[start_s]) for start_s, found in zip(voices, seen, strict=True)]
    except (av.FFmpegError, KeyError):
        return LipFacts(LipReason.NO_STRETCH)
    stretches = [stretch for stretch in made if stretch is not None]
    return estimate(one_view(stretches))


def _pictures_of(
    path: Path, probe: ProbeFacts, index: int, start_s: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """Times and coarse pictures of a stretch."""
    times, pictures = [], []
    with open_video(path, probe) as decoder:
        # Blocks stay visible in what is referred to, but brightness of a cell is what it was, for a fifth less.
        decoder.readers[index].stream.codec_context.options |= {"skip_loop_filter": "all"}
        for frame in _frames_within(decoder, index, start_s - _BESIDE_S, start_s + WINDOW_S + _BESIDE_S):
            times.append(frame.time_s)
            pictures.append(coarse(frame.luma))
    return np.array(times), np.stack(pictures) if pictures else np.zeros((0, 1, 1), np.uint8)


def _frames_within(decoder: VideoDecoder, index: int, start_s: float, end_s: float) -> Iterator[Frame]:
    """Pictures of a stretch. Of those before it only what they are drawn from is decoded."""
    reader = decoder.readers[index]
    for packet in decoder.packets_from(index, start_s + _BESIDE_S):
        at_s = reader.packet_s(packet)
        reader.stream.codec_context.skip_frame = "NONREF" if at_s is not None and at_s < start_s else "DEFAULT"
        for frame in reader.decode(packet):
            if frame.time_s >= end_s:
                return
            if frame.time_s >= start_s:
                yield frame


def coarse(luma: Picture) -> Picture:
    """The picture with a cell to a pixel."""
    height, width = luma.shape
    cells = cells_of(width, height)
    if (width // 2) % cells[0] == 0 and times_smaller((width, height), (width // 2, height // 2)) == 2:
        # In two steps, the first of which takes no time; in more of them rounding adds up to what a faint mouth moves.
        luma = shrink(luma, 2)
    return np.asarray(cv2.resize(luma, cells, interpolation=cv2.INTER_AREA), np.uint8)


def cells_of(width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the coarse picture."""
    scale = LONG_SIDE_CELLS / max(width, height)
    return max(4, round(width * scale)), max(4, round(height * scale))


def choose_windows(facts: VideoFacts) -> tuple[float, ...]:
    """Starts of stretches without a cut and without a frozen picture, spread over the lesson."""
    end_s = facts.first_s + facts.decoded_s
    edges = [facts.first_s + 0.5, *(c for c in facts.cuts_s), end_s - 0.5]
    still = [(f.start_s, f.end_s) for f in facts.stillness.freezes] if facts.stillness else []
    free = [(a + 0.2, b - 0.2) for a, b in pairwise(edges)]
    for first, last in still:
        free = [part for a, b in free for part in ((a, min(b, first)), (max(a, last), b)) if part[1] - part[0] > 0]
    slots = [a + n * WINDOW_S for a, b in free for n in range(int((b - a) / WINDOW_S))]
    if len(slots) <= MAX_WINDOWS:
        return tuple(round(s, 3) for s in slots)
    chosen = np.linspace(0, len(slots) - 1, MAX_WINDOWS + 2)[1:-1]
    return tuple(round(slots[round(i)], 3) for i in chosen)


def carries_lips(decoder: VideoDecoder, index: int, start_s: float) -> bool:
    """Whether a stretch has enough pictures that are no mere repeats: told from its packets, at next to no cost."""
    reader = decoder.readers[index]
    times, sizes = [], []
    for packet in decoder.packets_from(index, start_s):
        at_s = reader.packet_s(packet)
        if at_s is None or at_s >= start_s + WINDOW_S + 1.0:
            break
        times.append(at_s)
        sizes.append(packet.size)
    group = Group(np.array(times), np.array(sizes, np.float64), whole=False)
    live = ~still_pictures(group, blocks_of(*reader.info.coded_px))
    within = (group.times >= start_s) & (group.times < start_s + WINDOW_S)
    return int(np.count_nonzero(live & within)) >= WINDOW_S / _MAX_STEP_S


def read_voice(sound: av.container.InputContainer, start_s: float, origin_s: float) -> Floats | None:
    """Level of the voice on the grid; None where nobody can be speaking."""
    stream = sound.streams.audio[0]
    if stream.codec_context is None or stream.time_base is None:
        return None
    sound.seek(max(0, int((start_s - 1.0 + origin_s) / stream.time_base)), stream=stream, backward=True)
    rate, first_s = 0, None
    parts: list[tuple[int, Floats]] = []
    for frame in _sound_from(sound, stream):
        if frame.time is None:
            continue
        at_s = frame.time - origin_s
        if at_s >= start_s + WINDOW_S + 1.0:
            break
        if first_s is None:
            rate, first_s = frame.sample_rate, at_s
        if frame.sample_rate != rate:
            return None
        # By its own time, so that a hole in the track moves nothing that comes after it.
        parts.append((round((at_s - first_s) * rate), samples_of(frame, frame.layout.nb_channels).mean(axis=0)))
    if first_s is None or first_s > start_s:
        return None
    wave = np.zeros(max(at + len(x) for at, x in parts), np.float32)
    for at, x in parts:
        wave[max(at, 0) : max(at, 0) + len(x)] = x[: len(wave)]
    return level_of(wave, rate, start_s - first_s)


def _sound_from(sound: av.container.InputContainer, stream: av.AudioStream) -> Iterator[AudioFrame]:
    for packet in sound.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def level_of(wave: Floats, rate: int, skip_s: float) -> Floats | None:
    """Level of the voice's band on the grid from a moment on, band-passed, power 1; None for silence or an even sound.

    Logarithmic: a mouth opens no further for a shout than half as far again."""
    # To whole seconds: a length with a large prime in it takes ten times as long.
    whole = -(-len(wave) // rate) * rate
    spectrum = np.fft.rfft(wave, whole)
    hz = np.fft.rfftfreq(whole, 1 / rate)
    spectrum[(hz < _VOICE_HZ[0]) | (hz > _VOICE_HZ[1])] = 0
    voiced = np.fft.irfft(spectrum, whole)[: len(wave)]
    ends = np.concatenate([[0.0], np.cumsum(voiced * voiced)])
    grid = skip_s + np.arange(round(WINDOW_S * GRID_HZ)) / GRID_HZ
    half = 0.5 / GRID_HZ
    index = np.clip(np.round(np.stack([grid - half, grid + half]) * rate).astype(int), 0, len(wave))
    power = (ends[index[1]] - ends[index[0]]) / np.maximum(index[1] - index[0], 1)
    loud = float(np.percentile(power, 95))
    if 10 * np.log10(loud + 1e-12) < _QUIET_DBFS:
        return None
    level = in_band(10 * np.log10(power + 1e-4 * loud).astype(np.float32)[:, None])[:, 0]
    swing = float(level.std())
    return None if swing < _MIN_VOICE_DB else level / swing


def in_band(series: Floats) -> Floats:
    """Columns with everything slower and faster than syllables taken off."""
    count = len(series)
    hz = np.fft.rfftfreq(count, 1 / GRID_HZ)
    low, high = BAND_HZ
    with np.errstate(divide="ignore"):
        weight = 1 / (1 + (low / hz) ** 8) / (1 + (hz / high) ** 8)
    spectrum = np.fft.rfft(series - series.mean(axis=0), axis=0) * weight[:, None]
    return np.asarray(np.fft.irfft(spectrum, count, axis=0), np.float32)


def on_grid(
    start_s: float, times: npt.NDArray[np.float64], pictures: npt.NDArray[np.uint8], voice: Floats
) -> Stretch | None:
    """Pictures at their own times onto the grid; None where they are too few, still, or of two views."""
    grid = start_s + np.arange(round(WINDOW_S * GRID_HZ)) / GRID_HZ
    if len(times) < 2 or times[0] > grid[0] + _MAX_STEP_S or times[-1] < grid[-1] - _MAX_STEP_S:
        return None
    if float(np.median(np.diff(times))) > _MAX_STEP_S:
        return None
    shape = pictures.shape[1:]
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    if float(np.abs(np.diff(flat, axis=0)).mean(axis=1).max()) > _CUT:
        return None
    before = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 2)
    part = ((grid - times[before]) / (times[before + 1] - times[before])).astype(np.float32)[:, None]
    cells = in_band(flat[before] * (1 - part) + flat[before + 1] * part)
    swing = cells.std(axis=0)
    moving = swing >= _MIN_CHANGE
    if not moving.any():
        return None
    cells = np.where(moving, cells / np.maximum(swing, _MIN_CHANGE), 0).reshape(len(grid), *shape).astype(np.float32)
    return Stretch(start_s, cells, voice, flat.mean(axis=0).reshape(shape))


def one_view(stretches: list[Stretch]) -> list[Stretch]:
    """The largest set of stretches that show one view."""
    sets = [[s for s in stretches if np.abs(s.view - one.view).mean() <= _SAME_VIEW] for one in stretches]
    return max(sets, key=len, default=[])


def estimate(stretches: list[Stretch]) -> LipFacts:
    """The lag at which some place follows the voice as chance never does; or the reason why there is none."""
    windows = tuple((s.start_s, round(s.start_s + WINDOW_S, 3)) for s in stretches)
    if len(stretches) < MIN_WINDOWS:
        return LipFacts(LipReason.NO_STRETCH, windows)
    count = len(stretches[0].voice)
    lags = (np.arange(count) + count // 2) % count - count // 2
    maps = together(stretches, 0)
    heights = np.sqrt(spread_out(maps))
    tops = heights.reshape(count, -1).max(axis=1)
    near = np.abs(lags) <= _LAG
    best = int(np.argmax(np.where(near, tops, 0)))
    chance = highest_by_chance(tops, lags, own=True)
    for shift in range(1, len(stretches)):
        others = np.sqrt(spread_out(together(stretches, shift))).reshape(count, -1).max(axis=1)
        chance = max(chance, highest_by_chance(others, lags, own=False))
    strength = round(float(tops[best]) / max(chance, 1e-6), 3)
    row, column = (int(v) for v in np.unravel_index(int(heights[best].argmax()), heights.shape[1:]))
    box = _box(heights[best], row, column)
    answering = float((heights[best] >= 0.7 * heights[best].max()).mean())
    if answering > _MAX_SHARE:
        return LipFacts(LipReason.EVERYWHERE, windows, strength)
    signs = maps[best, max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
    place = (slice(None), slice(max(0, row - 2), row + 3), slice(max(0, column - 2), column + 3))
    low, middle, high = spread_of_lags(stretches, place, signs)
    if high - low > _MAX_SPREAD_S:
        return LipFacts(LipReason.NO_MATCH, windows, strength)
    return LipFacts(
        None,
        windows,
        strength,
        round(1000 * middle),
        round(1000 * low),
        round(1000 * high),
        box,
    )


def together(stretches: list[Stretch], shift: int) -> Floats:
    """Mean correlation of every cell, for every lag of the voice, with the voice of the stretch `shift` further on."""
    total: Floats | None = None
    for number, stretch in enumerate(stretches):
        voice = np.fft.rfft(stretches[(number + shift) % len(stretches)].voice)
        cells = np.conj(np.fft.rfft(stretch.cells.reshape(len(stretch.voice), -1), axis=0))
        one = np.fft.irfft(cells * voice[:, None], len(stretch.voice), axis=0).astype(np.float32)
        total = one if total is None else total + one
    assert total is not None
    count = len(stretches[0].voice)
    return np.asarray(total / (count * len(stretches)), np.float32).reshape(stretches[0].cells.shape)


def spread_out(maps: Floats) -> Floats:
    """Mean square over a cell and those beside it: lips darken where the chin brightens, and heads move a little."""
    # The running sums of the filter leave tiny negatives where there is nothing.
    return np.asarray(np.maximum(np.stack([cv2.blur(one * one, (3, 3)) for one in maps]), 0), np.float32)


def highest_by_chance(tops: Floats, lags: npt.NDArray[np.int64], *, own: bool) -> float:
    """The highest peak where there can be no true one; of a stretch's own voice, far from where it may be."""
    return float(tops[np.abs(lags) > 2 * _LAG].max()) if own else float(tops.max())


def spread_of_lags(
    stretches: list[Stretch], place: tuple[slice, slice, slice], signs: Floats
) -> tuple[float, float, float]:
    """Lag of the peak, and between what it lies when parts of the material are drawn anew: 2.5 to 97.5 %."""
    chunk = round(_CHUNK_S * GRID_HZ)
    curves = []
    for stretch in stretches:
        mouth = (stretch.cells[place] * signs).sum(axis=(1, 2))
        padded = np.pad(stretch.voice, _LAG)
        shifted = np.lib.stride_tricks.sliding_window_view(padded, 2 * _LAG + 1)
        products = mouth[:, None] * shifted
        usable = len(products) // chunk * chunk
        curves.append(products[:usable].reshape(-1, chunk, 2 * _LAG + 1).mean(axis=1))
    parts = np.concatenate(curves)
    draws = np.random.default_rng(0).integers(0, len(parts), (_DRAWS, len(parts)))
    peaks = np.array([_peak(parts[draw].mean(axis=0)) for draw in draws])
    low, high = np.percentile(peaks, [2.5, 97.5])
    return float(low), _peak(parts.mean(axis=0)), float(high)


def _peak(curve: npt.NDArray[np.floating]) -> float:
    """Lag of the highest point, between the grid's points, seconds."""
    top = int(np.argmax(curve))
    part = 0.0
    if 0 < top < len(curve) - 1:
        before, at, after = (float(v) for v in curve[top - 1 : top + 2])
        bend = before - 2 * at + after
        part = 0.5 * (before - after) / bend if bend else 0.0
    return (top + part - _LAG) / GRID_HZ


def _box(height: Floats, row: int, column: int) -> tuple[float, float, float, float]:
    rows, columns = height.shape
    top, left = max(0, row - 1), max(0, column - 1)
    bottom, right = min(rows, row + 2), min(columns, column + 2)
    box = (left / columns, top / rows, (right - left) / columns, (bottom - top) / rows)
    x, y, w, h = (round(v, 3) for v in box)
    return x, y, w, h
