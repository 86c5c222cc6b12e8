"""video/watermark."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from coursekit.codec import decode
from coursekit.manifest.model import Manifest, Mark
from coursekit.model import Course, CourseFacts, Span, Verdict
from coursekit.rules.check import CheckContext
from coursekit.texts import Teller
from coursekit.video.checks.watermark import watermark
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.facts import ComingFacts, MarkFacts, MarkKind, MarksFacts, StillFacts, StillKind
from coursekit.video.marks.params import WatermarkParams
from tests.support import Outcome, run_check
from tests.video_facts import HEALTHY


def profile_params() -> WatermarkParams:
    raw = tomllib.loads((files("coursekit.profiles") / "tianjin-2025.toml").read_text(encoding="utf-8"))
    (rule,) = [r for r in raw["rule"] if r.get("check") == "video/watermark"]
    return decode(WatermarkParams, rule["params"])


LOGO = MarkFacts(
    kind=MarkKind.FIXED,
    box=(0.82, 0.05, 0.12, 0.08),
    spans=((3.0, 590.0),),
    backgrounds=40,
    seen=200,
    looks=20,
    survived=60,
    lost=0,
    proof=20.0,
    consistency=0.9,
    surround=1.0,
    breadth=0.3,
    opacity=0.5,
    edge_px=300,
)


def judge(*marks: MarkFacts) -> Outcome:
    facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=marks))
    return run_check(watermark, facts, profile_params())


def test_a_clean_picture_passes() -> None:
    assert judge().verdict is Verdict.PASS


def test_a_logo_that_outlives_many_backgrounds_fails_with_box_and_time() -> None:
    outcome = judge(LOGO)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("third-party-mark",))
    assert outcome.findings[0].where == Span(3.0, 590.0, box=LOGO.box)
    assert "↗" in outcome.findings[0].message


@pytest.mark.parametrize(
    "weaker",
    [
        {"spans": ((3.0, 15.0),)},
        {"backgrounds": 4},
        {"survived": 4},
        {"surround": 0.92},
        {"surround": 0.7},
        {"proof": 5.0},
        {"consistency": 0.5},
        {"consistency": 0.5, "backgrounds": 6, "survived": 6},
    ],
    ids=lambda weaker: "-".join(weaker),
)
def test_weaker_evidence_is_for_a_person(weaker: dict[str, Any]) -> None:
    outcome = judge(replace(LOGO, **weaker))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("possible-mark",))


LAID = replace(
    LOGO, kind=MarkKind.LAID, backgrounds=12, seen=28, looks=28, survived=30, lost=2, proof=20.0, consistency=0.55
)


def test_what_all_looks_share_fails_and_is_told_once() -> None:
    outcome = judge(LAID)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("third-party-mark",))
    x, y, w, h = LOGO.box
    doubtful = replace(LOGO, consistency=0.5, box=(x - 0.05, y, w + 0.05, h + 0.1))
    both = judge(doubtful, LAID)
    assert (both.verdict, both.codes) == (Verdict.FAIL, ("third-party-mark",))
    assert both.findings[0].where == Span(3.0, 590.0, box=LAID.box)
    tall = replace(LOGO, box=(x, y - 0.02, w, h + 0.1))
    trimmed = judge(tall, replace(LAID, consistency=0.3))
    assert (trimmed.codes, trimmed.findings[0].where) == (("third-party-mark",), Span(3.0, 590.0, box=LAID.box))
    later = replace(doubtful, spans=((300.0, 590.0),), box=LAID.box)
    assert judge(LAID, later).findings[0].where == Span(300.0, 590.0, box=LAID.box)
    touching = replace(later, box=(x - w + 0.02, y, w, h / 2))
    assert judge(LAID, touching).findings[0].where == Span(3.0, 590.0, box=LAID.box)
    for other in ((x, y, w / 2, h / 2), (x - w, y, 2 * w, h / 2)):
        told = judge(LOGO, replace(LAID, box=other))
        assert (told.codes, told.findings[0].where) == (("third-party-mark",), Span(3.0, 590.0, box=LOGO.box))
    roof_too = judge(replace(LOGO, box=(x - w, y - h / 3, 2 * w, 4 * h / 3)), replace(LAID, consistency=0.3))
    assert (roof_too.codes, roof_too.findings[0].where) == (("third-party-mark",), Span(3.0, 590.0, box=LAID.box))
    elsewhere = judge(replace(LOGO, box=(0.03, 0.8, 0.1, 0.1)), LAID)
    assert elsewhere.codes == ("third-party-mark", "third-party-mark")


def test_over_a_few_looks_much_must_agree() -> None:
    """The ribs of a façade along which the camera goes agree by a third."""
    ribs = replace(LAID, box=(0.15, 0.38, 0.036, 0.59), backgrounds=3, looks=12, consistency=0.335, edge_px=2100)
    assert judge(ribs).verdict is Verdict.PASS
    assert judge(replace(ribs, consistency=0.45)).codes == ("possible-mark",)


CORNER = replace(LAID, box=(0.82, 0.05, 0.03, 0.06), consistency=0.3, edge_px=60)


@pytest.mark.parametrize(
    ("whole", "told"),
    [({}, LOGO.box), ({"consistency": 0.66}, CORNER.box), ({"box": (0.5, 0.04, 0.45, 0.2)}, CORNER.box)],
    ids=["whole", "unsteady", "skyline"],
)
def test_of_what_was_there_for_a_while_the_looks_show_a_corner(
    whole: dict[str, Any], told: tuple[float, float, float, float]
) -> None:
    brief = replace(LOGO, spans=((3.0, 15.0),), **whole)
    (finding,) = judge(CORNER, brief).findings
    assert finding.where is not None
    assert finding.where.box == told


def test_a_line_in_parts_is_told_once_and_two_signs_are_two() -> None:
    left, right = (
        replace(LOGO, box=(0.03, 0.5, 0.29, 0.05)),
        replace(LOGO, box=(0.43, 0.5, 0.54, 0.05), consistency=0.5),
    )
    between = replace(LOGO, box=(0.34, 0.505, 0.06, 0.045), consistency=0.5)
    outcome = judge(left, right, between)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("third-party-mark",))
    assert outcome.findings[0].where == Span(3.0, 590.0, box=(0.03, 0.5, 0.94, 0.05))
    assert judge(replace(left, consistency=0.5), right).codes == ("possible-mark",)
    corner = replace(LOGO, box=(0.85, 0.5, 0.1, 0.05))
    for other in (
        replace(LOGO, box=(0.03, 0.5, 0.1, 0.05)),
        replace(LOGO, box=(0.72, 0.44, 0.1, 0.05)),
        replace(LOGO, box=(0.72, 0.5, 0.1, 0.1)),
    ):
        assert len(judge(corner, other).findings) == 2
    beside = replace(LOGO, box=(0.72, 0.5, 0.1, 0.05), spans=((700.0, 790.0),))
    assert len(judge(replace(corner, spans=((3.0, 50.0),)), beside).findings) == 2


def test_what_is_the_studios_own_seen_one_way_is_its_own_seen_the_other() -> None:
    manifest = object.__new__(Manifest)
    object.__setattr__(manifest, "marks", (Mark(id="own", name="本单位", texts=("示例学堂",)),))
    course = CourseFacts(Course("c", "c", ()), {}, manifest)

    def codes(*found: MarkFacts) -> list[str]:
        facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=found))
        context = CheckContext(watermark.id, Teller("zh"), None, course=course)
        return [f.code for f in watermark.run(context, facts, profile_params())]

    read = replace(LOGO, text="示例学堂 出品")
    assert codes(read, LAID) == []
    assert codes(LAID) == ["third-party-mark"]
    x, y, w, h = LAID.box
    assert codes(read, replace(LAID, box=(x - 0.3, y, w, h))) == ["third-party-mark"]


@pytest.mark.parametrize(
    "weaker",
    [{"backgrounds": 6}, {"consistency": 0.3}, {"proof": 7.0}, {"edge_px": 60}, {"breadth": 0.05}],
    ids=lambda weaker: "-".join(weaker),
)
def test_what_looks_share_less_surely_is_for_a_person(weaker: dict[str, Any]) -> None:
    outcome = judge(replace(LAID, **weaker))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("possible-mark",))


@pytest.mark.parametrize(
    "chance",
    [
        {"looks": 2},
        {"backgrounds": 2},
        {"consistency": 0.2},
        {"consistency": 0.25, "edge_px": 1500},
        {"consistency": 0.25, "looks": 11},
        {"proof": 5.0},
        {"proof": 7.0, "opacity": 0.05},
        {"edge_px": 20},
        {"breadth": 0.01},
        {"box": (0.1, 0.1, 0.5, 0.5)},
    ],
    ids=lambda chance: "-".join(chance),
)
def test_what_looks_share_by_chance_passes(chance: dict[str, Any]) -> None:
    assert judge(replace(LAID, **chance)).verdict is Verdict.PASS


def test_what_is_seen_both_ways_needs_less_of_each() -> None:
    stays = replace(LOGO, backgrounds=2, looks=2, proof=7.0, consistency=0.68)
    shared = replace(LAID, consistency=0.18)
    assert judge(stays).verdict is judge(shared).verdict is Verdict.PASS
    both = judge(stays, shared)
    assert (both.verdict, both.codes) == (Verdict.REVIEW, ("possible-mark",))
    x, y, w, h = LOGO.box
    beside = replace(stays, box=(x + 0.04, y, w, h))
    assert judge(beside, shared).verdict is Verdict.PASS
    assert judge(stays, replace(shared, consistency=0.1)).verdict is Verdict.PASS
    assert judge(stays, replace(shared, breadth=0.005)).verdict is Verdict.PASS
    assert judge(replace(stays, breadth=0.005), shared).verdict is Verdict.PASS
    tall = (0.5, 0.1, 0.2, 0.7)
    assert judge(replace(stays, box=tall), replace(shared, box=tall)).verdict is Verdict.PASS
    branch_too = replace(stays, box=(x, y, w * 1.8, h), edge_px=3 * shared.edge_px, proof=14.0)
    assert judge(branch_too, shared).codes == ("possible-mark",)
    assert judge(replace(branch_too, edge_px=5 * shared.edge_px), shared).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("backgrounds", "proof", "told"), [(12, 10.0, True), (5, 10.0, False), (12, 8.0, False)], ids=str
)
def test_what_the_looks_show_as_surely_as_a_certain_mark_may_be_less_steady(
    backgrounds: int, proof: float, told: bool
) -> None:
    stays = replace(LOGO, backgrounds=2, looks=2, proof=7.0, consistency=0.57)
    shared = replace(LAID, consistency=0.18, backgrounds=backgrounds, proof=proof)
    assert judge(stays).verdict is judge(shared).verdict is Verdict.PASS
    assert judge(stays, shared).codes == (("possible-mark",) if told else ())


def test_what_drawn_looks_share_is_their_template() -> None:
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=(LAID,), drawn=0.5))
    assert run_check(watermark, facts, profile_params()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("stands", "held", "covered", "told"),
    [
        (0.9, 0, 0, False),
        (0.9, 1, 0, False),
        (0.9, 2, 0, True),
        (0.9, 4, 3, False),
        (0.9, 6, 3, True),
        (0.9, None, None, True),
        (0.3, 0, 4, True),
        (None, 0, 4, True),
    ],
)
def test_before_a_camera_that_stands_a_mark_must_be_seen_to_stay_where_something_passes(
    stands: float | None, held: int | None, covered: int | None, told: bool
) -> None:
    mark = replace(LOGO, held=held, covered=covered)
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=(mark,), stands=stands))
    assert run_check(watermark, facts, profile_params()).codes == (("third-party-mark",) if told else ())


@pytest.mark.parametrize(
    ("from_s", "held", "covered", "told"),
    [(3.0, 3, 6, False), (3.0, 0, 5, False), (3.0, 3, 5, True), (3.0, 1, 4, True), (200.0, 3, 6, True)],
)
def test_what_passed_for_being_there_all_the_time_is_none_if_the_looks_do_not_show_it(
    from_s: float, held: int, covered: int, told: bool
) -> None:
    mark = replace(LOGO, spans=((from_s, 590.0),), held=held, covered=covered)
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=(mark,), stands=0.2))
    assert run_check(watermark, facts, profile_params()).codes == (("third-party-mark",) if told else ())


DRIFTING = replace(LOGO, kind=MarkKind.DRIFTING, travel=0.5, backgrounds=12, spans=((2.0, 60.0),))


def test_what_drifts_over_everything_is_for_a_person() -> None:
    outcome = judge(DRIFTING)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("drifting-mark",))
    assert outcome.findings[0].where == Span(2.0, 60.0, box=LOGO.box)


@pytest.mark.parametrize("backgrounds", [5, 12])
def test_what_drifts_may_be_faint_and_hidden_for_a_while(backgrounds: int) -> None:
    outcome = judge(replace(DRIFTING, consistency=0.4, lost=9, proof=13.0, backgrounds=backgrounds))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("drifting-mark",))


@pytest.mark.parametrize(
    "thing",
    [
        {"travel": 0.1},
        {"travel": None},
        {"proof": 9.0},
        {"backgrounds": 4},
        {"survived": 5},
        {"breadth": 0.06},
        {"box": (0.2, 0.2, 0.4, 0.5)},
    ],
)
def test_what_moves_in_the_scene_is_left_alone(thing: dict[str, Any]) -> None:
    assert judge(replace(DRIFTING, **thing)).verdict is Verdict.PASS


COMING = ComingFacts(
    jump=0.9, before=0.05, before_spread=0.1, after=-0.05, spread=0.15, least=0.6, own=0.75, around=0.45, rest=0.4,
    moved=15, pictures=24, drawn=0.1, step_s=0.25,
)  # fmt: skip
SUDDEN = ComingFacts(
    jump=1.0, before=-0.1, before_spread=0.01, after=-0.1, spread=0.01, least=0.98, own=0.98, around=0.97, rest=0.97,
    moved=0, pictures=24, drawn=0.1, step_s=0.25,
)  # fmt: skip
SHOWN = MarkFacts(
    kind=MarkKind.SHOWN, box=(0.82, 0.05, 0.12, 0.08), spans=((30.0, 35.5),), backgrounds=15, seen=24, looks=24,
    survived=24, lost=0, proof=0.0, consistency=0.5, surround=0.6, breadth=0.3, edge_px=300, coming=COMING,
)  # fmt: skip


def test_half_a_mark_is_told_with_the_half_that_came_with_it() -> None:
    """What came is too faint to be told alone, and lies over more than the averages saw."""
    half = replace(LOGO, box=(0.85, 0.05, 0.05, 0.08), spans=((30.0, 36.0),), survived=6)
    rest = replace(SHOWN, box=(0.86, 0.05, 0.09, 0.08), coming=replace(COMING, around=0.7))
    assert judge(rest).verdict is Verdict.PASS
    alone, both = judge(half), judge(half, rest)
    assert (alone.verdict, alone.codes) == (both.verdict, both.codes) == (Verdict.REVIEW, ("possible-mark",))
    assert both.findings[0].where == Span(30.0, 36.0, box=(0.85, 0.05, 0.1, 0.08))
    for other in (
        replace(rest, spans=((50.0, 56.0),)),
        replace(rest, box=(0.88, 0.05, 0.09, 0.08)),
        replace(rest, coming=replace(COMING, own=0.6)),
    ):
        assert judge(half, other).findings[0].where == alone.findings[0].where
    certain = replace(LOGO, box=half.box, spans=((20.0, 120.0),))
    beside = replace(rest, spans=((30.0, 80.0),))
    told = judge(certain, beside)
    assert told.codes == ("third-party-mark",)
    assert told.findings[0].where == Span(20.0, 120.0, box=half.box)


@pytest.mark.parametrize("coming", [COMING, SUDDEN])
def test_what_comes_and_goes_at_once_is_for_a_person(coming: ComingFacts) -> None:
    outcome = judge(replace(SHOWN, coming=coming))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("sudden-mark",))
    assert outcome.findings[0].where == Span(30.0, 35.5, box=SHOWN.box)


@pytest.mark.parametrize(
    "scenery",
    [
        {"own": 0.6},
        {"around": 0.7},
        {"moved": 5},
        {"moved": 12, "pictures": 60},
        {"jump": 0.3},
        {"before": -0.4},
        {"before_spread": 0.5},
        {"after": 0.4},
        {"spread": 0.5},
        {"least": 0.2},
        # Seconds apart, what somebody put down comes so too.
        {"step_s": 1.0, "pictures": 40, "moved": 40},
        {"pictures": 16},
    ],
)
def test_what_a_scene_brings_and_takes_is_left_alone(scenery: dict[str, Any]) -> None:
    assert judge(replace(SHOWN, coming=replace(COMING, **scenery))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"jump": 0.4, "spread": 0.5, "least": 0.2, "own": 0.85}, Verdict.REVIEW),
        ({"jump": 0.4, "spread": 0.5, "least": 0.11, "own": 0.79}, Verdict.REVIEW),
        ({"jump": 0.4, "spread": 0.5, "least": 0.11, "own": 0.75}, Verdict.PASS),
        ({"jump": 0.4, "spread": 0.5, "least": 0.2, "own": 0.85, "around": 0.6}, Verdict.PASS),
    ],
)
def test_what_stands_out_more_may_come_less_suddenly(change: dict[str, Any], expected: Verdict) -> None:
    assert judge(replace(SHOWN, coming=replace(COMING, **change))).verdict is expected


@pytest.mark.parametrize(
    "pushed",
    [
        {"rest": 0.8},
        {"before_spread": 0.05},
        {"jump": 0.7},
        {"spread": 0.1},
        {"least": 0.8},
        {"step_s": 1.0},
        # The next line of a slide.
        {"drawn": 0.7},
    ],
)
def test_what_is_put_into_a_still_picture_is_left_alone(pushed: dict[str, Any]) -> None:
    assert judge(replace(SHOWN, coming=replace(SUDDEN, **pushed))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "content",
    [
        {"spans": ((30.0, 33.0),)},
        {"breadth": 0.12},
        {"edge_px": 40},
        # A lower third.
        {"box": (0.05, 0.8, 0.2, 0.08)},
        {"box": (0.05, 0.8, 0.3, 0.08), "spans": ((30.0, 60.0),)},
    ],
)
def test_what_a_lesson_shows_for_a_moment_is_left_alone(content: dict[str, Any]) -> None:
    assert judge(replace(SHOWN, **content)).verdict is Verdict.PASS


def test_what_was_shown_is_told_once_and_its_box_is_the_closer() -> None:
    x, y, w, h = SHOWN.box
    part = replace(LOGO, box=(x + w / 2, y, w / 2, h), spans=((30.0, 36.0),))
    for seen, box in (
        (part, SHOWN.box),
        (replace(LOGO, box=(x - 0.02, y, w * 1.4, h * 1.5), edge_px=600, spans=((30.0, 36.0),)), SHOWN.box),
        # Half of it alone came at once.
        (replace(LOGO, box=(x, y, w * 1.6, h), edge_px=900, spans=((30.0, 36.0),)), (x, y, w * 1.6, h)),
    ):
        sure = replace(SHOWN, coming=replace(COMING, own=0.95))
        (finding,) = judge(seen, sure).findings
        assert (finding.code, finding.where) == ("possible-mark", Span(30.0, 36.0, box=box))
    wide = replace(LOGO, box=(0.4, 0.02, 0.55, 0.2))
    assert judge(wide, SHOWN).codes == ("third-party-mark", "sudden-mark"), "a logo within scenery is another thing"


def test_what_pops_up_on_slides_is_their_own() -> None:
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=(SHOWN,), drawn=0.6))
    assert run_check(watermark, facts, profile_params()).verdict is Verdict.PASS


JUMPING = replace(LOGO, kind=MarkKind.JUMPING, places=2, alike=0.64, looks=1, proof=6.9, consistency=0.53)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Verdict.REVIEW),
        ({"alike": 0.3}, Verdict.PASS),
        ({"alike": None}, Verdict.PASS),
        ({"edge_px": 90}, Verdict.PASS),
        ({"proof": 3.0}, Verdict.PASS),
        ({"breadth": 0.07}, Verdict.PASS),
    ],
    ids=["sign", "unlike", "not-compared", "small", "unproven", "lines"],
)
def test_a_faint_sign_seen_alike_in_two_places_is_no_chance(change: dict[str, Any], expected: Verdict) -> None:
    assert judge(replace(JUMPING, **change)).verdict is expected


def test_a_mark_that_says_whose_it_is_fails_at_once() -> None:
    outcome = judge(replace(LOGO, text="抖音号：abc123", survived=4))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("named-mark",))
    assert "抖音" in outcome.findings[0].message or "Douyin" in outcome.findings[0].message


@pytest.mark.parametrize(
    "content",
    [
        {"edge_px": 10},
        {"breadth": 0.0},
        {"breadth": 0.06, "proof": 8.0},
        {"edge_px": 20000, "proof": 14.0, "consistency": 0.52},
        {"edge_px": 12000},
        {"survived": 60, "lost": 30},
        {"backgrounds": 2},
        {"proof": 2.0},
        {"looks": 2},
        {"consistency": 0.5, "proof": 10.0},
        {"consistency": 0.5, "opacity": 0.02},
        {"consistency": 0.5, "backgrounds": 5},
        {"consistency": 0.5, "backgrounds": 7, "proof": 15.0},
        {"consistency": 0.5, "looks": 4},
        {"consistency": 0.4},
        {"surround": 0.7, "edge_px": 200},
        {"surround": 0.7, "backgrounds": 4},
        {"box": (0.1, 0.8, 0.4, 0.1), "spans": ((10.0, 16.0),), "opacity": 1.0},
    ],
    ids=[
        "speck",
        "line",
        "shelf",
        "scenery-that-comes-round",
        "as-steady-but-as-large",
        "comes-and-goes",
        "one-background",
        "chance",
        "seen-twice",
        "faint",
        "hides-nothing",
        "faint-over-a-few-backgrounds",
        "faint-over-some-and-not-as-strong",
        "faint-now-and-then",
        "seen-again",
        "stands-still",
        "on-one-ground",
        "lower-third",
    ],
)
def test_what_belongs_to_the_lesson_is_left_alone(content: dict[str, Any]) -> None:
    assert judge(replace(LOGO, **content)).verdict is Verdict.PASS


PRINT = replace(LOGO, box=(0.03, 0.96, 0.04, 0.006), edge_px=120, breadth=0.07, proof=6.6, consistency=0.7, survived=34)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, Verdict.REVIEW),
        ({"box": (0.03, 0.93, 0.04, 0.05)}, Verdict.PASS),
        ({"box": (0.03, 0.96, 0.008, 0.006)}, Verdict.PASS),
        ({"box": (0.4, 0.6, 0.04, 0.006)}, Verdict.PASS),
        ({"breadth": 0.02}, Verdict.PASS),
        ({"proof": 5.5}, Verdict.PASS),
        ({"consistency": 0.55}, Verdict.PASS),
        ({"looks": 4}, Verdict.PASS),
        ({"survived": 6}, Verdict.PASS),
    ],
    ids=["small", "high", "short", "amid", "straight", "unproven", "unsteady", "seldom", "briefly"],
)
def test_a_line_of_small_print_in_a_corner_is_for_a_person(other: dict[str, Any], expected: Verdict) -> None:
    assert judge(replace(PRINT, **other)).verdict is expected


NOTE = replace(LOGO, box=(0.2, 0.3, 0.12, 0.06), spans=((30.0, 42.0),), opacity=0.9)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, Verdict.PASS),
        ({"kind": MarkKind.JUMPING, "places": 2}, Verdict.PASS),
        ({"kind": MarkKind.JUMPING, "places": 3}, Verdict.REVIEW),
        ({"box": (0.84, 0.06, 0.12, 0.06)}, Verdict.REVIEW),
        ({"opacity": 0.5}, Verdict.PASS),
        ({"opacity": 0.5, "box": (0.2, 0.3, 0.3, 0.06)}, Verdict.REVIEW),
        ({"spans": ((30.0, 400.0),)}, Verdict.REVIEW),
        ({"spans": ((30.0, 400.0),), "opacity": 0.5}, Verdict.FAIL),
        ({"spans": ((30.0, 400.0),), "kind": MarkKind.TILED, "places": 8, "box": (0.1, 0.1, 0.8, 0.7)}, Verdict.FAIL),
    ],
)
def test_what_pops_up_for_a_while_away_from_the_corners_is_the_lessons_own(
    other: dict[str, Any], expected: Verdict
) -> None:
    assert judge(replace(NOTE, **other)).verdict is expected


def test_what_the_looks_gather_of_a_word_that_pops_up_is_no_mark() -> None:
    laid = replace(LAID, box=(0.2, 0.3, 0.12, 0.055), consistency=0.3, opacity=0.2)
    assert judge(laid).codes == ("possible-mark",)
    assert judge(NOTE, laid).verdict is Verdict.PASS
    assert judge(NOTE, replace(laid, consistency=0.5)).codes == ("third-party-mark",), "what is sure stays longer"
    beside = replace(laid, box=(0.2, 0.3, 0.3, 0.06))
    assert judge(NOTE, beside).codes == ("possible-mark",)


def test_the_plate_of_a_word_that_pops_up_is_a_part_of_it_while_it_is_there() -> None:
    """A teacher's name over a clip of 108 lines: the looks gathered the upper rim of its plate."""
    plate = replace(LAID, box=(0.19, 0.275, 0.13, 0.05), consistency=0.3, opacity=0.2, spans=((31.0, 41.0),))
    assert judge(plate).codes == ("possible-mark",)
    assert judge(NOTE, plate).verdict is Verdict.PASS
    assert judge(NOTE, replace(plate, spans=((3.0, 590.0),))).codes == ("possible-mark",), "it outlives the word"


@pytest.mark.parametrize(("size", "expected"), [((1440, 1080), Verdict.PASS), ((1920, 1080), Verdict.REVIEW)], ids=str)
def test_a_word_is_as_wide_as_the_picture_is_high(size: tuple[int, int], expected: Verdict) -> None:
    word = replace(NOTE, opacity=0.4, box=(0.2, 0.3, 0.3, 0.1))
    facts: VideoFacts = replace(HEALTHY, display_px=size, marks=MarksFacts(samples=600, changing=0.9, found=(word,)))
    assert run_check(watermark, facts, profile_params()).verdict is expected


def test_a_list_stays_for_a_while_in_a_long_lesson() -> None:
    steps = replace(NOTE, spans=((100.0, 160.0),))
    for length_s, expected in ((2700.0, Verdict.PASS), (600.0, Verdict.REVIEW)):
        facts = replace(HEALTHY, decoded_s=length_s, marks=MarksFacts(samples=600, changing=0.9, found=(steps,)))
        assert run_check(watermark, facts, profile_params()).verdict is expected


def test_a_line_of_captions_is_the_lessons_own_with_its_rims_and_not_what_stands_beside_it() -> None:
    line = replace(LOGO, box=(0.3, 0.88, 0.4, 0.05), renewed=0.8)
    rim = replace(LOGO, box=(0.35, 0.925, 0.27, 0.012), consistency=0.65)
    assert judge(line).verdict is judge(line, rim).verdict is Verdict.PASS
    assert judge(rim).verdict is not Verdict.PASS
    beside = replace(LOGO, box=(0.03, 0.88, 0.1, 0.05))
    assert judge(line, beside).codes == ("third-party-mark",)
    assert judge(replace(line, renewed=0.1)).verdict is not Verdict.PASS


def test_a_line_too_low_to_tell_its_letters_apart_is_asked_about_where_captions_stand() -> None:
    line = replace(LOGO, box=(0.1355, 0.8804, 0.6976, 0.0696))
    assert (judge(line).verdict, judge(line).codes) == (Verdict.REVIEW, ("possible-mark",))
    left, right = (replace(LAID, box=(x, 0.8804, 0.3, 0.0696)) for x in (0.1355, 0.5331))
    assert (judge(left, right).verdict, judge(left, right).codes) == (Verdict.REVIEW, ("possible-mark",))
    for told in ({"renewed": 0.1}, {"box": (0.02, 0.8804, 0.4, 0.0696)}, {"box": (0.35, 0.75, 0.3, 0.2)}):
        assert judge(replace(line, **told)).verdict is Verdict.FAIL


def test_two_words_that_pop_up_one_after_the_other_are_the_lessons_own() -> None:
    words = replace(NOTE, opacity=0.59, box=(0.15, 0.46, 0.12, 0.06))
    for seconds, expected in ((15.6, Verdict.PASS), (19.6, Verdict.REVIEW)):
        assert judge(replace(words, spans=((23.3, 23.3 + seconds),))).verdict is expected


@pytest.mark.parametrize("weaker", [{"backgrounds": 4}, {"consistency": 0.5}], ids=lambda weaker: "-".join(weaker))
@pytest.mark.parametrize(("drawn", "expected"), [(0.2, Verdict.REVIEW), (0.9, Verdict.PASS)])
def test_a_template_stays_through_some_changes_too(drawn: float, expected: Verdict, weaker: dict[str, Any]) -> None:
    found = (replace(LOGO, **weaker),)
    facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.9, found=found, drawn=drawn))
    assert run_check(watermark, facts, profile_params()).verdict is expected


def test_what_was_not_measured_is_not_tested() -> None:
    outcome = run_check(watermark, replace(HEALTHY, marks=None), profile_params())
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "not-measured")


WORDS = StillFacts(
    kind=StillKind.WORDS, box=(0.8, 0.93, 0.15, 0.03), span=(2.0, 900.0), looks=12, text="www.example.com", score=0.95
)  # fmt: skip
TILES = StillFacts(kind=StillKind.REPEATED, box=(0.2, 0.2, 0.1, 0.08), span=(0.0, 900.0), looks=12, places=6)
LETTERS = StillFacts(
    kind=StillKind.GRAPHIC, box=(0.8, 0.05, 0.1, 0.03), span=(0.0, 900.0), looks=12, letters=9, ground_slope=1.0
)  # fmt: skip

PASSED = replace(
    LETTERS, kind=StillKind.PASSED, letters=4, grounds=9, held=50, covered=3, stands=0.62, ground_slope=None
)  # fmt: skip
SHEER = StillFacts(
    kind=StillKind.SHEER, box=(0.77, 0.03, 0.2, 0.05), span=(0.0, 900.0), looks=12, grounds=5, letters=8, opacity=0.3
)  # fmt: skip
SLANTED = replace(TILES, places=1, letters=9, grounds=12)


def judge_still(still: StillFacts, drawn: float = 0.9) -> Outcome:
    facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=(still,), drawn=drawn))
    return run_check(watermark, facts, profile_params())


@pytest.mark.parametrize(
    ("still", "drawn", "expected"),
    [
        (WORDS, 0.9, (Verdict.REVIEW, ("words-to-judge",))),
        (replace(WORDS, text="抖音号：maker2048"), 0.9, (Verdict.FAIL, ("named-mark",))),
        (replace(WORDS, text="抖音号：maker2048", alone=False), 0.9, (Verdict.REVIEW, ("words-to-judge",))),
        (replace(WORDS, text="抖音运营入门"), 0.9, (Verdict.REVIEW, ("words-to-judge",))),
        (replace(WORDS, text="shutterstock", grounds=5), 0.9, (Verdict.REVIEW, ("words-to-judge",))),
        (replace(WORDS, text="shutterstock", grounds=5), 0.2, (Verdict.FAIL, ("named-mark",))),
        (replace(WORDS, text="shutterstock", grounds=2), 0.2, (Verdict.REVIEW, ("words-to-judge",))),
        (replace(WORDS, score=0.5), 0.9, (Verdict.PASS, ())),
        (TILES, 0.9, (Verdict.REVIEW, ("repeated-sign",))),
        (replace(TILES, places=2), 0.9, (Verdict.PASS, ())),
        (SHEER, 0.9, (Verdict.REVIEW, ("shines-through",))),
        (SHEER, 0.3, (Verdict.PASS, ())),
        (replace(SHEER, grounds=2), 0.9, (Verdict.PASS, ())),
        (replace(SHEER, letters=2), 0.9, (Verdict.PASS, ())),
        (SLANTED, 0.9, (Verdict.REVIEW, ("slanted-line",))),
        (SLANTED, 0.3, (Verdict.PASS, ())),
        (replace(SLANTED, letters=3), 0.9, (Verdict.PASS, ())),
        (replace(SLANTED, grounds=4), 0.9, (Verdict.PASS, ())),
        (LETTERS, 0.1, (Verdict.REVIEW, ("lettering-to-judge",))),
        (LETTERS, 0.9, (Verdict.PASS, ())),
        (replace(LETTERS, ground_slope=9.0), 0.1, (Verdict.PASS, ())),
        (PASSED, 0.1, (Verdict.REVIEW, ("passed-behind",))),
        (replace(PASSED, held=7, covered=0), 0.1, (Verdict.PASS, ())),
        (replace(PASSED, covered=20), 0.1, (Verdict.PASS, ())),
        (replace(PASSED, grounds=2), 0.1, (Verdict.PASS, ())),
        (replace(PASSED, letters=1), 0.1, (Verdict.PASS, ())),
        (replace(PASSED, stands=0.4), 0.1, (Verdict.PASS, ())),
    ],
)
def test_what_stays_is_judged_by_its_own_look(still: StillFacts, drawn: float, expected: object) -> None:
    outcome = judge_still(still, drawn)
    assert (outcome.verdict, outcome.codes) == expected


def test_what_shines_through_is_shown_where_it_stands_out() -> None:
    (finding,) = judge_still(replace(SHEER, shown_at_s=431.5)).findings
    assert finding.args["shown_at_s"] == 431.5


def test_what_jumps_is_shown_when_it_is_there() -> None:
    """In the middle of its spans it may be in another corner."""
    mark = replace(LOGO, kind=MarkKind.JUMPING, spans=((0.0, 40.0), (80.0, 120.0)), places=2, alike=0.9, crop_at_s=95.0)
    (finding,) = judge(mark).findings
    assert finding.args["shown_at_s"] == 95.0


def test_a_mark_all_over_slides_is_told_of_once_and_one_between_its_tiles_too() -> None:
    tiles = replace(TILES, box=(0.05, 0.05, 0.9, 0.8))
    stills = (tiles, replace(SLANTED, box=(0.1, 0.5, 0.2, 0.1)), replace(SHEER, box=(0.4, 0.1, 0.2, 0.1)))
    facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=stills, drawn=0.9))
    assert run_check(watermark, facts, profile_params()).codes == ("repeated-sign",)
    words = replace(WORDS, box=(0.6, 0.4, 0.2, 0.03), text="抖音号：maker2048")
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=(words, *stills), drawn=0.9))
    assert run_check(watermark, facts, profile_params()).codes == ("named-mark", "repeated-sign")
    all_over = replace(words, box=(0.04, 0.04, 0.92, 0.82), text="www.example.com")
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=(all_over, *stills), drawn=0.9))
    assert run_check(watermark, facts, profile_params()).codes == ("words-to-judge",)


def test_one_place_is_told_of_once() -> None:
    stills = (replace(WORDS, box=LETTERS.box), PASSED, LETTERS)
    facts: VideoFacts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=stills, drawn=0.1))
    assert run_check(watermark, facts, profile_params()).codes == ("words-to-judge",)
    facts = replace(HEALTHY, marks=MarksFacts(samples=600, changing=0.0, stills=stills[1:], drawn=0.1))
    assert run_check(watermark, facts, profile_params()).codes == ("passed-behind",)
