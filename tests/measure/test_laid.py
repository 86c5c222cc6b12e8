"""What lies over looks that have nothing else in common is found by a few of them; chance agreement is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_marks as marks
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_marks import RATE, judge_clip, look
from coursekit.rules.profiles import load_profile
from coursekit.video.marks.boxes import overlap
from coursekit.video.marks.facts import MarkFacts, MarkKind
from coursekit.video.marks.laid import Laid, find_laid
from coursekit.video.marks.looks import Look, Looks

SIZE = (640, 360)
SCENES = 12


def scene(seed: int) -> Picture:
    """Mottled ground with things on it, bright or dark."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    ground = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 8)
    ground = rng.uniform(50, 200) + ground / ground.std() * 15
    for _ in range(25):
        x, y = (int(v) for v in rng.integers(0, (width, height)))
        w, h = (int(v) for v in rng.integers(10, 160, 2))
        cv2.rectangle(ground, (x, y), (x + w, y + h), tuple(float(v) for v in rng.integers(20, 230, 3)), -1)
    noise = rng.normal(0, 2, ground.shape)
    return np.asarray(np.clip(ground + noise, 0, 255), np.uint8)


def wood(seed: int) -> Picture:
    """Upright trunks everywhere, elsewhere in every look."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    row = cv2.GaussianBlur(rng.normal(0, 1, (1, width)).astype(np.float32), (0, 0), 2)
    trunks = np.repeat(120 + row / row.std() * 15, height, axis=0)
    leaves = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 3)
    picture = np.clip(trunks + leaves / leaves.std() * 12, 0, 255)
    return np.asarray(np.repeat(picture[:, :, None], 3, axis=2), np.uint8)


def looks(pictures: Sequence[Picture]) -> list[Look]:
    thumb = np.zeros((1, 1), np.int16)
    return [
        Look(float(n), np.asarray(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), np.uint8), thumb) for n, p in enumerate(pictures)
    ]


def marked(pictures: Sequence[Picture], stamp: marks.Stamp, opacity: float) -> list[Picture]:
    x, y = marks.corner_of("top-right", stamp.share(*SIZE))
    return [marks.lay(picture, stamp, x, y, opacity) for picture in pictures]


def true_box(stamp: marks.Stamp) -> tuple[int, int, int, int]:
    x, y = marks.corner_of("top-right", stamp.share(*SIZE))
    height, width = stamp.cover.shape
    return round(x * SIZE[0]), round(y * SIZE[1]), width, height


def agreeing(found: Sequence[Laid]) -> list[Laid]:
    return [one for one in found if one.region.consistency >= 0.26 and one.region.breadth >= 0.035]


@pytest.mark.parametrize("kind", ["logo", "address", "grey"])
def test_a_faint_mark_over_a_dozen_scenes_is_found_where_it_is(kind: str) -> None:
    stamp = {
        "logo": lambda: marks.draw_logo(64, seed=3),
        "address": lambda: marks.draw_text("www.example-media.cn", 80),
        "grey": lambda: marks.draw_text("ABC", 60, ink=(120, 120, 120)),
    }[kind]()
    clean = [scene(seed) for seed in range(SCENES)]
    (laid,) = agreeing(find_laid(looks(marked(clean, stamp, 0.6 if kind == "grey" else 0.35))))
    assert overlap(laid.region.extent(), true_box(stamp)) >= 0.5
    assert laid.unlike == SCENES
    assert laid.different >= 8
    assert laid.survival() == (SCENES, 0)
    assert laid.proof() > 9
    assert agreeing(find_laid(looks(clean))) == []


def test_upright_trees_in_every_look_are_scenery_and_a_mark_over_them_is_not() -> None:
    clean = [wood(seed) for seed in range(2 * SCENES)]
    assert agreeing(find_laid(looks(clean))) == []
    stamp = marks.draw_logo(80, seed=1)
    (laid,) = agreeing(find_laid(looks(marked(clean, stamp, 1.0))))
    assert overlap(laid.region.extent(), true_box(stamp)) >= 0.5


def test_where_all_looks_show_one_view_nothing_can_be_said() -> None:
    rng = np.random.default_rng(0)
    room = scene(5).astype(np.int16)
    same = [np.asarray(np.clip(room + rng.integers(-6, 7, room.shape), 0, 255), np.uint8) for _ in range(SCENES)]
    assert find_laid(looks(marked(same, marks.draw_logo(64, seed=3), 1.0))) == []
    assert find_laid(looks(marked([scene(0), scene(1)], marks.draw_logo(64, seed=3), 1.0))) == []


def test_three_cameras_before_one_desk_are_enough_for_a_clear_mark() -> None:
    clean = [scene(seed) for seed in (1, 2, 3)]
    assert agreeing(find_laid(looks(clean))) == []
    stamp = marks.draw_logo(64, seed=3)
    (laid,) = agreeing(find_laid(looks(marked(clean, stamp, 0.6))))
    assert overlap(laid.region.extent(), true_box(stamp)) >= 0.5
    assert laid.unlike == 3


def test_what_stands_in_a_room_where_somebody_moves_is_not_laid_over_it() -> None:
    """Most looks show the room, each with most of it hidden behind something else: views unlike each other, and yet."""
    sign, stamp = marks.draw_logo(90, seed=7), marks.draw_logo(64, seed=3)
    room = marked([scene(5)], sign, 1.0)[0]
    hidden = []
    for seed in range(20):
        picture = room.copy()
        picture[60 : SIZE[1], : SIZE[0] - 20] = scene(100 + seed)[60 : SIZE[1], : SIZE[0] - 20]
        hidden.append(picture)
    clean = hidden + [scene(seed) for seed in range(10, 16)]
    assert agreeing(find_laid(looks(clean))) == []
    (laid,) = agreeing(find_laid(looks([marks.lay(picture, stamp, 0.1, 0.7, 0.6) for picture in clean])))
    assert overlap(laid.region.extent(), (64, 252, stamp.cover.shape[1], stamp.cover.shape[0])) >= 0.5
    assert laid.unlike == 12


def roof(seed: int) -> Picture:
    """Ribs, all of about one slope, over the lower part of every look, elsewhere in each."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    eaves = int(rng.integers(120, 260))
    y, x = np.mgrid[eaves:height, 0:width]
    ribs = 120 + rng.uniform(30, 60) * np.sin((x + y * rng.uniform(0.7, 1.3)) / rng.uniform(12, 18) + seed)
    picture = scene(seed)
    picture[eaves:] = np.clip(ribs + rng.normal(0, 2, ribs.shape), 0, 255)[:, :, None]
    return picture


def test_a_mark_over_the_ribs_of_a_roof_is_not_gathered_with_them() -> None:
    clean = [roof(seed) for seed in range(2 * SCENES)]
    assert agreeing(find_laid(looks(clean))) == []
    stamp = marks.draw_logo(100, seed=1)
    (laid,) = agreeing(find_laid(looks([marks.lay(picture, stamp, 0.03, 0.87, 0.7) for picture in clean])))
    height, width = stamp.cover.shape
    assert overlap(laid.region.extent(), (19, 313, width, height)) >= 0.8


def laid_over(width: int) -> MarkFacts:
    """What is said of one mark over eight scenes at a width of the picture."""
    stamp = marks.draw_logo(width // 10, seed=3)
    size = (width, width * 9 // 16)
    shots = [cv2.resize(scene(seed), size, interpolation=cv2.INTER_CUBIC) for seed in range(8)]
    x, y = marks.corner_of("top-right", stamp.share(*size))
    facts = look([marks.lay(np.asarray(shot, np.uint8), stamp, x, y, 0.6) for shot in shots for _ in range(4 * RATE)])
    assert facts.marks is not None
    (laid,) = [mark for mark in facts.marks.found if mark.kind is MarkKind.LAID]
    assert overlap(laid.box, (x, y, *stamp.share(*size))) >= 0.75
    return laid


def test_a_mark_is_described_alike_whatever_the_size_of_the_picture() -> None:
    """Looks are laid over each other larger than the averages work; edges are given as if they were not."""
    small, large = laid_over(640), laid_over(1280)
    assert overlap(small.box, large.box) >= 0.8
    assert 0.7 < large.edge_px / small.edge_px < 1.1
    assert large.consistency >= small.consistency - 0.05


def test_a_line_along_the_border_is_the_recorders() -> None:
    clean = [scene(seed) for seed in range(SCENES)]
    for picture in clean:
        picture[:, 4:6] = 255
        picture[300:, 4:30] = np.where(np.indices((60, 26)).sum(axis=0)[:, :, None] % 8 < 4, 255, 0)
    assert agreeing(find_laid(looks(clean))) == []


def test_a_few_scenes_one_after_the_other_are_enough() -> None:
    """Eight shots of four seconds from cameras that stand: far fewer backgrounds than an average needs."""
    stamp = marks.draw_logo(64, seed=3)
    shots = [picture for seed in range(8) for picture in [scene(seed)] * int(4 * RATE)]
    profile = load_profile("tianjin-2025")
    assert judge_clip(look(shots), profile) == ()
    facts = look(marked(shots, stamp, 0.5))
    assert facts.marks is not None
    assert MarkKind.LAID in {mark.kind for mark in facts.marks.found}
    (said,) = judge_clip(facts, profile)
    assert (said.check, said.code) == ("video/watermark", "third-party-mark")


def test_the_looks_kept_are_those_least_like_each_other() -> None:
    kept = Looks(most=3, long_side_px=320)
    flat = [np.full((360, 640), level, np.uint8) for level in (0, 2, 100, 102, 250)]
    for number, luma in enumerate(flat):
        kept.offer(float(number), luma)
    levels = sorted(int(one.luma[0, 0]) for one in kept.kept)
    assert [level // 50 for level in levels] == [0, 2, 5]
    assert {one.luma.shape for one in kept.kept} == {(180, 320)}


def test_looks_are_of_one_size_though_the_stream_changes_its_own() -> None:
    kept = Looks(most=6, long_side_px=320)
    for number, width in enumerate((256, 640, 1280)):
        kept.offer(float(number), np.full((width * 9 // 16, width), 60 * number, np.uint8))
    assert [one.luma.shape for one in kept.kept] == [(144, 256)] * 3
    assert [int(one.luma[0, 0]) for one in kept.kept] == [0, 60, 120]


@pytest.mark.parametrize(
    ("scores", "span"),
    [
        ((0.2, 1.0, 1.8, 0.9, 0.2, 0.8, -0.5, -0.3, 0.1, 0.8, 0.0, 0.5), (1.0, 5.0)),
        ((1.0, 1.0, 0.1, 1.0, 0.9, 0.3, 1.0, 1.0, 0.2, 0.9, 1.0, 0.8), (0.0, 11.0)),
        ((0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9, 1.0, 0.0), (9.0, 10.0)),
    ],
    ids=["a-word-and-chance", "now-and-then-hidden", "at-the-end"],
)
def test_its_span_is_where_the_looks_show_it_and_not_where_chance_does(
    scores: tuple[float, ...], span: tuple[float, float]
) -> None:
    (found, *_) = find_laid(looks(marked([scene(n) for n in range(SCENES)], marks.draw_logo(64, seed=1), 0.5)))
    assert replace(found, times=tuple(float(n) for n in range(SCENES)), scores=scores).span() == span
