"""What is the lesson's own: captions, words that pop up, sights, things in the room."""

from __future__ import annotations

from coursekit.video.marks.boxes import Box, as_captions, covers
from coursekit.video.marks.facts import MarkFacts, MarkKind
from coursekit.video.marks.params import WatermarkParams
from coursekit.video.marks.signature import symmetry

_IN_LINE = 0.7
"""Share of a mark that must lie in a line of captions to be a part of it."""
_MEANWHILE = 0.8
"""Share of its time in which the letters were there too of what is a part of their plate."""


def is_drawn(drawn: float | None, params: WatermarkParams) -> bool:
    """On slides and screens the template stays through some changes too."""
    return drawn is not None and drawn >= params.max_drawn


def is_content(mark: MarkFacts, length_s: float, aspect: float, params: WatermarkParams) -> bool:
    """Of a lesson of a length, whose picture is so many times as wide as high."""
    x, y, w, h = mark.box
    if is_caption_line(mark, params) or _is_caption(mark, length_s, aspect, params):
        return True
    centred = mark.kind is not MarkKind.DRIFTING and abs(x + w / 2 - 0.5) < 0.04 and abs(y + h / 2 - 0.5) < 0.06
    return centred and max(w, h) <= params.sight_size and symmetry(mark.signature) > 0.6


def is_rim(mark: MarkFacts, content: list[MarkFacts], params: WatermarkParams) -> bool:
    """Whether it lies in a line of captions: the rims of letters run on from line to line."""
    return any(covers(_padded(c.box), mark.box) >= _IN_LINE for c in content if is_caption_line(c, params))


def is_echo(mark: MarkFacts, content: list[MarkFacts], params: WatermarkParams) -> bool:
    """Whether it is what the looks gathered of something of the lesson's own, or of the plate it stands on."""
    return mark.kind is MarkKind.LAID and any(
        covers(c.box, mark.box) >= params.laid_common
        or (covers(_padded(c.box), mark.box) >= _IN_LINE and _share_with(mark, c) >= _MEANWHILE)
        for c in content
    )


def is_caption_line(mark: MarkFacts, params: WatermarkParams) -> bool:
    """Whether other letters stand there all the time."""
    return mark.renewed is not None and mark.renewed >= params.renewed


def may_be_captions(mark: MarkFacts, params: WatermarkParams) -> bool:
    """Whether it stands as a line of captions does, and whether its letters stay could not be told."""
    return mark.renewed is None and mark.box[2] >= params.caption_width and as_captions(mark.box)


def _is_caption(mark: MarkFacts, length_s: float, aspect: float, params: WatermarkParams) -> bool:
    """Lower third, chapter title, a word that pops up: for a while, and hiding what is behind it."""
    if mark.kind not in (MarkKind.FIXED, MarkKind.SHOWN, MarkKind.JUMPING):
        return False
    brief = _longest_s(mark) <= params.caption_s and shown_s(mark) <= 2 * params.caption_s
    opaque = hides(mark, params.caption_opacity)
    if is_apart(mark, params) and mark.places <= params.popup_places:
        # What is behind it is known of the whole lesson: of something brief the most part was seen without it.
        small = mark.box[2] * aspect <= params.popup_width
        return (brief and small) or (opaque and (brief or shown_s(mark) <= params.popup_share * length_s))
    wide = mark.box[2] >= params.caption_width
    return brief and wide and opaque and mark.kind is not MarkKind.JUMPING


def hides(mark: MarkFacts, least: float) -> bool:
    """So much of what is behind it."""
    return mark.opacity is None or mark.opacity >= least


def is_apart(mark: MarkFacts, params: WatermarkParams) -> bool:
    """From the corners, where marks are put."""
    x, y, w, h = mark.box
    return min(x, 1 - x - w) > params.corner or min(y, 1 - y - h) > params.corner


def is_in_room(mark: MarkFacts, stands: float | None, params: WatermarkParams) -> bool:
    """Before a camera that stands, what was not seen to stay when something passed behind it may be anything."""
    if stands is None or stands < params.room_stands or mark.held is None or mark.covered is None:
        return False
    return mark.held < params.room_held or mark.covered > params.room_covered * mark.held


def is_gone(mark: MarkFacts, length_s: float, params: WatermarkParams) -> bool:
    """Whether the looks deny it: it passed for standing there all the time, and most of them show another ground and
    nothing of it. Minutes that come round again bear out again and again what was chance the first time."""
    if mark.held is None or mark.covered is None or shown_s(mark) < params.gone_shown * length_s:
        return False
    return mark.covered >= params.gone_looks and mark.covered >= params.gone_held * mark.held


def _padded(line: Box) -> Box:
    """With the rims of its letters, which lie in one row from line to line."""
    x, y, w, h = line
    return x - h, y - h / 2, w + 2 * h, 2 * h


def _longest_s(mark: MarkFacts) -> float:
    return max((end - start for start, end in mark.spans), default=0.0)


def shown_s(mark: MarkFacts) -> float:
    """How long it was there, seconds."""
    return sum(end - start for start, end in mark.spans)


def _share_with(mark: MarkFacts, other: MarkFacts) -> float:
    """Share of the time of a mark in which the other was there too."""
    both = sum(max(0.0, min(b, d) - max(a, c)) for a, b in mark.spans for c, d in other.spans)
    return both / max(shown_s(mark), 1e-9)
