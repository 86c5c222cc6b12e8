"""EBU Tech 3341 and 3342 with signals made exactly as the tables describe them, and BS.1770's gates and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from coursekit.audio.facts import ClippingFacts
from coursekit.audio.loudness import Loudness, LoudnessMeter, PowerCounts, one_lufs
from coursekit.audio.true_peak import TruePeakMeter, to_db
from coursekit.audio.weighting import channel_weights, k_weighting

RATE = 48000
TOLERANCE_LU = 0.1
RANGE_TOLERANCE_LU = 1.0
PEAK_OVER_DB = 0.2
PEAK_UNDER_DB = 0.4
STEREO = ("FL", "FR")

Part = tuple[float | None, float]
"""Level in dBFS (None is silence) and length in seconds."""


def tone(parts: Sequence[Part], rate: int = RATE, hz: float = 1000.0) -> np.ndarray:
    """One channel; the sine runs on through the level steps."""
    gains = np.concatenate(
        [np.full(round(seconds * rate), 0.0 if level is None else 10 ** (level / 20)) for level, seconds in parts]
    )
    return (gains * np.sin(2 * np.pi * hz * np.arange(len(gains)) / rate)).astype(np.float32)


def meter(channels: np.ndarray, names: tuple[str, ...] = STEREO, rate: int = RATE) -> LoudnessMeter:
    """A meter that has heard these channels."""
    heard = LoudnessMeter(rate, names)
    for first in range(0, channels.shape[1], rate):
        heard.push(channels[:, first : first + rate])
    return heard


def measure(parts: Sequence[Part], rate: int = RATE) -> Loudness:
    return meter(np.tile(tone(parts, rate), (2, 1)), rate=rate).finish()


@pytest.mark.parametrize("level", [-23.0, -33.0])
@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_3341_cases_1_and_2(level: float, rate: int) -> None:
    found = measure([(level, 20)], rate)
    for value in (found.integrated_lufs, found.max_momentary_lufs, found.max_short_term_lufs):
        assert value == pytest.approx(level, abs=TOLERANCE_LU)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([(-36, 10), (-23, 60), (-36, 10)], id="case-3"),
        pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], id="case-4"),
        pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], id="case-5"),
    ],
)
def test_3341_gated(parts: list[Part]) -> None:
    assert measure(parts).integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("FL", "FR", "FC", "SL", "SR"), id="5.0-side"),
        pytest.param(("FL", "FR", "FC", "LFE", "BL", "BR"), id="5.1-back"),
        pytest.param(("FL", "FR", "FC", "LFE", "SL", "SR"), id="5.1-side"),
        pytest.param(("",) * 5, id="five-unnamed"),
        pytest.param(("",) * 6, id="six-unnamed"),
    ],
)
def test_3341_case_6(names: tuple[str, ...]) -> None:
    front, centre, surround = (tone([(level, 20)]) for level in (-28, -24, -30))
    loud = tone([(-3, 20)])
    channels = [front, front, centre, *([loud] if len(names) == 6 else []), surround, surround]
    found = meter(np.array(channels), names).finish()
    assert found.integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_3341_case_9_short_term_is_constant_after_three_seconds() -> None:
    heard = meter(np.tile(tone([(-20, 1.34), (-30, 1.66)] * 5), (2, 1)))
    levels = [one_lufs(p) for p in heard.short_term.occupied()[1]]
    assert min(levels) == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert max(levels) == pytest.approx(-23.0, abs=TOLERANCE_LU)


@pytest.mark.parametrize("file", range(1, 21))
def test_3341_case_10(file: int) -> None:
    found = measure([(None, 0.15 * file), (-23, 3), (None, 1)])
    assert found.max_short_term_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_3341_case_11_live_short_term() -> None:
    heard = LoudnessMeter(RATE, STEREO)
    for step in range(1, 21):
        level = -39.0 + step
        delay = 0.15 * step
        before = heard.short_term.total
        signal = np.tile(tone([(None, delay), (level, 3), (None, 1 + 3 - delay)]), (2, 1))
        for first in range(0, signal.shape[1], RATE):
            heard.push(signal[:, first : first + RATE])
        assert heard.finish().max_short_term_lufs == pytest.approx(level, abs=TOLERANCE_LU)
        assert heard.short_term.total > before


def test_3341_case_12_momentary_is_constant_after_one_second() -> None:
    signal = np.tile(tone([(-20, 0.18), (-30, 0.22)] * 25), (2, 1))
    heard = LoudnessMeter(RATE, STEREO)
    for first in range(0, signal.shape[1], RATE):
        heard.push(signal[:, first : first + RATE])
        if first == 0:
            # What was met in the first second is not asked about.
            heard.momentary = PowerCounts()
    levels = [one_lufs(p) for p in heard.momentary.occupied()[1]]
    assert heard.momentary.total == 90
    assert min(levels) == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert max(levels) == pytest.approx(-23.0, abs=TOLERANCE_LU)


@pytest.mark.parametrize("file", range(1, 21))
def test_3341_case_13(file: int) -> None:
    found = measure([(None, 0.02 * file), (-23, 0.4), (None, 1)])
    assert found.max_momentary_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_3341_case_14_live_momentary() -> None:
    heard = LoudnessMeter(RATE, STEREO)
    for step in range(1, 21):
        level = -39.0 + step
        delay = 0.02 * step
        heard.push(np.tile(tone([(None, delay), (level, 0.4), (None, 0.6 - delay)]), (2, 1)))
        heard.push(np.zeros((2, RATE), np.float32))
        assert heard.finish().max_momentary_lufs == pytest.approx(level, abs=TOLERANCE_LU)


def true_peak_dbtp(x: np.ndarray, rate: int = RATE) -> float:
    heard = TruePeakMeter(rate, x.shape[0])
    for first in range(0, x.shape[1], rate):
        heard.push(x[:, first : first + rate])
    heard.finish()
    return to_db(heard.peak)


def ramped(amplitude: float, divisor: int, degrees: float, rate: int = RATE) -> np.ndarray:
    """A sine at rate/divisor with soft ends: an abrupt end has a true peak of its own."""
    n = np.arange(2 * rate)
    envelope = np.clip(np.minimum(n, n[::-1]) / (0.1 * rate), 0, 1)
    sine = amplitude * envelope * np.sin(2 * np.pi * n / divisor + math.radians(degrees))
    return np.tile(sine.astype(np.float32), (2, 1))


@pytest.mark.parametrize(
    ("amplitude", "divisor", "degrees", "expected"),
    [
        pytest.param(0.50, 4, 0.0, -6.0, id="case-15"),
        pytest.param(0.50, 4, 45.0, -6.0, id="case-16"),
        pytest.param(0.50, 6, 60.0, -6.0, id="case-17"),
        pytest.param(0.50, 8, 67.5, -6.0, id="case-18"),
        pytest.param(1.41, 4, 45.0, 3.0, id="case-19"),
    ],
)
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_3341_true_peak_of_sines(amplitude: float, divisor: int, degrees: float, expected: float, rate: int) -> None:
    found = true_peak_dbtp(ramped(amplitude, divisor, degrees, rate), rate)
    assert expected - PEAK_UNDER_DB <= found <= expected + PEAK_OVER_DB


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("width_hz", [6000.0, 12000.0, 20000.0])
def test_true_peak_of_a_pulse_decimated_from_four_times_the_rate(offset: int, width_hz: float) -> None:
    """As cases 20–23 are made: full scale at four times the rate, every fourth sample kept, four ways to begin."""
    n = np.arange(-8 * RATE // 10, 8 * RATE // 10)
    window = np.clip(np.cos(np.pi * n / (2 * len(n) / 2)), 0, None) ** 2
    prototype = np.sinc(2 * width_hz * n / (4 * RATE)) * window
    x = np.tile(prototype[offset::4].astype(np.float32), (2, 1))
    assert -PEAK_UNDER_DB <= true_peak_dbtp(x) <= PEAK_OVER_DB


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize(("divisor", "degrees"), [(4, 0.0), (4, 45.0), (6, 60.0), (8, 67.5)])
def test_true_peak_of_a_loud_period_low_passed_at_192_khz_and_decimated(
    divisor: int, degrees: float, offset: int
) -> None:
    """Cases 20–23 as we read them: half scale with a louder moment, made at 192 kHz, low-passed to what 48 kHz holds.

    Scaled so that its highest is full scale at 192 kHz; then every fourth sample is kept, from four places on.
    """
    over, half = 4, 2048
    n = np.arange(-48000, 48000)
    louder = 0.5 + 0.5 * np.exp(-((n / (2.0 * divisor * over)) ** 2))
    fade = np.clip((48000 - np.abs(n)) / 9600, 0, 1)
    made = louder * fade * np.cos(2 * np.pi * n / (divisor * over) + math.radians(degrees))
    k = np.arange(-half, half + 1)
    low_pass = np.sinc(2 * 21000 / 192000 * k) * np.kaiser(2 * half + 1, 9.0)
    made = np.convolve(made, low_pass / low_pass.sum(), "same")
    dense = np.fft.irfft(np.fft.rfft(made), 4 * len(made)) * 4
    made /= np.abs(dense).max()
    x = np.tile(made[offset::over].astype(np.float32), (2, 1))
    assert -PEAK_UNDER_DB <= true_peak_dbtp(x) <= PEAK_OVER_DB


def test_true_peak_skips_only_what_cannot_matter() -> None:
    """Against oversampling of everything by the Fourier transform."""
    rng = np.random.default_rng(7)
    spectrum = np.zeros(RATE // 2 + 1, complex)
    spectrum[20:18000] = rng.standard_normal(17980) + 1j * rng.standard_normal(17980)
    x = np.fft.irfft(spectrum, RATE)
    x *= 0.5 / np.abs(x).max() * np.hanning(RATE)
    dense = np.fft.irfft(np.fft.rfft(x), RATE * 16) * 16
    assert true_peak_dbtp(x[None].astype(np.float32)) == pytest.approx(to_db(float(np.abs(dense).max())), abs=0.1)


def test_peaks_between_samples_are_listed_with_their_place() -> None:
    x = np.zeros((2, 3 * RATE), np.float32)
    x[1, RATE : RATE + 4800] = ramped(1.41, 4, 45.0)[0, 40000:44800]
    heard = TruePeakMeter(RATE, 2)
    for first in range(0, x.shape[1], RATE):
        heard.push(x[:, first : first + RATE])
    heard.finish()
    told = heard.overs.beside(ClippingFacts())
    assert told.overs > 100
    (span,) = told.over_spans
    assert span.count == told.overs
    assert RATE - 64 <= span.start_s * RATE < span.end_s * RATE <= RATE + 4864
    assert span.true_peak_dbtp == pytest.approx(3.0, abs=PEAK_OVER_DB)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([(-20, 20), (-30, 20)], 10.0, id="case-1"),
        pytest.param([(-20, 20), (-15, 20)], 5.0, id="case-2"),
        pytest.param([(-40, 20), (-20, 20)], 20.0, id="case-3"),
        pytest.param([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15.0, id="case-4"),
    ],
)
def test_3342_loudness_range(parts: list[Part], expected: float) -> None:
    assert measure(parts).loudness_range_lu == pytest.approx(expected, abs=RANGE_TOLERANCE_LU)


def test_absolute_gate() -> None:
    """Blocks under -70 LUFS do not count, however many."""
    assert measure([(-23, 10), (-72, 60)]).integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert measure([(-80, 5)]).integrated_lufs == -math.inf


def test_relative_gate() -> None:
    """Under the ungated mean less 10 LU a block is left out; just above it is not."""
    mean_db = 10 * math.log10((10**-2.3 + 10**-4.0) / 2)
    assert mean_db - 10 > -40
    assert measure([(-23, 30), (-40, 30)]).integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)
    mean_db = 10 * math.log10((10**-2.3 + 10**-3.3) / 2)
    assert mean_db - 10 < -33
    assert measure([(-23, 30), (-33, 30)]).integrated_lufs == pytest.approx(mean_db, abs=TOLERANCE_LU)


def test_silence_and_too_short() -> None:
    silent = meter(np.zeros((2, 5 * RATE), np.float32)).finish()
    assert silent.integrated_lufs == -math.inf
    assert silent.loudness_range_lu is None
    short = meter(np.zeros((2, RATE // 10), np.float32)).finish()
    assert short.integrated_lufs is None
    assert short.max_momentary_lufs is None


def test_coefficients_at_48_khz_are_the_printed_ones() -> None:
    shelf, high_pass = k_weighting(48000)
    printed = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
    assert shelf == pytest.approx(printed, abs=1e-13)
    assert high_pass == pytest.approx((1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621), abs=1e-13)


def test_weights_by_name() -> None:
    assert channel_weights(("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")) == pytest.approx(
        [1, 1, 1, 0, 1, 1, 1.41, 1.41]
    )
    assert channel_weights(("FC",)) == pytest.approx([1])
