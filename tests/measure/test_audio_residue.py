"""Clicks under 32 kHz: what neither side of the wave foretells, and what of healthy sound looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.audio.glitches import GlitchMeter
from coursekit.audio.residue import REACH_S, surprise
from coursekit.bench.faults_audio import Voice, clicks, voice

TOLD = 7.5
"""As the profile asks (`click_surprise`)."""


def heard(x: np.ndarray, rate: int) -> list[float]:
    """Surprises, strongest first."""
    meter = GlitchMeter(rate)
    for first in range(0, x.shape[1], rate):
        meter.push(x[:, first : first + rate])
    return sorted((c.surprise or 0.0 for c in meter.finish()[1]), reverse=True)


@pytest.mark.parametrize("rate", [16000, 22050])
def test_clicks_amid_a_voice_are_told_and_a_voice_is_not(rate: int) -> None:
    talk = voice(20, rate, Voice(), 3)
    assert sum(s >= TOLD for s in heard(talk, rate)) == 0
    assert sum(s >= TOLD for s in heard(clicks(talk, rate, height=0.5), rate)) >= 3


@pytest.mark.parametrize("decay_ms", [1.0, 2.0, 4.0])
def test_keys_and_lips_ring_on(decay_ms: float) -> None:
    rate = 16000
    rng = np.random.default_rng(int(decay_ms * 10))
    talk = voice(20, rate, Voice(), 3)
    ring = np.exp(-np.arange(rate // 50) / rate * 1000 / decay_ms) * 0.3
    for at in rng.integers(rate, 19 * rate, 60):
        talk[:, at : at + len(ring)] += (ring * rng.standard_normal(len(ring))).astype(np.float32)
    assert sum(s >= TOLD for s in heard(talk, rate)) <= 2


def test_a_sample_thrown_off_is_a_surprise_and_a_stroke_that_rings_is_none() -> None:
    rate = 16000
    reach = round(REACH_S * rate)
    rng = np.random.default_rng(1)
    hiss = rng.standard_normal(2 * reach) * 1e-3
    thrown = hiss.copy()
    thrown[reach] += 0.1
    assert surprise(thrown, rate) > 20
    struck = hiss.copy()
    n = np.arange(reach)
    struck[reach:] += 0.1 * np.exp(-n / (0.004 * rate)) * np.cos(2 * np.pi * 900 / rate * n)
    assert surprise(struck, rate) < surprise(thrown, rate) / 3
