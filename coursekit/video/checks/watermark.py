"""video/watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from coursekit.model import Finding, Span
from coursekit.rules.check import CannotTest, CheckContext, check, equal_to, measured
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.boxes import Box, common, covers, overlap, shared
from coursekit.video.marks.content import (
    is_content,
    is_drawn,
    is_echo,
    is_gone,
    is_in_room,
    is_rim,
    may_be_captions,
    shown_s,
)
from coursekit.video.marks.facts import MarkFacts, MarkKind, StillFacts, StillKind
from coursekit.video.marks.judgement import (
    is_asked_about,
    is_certain,
    is_doubtful,
    is_seen_both_ways,
    is_slanted_line,
    is_sure,
    shines_through,
    was_passed,
)
from coursekit.video.marks.names import holder_of, points_elsewhere
from coursekit.video.marks.own import own_likeness
from coursekit.video.marks.params import WatermarkParams
from coursekit.video.marks.signs import at_once

_SAME_PLACE = 0.7
"""Share of the smaller of two boxes that must lie in the other for both to be of one mark: what merely lies beside has
a span and a box of its own."""
_AS_WIDE = 0.15
"""Difference in width, as a share, up to which the looks show neither a part of a mark nor more than it: a box three
times too high was as wide to a tenth; parts of an account and accounts with a branch beside them were 0.75 and 2.4."""
_PURE, _AS_MANY = 0.9, 0.4
"""How alike its edges must run, and how many it must have, for what was shown for a while to be the whole of a larger
box: a logo had 0.97 and 0.42 of a box with a branch in it, half a logo over a wood 0.68."""
_WITHIN = 0.95
"""Share of a core that must lie in the whole …"""
_CORE = 0.3
"""… and of the whole that it must fill: a roof's ribs beside a logo left it 0.38, a part of a logo filled 0.36 before
what stands in line was joined."""
_STEADY, _SIGN = 0.75, 0.05
"""Consistency, and share of the picture at most, of what is told whole though the looks show a corner of it: half a
minute's logo had 0.87 and 0.006; a skyline gathered round a logo 0.66 and 0.16."""

_TILED = (StillKind.REPEATED, StillKind.SHEER)
_LINED = (MarkKind.FIXED, MarkKind.LAID)
_AS_HIGH, _LEVEL, _APART = 1.5, 0.6, 0.5
"""How many times as high one part of a line may be as another, how much of the higher one they must have in common, and
how many times the width of the longer one may lie between them: two marks at the left and the right are two."""


@check("video/watermark", facts=VideoFacts, params=WatermarkParams)
def watermark(ctx: CheckContext, facts: VideoFacts, params: WatermarkParams) -> Iterator[Finding]:
    """No third party's mark lies over the picture."""
    marks = facts.marks
    if marks is None:
        raise CannotTest("not-measured")
    likeness = {mark: own_likeness(ctx.course, mark) for mark in marks.found}
    drawn = is_drawn(marks.drawn, params)
    own = [m for m in marks.found if likeness[m] >= params.own_likeness]
    aspect = facts.display_px[0] / facts.display_px[1]
    content = [m for m in marks.found if is_content(m, facts.decoded_s, aspect, params)]
    strangers = [
        m
        for m in marks.found
        if m not in own
        and not any(_seen_twice(m, o) and overlap(m.box, o.box) >= params.laid_common for o in own)
        and m not in content
        and not is_rim(m, content, params)
        and (is_sure(m, params) or not is_echo(m, content, params))
        and not is_in_room(m, marks.stands, params)
        and not is_gone(m, facts.decoded_s, params)
        and not (drawn and m.kind in (MarkKind.LAID, MarkKind.SHOWN))
    ]
    sure = [m for m in strangers if is_sure(m, params) and likeness[m] < params.near_likeness]
    doubtful = [
        m
        for m in strangers
        if m not in sure
        and (is_sure(m, params) or is_doubtful(m, params, drawn=drawn) or is_seen_both_ways(m, strangers, params))
    ]
    doubtful.sort(key=lambda m: (m.kind is not MarkKind.LAID, m.kind is MarkKind.SHOWN))
    told = _told_once([(mark, True) for mark in sure] + [(mark, False) for mark in doubtful])
    told = _whole_lines([(m if certain else _with_what_came(m, strangers, params), certain) for m, certain in told])
    ctx.observe(measured(len(told), "marks"), equal_to(0, "marks"))
    for mark, certain in told:
        if says := _named(mark):
            yield _finding(ctx.fail, "named-mark", mark, says=says)
        elif mark.kind is MarkKind.DRIFTING:
            yield _finding(ctx.review, "drifting-mark", mark)
        elif mark.kind is MarkKind.SHOWN:
            yield _finding(ctx.review, "sudden-mark", mark)
        elif certain and not may_be_captions(mark, params):
            yield _finding(ctx.fail, "third-party-mark", mark)
        else:
            yield _finding(ctx.review, "possible-mark", mark)
    boxes = [mark.box for mark, _ in told]
    tiled: list[Box] = []
    for still in marks.stills:
        if own_likeness(ctx.course, still) >= params.own_likeness or _is_known(still, boxes, tiled):
            continue
        findings = list(_still(ctx, still, marks.drawn, params))
        yield from findings
        if findings:
            (tiled if still.kind in _TILED else boxes).append(still.box)


def _is_known(still: StillFacts, boxes: list[Box], tiled: list[Box]) -> bool:
    """One place is told of once. Between the tiles of one mark another may stand, and be told of first."""
    if still.kind not in _TILED:
        return any(common(still.box, box) for box in boxes)
    if still.places > 1:
        return any(covers(box, still.box) >= _SAME_PLACE for box in boxes) or any(common(still.box, b) for b in tiled)
    return any(common(still.box, box) for box in (*boxes, *tiled))


def _told_once(marks: list[tuple[MarkFacts, bool]]) -> list[tuple[MarkFacts, bool]]:
    """The first of what is seen in both ways, in the closer box where both are as wide: a little of what lies beside a
    mark is easily gathered with it. When it was there the averages know; looks are few."""
    told: list[tuple[MarkFacts, bool]] = []
    shown: set[int] = set()
    for mark, certain in marks:
        known = [n for n, (other, _) in enumerate(told) if _seen_twice(mark, other)]
        if not known:
            told.append((mark, certain))
            continue
        first, was_certain = told[known[0]]
        if mark.kind is MarkKind.SHOWN:
            if _is_other(mark, first):
                told.append((mark, certain))
            elif known[0] not in shown and _is_whole(mark, first):
                told[known[0]] = replace(first, box=mark.box), was_certain
            shown.add(known[0])
            continue
        if not _is_same_place(first, mark):
            continue
        if first.kind is MarkKind.LAID:
            first = replace(first, spans=mark.spans, crop_at_s=mark.crop_at_s)
        as_wide = abs(mark.box[2] - first.box[2]) <= _AS_WIDE * first.box[2] and mark.box[3] < first.box[3]
        if as_wide or _is_core(mark, first) or _is_corner_of(first, mark):
            first = replace(first, box=mark.box)
        told[known[0]] = first, was_certain
    return told


def _whole_lines(told: list[tuple[MarkFacts, bool]]) -> list[tuple[MarkFacts, bool]]:
    """Parts of one line of words as one: where the ground is as bright as the letters a line is interrupted."""
    whole: list[tuple[MarkFacts, bool]] = []
    for mark, certain in told:
        # A part may be what lies between two others.
        for other, was_certain in [(o, sure) for o, sure in whole if _one_line(o, mark)]:
            whole.remove((other, was_certain))
            first = other if was_certain >= certain else mark
            mark, certain = replace(first, box=_round_both(other.box, mark.box)), certain or was_certain
        whole.append((mark, certain))
    return whole


def _one_line(one: MarkFacts, other: MarkFacts) -> bool:
    (ax, ay, aw, ah), (bx, by, bw, bh) = one.box, other.box
    apart = max(ax, bx) - min(ax + aw, bx + bw)
    return (
        one.kind in _LINED
        and other.kind in _LINED
        and at_once([one.spans, other.spans])
        and max(ah, bh) <= _AS_HIGH * min(ah, bh)
        and min(ay + ah, by + bh) - max(ay, by) >= _LEVEL * max(ah, bh)
        and apart <= _APART * max(aw, bw)
    )


def _round_both(one: Box, other: Box) -> tuple[float, float, float, float]:
    x0, y0 = min(one[0], other[0]), min(one[1], other[1])
    x1, y1 = max(one[0] + one[2], other[0] + other[2]), max(one[1] + one[3], other[1] + other[3])
    return x0, y0, round(x1 - x0, 4), round(y1 - y0, 4)


def _seen_twice(one: MarkFacts, other: MarkFacts) -> bool:
    return _way(one) != _way(other) and common(one.box, other.box) > 0


def _way(mark: MarkFacts) -> MarkKind:
    """Which of the three it was seen in: laid over the looks, shown for a while, or in the averages."""
    return mark.kind if mark.kind in (MarkKind.LAID, MarkKind.SHOWN) else MarkKind.FIXED


def _is_core(mark: MarkFacts, first: MarkFacts) -> bool:
    """Whether the looks, which tell it by themselves, show most of what the averages gathered, and less beside it."""
    whole, core = first.box[2] * first.box[3], mark.box[2] * mark.box[3]
    return mark.kind is MarkKind.LAID and covers(first.box, mark.box) >= _WITHIN and core >= _CORE * whole


def _is_corner_of(first: MarkFacts, mark: MarkFacts) -> bool:
    """Whether the looks show a corner of what the averages show whole: it was there in some of them only."""
    whole = mark.box[2] * mark.box[3]
    sign = mark.consistency >= _STEADY and whole <= _SIGN and first.box[2] * first.box[3] < _CORE * whole
    return first.kind is MarkKind.LAID and sign and covers(mark.box, first.box) >= _SAME_PLACE


def _is_other(mark: MarkFacts, first: MarkFacts) -> bool:
    """Whether what was shown for a while is a small part of something that was not."""
    return (
        covers(first.box, mark.box) >= _SAME_PLACE and mark.box[2] * mark.box[3] < _CORE * first.box[2] * first.box[3]
    )


def _is_whole(mark: MarkFacts, first: MarkFacts) -> bool:
    """Whether what was shown for a while is all of what the averages saw: before and after it is known what is behind
    it, so that nothing of that is gathered with it."""
    if first.kind is MarkKind.LAID or mark.coming is None:
        return False
    pure = mark.coming.own >= _PURE and mark.edge_px >= _AS_MANY * first.edge_px
    return covers(mark.box, first.box) >= _SAME_PLACE or (covers(first.box, mark.box) >= _SAME_PLACE and pure)


def _with_what_came(first: MarkFacts, marks: list[MarkFacts], params: WatermarkParams) -> MarkFacts:
    """With what came and went where it stood, while it stood there: not enough to be told alone, but of the same sign.
    Of a mark shown for a part of the time the averages often have but the half that was over a quiet ground;
    what is certain was seen whole."""
    for mark in marks:
        came = mark.coming is not None and mark.coming.own >= params.shown_own and at_once([first.spans, mark.spans])
        if first.kind is MarkKind.FIXED and came and covers(mark.box, first.box) >= _SAME_PLACE:
            first = replace(first, box=_round_both(first.box, mark.box))
    return first


def _is_same_place(one: MarkFacts, other: MarkFacts) -> bool:
    return MarkKind.FIXED in (one.kind, other.kind) and shared(one.box, other.box) >= _SAME_PLACE


def _still(ctx: CheckContext, still: StillFacts, drawn: float | None, params: WatermarkParams) -> Iterator[Finding]:
    x, y, w, h = still.box
    tell, code, figure, says = ctx.review, "", measured(still.places, "places"), ""
    if still.kind is StillKind.WORDS and still.text is not None and (still.score or 0.0) >= params.read_score:
        says, figure = still.text, measured(still.text)
        if is_certain(still, params, drawn=is_drawn(drawn, params)):
            tell, code = ctx.fail, "named-mark"
        else:
            code = "words-to-judge"
    elif still.kind is StillKind.SHEER and shines_through(still, drawn, params):
        code, figure = "shines-through", measured(still.grounds, "backgrounds")
    elif still.kind is StillKind.REPEATED and still.places >= params.same_signs:
        code = "repeated-sign"
    elif still.kind is StillKind.REPEATED and is_slanted_line(still, drawn, params):
        code, figure = "slanted-line", measured(still.letters, "letters")
    elif still.kind is StillKind.PASSED and was_passed(still, params):
        code, figure = "passed-behind", measured(still.grounds, "looks")
    elif still.kind is StillKind.GRAPHIC and is_asked_about(still, drawn, params):
        code, figure = "lettering-to-judge", measured(still.letters, "letters")
    if code:
        more: dict[str, Any] = {"says": says} if says else {"places": still.places, "passed": still.grounds}
        if still.opacity is not None:
            more["opacity_pct"] = still.opacity * 100
        if still.shown_at_s is not None:
            more["shown_at_s"] = still.shown_at_s
        yield tell(
            code,
            measured=figure,
            # In the unit of what was counted; words are no count.
            expected=equal_to(0, figure.unit or "marks"),
            where=Span(*still.span, box=still.box),
            place=_arrow(x + w / 2, y + h / 2),
            shown_s=still.span[1] - still.span[0],
            **more,
        )


def _finding(tell: Callable[..., Finding], code: str, mark: MarkFacts, **more: str) -> Finding:
    x, y, w, h = mark.box
    at: dict[str, Any] = {} if mark.crop_at_s is None else {"shown_at_s": mark.crop_at_s}
    return tell(
        code,
        measured=measured(mark.backgrounds, "backgrounds"),
        expected=equal_to(0, "backgrounds"),
        where=Span(mark.spans[0][0], mark.spans[-1][1], box=mark.box),
        place=_arrow(x + w / 2, y + h / 2),
        width_pct=w * 100,
        opacity_pct=(mark.opacity if mark.opacity is not None else 1.0) * 100,
        shown_s=shown_s(mark),
        backgrounds=mark.backgrounds,
        places=mark.places,
        **at,
        **more,
    )


def _arrow(x: float, y: float) -> str:
    """Where in the picture, in a sign that needs no translation."""
    rows = ("↖↑↗", "←•→", "↙↓↘")
    return rows[min(2, int(y * 3))][min(2, int(x * 3))]


def _named(mark: MarkFacts) -> str | None:
    return (holder_of(mark.text) or points_elsewhere(mark.text)) if mark.text else None
