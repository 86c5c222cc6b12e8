"""Two threads that run ahead of whoever looks at the pictures."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from coursekit.video.looks import Ask, Gap, Item, Repeats, ahead

PICTURE_BYTES = 1920 * 1080 * 3 // 2


def running() -> set[str]:
    return {t.name for t in threading.enumerate()} & {"decode", "scale"}


def test_everything_comes_in_order_and_questions_after_what_they_are_about() -> None:
    looked: list[Item] = []
    heard: list[int] = []

    def asked() -> bool:
        heard.append(len(looked))
        return len(heard) == 2

    def walk(ask: Ask) -> Iterator[Item]:
        for second in range(30):
            yield Gap(float(second), second + 0.5, turn=ask())

    for item in ahead(walk, asked, PICTURE_BYTES):
        looked.append(item)
    assert [gap.start_s for gap in looked if isinstance(gap, Gap)] == [float(s) for s in range(30)]
    assert [gap.turn for gap in looked if isinstance(gap, Gap)] == [n == 1 for n in range(30)]
    assert heard == list(range(30))


def test_repeats_that_follow_each_other_come_together() -> None:
    def walk(ask: Ask) -> Iterator[Item]:
        for n in range(40):
            yield Repeats([float(n)], [n])
        yield Gap(40.0, 41.0, turn=ask())
        yield Repeats([41.0], [41])

    first, gap, last = ahead(walk, lambda: True, PICTURE_BYTES)
    assert isinstance(first, Repeats)
    assert first.times_s == [float(n) for n in range(40)]
    assert gap == Gap(40.0, 41.0, turn=True)
    assert isinstance(last, Repeats)
    assert last.packet_bytes == [41]


def test_what_fails_ahead_is_raised_where_pictures_are_looked_at() -> None:
    def walk(ask: Ask) -> Iterator[Item]:
        yield Gap(0.0, 1.0, turn=ask())
        raise ValueError("a broken walk")

    items = ahead(walk, lambda: False, PICTURE_BYTES)
    assert isinstance(next(items), Gap)
    with pytest.raises(ValueError, match="a broken walk"):
        next(items)
    assert not running()


def test_who_stops_looking_leaves_no_thread_behind() -> None:
    def walk(_: Ask) -> Iterator[Item]:
        while True:
            yield Gap(0.0, 1.0, turn=False)

    items = ahead(walk, lambda: True, PICTURE_BYTES)
    next(items)
    assert running() == {"decode", "scale"}
    items.close()
    assert not running()
