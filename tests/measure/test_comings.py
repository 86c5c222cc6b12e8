"""What comes and goes from one picture to the next is a mark; what a scene brings comes otherwise."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_marks as marks
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_marks import RATE, judge_clip, look
from coursekit.bench.score import Said, box_iou
from coursekit.model import Verdict
from coursekit.rules.profiles import load_profile
from coursekit.video.marks.comings import WINDOWS, Comings
from coursekit.video.marks.facts import ComingFacts, MarkFacts, MarkKind
from coursekit.video.marks.past import KEPT, Past, coarse, marked, packed
from coursekit.video.marks.persistence import soft_edges
from coursekit.video.marks.regions import Region
from coursekit.video.marks.shown import Shown, grouped
from tests.scenes import mottled

SIZE = (640, 360)
SECONDS = 20
FROM_S, TO_S = 7.0, 13.0
SLACK_S = 0.5


def by_hand(sway_px: float = 70.0) -> Iterator[Picture]:
    """A camera in a hand: it goes to and fro, and what it sees comes back."""
    scene = mottled(4, (1200, 500))
    for n in range(SECONDS * RATE):
        t = n / RATE
        x = 250 + sway_px * (np.sin(1.7 * t) + 0.4 * np.sin(5.3 * t))
        y = 70 + 0.4 * sway_px * np.sin(2.3 * t)
        yield np.ascontiguousarray(scene[int(y) : int(y) + SIZE[1], int(x) : int(x) + SIZE[0]])


def on_a_stand() -> Iterator[Picture]:
    rng = np.random.default_rng(1)
    scene = mottled(4, (1200, 500))[70:430, 250:890].astype(np.float32)
    for n in range(SECONDS * RATE):
        moving = scene.copy()
        # Somebody gestures in the middle of the picture.
        cv2.circle(moving, (320 + int(25 * np.sin(n / 3)), 180), 40, (205, 180, 170), -1)
        yield np.clip(moving + rng.normal(0, 1.5, scene.shape), 0, 255).astype(np.uint8)


def slide() -> Iterator[Picture]:
    page = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    for line in range(6):
        cv2.putText(page, "a line of the slide", (60, 70 + 40 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (40, 40, 40), 2)
    for n in range(SECONDS * RATE):
        shown = page.copy()
        cv2.circle(shown, (300 + 3 * n, 330), 5, (30, 30, 200), -1)
        yield shown


def shown(pictures: Iterator[Picture], opacity: float) -> tuple[list[MarkFacts], tuple[Said, ...], marks.Box]:
    stamp = marks.draw_logo(80, seed=1)
    share = stamp.share(*SIZE)
    route = marks.corner("top-right", share, (FROM_S, TO_S))
    facts = look(marks.overlay(pictures, stamp, route, opacity=opacity, rate=RATE))
    assert facts.marks is not None
    found = [mark for mark in facts.marks.found if mark.kind is MarkKind.SHOWN]
    said = judge_clip(facts, load_profile("tianjin-2025"))
    return found, said, (*marks.corner_of("top-right", share), *share)


@pytest.mark.parametrize("opacity", [0.5, 1.0])
def test_a_logo_shown_for_six_seconds_by_a_camera_in_a_hand_is_asked_about_where_and_when(opacity: float) -> None:
    found, said, box = shown(by_hand(), opacity)
    (mark,) = [mark for mark in found if box_iou(mark.box, box) >= 0.7]
    ((start, end),) = mark.spans
    assert start == pytest.approx(FROM_S, abs=SLACK_S)
    assert end == pytest.approx(TO_S, abs=SLACK_S)
    assert mark.coming is not None
    assert mark.coming.own > 1.5 * mark.coming.around, "what is round it moves"
    # The looks gathered a little of the scene beside a faint one: half of the two boxes in common is what is asked for.
    assert [f.verdict for f in said if f.box and box_iou(f.box, box) >= 0.5] == [Verdict.REVIEW]


def test_what_the_hand_shows_again_and_again_is_none() -> None:
    facts = look(by_hand())
    assert judge_clip(facts, load_profile("tianjin-2025")) == ()


def test_a_logo_that_pops_up_before_a_camera_that_stands_is_asked_about() -> None:
    _, said, box = shown(on_a_stand(), 1.0)
    (finding,) = said
    assert (finding.verdict, finding.code) == (Verdict.REVIEW, "sudden-mark")
    assert finding.box is not None
    assert finding.span is not None
    assert box_iou(finding.box, box) >= 0.7
    assert finding.span == pytest.approx((FROM_S, TO_S), abs=SLACK_S)


def test_what_pops_up_on_a_slide_is_its_own() -> None:
    _, said, _ = shown(slide(), 1.0)
    assert said == ()


def test_what_is_pushed_into_the_corner_comes_otherwise() -> None:
    def pushed() -> Iterator[Picture]:
        tool = marks.draw_logo(80, seed=1)
        x, y = marks.corner_of("top-right", tool.share(*SIZE))
        for n, picture in enumerate(on_a_stand()):
            t = n / RATE
            # In from the side within a second, and out again.
            away = max(0.0, FROM_S - t, t - TO_S)
            yield marks.lay(picture, tool, x + 0.13 * away, y, 1.0) if away < 1 else picture

    facts = look(pushed())
    assert judge_clip(facts, load_profile("tianjin-2025")) == ()


@pytest.mark.parametrize(("apart_s", "told"), [(0.25, 1), (1.0, 0)])
def test_what_comes_between_pictures_a_second_apart_came_nobody_knows_how(apart_s: float, told: int) -> None:
    stamp = marks.draw_logo(80, seed=1)
    x, y = marks.corner_of("top-right", stamp.share(*SIZE))
    comings, past = Comings(SIZE, WINDOWS[0]), deque[Past](maxlen=KEPT)
    for n, picture in enumerate(itertools.islice(on_a_stand(), 60)):
        luma = cv2.cvtColor(marks.lay(picture, stamp, x, y, 1.0) if 20 <= n < 45 else picture, cv2.COLOR_BGR2GRAY)
        grey = np.asarray(luma, np.uint8)
        soft = packed(soft_edges(grey))
        past.append(Past(apart_s * n, 0, grey, soft, soft, marked(grey), coarse(soft)))
        comings.look(past)
    assert len([s for s in comings.shown if s.facts.own > 0.8 and s.region.box[0] > 500]) == told


COMING = ComingFacts(
    jump=1.0, before=0.0, before_spread=0.05, after=0.0, spread=0.1, least=0.8, own=0.9, around=0.4, rest=0.9, moved=20,
    pictures=24, drawn=0.1, step_s=0.25,
)  # fmt: skip


def one(at: tuple[int, int, int, int], span: tuple[float, float], own: float = 0.9) -> Shown:
    mask = np.ones(at[3:1:-1], np.bool_)
    edges = mask.astype(np.float32)
    region = Region(at, mask, edges, edges, 20, 0.6, 0.3, 1.0)
    return Shown(region, (span,), span[0], replace(COMING, own=own))


def same(_: Shown, __: Shown) -> bool:
    return True


def other(first: Shown, second: Shown) -> bool:
    return first is second


@pytest.mark.parametrize(
    ("parts", "alike", "told"),
    [
        # Twice at one place.
        ([((10, 10, 40, 20), (5.0, 9.0)), ((11, 10, 40, 20), (20.0, 25.0))], same, [((5.0, 9.0), (20.0, 25.0))]),
        # Noticed twice by both windows.
        ([((10, 10, 40, 20), (5.0, 9.0)), ((10, 11, 40, 20), (5.5, 9.5))], same, [((5.0, 9.5),)]),
        # A part of it.
        ([((10, 10, 40, 20), (5.0, 9.0)), ((12, 12, 15, 10), (6.0, 9.0))], other, [((5.0, 9.0),)]),
        # Another at the same place, later.
        ([((10, 10, 40, 20), (5.0, 9.0)), ((10, 10, 30, 20), (9.5, 14.0))], other, [((5.0, 9.0),), ((9.5, 14.0),)]),
    ],
)  # fmt: skip
def test_one_place_is_told_of_once_with_all_its_times(
    parts: list[tuple[tuple[int, int, int, int], tuple[float, float]]],
    alike: Callable[[Shown, Shown], bool],
    told: list[tuple[tuple[float, float], ...]],
) -> None:
    assert [s.spans for s in grouped([one(at, span) for at, span in parts], alike)] == told


def test_of_many_comings_those_kept_stay_where_others_do_not_or_to_the_pixel() -> None:
    sleeves = [one((10 * n, 10, 8, 8), (n, n + 5)) for n in range(40)]
    sleeves = [
        replace(s, facts=replace(s.facts, own=0.95, around=0.9, spread=0.1, before_spread=0.05)) for s in sleeves
    ]
    logo = one((500, 300, 8, 8), (5, 9))
    before_a_talker = replace(logo, facts=replace(logo.facts, around=0.97, own=0.98, spread=0.01, before_spread=0.01))
    before_a_crowd = replace(one((500, 10, 8, 8), (5, 9)), facts=replace(logo.facts, own=0.7, around=0.4))
    first, second, *_ = grouped([*sleeves, before_a_talker, before_a_crowd], other)
    assert {first.region.box, second.region.box} == {before_a_talker.region.box, before_a_crowd.region.box}


def test_a_sign_in_two_places_is_counted_and_scenery_is_not_kept() -> None:
    here, there, twigs = (
        one((10, 10, 40, 20), (5, 9)),
        one((500, 10, 40, 20), (9, 13)),
        one((10, 300, 40, 20), (5, 9), 0.5),
    )
    assert [s.places for s in grouped([here, there, twigs], same)] == [2, 2]
