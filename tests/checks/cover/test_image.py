"""cover/image."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.cover.checks.image import ImageParams, image
from coursekit.model import CoverFacts, FileFacts, FileKind, Verdict
from coursekit.probe.facts import ImageFacts
from tests.support import Outcome, run_check

PARAMS = ImageParams(
    formats=("jpeg", "png", "webp"),
    min_short_side_px=240,
    review_short_side_px=480,
    max_long_side_px=6000,
    min_aspect=0.5,
    max_aspect=2.4,
    max_bytes=10_000_000,
    blank_luma_std=2.0,
    review_luma_std=8.0,
)


def judge(path: str = "cover.jpg", **changes: Any) -> Outcome:
    given: dict[str, Any] = {"format": "jpeg", "size_px": (1280, 720), "mode": "RGB", "luma_std": 50.0} | changes
    facts = ImageFacts(**given)
    return run_check(
        image, CoverFacts(FileFacts(path, "0" * 64, facts.size_bytes, FileKind.IMAGE, image=facts)), PARAMS
    )


def test_a_sound_cover_passes() -> None:
    assert judge().verdict is Verdict.PASS
    assert judge("封面.png", format="png", mode="RGBA").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("open_code", "code"),
    [
        ("empty", "empty-file"),
        ("not-an-image", "not-an-image"),
        ("truncated", "damaged"),
        ("damaged", "damaged"),
        ("too-large", "too-many-pixels"),
    ],
)
def test_a_cover_that_does_not_open_fails(open_code: str, code: str) -> None:
    outcome = judge(opens=False, open_code=open_code)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


@pytest.mark.parametrize(
    ("changes", "verdict", "code"),
    [
        ({"size_px": (320, 180)}, Verdict.FAIL, "too-small"),
        ({"size_px": (640, 360)}, Verdict.REVIEW, "small"),
        ({"size_px": (9000, 5000)}, Verdict.REVIEW, "huge"),
        ({"size_px": (2000, 500)}, Verdict.REVIEW, "odd-shape"),
        ({"size_px": (500, 1400)}, Verdict.REVIEW, "odd-shape"),
        ({"size_bytes": 20_000_000}, Verdict.REVIEW, "heavy"),
        ({"frames": 12}, Verdict.FAIL, "moving"),
        ({"luma_std": 0.0}, Verdict.FAIL, "blank"),
        ({"luma_std": 5.0}, Verdict.REVIEW, "nearly-blank"),
        ({"mode": "CMYK"}, Verdict.REVIEW, "print-colours"),
        ({"mode": "I;16"}, Verdict.REVIEW, "print-colours"),
        ({"orientation": 6, "display_px": (720, 1280)}, Verdict.REVIEW, "turned-by-tag"),
        ({"format": "png"}, Verdict.REVIEW, "name-disagrees"),
    ],
)
def test_what_is_wrong_with_a_cover(changes: dict[str, Any], verdict: Verdict, code: str) -> None:
    outcome = judge(**changes)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


def test_a_rare_format_is_for_a_person() -> None:
    outcome = judge("cover.bmp", format="bmp")
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("unusual-format",))


def test_what_was_not_looked_at_is_not_tested() -> None:
    unmeasured = CoverFacts(FileFacts("cover.jpg", "0" * 64, 1, FileKind.IMAGE))
    assert run_check(image, unmeasured, PARAMS).reason == "not-measured"
    assert judge("cover.svg", format="svg", opens=False, open_code="unsupported").reason == "format-not-read"
