"""The shared pass over pictures, on clips made here. Tolerances are named where they are used."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from coursekit.bench import faults_video as faults
from coursekit.bench import traps_video as traps
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_video import look, read_clip
from coursekit.bench.overprint import subtitled
from coursekit.model import Span, Verdict
from coursekit.probe.measure import measure_media
from coursekit.rules.registry import CHECKS, load_check
from coursekit.video.evidence import render_trace, take_stills
from coursekit.video.facts import VideoFacts
from coursekit.video.measure import measure_video
from tests.media import remux
from tests.support import run_check
from tests.video_facts import tianjin

RATE = 25
SIZE = (640, 360)
LARGE = (1600, 900)
FRAME_S = 1 / RATE
STRENGTH = 0.35
"""Share by which a measured swing may differ from the one put in: the filter takes part of it, chance gives some."""
VIDEO_CHECKS = tuple(c for c in CHECKS if c.startswith("video/") and c != "video/watermark")

Pictures = Iterable[Picture]
Measure = Callable[[Pictures], VideoFacts]


def scene(seed: int = 0, size: tuple[int, int] = SIZE) -> Picture:
    """Something like a room: detail of all sizes, edges, colours."""
    rng = np.random.default_rng(seed)
    width, height = size
    out = np.full((height, width, 3), 128.0)
    for cells in (4, 12, 40, 120, width // 2):
        grain = rng.normal(0, 26, (cells * height // width + 2, cells, 3))
        out += cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(np.clip(out, 0, 255), dtype=np.uint8)
    for _ in range(60):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(8, width // 6)), int(rng.integers(8, height // 6))
        cv2.rectangle(picture, (x, y), (x + w, y + h), tuple(int(v) for v in rng.integers(20, 235, 3)), -1)
    return picture


def camera(seconds: float, seed: int = 0, size: tuple[int, int] = SIZE) -> Iterator[Picture]:
    """A locked camera: a scene with grain, and something that swings to and fro in it."""
    rng = np.random.default_rng(seed)
    base, part = scene(seed, size), scene(seed + 100, (size[0] // 5, size[1] // 3))
    for n in range(round(seconds * RATE)):
        x = size[0] * (0.4 + 0.12 * np.sin(2 * np.pi * 0.4 * n / RATE + 0.3))
        shift = np.array([[1, 0, x], [0, 1, size[1] / 3]], dtype=np.float64)
        out = cv2.warpAffine(part, shift, size, dst=base.copy(), borderMode=cv2.BORDER_TRANSPARENT)
        yield np.asarray(np.clip(out + rng.normal(0, 2, out.shape), 0, 255), dtype=np.uint8)


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """Facts of pictures, by way of an encoded file."""

    def run(pictures: Pictures) -> VideoFacts:
        path = clip(tmp_path / "clip.mp4", pictures)
        return measure_video(path, measure_media(path), lambda _: None)[0]

    return run


def clip(path: Path, pictures: Pictures) -> Path:
    return write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=RATE)


def accused(facts: VideoFacts) -> dict[str, Verdict]:
    """Which checks do not pass."""
    said = {c: run_check(load_check(c), facts, tianjin(load_check(c))).verdict for c in VIDEO_CHECKS}
    return {c: v for c, v in said.items() if v in (Verdict.FAIL, Verdict.REVIEW)}


def test_counts_and_times(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", camera(2.0))
    told: list[float] = []
    (facts,) = measure_video(path, measure_media(path), told.append)
    assert (facts.frames, facts.coded_px, facts.display_px) == (50, SIZE, SIZE)
    assert facts.decoded_s == pytest.approx(2.0)
    assert facts.frame_rate == RATE
    assert facts.decode_errors == ()
    assert all(0 <= t <= 2.0 for t in told)


def test_a_locked_camera_is_accused_of_nothing(measure: Measure) -> None:
    assert accused(measure(camera(8.0))) == {}


def test_cuts_are_exact(measure: Measure) -> None:
    facts = measure(itertools.chain(camera(2.0, 1), camera(2.0, 2), camera(2.0, 3)))
    assert facts.cuts_s == pytest.approx((2.0, 4.0))


@pytest.mark.parametrize(("percent", "frequency"), [(0.6, 3.0), (1.5, 5.0)])
def test_shake(measure: Measure, percent: float, frequency: float) -> None:
    pictures = list(camera(10.0))
    path = faults.handheld_path(len(pictures), RATE, amplitude=percent / 100, frequency_hz=frequency, seed=3)
    facts = measure(faults.move(pictures, path, RATE, (3.0, 8.0)))
    assert facts.motion is not None
    worst = max(facts.motion.shake, key=lambda s: s.peak_pct)
    assert worst.strength_pct == pytest.approx(percent, rel=STRENGTH)
    assert worst.freq_hz == pytest.approx(frequency, rel=STRENGTH)
    assert worst.start_s < 4.0
    assert worst.end_s > 7.0
    assert accused(facts)["video/shake"] is Verdict.FAIL
    trace = render_trace(facts.motion)
    assert trace is not None
    assert trace.startswith("<svg")


def test_a_stuck_picture_is_found_to_the_frame(measure: Measure) -> None:
    facts = measure(faults.freeze(camera(8.0), RATE, (2.4, 4.64)))
    assert facts.stillness is not None
    (span,) = facts.stillness.freezes
    assert (span.start_s, span.end_s) == pytest.approx((2.4, 4.64))
    assert accused(facts) == {"video/freeze": Verdict.FAIL}


def test_a_lost_picture_is_found_to_the_frame(measure: Measure) -> None:
    facts = measure(faults.black(camera(8.0), RATE, (2.4, 4.64)))
    assert facts.stillness is not None
    (span,) = facts.stillness.blacks
    assert (span.start_s, span.end_s) == pytest.approx((2.4, 4.64))
    assert accused(facts)["video/black"] is Verdict.FAIL


def test_dropped_frames(measure: Measure) -> None:
    pictures = traps.parallax(scene(1), scene(2), SIZE, 10.0, RATE)
    facts = measure(faults.repeat_frames(pictures, 0.12, 5, RATE, (2.0, 8.0)))
    assert facts.pace is not None
    assert sum(s.count for s in facts.pace.stutter) == pytest.approx(18, abs=6)
    assert accused(facts)["video/jump"] is Verdict.FAIL


@pytest.mark.parametrize("percent", [5.0])
def test_flicker(measure: Measure, percent: float) -> None:
    facts = measure(faults.flicker(camera(8.0), RATE, depth=percent / 100, frequency_hz=4.0, span=(2.0, 6.0)))
    assert facts.light is not None
    worst = max((s for s in facts.light.flicker if s.kind == "brightness"), key=lambda s: s.strength)
    assert worst.strength == pytest.approx(percent, rel=STRENGTH)
    assert worst.freq_hz == pytest.approx(4.0, rel=0.1)
    # At the strength where a viewer begins to notice, a person may be asked; beyond it the verdict is certain.
    assert accused(facts)["video/flicker"] in ((Verdict.FAIL, Verdict.REVIEW) if percent <= 5 else (Verdict.FAIL,))


@pytest.mark.parametrize(("a_second", "verdict"), [(2.0, None), (6.0, Verdict.FAIL)])
def test_flashes(measure: Measure, a_second: float, verdict: Verdict | None) -> None:
    facts = measure(faults.flash(camera(6.0), RATE, frequency_hz=a_second, level=0.8, span=(2.0, 4.0)))
    assert accused(facts).get("video/flash") is verdict


def test_enlarged_pictures_are_told_from_real_ones(measure: Measure) -> None:
    size = (1280, 720)
    real = measure(camera(5.0, size=size)).clarity
    large = measure(faults.through_size(p, 240) for p in camera(5.0, size=size)).clarity
    assert real is not None
    assert large is not None
    assert real.detail is not None
    assert large.detail is not None
    assert real.detail > 0.6
    assert large.detail == pytest.approx(1 / 3, abs=0.1)


def test_one_thing_in_focus_before_a_soft_ground_is_no_fault(measure: Measure) -> None:
    ground, thing = faults.soften(scene(4, (1280, 720)), 4), scene(5, (130, 320))

    def shallow(least: float) -> Iterator[Picture]:
        for n in range(6 * RATE):
            out = ground.copy()
            left = 500 + n
            out[200:520, left : left + 130] = faults.soften(thing, least)
            yield out

    def told(least: float) -> tuple[float, Verdict | None]:
        facts = measure(shallow(least))
        assert facts.clarity is not None
        assert facts.clarity.detail is not None
        return facts.clarity.detail, accused(facts).get("video/clarity")

    detail, verdict = told(0)
    assert detail < 0.38
    assert verdict is Verdict.REVIEW
    assert told(4)[1] is Verdict.FAIL


def test_subtitles_vouch_for_nothing(measure: Measure) -> None:
    def enlarged() -> Iterator[Picture]:
        for picture in itertools.islice(camera(6.0, size=(1280, 720)), 0, None, 3):
            out = faults.through_size(picture, 240)
            words = "Turn off the main switch before you open it"
            cv2.putText(out, words, (80, 680), cv2.FONT_HERSHEY_DUPLEX, 1.4, (255, 255, 255), 3, cv2.LINE_AA)
            yield out

    clarity = measure(enlarged()).clarity
    assert clarity is not None
    assert clarity.focused is not None
    assert clarity.focused < 0.03


def test_lines_of_letters_hide_no_enlargement(shared: Path) -> None:
    """A talker enlarged threefold: the letters are livelier than all of it."""
    small = read_clip(shared / "media/video/musetalk__sun.mp4", height_px=360).pictures[::12]
    large = [np.asarray(cv2.resize(p, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8) for p in small]
    for pictures in (large, subtitled(large, 5, 3)):
        assert accused(look(pictures, rate=5))["video/clarity"] is Verdict.FAIL


@pytest.mark.parametrize(("top_first", "rate"), [(True, 25), (False, 25), (True, Fraction(30000, 1001))])
def test_combing(top_first: bool, rate: Fraction | int) -> None:
    pictures = traps.parallax(scene(1), scene(2), SIZE, 12.0, RATE)
    woven = look(faults.interlace(pictures, top_first=top_first), rate=rate)
    assert accused(woven)["video/interlace"] is Verdict.FAIL


def dithered(picture: Picture) -> Picture:
    """Black and white dots in an order of four by four."""
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 16 + 8
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    dots = grey > np.tile(order, (height // 4 + 1, width // 4 + 1))[:height, :width]
    return np.repeat(np.where(dots, np.uint8(255), np.uint8(0))[:, :, None], 3, axis=2)


def stroked(picture: Picture) -> Picture:
    """Edges as black strokes on white."""
    strokes = cv2.Canny(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), 60, 140)
    return np.repeat(255 - np.asarray(strokes, np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("drawn", [dithered, stroked])
def test_fine_stripes_that_glide_by_are_no_combs(measure: Measure, drawn: Callable[[Picture], Picture]) -> None:
    ground = drawn(scene(1, (SIZE[0] + 80, SIZE[1] + 40)))
    pictures = [
        np.asarray(cv2.warpAffine(ground, np.array([[1, 0, -0.7 * n], [0, 1, -0.3 * n]]), SIZE), np.uint8)
        for n in range(4 * RATE)
    ]
    facts = measure(pictures)
    assert facts.interlace is not None
    assert facts.interlace.combed >= 4
    assert "video/interlace" not in accused(facts)


@pytest.mark.parametrize("lines", [0.4, 1.0])
def test_dots_that_a_tilt_takes_from_line_to_line_give_fields_no_order(measure: Measure, lines: float) -> None:
    ground = dithered(scene(1, (SIZE[0], SIZE[1] + 110)))
    pictures = [
        np.asarray(cv2.warpAffine(ground, np.array([[1, 0, 0], [0, 1, -lines * n]]), SIZE), np.uint8)
        for n in range(4 * RATE)
    ]
    assert "video/interlace" not in accused(measure(pictures))


def test_woven_footage_that_was_scaled_is_asked_about(measure: Measure) -> None:
    woven = faults.interlace(traps.parallax(scene(1), scene(2), SIZE, 12.0, RATE))
    larger = measure(np.asarray(cv2.resize(p, (SIZE[0], SIZE[1] * 16 // 15)), np.uint8) for p in woven)
    assert accused(larger)["video/interlace"] is Verdict.REVIEW


def test_woven_fields_show_their_order_and_whole_pictures_none(measure: Measure) -> None:
    frames = list(camera(12.0))
    for first in (True, False):
        (span, *rest) = measure(faults.interlace(frames, top_first=first)).interlace.woven  # type: ignore[union-attr]
        assert all((s.order < 0) is first for s in (span, *rest))
        assert abs(span.order) > 0.1
    assert measure(frames).interlace.woven == ()  # type: ignore[union-attr]


def test_a_drawn_talker_who_hardly_moves_is_asked_about_when_woven(shared: Path) -> None:
    path = shared / "media" / "video" / "musetalk__yongen.mp4"
    if not path.exists():
        pytest.skip("the recording of the drawn talker is not there")
    pictures = read_clip(path, 480).pictures
    woven = look(faults.interlace((*pictures, *pictures[::-1])))
    assert woven.interlace is not None
    assert not woven.interlace.combed
    assert accused(woven)["video/interlace"] is Verdict.REVIEW
    assert "video/interlace" not in accused(look(pictures))


def test_a_slow_tilt_gives_fields_no_order(measure: Measure) -> None:
    ground, rng = scene(2, (SIZE[0], SIZE[1] + 80)), np.random.default_rng(6)

    def tilt() -> Iterator[Picture]:
        for n in range(round(4.5 * RATE)):
            shift = np.array([[1, 0, 0], [0, 1, -0.66 * n]], dtype=np.float64)
            out = cv2.warpAffine(ground, shift, SIZE)
            yield np.asarray(np.clip(out + rng.normal(0, 2, out.shape), 0, 255), dtype=np.uint8)

    assert "video/interlace" not in accused(measure(tilt()))


def swinging(seconds: float) -> Iterator[Picture]:
    """A locked camera before which something passes to and fro, quickest every second."""
    base, part = scene(1), scene(9, (SIZE[0] // 3, SIZE[1] * 2 // 3))
    rng = np.random.default_rng(4)
    for n in range(round(seconds * RATE)):
        shift = np.array(
            [[1, 0, SIZE[0] * (0.3 + 0.2 * np.sin(np.pi * n / RATE))], [0, 1, SIZE[1] // 6]], dtype=np.float64
        )
        out = cv2.warpAffine(part, shift, SIZE, dst=base.copy(), borderMode=cv2.BORDER_TRANSPARENT)
        yield np.asarray(np.clip(out + rng.normal(0, 2, out.shape), 0, 255), dtype=np.uint8)


def test_pictures_left_out_of_one_scene(measure: Measure) -> None:
    assert accused(measure(swinging(10.0))) == {}
    # Ten pictures are gone before the second place.
    at_s = (3.8, 5.8 - 10 * FRAME_S)
    facts = measure(faults.jump_ahead(swinging(10.0), RATE, (3.8, 5.8), 10))
    assert accused(facts) == {"video/jump": Verdict.REVIEW}
    (leaps,) = facts.pace.leaps  # type: ignore[union-attr]
    assert (leaps.count, leaps.start_s, leaps.end_s) == (2, pytest.approx(at_s[0] - FRAME_S), pytest.approx(at_s[1]))


def test_the_ground_of_a_title_is_no_blink(measure: Measure) -> None:
    def cut(level: int) -> Iterator[Picture]:
        yield from camera(2.0)
        title = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
        cv2.putText(title, "Chapter", (SIZE[0] // 4, SIZE[1] // 2), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (level,) * 3, 4)
        yield from (title for _ in range(30))
        yield from (np.zeros_like(title) for _ in range(3))
        yield from camera(2.0, seed=3)

    assert "video/black" not in accused(measure(cut(230)))
    assert "video/black" in accused(measure(faults.black(camera(4.0), RATE, (2.0, 2.12))))


def test_two_cameras_of_different_colours(measure: Measure) -> None:
    def shots(factor: float) -> Iterator[Picture]:
        for n, picture in enumerate(camera(8.0)):
            if n // 50 % 2 == 0:
                yield picture
            else:
                part = np.ascontiguousarray(picture[40:320, 60:560])
                yield faults.gain(np.asarray(cv2.resize(part, SIZE), np.uint8), (1 - factor, 1.0, 1 + factor))

    facts = measure(shots(0.15))
    assert facts.joins is not None
    clear = [j.time_s for j in facts.joins.differences if j.delta_e > 8]
    assert clear == pytest.approx([2.0, 4.0, 6.0])
    assert "video/colour" in accused(facts)
    assert "video/colour" not in accused(measure(shots(0.0)))


def test_slides_are_not_compared_but_a_scene_that_stood_still_before_the_cut_is(measure: Measure) -> None:
    def stuck() -> Iterator[Picture]:
        yield from faults.freeze(camera(4.0), RATE, (2.0, 4.0))
        for picture in camera(2.0):
            yield np.asarray(cv2.resize(np.ascontiguousarray(picture[40:320, 60:560]), SIZE), np.uint8)

    slides, goes_on = measure(traps.slides(SIZE, 10.0, RATE, every_s=3.0)), measure(stuck())
    assert slides.joins is not None
    assert goes_on.joins is not None
    assert slides.joins.cuts >= 1
    assert slides.joins.same_scene == 0
    assert goes_on.joins.same_scene_s == pytest.approx((4.0,))


def test_a_lamp_or_a_knock_is_no_other_camera(measure: Measure) -> None:
    def lit(share: float) -> Iterator[Picture]:
        for n, picture in enumerate(camera(6.0)):
            edge = round(share * SIZE[1]) if n >= 75 else 0
            yield np.concatenate([faults.gain(picture[:edge], 1.2), picture[edge:]]) if edge else picture

    def knocked(frames: int) -> Iterator[Picture]:
        for n, picture in enumerate(camera(6.0)):
            yield np.roll(faults.gain(picture, 1.25), (40, 60), (0, 1)) if 75 <= n < 75 + frames else picture

    assert "video/colour" in accused(measure(lit(1.0)))
    assert "video/colour" not in accused(measure(lit(0.5)))
    assert "video/colour" in accused(measure(knocked(50)))
    assert "video/colour" not in accused(measure(knocked(4)))


@pytest.mark.parametrize(
    "healthy",
    [
        lambda: traps.slides(SIZE, 10.0, RATE, every_s=2.0),
        lambda: traps.builds(SIZE, 6.0, RATE),
        lambda: traps.scroll(SIZE, 9.0, RATE, seed=3),
        lambda: traps.windows(SIZE, 6.0, RATE),
        lambda: traps.pan_and_zoom(scene(1, LARGE), SIZE, 6.0, RATE),
        lambda: traps.machine(scene(2, LARGE), SIZE, 6.0, RATE),
        lambda: traps.foreground(scene(3, LARGE), scene(4, LARGE), SIZE, 6.0, RATE),
        lambda: traps.fades((scene(5), scene(6), scene(7)), SIZE, 7.0, RATE),
        lambda: traps.whiteboard(SIZE, 6.0, RATE),
        lambda: traps.on_twos(scene(8, LARGE), SIZE, 6.0, RATE),
        lambda: traps.rain(scene(9, LARGE), SIZE, 4.0, RATE),
    ],
    ids=["slides", "builds", "scroll", "windows", "pan", "machine", "foreground", "fades", "board", "twos", "rain"],
)
def test_healthy_pictures_that_look_like_faults(measure: Measure, healthy: Callable[[], Pictures]) -> None:
    assert accused(measure(healthy())) == {}


@pytest.mark.parametrize("name", ["clip.mp4", "no index.ts"])
def test_stills_show_the_frame_of_their_time(tmp_path: Path, name: str) -> None:
    def numbered() -> Iterator[Picture]:
        for n in range(100):
            yield np.full((SIZE[1], SIZE[0], 3), 40 + 2 * n, np.uint8)

    path = clip(tmp_path / "clip.mp4", numbered())
    if path.name != name:
        path = remux(path, tmp_path / name)
    stills = take_stills(path, measure_media(path), 0, (0.0, 1.0, 2.52, 99.0))
    shown = [np.asarray(cv2.imdecode(np.frombuffer(s.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)) for s in stills]
    assert [s.time_s for s in stills] == pytest.approx([0.0, 1.0, 2.52, 3.96])
    assert [float(np.mean(p)) for p in shown] == pytest.approx([40, 90, 166, 238], abs=1.5)
    assert all(s.size_px == SIZE for s in stills)


def test_damage_is_noted_and_decoding_goes_on(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", camera(6.0))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(data)
    (facts,) = measure_video(path, measure_media(path), lambda _: None)
    assert facts.decode_errors
    assert facts.decoded_s == pytest.approx(6.0, abs=0.5)


def test_findings_carry_exact_spans(measure: Measure) -> None:
    facts = measure(faults.black(camera(6.0), RATE, (2.0, 4.4)))
    (finding,) = run_check(load_check("video/black"), facts, tianjin(load_check("video/black"))).findings
    assert isinstance(finding.where, Span)
    assert (finding.where.start_s, finding.where.end_s) == pytest.approx((2.0, 4.4))
