"""Lips against the voice: series made to known lags, and one coded talker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from coursekit.bench import ladder_lips
from coursekit.bench.clip import write_clip
from coursekit.bench.ladder_lips import COUNT, Person, Studio, made_voice, openings
from coursekit.probe.measure import measure_media
from coursekit.video import lips
from coursekit.video.decode import open_video
from coursekit.video.facts import FreezeSpan, LipReason, StillnessFacts
from tests.video_facts import stream

STILL = np.zeros(COUNT)
LAG_TOLERANCE_MS = 25
"""Half a picture, and what the mouth's own part of the movement pulls."""


def stretches(lag_s: float, *, follow: float = 0.5, count: int = 4, noise: int = 900) -> list[lips.Stretch]:
    """Four cells in a coarse picture follow a voice by `lag_s`; the others follow nothing."""
    rng = np.random.default_rng(3)
    found = []
    length = round(lips.WINDOW_S * lips.GRID_HZ)
    shift = round(lag_s * lips.GRID_HZ)
    for number in range(count):
        voice = lips.in_band(rng.standard_normal((length, 1)).astype(np.float32))[:, 0]
        voice /= voice.std()
        cells = lips.in_band(rng.standard_normal((length, noise)).astype(np.float32))
        cells /= cells.std(axis=0)
        cells = cells.reshape(length, 30, noise // 30)
        mouth = follow * np.roll(voice, -shift)[:, None, None] * np.array([[1, 1], [-1, -1]])
        cells[:, 10:12, 20:22] = mouth + np.sqrt(1 - follow**2) * cells[:, 10:12, 20:22]
        found.append(
            lips.Stretch(20.0 * number, cells.astype(np.float32), voice, np.zeros((30, noise // 30), np.float32))
        )
    return found


@pytest.mark.parametrize("lag_s", [-0.6, -0.12, 0.0, 0.08, 0.44])
def test_a_lag_is_found_with_an_interval_around_it(lag_s: float) -> None:
    found = lips.estimate(stretches(lag_s))
    assert found.reason is None
    assert found.strength is not None
    assert found.strength > 1.3
    assert found.lag_ms == pytest.approx(1000 * lag_s, abs=20)
    assert found.low_ms is not None
    assert found.high_ms is not None
    assert found.low_ms - 20 <= 1000 * lag_s <= found.high_ms + 20


def test_nothing_is_found_where_nothing_follows() -> None:
    found = lips.estimate(stretches(0.0, follow=0.0))
    assert found.reason is LipReason.NO_MATCH or (found.strength or 0.0) < 1.15


def test_light_that_follows_everywhere_is_no_mouth() -> None:
    made = stretches(0.1)
    everywhere = [replace(s, cells=s.cells + 2 * s.voice[:, None, None]) for s in made]
    assert lips.estimate(everywhere).reason is LipReason.EVERYWHERE


def test_too_few_stretches_of_one_view() -> None:
    made = stretches(0.1)
    other = [replace(s, view=s.view + 100) for s in made[2:]]
    assert lips.estimate(lips.one_view(made[:2] + other)).reason is LipReason.NO_STRETCH


def test_windows_keep_clear_of_cuts_and_frozen_pictures() -> None:
    freeze = FreezeSpan(
        200.0, 320.0, 3000, after_cut=False, before_cut=False, at_start=False, at_end=False,
        change_before=1.0, change_last=1.0, change_after=1.0, resume_change=1.0, alive_before=0.5, alive_after=0.5,
        still_around=0.0,
    )  # fmt: skip
    facts = stream(cuts_s=(100.0, 110.0, 150.0), stillness=StillnessFacts(0.2, (freeze,)), decoded_s=400.0)
    starts = lips.choose_windows(facts)
    assert len(starts) == lips.MAX_WINDOWS
    for start_s in starts:
        end_s = start_s + lips.WINDOW_S
        assert not any(start_s < cut < end_s for cut in facts.cuts_s)
        assert end_s <= freeze.start_s or start_s >= freeze.end_s


def test_a_silent_or_even_sound_is_no_voice() -> None:
    rate = 16_000
    seconds = np.arange(round(22 * rate)) / rate
    assert lips.level_of(np.zeros(len(seconds), np.float32), rate, 1.0) is None
    assert lips.level_of((0.1 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32), rate, 1.0) is None


def test_uneven_times_are_put_where_they_belong() -> None:
    """Every fifth picture is missing: the others stay at their own times."""
    rng = np.random.default_rng(1)
    count = round((lips.WINDOW_S + 1) * 30)
    times = np.arange(count) / 30
    swing = 8 * np.sin(2 * np.pi * 3.0 * times)
    pictures = np.clip(120 + swing[:, None, None] + rng.normal(0, 1, (count, 4, 6)), 0, 255).astype(np.uint8)
    kept = np.arange(count) % 5 != 4
    voice = np.zeros(round(lips.WINDOW_S * lips.GRID_HZ), np.float32)
    made = lips.on_grid(0.4, times[kept], pictures[kept], voice)
    assert made is not None
    grid = 0.4 + np.arange(len(voice)) / lips.GRID_HZ
    assert np.corrcoef(made.cells[:, 2, 3], np.sin(2 * np.pi * 3.0 * grid))[0, 1] > 0.97


@pytest.fixture(scope="module")
def talker() -> Iterator[Studio]:
    studio = Studio(Person(90, (0.62, 0.5), seed=4).frames(openings(made_voice(2), COUNT, seed=4)))
    yield studio
    studio.close()


@pytest.mark.parametrize("late_ms", [-300, 400])
def test_a_coded_talker(talker: Studio, late_ms: int) -> None:
    found = talker.with_voice(made_voice(2), late_ms).video[0].lips
    assert found is not None
    assert found.reason is None
    assert found.strength is not None
    assert found.strength >= 1.2
    assert found.lag_ms == pytest.approx(late_ms + 1000 * ladder_lips.LEAD_S, abs=LAG_TOLERANCE_MS)


def test_a_stretch_of_repeats_carries_no_lips(tmp_path: Path) -> None:
    """Told from packets: a talker's carry a stretch, those of a slide do not."""
    slide = np.full((360, 640, 3), 200, np.uint8)
    slide[100:120, 80:560] = 40
    count = round((lips.WINDOW_S + 2) * ladder_lips.RATE)
    talk = Person(90, (0.62, 0.5), seed=4).frames(openings(made_voice(2), count, seed=4))
    for name, pictures, carries in (("talk.mp4", talk, True), ("slide.mp4", repeat(slide, count), False)):
        path = write_clip(tmp_path / name, pictures, None)
        with open_video(path, measure_media(path)) as decoder:
            assert lips.carries_lips(decoder, 0, 1.0) is carries


def test_another_voice_beside_the_same_talker(talker: Studio) -> None:
    found = talker.with_voice(made_voice(1)).video[0].lips
    assert found is not None
    assert found.reason is not None or (found.strength or 0.0) < 1.2


def test_the_ladder_goes_both_ways() -> None:
    assert {r.code for r in ladder_lips.RUNGS} == {"lips-before-voice", "lips-behind-voice"}
    assert Fraction(sum(r.noticed for r in ladder_lips.RUNGS), len(ladder_lips.RUNGS)) >= Fraction(1, 3)
