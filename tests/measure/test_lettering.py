"""How broad Chinese letters stand, on slides set in fonts that come along."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from coursekit.bench.lettering import draw_lines, make_slides
from coursekit.model import Verdict
from coursekit.probe.measure import measure_media
from coursekit.video.checks.deformation import deformation
from coursekit.video.lettering import Line, find_lettering
from coursekit.video.measure import measure_video
from tests.support import run_check
from tests.video_facts import tianjin

pytest.importorskip("pylopdf_fonts_zh_cn", reason="the fonts that Chinese slides are set with are an extra")

_SQUARE = (0.9, 1.04)
"""A face as it is; 0.06 of what it is stretched by is lost where strokes begin inside their square."""


def _lines(*, stretch: float = 1.0, spacing: float = 0.0, serif: bool = False, latin: float = 0.0) -> list[Line]:
    slide = draw_lines(1, stretch=stretch, spacing=spacing, serif=serif, latin=latin)
    coded = cv2.imdecode(cv2.imencode(".jpg", slide, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)
    return find_lettering(np.asarray(coded, np.uint8))


@pytest.mark.parametrize("serif", [False, True])
@pytest.mark.parametrize("spacing", [0.0, 0.1, 0.2])
def test_letters_are_square_however_far_apart_they_stand(spacing: float, serif: bool) -> None:
    """Space between letters widens the line and not the letters."""
    lines = _lines(spacing=spacing, serif=serif)
    assert len(lines) >= 5
    assert _SQUARE[0] < float(np.median([line.breadth for line in lines])) < _SQUARE[1]


@pytest.mark.parametrize("stretch", [1.1, 1.2, 1.33])
def test_stretched_letters_are_told(stretch: float) -> None:
    """By about as much as they were stretched."""
    lines = _lines(stretch=stretch)
    assert len(lines) >= 5
    assert float(np.median([line.breadth for line in lines])) == pytest.approx(stretch, abs=0.06)


@pytest.mark.parametrize("spacing", [0.0, 0.2])
def test_latin_letters_say_nothing(spacing: float) -> None:
    """They are as broad as their face has them."""
    assert _lines(latin=1.0, spacing=spacing, stretch=1.33) == []


@pytest.mark.parametrize(
    ("stretch", "verdict", "codes"),
    [(1.0, Verdict.PASS, ()), (1.33, Verdict.REVIEW, ("letters-stretched",))],
)
def test_slides_of_a_lesson(tmp_path: Path, stretch: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    """Several stills of it agree."""
    path = make_slides(tmp_path, stretch=stretch)
    (facts,) = measure_video(path, measure_media(path), lambda _: None)
    assert facts.geometry is not None
    assert facts.geometry.lettering is not None
    assert facts.geometry.lettering.stills >= 3
    outcome = run_check(deformation, facts, tianjin(deformation))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)
