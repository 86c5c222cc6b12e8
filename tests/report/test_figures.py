"""Numbers as they are written for a reader, in either language."""

from __future__ import annotations

import pytest

from coursekit.model import Expected, Measured
from coursekit.report import figures


@pytest.mark.parametrize(
    ("found", "wanted", "zh", "en"),
    [
        (
            Measured(12, "looks"),
            Expected(equals=0, unit="looks"),
            "12 次抽看，要求 0 次抽看",
            "12 looks, expected 0 looks",
        ),
        (
            Measured(1, "tracks"),
            Expected(max=1, unit="tracks"),
            "1 条音轨，要求 ≤ 1 条音轨",
            "1 track, expected ≤ 1 track",
        ),
        (
            Measured(38.5, "min"),
            Expected(40, 50, unit="min"),
            "38.5 分钟，要求 40…50 分钟",
            "38.5 min, expected 40…50 min",
        ),
        (Measured(12.5, "s"), Expected(max=90, unit="s"), "12.5 秒，要求 ≤ 00:01:30", "12.5 s, expected ≤ 00:01:30"),
        (
            Measured(-30.1, "LUFS"),
            Expected(-26, -22, unit="LUFS"),
            "−30.1 LUFS，要求 −26…−22 LUFS",
            "−30.1 LUFS, expected −26…−22 LUFS",
        ),
        (Measured((1280, 720), "px"), None, "1280×720", "1280×720"),
        (Measured(("25", "30"), "fps"), None, "25, 30 帧/秒", "25, 30 fps"),
    ],
)
def test_a_figure_is_written_in_the_readers_language(
    found: Measured, wanted: Expected | None, zh: str, en: str
) -> None:
    assert figures.figure(found, wanted, "zh") == zh
    assert figures.figure(found, wanted, "en") == en
