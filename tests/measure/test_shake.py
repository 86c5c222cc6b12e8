"""A camera that shakes, and something that a hand holds before a camera that stands."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.video.motion.shake import find_shake

_RATE = 25
_WIDTH_PX = 320
_LEAST_PX = 0.4
"""Below it the tracker has no word on rest."""


def _swaying(still: float) -> dict[str, list[float]]:
    """Eight seconds of a sway at 1.4 Hz, too slow half of the time to tell what rests."""
    time_s = np.arange(8 * _RATE) / _RATE
    across = 0.55 * np.sin(2 * np.pi * 1.4 * time_s)
    even = {"dy": 0.05, "turn": 0.0, "zoom": 0.0, "fit": 0.8, "rim": 8.0, "upper": 6.0, "points": 60.0}
    return {
        "time": time_s.tolist(),
        "dx": across.tolist(),
        "still": np.where(np.abs(across) >= _LEAST_PX, still, 0.0).tolist(),
        **{name: [value] * len(time_s) for name, value in even.items()},
    }


@pytest.mark.parametrize(("still", "shakes"), [(0.0, True), (0.15, True), (0.38, False)])
def test_points_at_rest_speak_where_the_others_move(still: float, shakes: bool) -> None:
    found = find_shake(_swaying(still), _WIDTH_PX)
    assert bool(found) is shakes
    assert all(span.peak_pct > 0.25 for span in found)


@pytest.mark.parametrize(("until_s", "shakes"), [(1.2, False), (4.0, True)])
def test_what_sways_for_a_second_between_two_cuts_is_not_judged(until_s: float, shakes: bool) -> None:
    """Words that come and go cut a scrolled page into such pieces."""
    found = find_shake(_swaying(0.0), _WIDTH_PX, (2.0, 2.0 + until_s, *np.arange(2.5 + until_s, 9).tolist()))
    assert any(span.start_s >= 1.9 and span.end_s <= 2.1 + until_s for span in found) is shakes
