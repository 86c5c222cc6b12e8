"""What stands in the room before a camera that stands is no mark, however often something moves close by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_marks as marks
from coursekit.bench import traps_video
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_marks import RATE, judge_clip, look
from coursekit.model import Profile
from coursekit.rules.profiles import load_profile
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.looks import Looks
from coursekit.video.marks.persistence import soft_edges
from coursekit.video.marks.regions import Region
from coursekit.video.marks.room import Room
from coursekit.video.marks.tracks import Track

SIZE = (640, 360)
SECONDS = 30.0
PLACE = (0.45, 0.4)


@pytest.fixture(scope="module")
def tianjin() -> Profile:
    return load_profile("tianjin-2025")


def workshop(seed: int) -> Picture:
    """A mottled wall full of things with hard edges."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    wall = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 12)
    wall = 130 + wall / wall.std() * 14
    for _ in range(70):
        x, y = (int(v) for v in rng.integers(0, (width, height)))
        w, h = (int(v) for v in rng.integers(6, 60, 2))
        cv2.rectangle(wall, (x, y), (x + w, y + h), tuple(float(v) for v in rng.integers(60, 220, 3)), -1)
    return np.asarray(np.clip(wall, 0, 255), np.uint8)


def box(seed: int) -> Picture:
    """What is taken round, printed in colours."""
    colours = np.random.default_rng(seed + 100).integers(20, 240, (9, 13, 3), np.uint8)
    return np.asarray(cv2.resize(colours, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def at_work(seed: int) -> Iterator[Picture]:
    return traps_video.handled(workshop(seed), box(seed), SIZE, SECONDS, RATE, seed=seed)


def told(facts: VideoFacts, profile: Profile) -> list[str]:
    return [said.code for said in judge_clip(facts, profile)]


def moving(facts: VideoFacts) -> VideoFacts:
    """The same, as if the camera had moved."""
    assert facts.marks is not None
    changed: VideoFacts = replace(facts, marks=replace(facts.marks, stands=0.2))
    return changed


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_a_thing_in_the_room_close_by_which_somebody_works_is_left_alone(seed: int, tianjin: Profile) -> None:
    facts = look(at_work(seed))
    assert facts.marks is not None
    assert facts.marks.stands is not None
    assert facts.marks.stands > 0.8
    assert told(facts, tianjin) == []
    # By its edges alone it could be a mark.
    assert "possible-mark" in told(moving(facts), tianjin)


def test_a_camera_that_moves_does_not_stand() -> None:
    scene = cv2.resize(workshop(1), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    turning = (scene[2 * n : 2 * n + SIZE[1], 5 * n : 5 * n + SIZE[0]] for n in range(round(SECONDS * RATE)))
    facts = look(np.ascontiguousarray(picture) for picture in turning)
    assert facts.marks is not None
    assert facts.marks.stands is not None
    assert facts.marks.stands < 0.3


@pytest.mark.parametrize("over", [True, False], ids=["over-the-picture", "on-the-wall"])
def test_what_lies_over_the_picture_is_held_and_what_is_painted_on_the_wall_is_covered(over: bool) -> None:
    stamp = marks.draw_text("CHANNEL 8", 90)
    wall = workshop(4) if over else marks.lay(workshop(4), stamp, *PLACE, 1.0)
    looks = Looks()
    for number in range(8):
        picture = wall.copy()
        # In three of eight looks the box is held before it, each time another way; else somewhere below.
        left, top = (200 + 20 * number, 100) if number < 3 else (40 * number, 260)
        picture[top : top + 100, left : left + 200] = box(number)[:100, :200]
        shown = marks.lay(picture, stamp, *PLACE, 1.0) if over else picture
        looks.offer(float(number), np.asarray(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), np.uint8))
    room = Room(looks.kept, SIZE)
    assert room.stands is not None
    assert room.stands > 0.8
    assert room.passed(Track(lettering(stamp), 0.0)) == ((3, 0) if over else (0, 3))


def lettering(stamp: marks.Stamp) -> Region:
    """The edges of the lettering by itself."""
    plain = marks.lay(np.full((*SIZE[::-1], 3), 110, np.uint8), stamp, *PLACE, 1.0)
    x, y = soft_edges(np.asarray(cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY), np.uint8))
    mask = np.asarray(cv2.magnitude(x, y) > 0.3)
    left, top, w, h = cv2.boundingRect(mask.astype(np.uint8))
    area = (slice(top, top + h), slice(left, left + w))
    return Region((left, top, w, h), mask[area], x[area], y[area], 20, 1.0, 0.3, 1.0)
