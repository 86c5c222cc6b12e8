"""Marks over lessons that hardly change: what is read, what stands many times, and what a template may hold."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_marks as marks
from coursekit.bench import traps_video
from coursekit.cover.reader import reader_name
from coursekit.video.marks import stills
from coursekit.video.marks.facts import StillFacts, StillKind
from coursekit.video.marks.looks import MAX_LOOKS, Look, Looks, Picture
from coursekit.video.marks.names import account_of
from coursekit.video.marks.signature import read_signature

SIZE = (1280, 720)
BOX_SLACK = 0.5
"""Intersection over union from which the box is the right one."""


@pytest.fixture
def no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "reader_name", lambda: None)


def grey(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def wall(number: int) -> Picture:
    """A plain wall in fading light with somebody moving before it, as a locked camera sees them."""
    rng = np.random.default_rng(number)
    across = np.linspace(90, 190, SIZE[0], dtype=np.float32)[None, :]
    down = np.linspace(0, 30, SIZE[1], dtype=np.float32)[:, None]
    out = across + down + rng.normal(0, 1.5, (SIZE[1], SIZE[0])).astype(np.float32)
    out = np.asarray(np.clip(out, 0, 255), np.uint8)
    cv2.ellipse(out, (600 + 12 * number, 560), (170, 260), 0, 0, 360, 60, -1, cv2.LINE_AA)
    return np.asarray(cv2.merge([out, out, out]), np.uint8)


def seen(pictures: list[Picture]) -> list[Look]:
    looks = Looks()
    for number, picture in enumerate(pictures):
        looks.offer(float(number), grey(picture))
    return looks.kept


def found(pictures: list[Picture]) -> tuple[StillFacts, ...]:
    return stills.find_stills(seen(pictures))[0]


def slides() -> list[Picture]:
    return [traps_video.slide(SIZE, number) for number in range(5)]


def test_looks_are_few_and_unlike_each_other() -> None:
    looks = Looks()
    for number in range(40):
        looks.offer(float(number), np.full((90, 160), 3 * (number // 2), np.uint8))
    assert len(looks.kept) == MAX_LOOKS
    levels = sorted(int(look.luma[0, 0]) for look in looks.kept)
    assert min(b - a for a, b in pairwise(levels)) >= 3
    assert max(levels) - min(levels) >= 40


@pytest.mark.usefixtures("no_reader")
def test_the_same_slanted_sign_at_many_places_is_seen() -> None:
    stamp = marks.turned(marks.draw_text("sample", 150, ink=(120, 120, 120)), 25)
    route = marks.tiled(stamp.share(*SIZE))
    signs = found(list(marks.overlay(slides(), stamp, route, opacity=0.6)))
    (tiled,) = (s for s in signs if s.places >= 3 and s.kind is StillKind.REPEATED)
    assert tiled.box[2] >= 0.4
    assert {s.kind for s in signs} <= {StillKind.REPEATED, StillKind.SHEER}


@pytest.mark.usefixtures("no_reader")
def test_tiles_before_a_camera_need_not_all_be_seen_all_the_time() -> None:
    """Somebody moves before a part of them; how they look is that of one of them."""
    stamp = marks.turned(marks.draw_text("sample", 150), 25)
    route = marks.tiled(stamp.share(*SIZE))
    pictures = list(marks.overlay([wall(n) for n in range(6)], stamp, route, opacity=0.6))
    for number, picture in enumerate(pictures):
        cv2.rectangle(picture, (150 * number, 0), (150 * number + 500, SIZE[1]), (60,) * 3, -1)
    (tiled,) = (s for s in found(pictures) if s.kind is StillKind.REPEATED and s.places >= 3)
    assert tiled.box[2] >= 0.5
    assert read_signature(tiled.signature or "")[0] == pytest.approx(
        stamp.cover.shape[1] / stamp.cover.shape[0], rel=0.3
    )


@pytest.mark.usefixtures("no_reader")
def test_a_line_of_letters_before_a_plain_wall_is_seen_where_it_is() -> None:
    stamp = marks.draw_text("STUDIO 88", 220)
    x, y = marks.corner_of("top-left", share := stamp.share(*SIZE))
    signs = found([marks.lay(wall(n), stamp, x, y, 0.6) for n in range(6)])
    assert [s.kind for s in signs] == [StillKind.GRAPHIC]
    assert signs[0].letters >= 4
    bx, by, bw, bh = signs[0].box
    common = max(0.0, min(bx + bw, x + share[0]) - max(bx, x)) * max(0.0, min(by + bh, y + share[1]) - max(by, y))
    assert common / (bw * bh + share[0] * share[1] - common) >= BOX_SLACK


@pytest.mark.usefixtures("no_reader")
def test_a_seam_of_the_wall_does_not_hide_a_line_of_letters() -> None:
    stamp = marks.draw_text("@user_2048", 220)
    x, y = marks.corner_of("top-right", stamp.share(*SIZE))
    pictures = [wall(n) for n in range(6)]
    for picture in pictures:
        cv2.line(picture, (round((x + 0.05) * SIZE[0]), 0), (round((x + 0.05) * SIZE[0]), SIZE[1]), (150,) * 3, 2)
        cv2.line(picture, (0, 560), (SIZE[0], 560), (110,) * 3, 2)
    assert found(pictures) == ()
    signs = found([marks.lay(picture, stamp, x, y, 1.0) for picture in pictures])
    assert any(s.kind is StillKind.GRAPHIC and s.letters >= 4 and s.box[0] > 0.7 for s in signs)


@pytest.mark.usefixtures("no_reader")
def test_bare_slides_and_a_bare_wall_are_quiet() -> None:
    assert found(slides()) == ()
    assert found([wall(n) for n in range(6)]) == ()


def test_a_drawn_picture_and_a_camera_are_told_apart() -> None:
    drawn, camera = (stills.share_drawn(stills.usual_of(seen(p))) for p in (slides(), [wall(n) for n in range(6)]))
    assert drawn > 0.6
    assert camera < 0.45
    assert stills.find_stills([]) == ((), None)


@pytest.mark.skipif(reader_name() is None, reason="the reading extra is not installed: the words of marks go unread")
def test_an_address_over_slides_is_read() -> None:
    stamp = marks.draw_text("www.example-media.cn", 190, ink=(120, 120, 120))
    x, y = marks.corner_of("bottom-right", stamp.share(*SIZE))
    signs = found([marks.lay(p, stamp, x, y, 0.6) for p in slides()])
    assert [(s.kind, s.text) for s in signs] == [(StillKind.WORDS, "www.example-media.cn")]


@pytest.mark.parametrize("text", ["抖音号：maker2048", "快手号: ab_123", "小红书@某某某", "bilibili: teacher"])
def test_an_account_with_its_platform(text: str) -> None:
    assert account_of(text)


@pytest.mark.parametrize("text", ["抖音运营入门", "user@example.com", "@Override", "bilibili"])
def test_no_account_with_its_platform(text: str) -> None:
    assert not account_of(text)
