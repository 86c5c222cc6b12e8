"""What adds up along a velocity, against what adds up there along any other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from coursekit.video.marks.velocities import FULL, Peak, peaks

LOOKS, HEIGHT, WIDTH = 16, 180, 320
TIMES = np.arange(LOOKS) * 0.25
LEAVES = (slice(None), slice(None), slice(110, None), slice(None, 160))
PLACE, VELOCITY = (180, 40), (12.0, 4.0)
"""Top left of the mark in the middle of the window, and its pixels a second."""


def looks(rng: np.random.Generator, *, leaves: float, mark: float) -> npt.NDArray[np.int8]:
    """Leaves that are others in every look, below a sky over which a mark may drift."""
    lines = rng.normal(0, 0.3, (LOOKS, 2, HEIGHT, WIDTH))
    lines[LEAVES] += rng.normal(0, leaves, lines[LEAVES].shape)
    sign = rng.normal(0, mark, (2, 12, 28))
    for look, at in zip(lines, TIMES - TIMES.mean(), strict=True):
        x, y = (round(p + v * at) for p, v in zip(PLACE, VELOCITY, strict=True))
        look[:, y : y + 12, x : x + 28] += sign
    return np.clip(np.round(lines), -FULL, FULL).astype(np.int8)


def foremost(lines: npt.NDArray[np.int8]) -> Peak | None:
    return max(peaks(lines, TIMES), default=None)


@pytest.mark.parametrize("leaves", [0.5, 4.0])
def test_faint_mark_over_the_sky_is_not_hidden_by_leaves_below_it(leaves: float) -> None:
    found = foremost(looks(np.random.default_rng(3), leaves=leaves, mark=1.5))
    assert found is not None
    # In the middle of the mark, to the pixels over which power is gathered; velocities are tried in steps of a pixel.
    assert found.place == pytest.approx((PLACE[0] + 14, PLACE[1] + 6), abs=8)
    assert found.velocity == pytest.approx(VELOCITY, abs=1.2)


@pytest.mark.parametrize("leaves", [0.5, 4.0])
def test_leaves_alone_are_told_along_no_velocity(leaves: float) -> None:
    found = foremost(looks(np.random.default_rng(3), leaves=leaves, mark=0.0))
    assert found is None or found.stands < 5.5
