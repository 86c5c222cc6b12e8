"""video/deformation."""

from __future__ import annotations

from fractions import Fraction

import pytest

from coursekit.model import Verdict
from coursekit.video.checks.deformation import deformation as check
from coursekit.video.facts import GeometryFacts, LetteringFacts
from tests.support import run_check
from tests.video_facts import stream, tianjin

NONE = (0.0, 0.0, 0.0, 0.0)
PILLARS = (0.125, 0.0, 0.125, 0.0)
BOX = (0.1, 0.1, 0.1, 0.1)


@pytest.mark.parametrize(
    ("coded", "display", "sample", "bars", "share", "active", "verdict", "codes"),
    [
        ((1920, 1080), (1920, 1080), 1, NONE, 1.0, 1.778, Verdict.PASS, ()),
        ((1080, 1920), (1080, 1920), 1, NONE, 1.0, 0.5625, Verdict.PASS, ()),
        ((1440, 1080), (1920, 1080), Fraction(4, 3), NONE, 1.0, 1.778, Verdict.PASS, ()),
        ((720, 576), (720, 576), 1, NONE, 1.0, 1.25, Verdict.FAIL, ("aspect-lost",)),
        ((1920, 1080), (1920, 1080), 1, PILLARS, 1.0, 1.333, Verdict.PASS, ()),
        ((1920, 1080), (1920, 1080), 1, (0.18, 0.0, 0.18, 0.0), 1.0, 1.138, Verdict.REVIEW, ("odd-inside-bars",)),
        ((1920, 1080), (1920, 1080), 1, (0.18, 0.0, 0.18, 0.0), 0.4, 1.138, Verdict.PASS, ()),
        ((1920, 1080), (1920, 1080), 1, BOX, 1.0, 1.778, Verdict.REVIEW, ("boxed-in",)),
        ((1280, 720), (2160, 720), Fraction(27, 16), NONE, 1.0, 3.0, Verdict.REVIEW, ("odd-aspect",)),
        ((1280, 720), (0, 720), Fraction(1, 9999), NONE, 1.0, 0.0, Verdict.REVIEW, ("odd-aspect",)),
    ],
)
def test_shapes(
    coded: tuple[int, int],
    display: tuple[int, int],
    sample: Fraction | int,
    bars: tuple[float, float, float, float],
    share: float,
    active: float,
    verdict: Verdict,
    codes: tuple[str, ...],
) -> None:
    shape = GeometryFacts(Fraction(sample), 0, bars, share, active)
    outcome = run_check(check, stream(coded_px=coded, display_px=display, geometry=shape), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(
    ("letters", "verdict", "codes"),
    [
        (LetteringFacts(stills=5, lines=40, breadth=1.0, agree=1.0), Verdict.PASS, ()),
        (LetteringFacts(stills=5, lines=40, breadth=1.3, agree=0.95), Verdict.REVIEW, ("letters-stretched",)),
        # The title of one slide, lines of two faces, a handful of lines.
        (LetteringFacts(stills=1, lines=12, breadth=1.3, agree=1.0), Verdict.PASS, ()),
        (LetteringFacts(stills=5, lines=40, breadth=1.2, agree=0.5), Verdict.PASS, ()),
        (LetteringFacts(stills=3, lines=6, breadth=1.3, agree=1.0), Verdict.PASS, ()),
    ],
)
def test_lettering(letters: LetteringFacts, verdict: Verdict, codes: tuple[str, ...]) -> None:
    shape = GeometryFacts(Fraction(1), 0, NONE, 1.0, 1.778, letters)
    outcome = run_check(check, stream(geometry=shape), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_unmeasured() -> None:
    assert run_check(check, stream(geometry=None), tianjin(check)).reason == "not-measured"
