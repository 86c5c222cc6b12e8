"""Which parts are of one mark."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_marks as marks
from coursekit.video.marks.persistence import soft_edges
from coursekit.video.marks.regions import Region
from coursekit.video.marks.signs import whole_signs
from coursekit.video.marks.tracks import Track

SIZE = (640, 360)
GAP = 25.0


def region(text: str, left: int, right: int) -> Region:
    """The part of a line of letters that lies between two columns."""
    plain = marks.lay(np.full((*SIZE[::-1], 3), 110, np.uint8), marks.draw_text(text, 200), 0.1, 0.8, 1.0)
    x, y = soft_edges(np.asarray(cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY), np.uint8))
    mask = np.asarray(cv2.magnitude(x, y) > 0.3)
    mask[:, :left] = mask[:, right:] = False
    x0, y0, w, h = cv2.boundingRect(mask.astype(np.uint8))
    area = (slice(y0, y0 + h), slice(x0, x0 + w))
    return Region((x0, y0, w, h), mask[area], x[area], y[area], 20, 0.8, 0.3, 1.0)


def track(part: Region, seen: tuple[int, int], *, sights: int, found_s: float) -> Track:
    """There between two seconds of thirty, over another background each second."""
    one = Track(part, found_s, sights=sights)
    for second in range(30):
        one.note(float(second), 1.0 if seen[0] <= second < seen[1] else 0.0, share=1.0)
    return one


def widths(*tracks: Track) -> list[int]:
    return sorted(one.box[2] for one in whole_signs(list(tracks), GAP))


@pytest.mark.parametrize(
    ("sights", "found_s", "joined"),
    [(3, 29.0, True), (1, 5.0, True), (1, 29.0, False)],
    ids=["seen-again", "proven-since", "seen-once-and-unproven"],
)
def test_what_stands_beside_a_mark_is_a_part_of_it_if_more_than_one_look_says_so(
    sights: int, found_s: float, joined: bool
) -> None:
    """Branches and roofs beside a logo stood out once and were joined to it: its box was six times too large."""
    mark = track(region("CHANNEL 8", 60, 160), (0, 30), sights=9, found_s=2.0)
    beside = track(region("CHANNEL 8", 160, 280), (0, 30), sights=sights, found_s=found_s)
    apart = [mark.box[2], beside.box[2]]
    assert widths(mark, beside) == (sorted(apart) if not joined else [beside.box[0] + beside.box[2] - mark.box[0]])


@pytest.mark.parametrize(("text", "joined"), [("CHANNEL 8", True), ("KITCHEN 5", False)])
def test_halves_that_were_seen_one_after_the_other_are_one_where_they_lie_upon_each_other(
    text: str, joined: bool
) -> None:
    first = track(region("CHANNEL 8", 60, 190), (0, 12), sights=7, found_s=2.0)
    second = track(region(text, 120, 280), (12, 24), sights=7, found_s=14.0)
    apart = [first.box[2], second.box[2]]
    assert widths(first, second) == (sorted(apart) if not joined else [second.box[0] + second.box[2] - first.box[0]])
