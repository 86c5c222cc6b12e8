"""Marks found in pictures made for it: what survives its background, and what only stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from coursekit.bench import faults_marks as marks
from coursekit.bench.faults_marks import Route, Stamp
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_marks import RATE, judge_clip, look, read_clip
from coursekit.bench.overprint import annotated, subtitled
from coursekit.bench.score import box_iou
from coursekit.cover.measure import measure_marks
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Profile, Verdict
from coursekit.probe.facts import ImageFacts
from coursekit.rules.check import CheckContext
from coursekit.rules.judge import build_params
from coursekit.rules.profiles import load_profile
from coursekit.texts import Teller
from coursekit.video.checks.watermark import watermark
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.captions import renewed
from coursekit.video.marks.evidence import crop_mark, crop_times
from coursekit.video.marks.facts import MarkKind
from coursekit.video.marks.looks import Look, thumb_of
from coursekit.video.marks.names import holder_of, points_elsewhere
from coursekit.video.marks.own import own_likeness
from coursekit.video.marks.past import lines_of
from coursekit.video.marks.signature import likeness, read_signature, symmetry
from coursekit.video.marks.velocities import FULL, peaks
from tests.scenes import mottled

SIZE = (640, 360)
FRAMES = 26 * 8
BOX_SLACK = 0.5
"""Intersection over union from which the box is the right one."""
OPACITY_SLACK = 0.2


def pan(seed: int = 0) -> Iterator[Picture]:
    scene = mottled(seed, (2600, 900))
    for n in range(FRAMES):
        x, y = int(8.5 * n), int(250 + 180 * np.sin(n / 17))
        yield np.ascontiguousarray(scene[y : y + SIZE[1], x : x + SIZE[0]])


def still() -> Iterator[Picture]:
    scene = mottled(3, (2600, 900))[:360, :640]
    rng = np.random.default_rng(1)
    for _ in range(FRAMES):
        yield np.clip(scene + rng.normal(0, 2, scene.shape), 0, 255).astype(np.uint8)


def marked(stamp: Stamp, route: Route, opacity: float, pictures: Iterator[Picture] | None = None) -> VideoFacts:
    return look(marks.overlay(pictures or pan(), stamp, route, opacity=opacity, rate=8))


@pytest.fixture(scope="module")
def tianjin() -> Profile:
    return load_profile("tianjin-2025")


@pytest.fixture(scope="module")
def logo() -> Stamp:
    return marks.draw_logo(90, seed=1)


@pytest.fixture(scope="module")
def logo_facts(logo: Stamp) -> VideoFacts:
    return marked(logo, marks.corner("top-right", logo.share(*SIZE)), 0.4)


def test_a_logo_that_drifts_and_bounces_is_followed(logo: Stamp, tianjin: Profile) -> None:
    share = logo.share(*SIZE)
    facts = marked(logo, marks.drifting(share, 0.045), 0.5)
    assert facts.marks is not None
    (mark,) = [m for m in facts.marks.found if m.kind is MarkKind.DRIFTING]
    assert mark.crop_at_s is not None
    places = marks.boxes(logo, marks.drifting(share, 0.045), mark.crop_at_s, SIZE)
    assert box_iou(mark.box, places[0]) >= BOX_SLACK
    assert crop_times(mark) == (mark.crop_at_s,)
    assert mark.crop_at_s == pytest.approx((mark.spans[0][0] + mark.spans[-1][1]) / 2, abs=0.5)
    assert mark.spans[-1][1] > 23.0, "it is followed past the border that throws it back"
    assert mark.opacity == pytest.approx(0.5, abs=OPACITY_SLACK)
    assert [(f.verdict, f.code) for f in judge_clip(facts, tianjin)] == [(Verdict.REVIEW, "drifting-mark")]


def test_a_grey_logo_that_drifts_is_told_over_bright_and_dark(tianjin: Profile) -> None:
    drawn = marks.draw_logo(64, seed=2)
    # Now darker than what is behind it, now brighter: its edges turn round and run the same way.
    grey = Stamp(drawn.cover, np.full_like(drawn.ink, 118.0))
    route = marks.drifting(grey.share(*SIZE), 0.03)
    facts = marked(grey, route, 0.65)
    assert facts.marks is not None
    mark, *_ = [m for m in facts.marks.found if m.kind is MarkKind.DRIFTING]
    assert mark.crop_at_s is not None
    assert box_iou(mark.box, marks.boxes(grey, route, mark.crop_at_s, SIZE)[0]) >= BOX_SLACK
    assert mark.breadth > 0.3, "a box has edges both ways"
    assert [(f.verdict, f.code) for f in judge_clip(facts, tianjin)] == [(Verdict.REVIEW, "drifting-mark")]


def test_lines_run_the_same_way_whichever_side_is_brighter() -> None:
    across, down, turned = ((100, 0), (0, 100), (-100, 0))
    doubled = {
        way: tuple(int(p[0]) for p in lines_of([np.array([v], np.int8) for v in way])) for way in (across, down, turned)
    }
    assert doubled[across] == doubled[turned] == (100, 0)
    assert doubled[down] == (-100, 0), "what runs across it points the contrary way"


@pytest.mark.parametrize("shape", [(180, 320), (128, 96), (90, 161)])
def test_what_moves_evenly_adds_up_along_its_velocity(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    times = np.arange(16) / 4
    height, width = shape
    lines = np.clip(np.round(rng.normal(0, 2.5, (16, 2, height, width))), -FULL, FULL).astype(np.int8)
    sign = np.where(rng.random((2, 12, 24)) < 0.5, -3, 3)
    velocity = (0.03 * max(shape), 0.012 * max(shape))
    for n, at in enumerate(times):
        x, y = round(0.2 * width + velocity[0] * at), round(0.3 * height + velocity[1] * at)
        part = lines[n, :, y : y + 12, x : x + 24]
        part += np.asarray(sign, np.int8)
    np.clip(lines, -FULL, FULL, out=lines)
    found = max(peaks(lines, times))
    middle = float(times[-1]) / 2
    assert found.place[0] == pytest.approx(0.2 * width + velocity[0] * middle + 12, abs=12)
    assert found.place[1] == pytest.approx(0.3 * height + velocity[1] * middle + 6, abs=8)
    assert found.velocity == pytest.approx(velocity, abs=0.01 * max(shape))


def test_what_turns_as_it_moves_is_no_mark(logo: Stamp, tianjin: Profile) -> None:
    route = marks.drifting((0.2, 0.3), 0.03)
    turning = (
        marks.lay(picture, marks.turned(logo, 3.0 * n), *route(n / 8)[0], 1.0) for n, picture in enumerate(pan())
    )
    facts = look(turning)
    assert not judge_clip(facts, tianjin)


def test_a_translucent_logo_is_found_where_it_is(logo: Stamp, logo_facts: VideoFacts, tianjin: Profile) -> None:
    findings = judge_clip(logo_facts, tianjin)
    assert [(f.verdict, f.code) for f in findings] == [(Verdict.FAIL, "third-party-mark")]
    assert logo_facts.marks is not None
    (mark,) = logo_facts.marks.found[:1]
    x, y = marks.corner_of("top-right", logo.share(*SIZE))
    w, h = logo.share(*SIZE)
    common = max(0.0, min(mark.box[0] + mark.box[2], x + w) - max(mark.box[0], x)) * max(
        0.0, min(mark.box[1] + mark.box[3], y + h) - max(mark.box[1], y)
    )
    assert common / (w * h + mark.box[2] * mark.box[3] - common) >= BOX_SLACK
    assert mark.opacity is not None
    assert abs(mark.opacity - 0.4) <= OPACITY_SLACK
    assert mark.kind is MarkKind.FIXED


def test_a_logo_is_no_part_of_the_facade_behind_it(shared: Path, logo: Stamp) -> None:
    path = shared / "media" / "video" / "androidx__sample_edit_list.mp4"
    if not path.exists():
        pytest.skip("the recording of a façade is not there")
    clip = read_clip(path, "moving")
    share = logo.share(*clip.size)
    route = marks.corner("bottom-left", share)
    facts = marked(logo, route, 1.0, iter(clip.pictures))
    (place,) = route(0.0)
    assert facts.marks is not None
    assert max(box_iou(found.box, (*place, *share)) for found in facts.marks.found) >= BOX_SLACK


def test_the_same_pan_without_it_is_quiet(tianjin: Profile) -> None:
    assert judge_clip(look(pan()), tianjin) == ()


@pytest.mark.parametrize("laid", [subtitled, annotated])
def test_what_an_editor_laid_over_it_is_the_lessons_own_and_a_mark_beside_it_is_not(
    laid: Callable[[Iterable[Picture], int, int], Iterator[Picture]], logo: Stamp, tianjin: Profile
) -> None:
    assert not judge_clip(look(laid(pan(), RATE, 1)), tianjin)
    corner = marks.corner("top-right", logo.share(*SIZE))
    facts = marked(logo, corner, 0.5, laid(pan(), RATE, 1))
    (finding,) = judge_clip(facts, tianjin)
    assert finding.box is not None
    assert box_iou(finding.box, marks.boxes(logo, corner, 5.0, SIZE)[0]) >= BOX_SLACK


def test_subtitles_are_others_from_look_to_look_and_a_line_that_stays_is_not(tianjin: Profile) -> None:
    subtitles = look(subtitled(pan(), RATE, 1)).marks
    assert subtitles is not None
    lines = [mark for mark in subtitles.found if mark.box[1] > 0.85]
    assert lines, "there is something to tell from a mark"
    assert max(mark.renewed or 0.0 for mark in lines) > 0.5
    address = marks.draw_text("www.example-media.cn", SIZE[0] // 4)
    facts = marked(address, marks.stay(0.375, 0.88), 0.9)
    assert facts.marks is not None
    assert all((mark.renewed or 0.0) < 0.15 for mark in facts.marks.found)
    assert [(f.verdict, f.code) for f in judge_clip(facts, tianjin)] == [(Verdict.REVIEW, "possible-mark")], (
        "opaque and in the middle it may be the lesson's own"
    )


def test_where_captions_stand_letters_of_seven_pixels_are_told_apart_too(tianjin: Profile) -> None:
    def small(pictures: Iterable[Picture]) -> Iterator[Picture]:
        for picture in pictures:
            yield np.asarray(cv2.resize(picture, (214, 120), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    subtitles = look(subtitled(small(pan()), RATE, 1))
    assert subtitles.marks is not None
    assert [mark for mark in subtitles.marks.found if (mark.renewed or 0.0) >= 0.4 and mark.box[3] * 120 < 13]
    assert judge_clip(subtitles, tianjin) == ()
    address = marks.draw_text("www.example-media.cn", SIZE[0] // 3)
    facts = look(small(marks.overlay(pan(), address, marks.stay(0.333, 0.88), opacity=0.9, rate=RATE)))
    assert facts.marks is not None
    lines = [mark for mark in facts.marks.found if mark.box[1] > 0.85 and mark.box[2] > 0.2]
    assert lines
    assert all(mark.renewed is not None and mark.renewed < 0.15 for mark in lines)


def test_what_is_too_low_to_be_read_has_no_other_letters(tianjin: Profile) -> None:
    account = marks.draw_text("@user_2048", SIZE[0] // 12, outlined=True)
    facts = marked(account, marks.corner("bottom-right", account.share(*SIZE)), 1.0)
    assert facts.marks is not None
    lines = [mark for mark in facts.marks.found if mark.box[0] > 0.85 and mark.box[1] > 0.9]
    assert lines
    assert all(mark.renewed is None for mark in lines)
    assert [(f.verdict, f.code) for f in judge_clip(facts, tianjin)] == [(Verdict.FAIL, "third-party-mark")]


@pytest.mark.parametrize(
    "box", [(-0.3, 0.4, 0.2, 0.1), (0.9, 0.97, 0.3, 0.2), (0.5, 1.2, 0.1, 0.1), (0.2, 0.2, 0.0, 0.0)]
)
def test_what_lies_outside_the_picture_holds_no_letters(box: tuple[float, float, float, float]) -> None:
    looks = [Look(float(n), np.ascontiguousarray(p[..., 0]), thumb_of(p[..., 0])) for n, p in enumerate(pan())][:6]
    assert not renewed(looks, box)


def test_a_camera_that_stands_still_proves_nothing(logo: Stamp, tianjin: Profile) -> None:
    facts = marked(logo, marks.corner("top-right", logo.share(*SIZE)), 1.0, still())
    assert facts.marks is not None
    assert facts.marks.changing < 0.05
    assert judge_clip(facts, tianjin) == ()


def test_tiles_are_one_mark(tianjin: Profile) -> None:
    stamp = marks.turned(marks.draw_text("sample", 95), 25)
    facts = marked(stamp, marks.tiled(stamp.share(*SIZE)), 0.4)
    assert facts.marks is not None
    assert facts.marks.found[0].places >= 3
    assert any(f.verdict is Verdict.FAIL for f in judge_clip(facts, tianjin))


def test_a_mark_for_half_of_the_time_has_its_span(logo: Stamp, tianjin: Profile) -> None:
    facts = marked(logo, marks.corner("bottom-left", logo.share(*SIZE), (8.0, 20.0)), 0.5)
    (finding,) = judge_clip(facts, tianjin)
    assert finding.span is not None
    assert finding.span[0] == pytest.approx(8.0, abs=1.5)
    assert finding.span[1] == pytest.approx(20.0, abs=2.0)


def test_a_mark_that_jumps_is_found_at_each_place(logo: Stamp, tianjin: Profile) -> None:
    facts = marked(logo, marks.jumping(logo.share(*SIZE), 6.5), 1.0)
    assert facts.marks is not None
    jumping = [mark for mark in facts.marks.found if mark.kind is MarkKind.JUMPING]
    assert len({(mark.box[0] > 0.5, mark.box[1] > 0.5) for mark in jumping}) >= 3
    assert len(judge_clip(facts, tianjin)) >= 3


def registered(tmp_path: Path, stamp: Stamp) -> CourseFacts:
    """A course whose manifest registers the stamp's picture, measured as every picture of the folder is."""
    from coursekit.manifest.model import Manifest, Mark

    path = tmp_path / "标识.png"
    pixels = np.dstack([stamp.ink[:, :, ::-1], stamp.cover * 255]).astype(np.uint8)
    Image.fromarray(pixels, "RGBA").resize((stamp.cover.shape[1] * 4, stamp.cover.shape[0] * 4)).save(path)
    with Image.open(path) as image:
        image.load()
        facts = ImageFacts(format="png", size_px=image.size, marks=measure_marks(image))
    manifest = object.__new__(Manifest)
    object.__setattr__(manifest, "marks", (Mark(id="own", name="本单位", file="标识.png"),))
    file = FileFacts("标识.png", "0" * 64, 1, FileKind.IMAGE, image=facts)
    return CourseFacts(Course("c", "c", ()), {"标识.png": file}, manifest)


def test_the_studios_own_mark_is_known_and_another_is_not(
    tmp_path: Path, logo: Stamp, logo_facts: VideoFacts, tianjin: Profile
) -> None:
    least = next(r for r in tianjin.rules if r.check == "video/watermark").params["own_likeness"]
    assert isinstance(least, float)
    assert logo_facts.marks is not None
    mark = logo_facts.marks.found[0]
    own = registered(tmp_path, marks.draw_logo(300, seed=1))
    assert own_likeness(own, mark) >= least
    stranger = registered(tmp_path, marks.draw_text("www.example-media.cn", 300))
    assert own_likeness(stranger, mark) < 0.5
    assert own_likeness(None, mark) == pytest.approx(0.0)


def test_the_studios_own_mark_is_left_alone_however_it_was_seen(
    tmp_path: Path, logo_facts: VideoFacts, tianjin: Profile
) -> None:
    """The averages and the looks draw its edges each in their own way; where one knows it, the other means it too."""
    assert logo_facts.marks is not None
    assert {MarkKind.FIXED, MarkKind.LAID} <= {mark.kind for mark in logo_facts.marks.found}
    rule = next(r for r in tianjin.rules if r.check == "video/watermark")

    def codes(course: CourseFacts | None) -> list[str]:
        context = CheckContext(watermark.id, Teller("en"), None, course=course)
        return [f.code for f in watermark.run(context, logo_facts, build_params(rule, watermark))]

    assert codes(None) == ["third-party-mark"]
    assert codes(registered(tmp_path, marks.draw_logo(300, seed=1))) == []
    assert codes(registered(tmp_path, marks.draw_text("www.example-media.cn", 300))) == ["third-party-mark"]


def test_signatures_know_themselves_only(logo_facts: VideoFacts) -> None:
    assert logo_facts.marks is not None
    mine = logo_facts.marks.found[0].signature
    assert likeness(mine, mine) == pytest.approx(1.0)
    assert likeness(mine, None) == pytest.approx(0.0)
    assert read_signature("1.0:not base64") is None
    assert symmetry(mine) < 0.9


def test_the_crop_is_enlarged_and_shows_the_place(logo: Stamp, logo_facts: VideoFacts) -> None:
    assert logo_facts.marks is not None
    mark = logo_facts.marks.found[0]
    picture = marks.lay(next(pan()), logo, *marks.corner_of("top-right", logo.share(*SIZE)), 0.4)
    crop = cv2.imdecode(np.frombuffer(crop_mark(picture, mark.box), np.uint8), cv2.IMREAD_COLOR)
    assert crop is not None
    assert crop.shape[1] >= 300
    times = crop_times(mark)
    assert times == tuple(sorted(times))
    assert all(0 <= at <= FRAMES / 8 for at in times)
    assert len(crop_times(replace(mark, spans=((5.0, 5.2),), crop_at_s=5.1))) == 1


@pytest.mark.parametrize(
    ("text", "holder"),
    [("抖音号: 12345", "抖音 (Douyin)"), ("Getty Images", "Getty Images"), ("腾讯视频", "腾讯视频 (Tencent Video)")],
)
def test_names(text: str, holder: str) -> None:
    assert holder_of(text) == holder


def test_addresses_and_claims() -> None:
    assert holder_of("焊工安全操作") is None
    assert points_elsewhere("www.example.cn") == "www.example.cn"
    assert points_elsewhere("公众号:某某学堂") is not None
    assert points_elsewhere("第3章 安全操作 12/40") is None
