"""probe/resolution."""

from __future__ import annotations

from fractions import Fraction

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.resolution import ResolutionParams, resolution
from tests.probe_facts import audio, closed, lesson, picture, probe, video
from tests.support import run_check

PARAMS = ResolutionParams(min_short_side_px=720)


@pytest.mark.parametrize(
    ("coded", "display", "verdict", "codes"),
    [
        ((1280, 720), (1280, 720), Verdict.PASS, ()),
        ((1920, 1080), (1920, 1080), Verdict.PASS, ()),
        ((1920, 1080), (1080, 1920), Verdict.PASS, ()),  # turned by its display matrix
        ((720, 1280), (720, 1280), Verdict.PASS, ()),
        ((1278, 718), (1278, 718), Verdict.FAIL, ("too-small",)),
        ((640, 360), (640, 360), Verdict.FAIL, ("too-small",)),
        ((360, 640), (360, 640), Verdict.FAIL, ("too-small-upright",)),
        ((720, 576), (1024, 576), Verdict.FAIL, ("too-small",)),  # anamorphic PAL
        ((704, 720), (1280, 720), Verdict.FAIL, ("too-small",)),  # widened by sample aspect
    ],
)
def test_the_shorter_side(
    coded: tuple[int, int], display: tuple[int, int], verdict: Verdict, codes: tuple[str, ...]
) -> None:
    facts = probe(video(picture=picture(coded_px=coded, display_px=display)), audio())
    outcome = run_check(resolution, lesson(facts), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_an_upright_picture_is_said_to_be_one() -> None:
    small = picture(coded_px=(360, 640), display_px=(360, 640), display_aspect=Fraction(9, 16))
    outcome = run_check(resolution, lesson(probe(video(picture=small))), PARAMS)
    assert outcome.findings[0].measured.value == "360×640 (9:16)"


def test_the_track_a_player_shows_counts() -> None:
    small = video(0, default=False, picture=picture(coded_px=(320, 180), display_px=(320, 180)))
    assert run_check(resolution, lesson(probe(small, video(1))), PARAMS).verdict is Verdict.PASS


def test_without_a_picture() -> None:
    assert run_check(resolution, lesson(probe(audio())), PARAMS).verdict is Verdict.NOT_APPLICABLE
    assert run_check(resolution, lesson(closed("empty")), PARAMS).reason == "does-not-open"
    assert run_check(resolution, lesson(probe(video(picture=None))), PARAMS).reason == "size-unknown"
