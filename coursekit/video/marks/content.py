"""What is the lesson's own: captions, words that pop up, sights, things in the room."""

from __future__ import annotations

from coursekit.video.marks.facts import MarkFacts, MarkKind
from coursekit.video.marks.params import WatermarkParams
from coursekit.video.marks.signature import symmetry


def is_drawn(drawn: float | None, params: WatermarkParams) -> bool:
    """On slides and screens the template stays through some changes too."""
    return drawn is not None and drawn >= params.max_drawn


def is_content(mark: MarkFacts, length_s: float, params: WatermarkParams) -> bool:
    """Of a lesson of a length."""
    x, y, w, h = mark.box
    if is_caption_line(mark, params) or _is_caption(mark, length_s, params):
        return True
    centred = mark.kind is not MarkKind.DRIFTING and abs(x + w / 2 - 0.5) < 0.04 and abs(y + h / 2 - 0.5) < 0.06
    return centred and max(w, h) <= params.sight_size and symmetry(mark.signature) > 0.6


def is_caption_line(mark: MarkFacts, params: WatermarkParams) -> bool:
    """Whether other letters stand there all the time."""
    return mark.renewed is not None and mark.renewed >= params.renewed


def _is_caption(mark: MarkFacts, length_s: float, params: WatermarkParams) -> bool:
    """Lower third, chapter title, a word that pops up: for a while, and hiding what is behind it."""
    if mark.kind not in (MarkKind.FIXED, MarkKind.SHOWN, MarkKind.JUMPING):
        return False
    brief, wide = shown_s(mark) <= params.caption_s, mark.box[2] >= params.caption_width
    opaque = hides(mark, params.caption_opacity)
    if is_apart(mark, params) and mark.places <= params.popup_places:
        # What is behind it is known of the whole lesson: of something brief the most part was seen without it.
        return (brief and not wide) or (opaque and (brief or shown_s(mark) <= params.popup_share * length_s))
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


def shown_s(mark: MarkFacts) -> float:
    """How long it was there, seconds."""
    return sum(end - start for start, end in mark.spans)
