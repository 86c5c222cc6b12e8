"""The level curve and the excerpts a reviewer gets."""

from __future__ import annotations

import wave
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from coursekit.audio.evidence import Mark, before_and_after, cut_excerpt, level_curve_svg
from coursekit.bench.ladder_audio import Clip, coded
from tests.audio_facts import track

RATE = 48000
TOLERANCE_S = 0.05


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of a tone that is ten times louder from the fifth second on, as AAC."""
    n = np.arange(10 * RATE)
    tone = np.where(n < 5 * RATE, 0.03, 0.3) * np.sin(2 * np.pi * 440 * n / RATE)
    path = tmp_path_factory.mktemp("evidence") / "中文 名'字.m4a"
    path.write_bytes(coded(Clip("tone", np.tile(tone.astype(np.float32), (2, 1)), RATE)))
    return path


def read(path: Path) -> tuple[float, np.ndarray]:
    with wave.open(str(path)) as sound:
        pcm = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float) / 32768
        return sound.getnframes() / sound.getframerate(), pcm


def test_an_excerpt_has_the_length_asked_for(steps: Path, tmp_path: Path) -> None:
    cut_excerpt(steps, tmp_path / "cut.wav", 2.25, 4.0)
    seconds, pcm = read(tmp_path / "cut.wav")
    assert seconds == pytest.approx(1.75, abs=TOLERANCE_S)
    assert np.abs(pcm).max() == pytest.approx(0.03, rel=0.2)
    assert np.abs(pcm[:4]).max() < 0.003


def test_before_and_after_a_jump(steps: Path, tmp_path: Path) -> None:
    before_and_after(steps, tmp_path / "a.wav", tmp_path / "b.wav", 5.0, length_s=2.0)
    quiet, loud = (np.sqrt((read(tmp_path / f"{name}.wav")[1] ** 2).mean()) for name in "ab")
    assert loud / quiet == pytest.approx(10, rel=0.2)


def test_no_sound_there(steps: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sound between"):
        cut_excerpt(steps, tmp_path / "cut.wav", 50.0, 52.0)
    with pytest.raises(ValueError, match="up to"):
        cut_excerpt(steps, tmp_path / "cut.wav", 0.0, 500.0)


def test_the_curve_is_a_drawing_that_escapes_its_words() -> None:
    facts = track(curve_lufs=(-23.0, float("-inf"), -20.0), end_s=3.0)
    svg = level_curve_svg(facts, [Mark(1.0, 2.0, "<hole> & 空洞", strong=False)], title='"lesson" <1>')
    root = ET.fromstring(svg)
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    assert texts == ['"lesson" <1>', "<hole> & 空洞"]
    line = next(root.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len((line.get("points") or "").split()) == 3
