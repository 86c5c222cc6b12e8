"""What the meters keep of a lesson: some bytes a second for what is judged at the end, nothing else that grows."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from coursekit.audio import blocks
from coursekit.audio.facts import AudioFacts
from coursekit.audio.kept import Strongest
from coursekit.audio.measure import TrackMeter
from coursekit.audio.reader import Timeline

RATE = 8000
SHORT_MIN, LONG_MIN = 5, 13
KEPT_PER_HOUR = 1_000_000
"""Pitch and loudness every 20 ms, two spectra of 19 bands, levels and counts every second: 164 bytes a second, and what
arrays take in advance. An hour and a half is a megabyte and a half beside the 64 of a process that only listens."""
FINISHING_PER_HOUR = 4_000_000


def troubled(second: int) -> np.ndarray:
    """Words and pauses with everything that is listed: clicks, cuts, holes, tops over full scale, another side."""
    rng = np.random.default_rng(second)
    t = np.arange(RATE) / RATE
    word = np.clip(np.sin(2 * np.pi * 3 * t), 0, 1) * np.sin(2 * np.pi * (140 + 20 * (second % 7)) * t)
    x = np.stack([word, word * 0.7]) * (1.3 if second % 4 == 0 else 0.3)
    x += rng.standard_normal(x.shape) * 1e-3
    x[:, rng.integers(0, RATE, 2)] += 0.8
    at = int(rng.integers(1000, 3000))
    x[:, at : at + 80] = 0.0
    if second % 5 == 0:
        x[:, : RATE * 7 // 10] = 0.0
    if second % 6 == 0:
        x[1] = 0.0
    return x.astype(np.float32)


def held_by_the_meters() -> int:
    """Bytes that code of the ear asked for; what else goes on in a process that runs tests is not counted."""
    gc.collect()
    ours = tracemalloc.Filter(True, str(Path(blocks.__file__).with_name("*")))
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([ours]).traces)


def test_little_is_kept_and_little_more_is_needed_at_the_end() -> None:
    meter = TrackMeter(RATE, ("FL", "FR"))
    kept: dict[int, int] = {}
    tracemalloc.start()
    try:
        for second in range(LONG_MIN * 60):
            meter.push(troubled(second))
            if second + 1 in (SHORT_MIN * 60, LONG_MIN * 60):
                kept[second + 1] = held_by_the_meters()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        facts = meter.facts(0, Timeline(RATE), None, ())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    hours = (LONG_MIN - SHORT_MIN) / 60
    assert (kept[LONG_MIN * 60] - kept[SHORT_MIN * 60]) / hours < KEPT_PER_HOUR
    assert kept[SHORT_MIN * 60] > 100_000, "nothing was counted"
    assert (peak - before) / (LONG_MIN / 60) < FINISHING_PER_HOUR
    _everything_was_met(facts)


def _everything_was_met(facts: AudioFacts) -> None:
    """Or the bound would hold for want of trouble."""
    assert facts.clipping is not None
    assert facts.channel is not None
    assert facts.clipping.overs > 1000
    assert len(facts.clipping.over_spans) == 60
    assert len(facts.silent_spans) == 60
    assert facts.dropout_count > 100
    assert facts.click_count > 200
    assert facts.channel.spans or facts.channel.identical_share == 0.0


def test_the_strongest_are_kept_in_order_of_time_and_of_equals_the_first() -> None:
    kept: Strongest[str] = Strongest(3)
    for time, (strength, name) in enumerate([(1, "a"), (5, "b"), (2, "c"), (2, "d"), (9, "e"), (2, "f")]):
        kept.add(strength, float(time), name)
    assert kept.in_order() == ("b", "c", "e")
    few: Strongest[str] = Strongest(3)
    few.add(1.0, 2.0, "only")
    assert few.in_order() == ("only",)


def test_things_of_one_strength_at_one_time_need_not_be_comparable() -> None:
    kept: Strongest[complex] = Strongest(2)
    for item in (1j, 2j, 3j):
        kept.add(1.0, 1.0, item)
    assert kept.in_order() == (1j, 2j)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
@pytest.mark.parametrize("hz", [100, 1000])
def test_sums_powers_and_maxima_of_stretches_are_those_of_each_by_itself(rate: int, hz: int) -> None:
    x = np.random.default_rng(rate).standard_normal((2, rate - 7))
    edges = blocks.edges_of(rate, x.shape[1], hz)
    parts = [x[:, a:b] for a, b in pairwise(edges)]
    assert blocks.sums(x, edges) == pytest.approx(np.array([p.sum(axis=1) for p in parts]).T)
    assert blocks.powers(x, edges) == pytest.approx(np.array([(p * p).mean(axis=1) for p in parts]).T)
    assert blocks.maxima(x, edges) == pytest.approx(np.array([p.max(axis=1) for p in parts]).T)
    assert blocks.decimated(x[0], 7) == pytest.approx(x[0, : len(x[0]) // 7 * 7].reshape(-1, 7).mean(axis=1))
