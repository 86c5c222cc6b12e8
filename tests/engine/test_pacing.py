"""What is decoded, decided from sizes and times alone."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.video.pacing import EVERY_S, EXTRA_S, LOOK_S, Group, Pacer, clean_end, still_pictures

RATE = 25
BLOCKS = 8160  # 1080p
ORDER = (0, 4, 2, 1, 3)
"""Times of a keyframe and one group of pictures predicted both ways, in decoding order."""


def group(start_s: float, sizes: list[float], *, last: bool = False) -> Group:
    """Packets whose times run as an encoder with three pictures between would leave them."""
    shown = [0]
    while len(shown) < len(sizes):
        shown += [len(shown) - 1 + n for n in ORDER[1:]]
    times = np.array(shown[: len(sizes)], float)
    # A cut-off group must still be a permutation.
    times = np.argsort(np.argsort(times, kind="stable"), kind="stable").astype(float)
    return Group(start_s + times / RATE, np.array(sizes, float), last=last)


def camera(start_s: float, seconds: float = 10.0, level: float = 4000.0, **kwargs: bool) -> Group:
    count = round(seconds * RATE)
    sizes = [level * (3.0 if n % 4 == 1 else 1.0) for n in range(count)]
    return group(start_s, [300_000.0, *sizes[1:]], **kwargs)


def settled() -> Pacer:
    pacer = Pacer(BLOCKS, 1 / RATE)
    for n in range(4):
        pacer.plan(camera(n * EVERY_S))
    return pacer


def test_the_first_and_the_last_group_are_decoded_whole() -> None:
    pacer = Pacer(BLOCKS, 1 / RATE)
    assert pacer.plan(camera(0)).head == 250
    assert pacer.plan(camera(10)).head < 250
    assert pacer.plan(camera(20, last=True)).head == 250


def test_a_camera_is_looked_at_for_some_seconds_of_every_ten() -> None:
    plan = settled().plan(camera(40))
    assert plan.head / RATE == pytest.approx(LOOK_S, abs=0.2)
    assert plan.end == 250
    assert not plan.still.any()


def test_short_groups_are_taken_together() -> None:
    pacer = Pacer(BLOCKS, 1 / RATE)
    heads = [pacer.plan(camera(n, 1.0)).head for n in range(31)]
    assert heads[11:22] == [25, 25, 25, 25, 0, 0, 0, 0, 0, 0, 25]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.__setitem__(slice(150, 200), s[150:200] * 3),  # shaking, flicker: everything costs more
        lambda s: s.__setitem__(slice(150, 200), s[150:200] * 0.2),  # out of focus, a still that is not quite one
        lambda s: s.__setitem__(180, 300.0),  # one picture twice
    ],
    ids=["more", "less", "repeat"],
)
def test_what_is_out_of_the_ordinary_is_decoded_whole(change: object) -> None:
    pacer, odd = settled(), camera(40)
    change(odd.sizes)  # type: ignore[operator]
    assert pacer.plan(odd).head == 250


def test_a_hole_in_the_times_is_decoded_whole() -> None:
    pacer, odd = settled(), camera(40)
    odd.times[odd.times > 47] += 3 / RATE
    assert pacer.plan(odd).head == 250


def test_known_damage_is_decoded_whole() -> None:
    plain = camera(40)
    assert settled().plan(Group(plain.times, plain.sizes, doubtful=True)).head == 250


def test_closer_looks_are_limited_but_grow_with_length() -> None:
    pacer, closer = settled(), 0
    for n in range(4, 200):
        wild = camera(n * EVERY_S, level=4000.0 * 4 ** (n % 2 * 2))
        plan = pacer.plan(wild)
        closer += plan.head == 250 or pacer.go_on(wild, plan)
    most = (EXTRA_S + 0.1 * 200 * EVERY_S) / (EVERY_S - LOOK_S)
    assert 0.5 * most < closer <= most + 1


def test_still_pictures_need_no_decoding() -> None:
    slide = group(10, [40_000.0, *([900.0] * 8), *([110.0] * 241)])
    pacer = Pacer(BLOCKS, 1 / RATE)
    pacer.plan(camera(0))
    plan = pacer.plan(slide)
    assert plan.head == plan.end < 40
    assert plan.still[plan.end :].all()
    assert not plan.still[:9].any()


def test_small_pictures_among_large_ones_are_not_still() -> None:
    sizes = [40_000.0, *[5000.0 if n % 4 == 0 else 60.0 for n in range(99)]]
    assert not still_pictures(group(0, sizes), BLOCKS).any()


def test_what_is_coded_after_a_large_picture_and_shown_before_it_is_decoded() -> None:
    sizes = [40_000.0, *([60.0] * 120), 40_000.0, *([60.0] * 78)]
    turned = group(0, sizes)
    still = still_pictures(turned, BLOCKS)
    late = int(np.argmax(turned.sizes[1:])) + 1
    drawn = (np.arange(len(sizes)) > late) & (turned.times < turned.times[late])
    assert drawn.any()
    assert not still[drawn].any()
    assert still[late - 20 : late - 6].all()


def test_what_stands_still_in_the_midst_is_surrounded_by_decoded_pictures() -> None:
    sizes = [40_000.0, *([5000.0] * 60), *([60.0] * 100), *([5000.0] * 60)]
    frozen = Group(np.arange(len(sizes)) / RATE, np.array(sizes))
    still = still_pictures(frozen, BLOCKS)
    assert (np.flatnonzero(still)[0], np.flatnonzero(still)[-1]) == (65, 156)


@pytest.mark.parametrize(("count", "end"), [(0, 0), (1, 1), (2, 5), (5, 5), (6, 9), (9, 9)])
def test_an_end_leaves_no_hole(count: int, end: int) -> None:
    assert clean_end(np.array([0, 4, 2, 1, 3, 8, 6, 5, 7], float), count) == end


def test_a_repeat_in_many_slices_is_one() -> None:
    sizes = [40_000.0, *([310.0] * 120)]
    one = group(0, sizes)
    assert not still_pictures(one, BLOCKS).any()
    eight = Group(one.times, one.sizes, slices=np.full(121, 8))
    assert still_pictures(eight, BLOCKS)[9:].all()


def test_polish_is_decoded_and_not_what_stands_beside_it() -> None:
    sizes = [40_000.0, *([110.0] * 4), 900.0, *([110.0] * 100)]
    times = np.arange(len(sizes)) / RATE
    still = still_pictures(Group(times, np.array(sizes)), BLOCKS)
    assert np.flatnonzero(~still).tolist() == [0, 1, 2, 3, 4, 5]
    # The same far from a new picture may be a cut to something plain.
    sizes[5], sizes[50] = 110.0, 900.0
    still = still_pictures(Group(times, np.array(sizes)), BLOCKS)
    assert np.flatnonzero(~still).tolist() == [0, 1, 2, 3, 4, *range(46, 55)]


def standing(start_s: float, seconds: float = 10.0, **kwargs: bool) -> Group:
    """A slide that stands: its keyframe, polished once."""
    return group(start_s, [40_000.0, 900.0, *([110.0] * (round(seconds * RATE) - 2))], **kwargs)


def test_of_a_slide_that_goes_on_standing_only_the_keyframe_and_its_polish_are_decoded() -> None:
    pacer = Pacer(BLOCKS, 1 / RATE)
    first, again = (pacer.plan(standing(n * EVERY_S)) for n in range(2))
    assert np.flatnonzero(~first.still).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(~again.still).tolist() == [0, 1]


def test_after_a_keyframe_that_may_show_something_new_more_is_decoded() -> None:
    cut, moved, ending = (Pacer(BLOCKS, 1 / RATE) for _ in range(3))
    for pacer in (cut, moved, ending):
        pacer.plan(standing(0))
    # One group was shorter than the others, one ended in movement, one is the last.
    cut.plan(standing(10, 4.0))
    moved.plan(group(10, [40_000.0, *([110.0] * 200), *([5000.0] * 49)]))
    plans = cut.plan(standing(14)), moved.plan(standing(20)), ending.plan(standing(10, last=True))
    for plan in plans:
        assert np.flatnonzero(~plan.still).tolist() == [0, 1, 2, 3, 4]
