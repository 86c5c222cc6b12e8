"""What slides have in common on whatever ground, and what their grounds shine through."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from coursekit.bench import faults_marks as marks
from coursekit.bench import traps_video
from coursekit.bench.faults_marks import Stamp
from coursekit.bench.lettering import CHINESE, face
from coursekit.cover.reader import reader_name
from coursekit.video.marks import stills
from coursekit.video.marks.boxes import overlap
from coursekit.video.marks.facts import StillFacts, StillKind
from coursekit.video.marks.ink import find_ink
from coursekit.video.marks.looks import Look, Looks, Picture

SIZE = (1280, 720)
ENOUGH = 0.5
ACCOUNT = marks.negative(marks.draw_text("@user_2048", 250, outlined=True))
ADDRESS = marks.draw_text("www.example-media.cn", 250, ink=(0, 0, 0))


@pytest.fixture
def no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "reader_name", lambda: None)


def looks_of(pictures: list[Picture]) -> list[Look]:
    looks = Looks()
    for number, picture in enumerate(pictures):
        looks.offer(float(number), np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))
    return looks.kept


def slides(count: int = 8) -> list[Picture]:
    """Each with a bar of another colour at its head."""
    return [traps_video.slide(SIZE, number) for number in range(count)]


def marked(stamp: Stamp, where: str, opacity: float) -> tuple[list[Picture], tuple[float, float, float, float]]:
    share = stamp.share(*SIZE)
    x, y = marks.corner_of(where, share)
    return [marks.lay(picture, stamp, x, y, opacity) for picture in slides()], (x, y, *share)


def sheers(pictures: list[Picture]) -> list[StillFacts]:
    return [s for s in stills.find_stills(looks_of(pictures))[0] if s.kind is StillKind.SHEER]


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize("opacity", [0.2, 0.3, 0.5])
@pytest.mark.parametrize("stamp", [ACCOUNT, ADDRESS], ids=["outlined", "plain"])
def test_grounds_shine_through_a_translucent_mark(stamp: Stamp, opacity: float) -> None:
    pictures, box = marked(stamp, "top-right", opacity)
    (sheer,) = sheers(pictures)
    assert overlap(sheer.box, box) >= ENOUGH
    assert sheer.opacity == pytest.approx(opacity, abs=0.06)
    assert sheer.grounds >= 3
    assert sheer.letters >= 3


@pytest.mark.usefixtures("no_reader")
def test_white_ink_shows_on_the_coloured_slides_only() -> None:
    stamp = marks.draw_text("www.example-media.cn", 250)
    x, y = marks.corner_of("top-right", stamp.share(*SIZE))
    pictures = slides(9)
    for picture in pictures[::3]:
        cv2.rectangle(picture, (0, 0), (SIZE[0], 100), (255,) * 3, -1)
    (sheer,) = sheers([marks.lay(picture, stamp, x, y, 0.5) for picture in pictures])
    assert sheer.opacity == pytest.approx(0.5, abs=0.06)
    assert sheer.shown_at_s is not None
    assert round(sheer.shown_at_s) % 3 != 0


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize("stamp", [ACCOUNT, ADDRESS, marks.draw_logo(120, seed=5)], ids=["outlined", "plain", "logo"])
def test_opaque_ink_of_a_template_is_not_sheer(stamp: Stamp) -> None:
    assert sheers(marked(stamp, "top-right", 1.0)[0]) == []


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize(("drawn_px", "letters_px"), [(720, 11), (480, 10), (480, 16), (480, 26)])
@pytest.mark.parametrize("serif", [False, True], ids=["Sans", "Serif"])
def test_small_and_blurred_print_is_opaque_ink(drawn_px: int, letters_px: int, serif: bool) -> None:
    """Slides of 480 lines blown up to 720: no stroke of their footer is ink all through."""
    font = ImageFont.truetype(face(serif=serif), letters_px)
    pictures: list[Picture] = []
    for number in range(12):
        picture = traps_video.slide((drawn_px * 16 // 9, drawn_px), number)
        colour = tuple(int(v) for v in np.random.default_rng(number + 5).integers(0, 160, 3))
        cv2.rectangle(picture, (0, drawn_px * 7 // 8), (drawn_px * 2, drawn_px), colour, -1)
        paper = Image.fromarray(picture)
        ImageDraw.Draw(paper).text((40, drawn_px * 9 // 10), CHINESE[:24], font=font, fill=(235, 235, 235))
        pictures.append(np.asarray(cv2.resize(np.asarray(paper), SIZE, interpolation=cv2.INTER_CUBIC), np.uint8))
    assert sheers(pictures) == []


def panel(picture: Picture) -> None:
    picture[20:90, 900:1200] = picture[20:90, 900:1200] // 2 + 127


def shadow(picture: Picture) -> None:
    picture[28:92, 908:1208] = (picture[28:92, 908:1208] * 0.6).astype(np.uint8)
    cv2.rectangle(picture, (900, 20), (1200, 84), (255,) * 3, -1)


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize("draw", [panel, shadow])
def test_a_translucent_panel_and_a_shadow_are_no_letters(draw: Callable[[Picture], None]) -> None:
    pictures = slides()
    for picture in pictures:
        draw(picture)
    assert sheers(pictures) == []


@pytest.mark.usefixtures("no_reader")
def test_over_one_ground_nothing_is_known_to_shine_through() -> None:
    assert sheers(marked(ACCOUNT, "bottom-right", 0.3)[0]) == []


def slanted(pictures: list[Picture]) -> list[StillFacts]:
    stamp = marks.turned(marks.draw_text("example stock", 360, ink=(0, 0, 0)), 30)
    laid = [marks.lay(picture, stamp, 0.6, 0.3, 0.5) for picture in pictures]
    return [s for s in stills.find_stills(looks_of(laid))[0] if s.kind is StillKind.REPEATED and s.letters >= 4]


@pytest.mark.usefixtures("no_reader")
def test_a_slanted_line_stays_from_slide_to_slide() -> None:
    (line,) = slanted(slides())
    assert line.grounds == 8
    assert line.box[0] == pytest.approx(0.6, abs=0.02)
    assert [s for s in stills.find_stills(looks_of(slides()))[0] if s.kind is StillKind.REPEATED] == []


@pytest.mark.usefixtures("no_reader")
def test_a_drawing_that_grows_is_one_slide() -> None:
    """A slanted name on a map is there as long as the map is."""
    lines = slanted(list(traps_video.builds(SIZE, 24, 1)))
    assert lines
    assert all(line.grounds < 5 for line in lines)


@pytest.mark.usefixtures("no_reader")
def test_a_lecturer_in_a_corner_makes_no_other_slide() -> None:
    pictures: list[Picture] = []
    for number in range(10):
        picture = traps_video.slide(SIZE, 3)
        picture[480:, 960:] = np.random.default_rng(number).integers(0, 255, (8, 10, 3)).repeat(30, 0).repeat(32, 1)
        pictures.append(picture)
    lines = slanted(pictures)
    assert lines
    assert all(line.grounds < 5 for line in lines)


@pytest.mark.usefixtures("no_reader")
def test_a_slanted_row_of_dots_is_no_line_of_letters() -> None:
    pictures = slides()
    for picture in pictures:
        for step in range(12):
            cv2.circle(picture, (800 + 22 * step, 500 - 12 * step), 7, (90, 90, 90), -1)
    dots = [s for s in stills.find_stills(looks_of(pictures))[0] if s.kind is StillKind.REPEATED]
    assert all(s.places < 3 and s.letters == 0 for s in dots)


def chinese(text: str, size_px: int) -> Stamp:
    font = ImageFont.truetype(face(), size_px)
    width = round(font.getlength(text)) + 8
    paper = Image.new("L", (width, round(1.5 * size_px)))
    ImageDraw.Draw(paper).text((4, 0), text, font=font, fill=255)
    cover = np.asarray(paper, np.float32) / 255
    return Stamp(cover, np.zeros((*cover.shape, 3), np.float32))


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize("text", ["内部资料严禁外传", "样片"])
def test_chinese_tiles_are_seen(text: str) -> None:
    stamp = marks.turned(chinese(text, 36), 25)
    route = marks.tiled(stamp.share(*SIZE))
    tiled = list(marks.overlay(slides(), stamp, route, opacity=0.3))
    signs = [s for s in stills.find_stills(looks_of(tiled))[0] if s.kind is StillKind.REPEATED]
    assert any(s.places >= 3 or s.letters >= 4 for s in signs)


@pytest.mark.usefixtures("no_reader")
@pytest.mark.parametrize("ink", [(137, 137, 137), (196, 114, 68)], ids=["grey", "blue"])
def test_in_a_fade_from_black_nothing_is_sheer(ink: tuple[int, int, int]) -> None:
    heading = Stamp(chinese("第三章 居家护理", 40).cover, np.full((60, 1, 3), ink, np.float32).repeat(400, 1))
    pictures: list[Picture] = []
    for number in range(4):
        picture = traps_video.slide(SIZE, number)
        cv2.rectangle(picture, (0, 0), (SIZE[0], 100), (250,) * 3, -1)
        pictures.append(marks.lay(picture, heading, 0.05, 0.03, 1.0))
    faded = [np.asarray(pictures[0] * share, np.uint8) for share in (0.2, 0.4, 0.6, 0.8)]
    assert sheers(faded + pictures) == []


def cards(count: int) -> list[Picture]:
    """Four cards in the same places on every slide, with other words on each."""
    out: list[Picture] = []
    for number in range(count):
        picture = traps_video.slide(SIZE, number)
        words = traps_video.slide((240, 135), number)[40:]
        picture[110:] = 250
        for card in range(4):
            left = 60 + 300 * card
            cv2.rectangle(picture, (left, 260), (left + 260, 560), (200, 150, 90), -1)
            picture[300 : 300 + len(words), left + 10 : left + 250] = words
        out.append(picture)
    return out


@pytest.mark.usefixtures("no_reader")
def test_the_corners_of_cards_are_no_repeated_sign() -> None:
    """There the median is neither card nor paper, so that each card leaves the same slanted corners."""
    assert [s.kind for s in stills.find_stills(looks_of(cards(9)))[0] if s.kind is not StillKind.GRAPHIC] == []


def test_what_is_common_to_the_looks_stands_on_whatever_ground() -> None:
    pictures, (x, y, w, h) = marked(ADDRESS, "top-right", 0.5)
    ink = find_ink(looks_of(pictures))
    left, top = round(x * SIZE[0]), round(y * SIZE[1])
    right, bottom = round((x + w) * SIZE[0]), round((y + h) * SIZE[1])
    inside = ink.common[top:bottom, left:right]
    core = ADDRESS.cover[: inside.shape[0], : inside.shape[1]] > 0.95
    assert (inside[core] < 0).mean() > 0.95
    # The bar itself, and where it ends, are no ink.
    assert not ink.common[top:bottom, left - 300 : left - 20].any()
    assert (ink.common[:, left:right][96:104] == 0).mean() > 0.95


def test_letters_on_a_label_stand_out_from_it() -> None:
    pictures = slides()
    for picture in pictures:
        cv2.rectangle(picture, (900, 200), (1200, 224), (180,) * 3, -1)
        picture[200:224, 950:1100] = marks.lay(picture[200:224, 950:1100], ADDRESS, 0.0, 0.1, 1.0)
    shown = find_ink(looks_of(pictures)).shown()
    letters, label = shown[204:220, 960:1090].min(), int(np.median(shown[204:220, 1110:1190]))
    assert label < 128
    assert label - letters >= 20


@pytest.mark.skipif(reader_name() is None, reason="the reading extra is not installed: the words of marks go unread")
@pytest.mark.parametrize("opacity", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("width", [180, 260, 500])
def test_an_address_is_read_on_bars_of_many_colours(width: int, opacity: float) -> None:
    stamp = marks.draw_text("www.example-media.cn", width, ink=(0, 0, 0))
    found = stills.find_stills(looks_of(marked(stamp, "top-right", opacity)[0]))[0]
    assert [s.text for s in found if s.kind is StillKind.WORDS] == ["www.example-media.cn"]
