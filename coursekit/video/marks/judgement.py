"""What the facts of a mark are worth: what is content of the lesson, what is certain, what a person is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.video.marks.boxes import overlap, shared
from coursekit.video.marks.facts import ComingFacts, MarkFacts, MarkKind, StillFacts
from coursekit.video.marks.names import account_of, holder_of
from coursekit.video.marks.signature import symmetry


@dataclass(frozen=True, slots=True)
class WatermarkParams:
    """How much a mark must have survived, and what the lesson's own lettering looks like."""

    fail_backgrounds: int
    """Different surroundings over which it was there."""
    review_backgrounds: int
    fail_looks: int
    """How often it stood out; once may be chance."""
    review_looks: int
    fail_survived: int
    """Changes of background it stayed through after it was first suspected."""
    review_survived: int
    max_lost_share: float
    """Changes through which it did not stay, as a share of those through which it did."""
    fail_surround: float
    """Share of the ring round it that changed as often: an object of the scene stands by other objects of it."""
    review_surround: float
    fail_proof: float
    """Standard errors by which the backgrounds that came after the first suspicion showed it; chance reaches 2.7."""
    review_proof: float
    steady: float
    """Consistency from which its edges are beyond doubt; the same scenery seen again and again leaves a half …"""
    faint: float
    """… and down to here a mark is asked about, if its proof is as strong as this. So is one that is nearly a line."""
    faint_proof: float
    faint_lost_share: float
    """Scenery that comes round again is lost in between more often …"""
    faint_opacity: float
    """… and hides nothing of what is behind it. It must have been there over as much as a sure one …"""
    faint_looks: int
    """… and stand out again and again; chance does so a few times."""
    large_edge_px: int
    """A sign of so many edge pixels speaks for itself where only a part of its surroundings changed …"""
    large_surround: float
    large_consistency: float
    large_backgrounds: int
    edges_per_proof: float
    """Edge pixels that one standard error of proof may speak for: chance averages out over many, scenery does not."""
    min_edge_px: int
    fail_breadth: float
    """Share of its edges across its main direction: straight lines are no sign."""
    review_breadth: float
    min_shown_s: float
    caption_width: float
    """Wider opaque lettering than this …"""
    caption_s: float
    """… shown no longer than this is a caption: lower third, subtitle, chapter title."""
    caption_opacity: float
    sight_size: float
    """A sign in the very middle, smaller than this and equal upside down, is a sight or a crosshair."""
    own_likeness: float
    """Correlation with a registered mark's edges from which it is that mark."""
    near_likeness: float
    """From here it may be: a small one is blurred. Then a person looks."""
    read_score: float
    """The reader's own confidence from which its words count."""
    read_height: float
    """Words taller than this share of the picture are a title: a course may be about a platform."""
    fail_grounds: int
    """Looks with other ground round a platform's or agency's name from which it lies over the lesson."""
    same_signs: int
    """Places from which the same slanted sign is no ornament."""
    letters: int
    """Letters in a row from which something at the border of a camera's picture is asked about …"""
    plain_slope: float
    """… on ground that is plain: slope of brightness in levels a pixel."""
    passed_held: int
    """Pieces of a line, counted in each look, that stayed where something passed behind them, from which it is asked
    about …"""
    passed_looks: int
    """… in so many looks …"""
    passed_covered: float
    """… and covered no more often than this share of it: what is painted on the wall is covered …"""
    passed_letters: int
    """… if it has so many letters at least …"""
    passed_stands: float
    """… and so much of the picture stands as usual all the while: a camera that moves shows everything anew."""
    room_stands: float
    """Share of the edges of the usual picture that a look shows, from which the camera stands. Then what was seen to
    stay over another ground in fewer looks than …"""
    room_held: int
    """… this, or was gone in more than …"""
    room_covered: float
    """… this share of them, stands in the room."""
    jump_alike: float
    """Likeness of its edges at two places from which a faint sign is the same in both: neither is chance then …"""
    jump_edge_px: int
    """… if it has so many of them."""
    laid_looks: int
    """Looks with a view of their own in nearly all of which something must be …"""
    laid_backgrounds: int
    """… over so many surroundings …"""
    laid_agree: float
    """… how strongly its edges must run the same way beyond chance …"""
    laid_agree_high: float
    """… and how strongly those of something large, or over fewer looks than …"""
    laid_many: int
    """… these: so does what is alike in a wood or along a shore …"""
    laid_large_px: int
    """… from so many edge pixels on …"""
    laid_proof: float
    laid_breadth: float
    laid_edge_px: int
    laid_area: float
    """… and what share of the picture it may fill, to be asked about."""
    laid_agree_both: float
    """What is seen to stay over changing ground as well needs agree no more than this …"""
    laid_breadth_both: float
    """… and may be nearly a line, but not a straight one: an edge that goes along itself stays where it is …"""
    laid_common: float
    """… if both boxes have so much in common: intersection over union …"""
    laid_within: float
    """… or so much of the one lies in the other …"""
    laid_more_edges: float
    """… and neither has more than so many times the edges: a branch beside a mark, not a wood with a twig in it."""
    laid_steady: float
    """Then its edges need be no steadier than this, if the looks show it as surely as what is certain."""
    laid_fail_backgrounds: int
    laid_fail_agree: float
    laid_fail_proof: float
    laid_fail_edge_px: int
    """From these four on it is certain."""
    shown_s: float
    """How long at least something that came at once must have been shown …"""
    shown_jump: float
    """… how much of it the first picture must show more than the last before it …"""
    shown_before: float
    """… how much those before may show on average …"""
    shown_before_spread: float
    """… how far they may scatter …"""
    shown_after: float
    """… how much those after it may show …"""
    shown_spread: float
    """… how far those with it may scatter …"""
    shown_least: float
    """… and how little one of them may show …"""
    shown_own: float
    """… how alike its edges must run in all of them …"""
    shown_around: float
    """… how many times as alike as those round it …"""
    shown_moved: int
    """… which must have been others in so many pictures …"""
    shown_moved_share: float
    """… and this share of them …"""
    shown_step_s: float
    """… how far two pictures at its ends may lie apart: of what comes within a second nobody knows how it came …"""
    shown_pictures: int
    """… in how many it must have been followed, the first without it included …"""
    shown_breadth: float
    shown_edge_px: int
    shown_width: float
    """… and how wide it may be, to be asked about."""
    shown_sure_own: float
    """What runs as alike as this …"""
    shown_sure_around: float
    """… and so many times as alike as what is round it may be shown for less time …"""
    shown_sure_s: float
    shown_sure_jump: float
    """… be noticed later than it came …"""
    shown_sure_spread: float
    shown_sure_least: float
    """… and be covered for a moment."""
    shown_still_jump: float
    """Where nothing round it moves, it must come more suddenly …"""
    shown_still_before: float
    """… out of less …"""
    shown_still_before_spread: float
    shown_still_spread: float
    shown_still_least: float
    shown_still_agree: float
    """… and stay as it is to the pixel …"""
    shown_still_rest: float
    """… and nothing may be seen on its way there."""
    drift_travel: float
    """Widths of the picture that something must go evenly to be taken for a drifting mark …"""
    drift_proof: float
    drift_backgrounds: int
    """… over so many surroundings: what is pushed over a slide or swings before a wall has few …"""
    drift_area: float
    """… and no larger than this share of the picture."""
    max_drawn: float
    """Share of the commonest levels from which a picture is drawn: what stays there may be the template."""


def is_drawn(drawn: float | None, params: WatermarkParams) -> bool:
    """On slides and screens the template stays through some changes too."""
    return drawn is not None and drawn >= params.max_drawn


def is_content(mark: MarkFacts, params: WatermarkParams) -> bool:
    x, y, w, h = mark.box
    brief = mark.kind in (MarkKind.FIXED, MarkKind.SHOWN) and shown_s(mark) <= params.caption_s
    if brief and w >= params.caption_width:
        return mark.opacity is None or mark.opacity >= params.caption_opacity
    centred = mark.kind is not MarkKind.DRIFTING and abs(x + w / 2 - 0.5) < 0.04 and abs(y + h / 2 - 0.5) < 0.06
    return centred and max(w, h) <= params.sight_size and symmetry(mark.signature) > 0.6


def is_in_room(mark: MarkFacts, stands: float | None, params: WatermarkParams) -> bool:
    """Before a camera that stands, what was not seen to stay when something passed behind it may be anything."""
    if stands is None or stands < params.room_stands or mark.held is None or mark.covered is None:
        return False
    return mark.held < params.room_held or mark.covered > params.room_covered * mark.held


def is_sure(mark: MarkFacts, params: WatermarkParams) -> bool:
    if mark.kind is MarkKind.LAID:
        return _is_surely_laid(mark, params)
    return (
        mark.kind not in (MarkKind.DRIFTING, MarkKind.SHOWN)
        and _shape(mark, params)
        and mark.breadth >= params.fail_breadth
        and mark.backgrounds >= params.fail_backgrounds
        and mark.looks >= params.fail_looks
        and _stayed(mark, params.fail_survived, params)
        and mark.proof >= params.fail_proof
        and mark.consistency >= params.steady
        and mark.surround >= params.fail_surround
        and shown_s(mark) >= params.min_shown_s
    )


def _is_surely_laid(mark: MarkFacts, params: WatermarkParams) -> bool:
    return (
        _is_laid(mark, params)
        and mark.backgrounds >= params.laid_fail_backgrounds
        and mark.consistency >= params.laid_fail_agree
        and mark.proof >= params.laid_fail_proof
        and mark.edge_px >= params.laid_fail_edge_px
        and mark.breadth >= params.fail_breadth
        and shown_s(mark) >= params.min_shown_s
    )


def is_doubtful(mark: MarkFacts, params: WatermarkParams, *, drawn: bool) -> bool:
    """`drawn`: what stays may be a template, which stays through some changes too."""
    if mark.kind is MarkKind.DRIFTING:
        return _drifts(mark, params)
    if mark.kind is MarkKind.LAID:
        return _is_laid(mark, params)
    if mark.coming is not None:
        return _was_shown(mark, mark.coming, params)
    if not (_shape(mark, params) and _stayed(mark, params.review_survived, params)):
        return False
    least = params.fail_backgrounds if drawn else params.review_backgrounds
    if (mark.looks < params.review_looks and not _jumps(mark, params)) or mark.backgrounds < least:
        return False
    if mark.surround >= params.review_surround:
        return _is_proven(mark, params, drawn=drawn)
    return (
        mark.edge_px >= params.large_edge_px
        and mark.surround >= params.large_surround
        and mark.consistency >= params.large_consistency
        and mark.looks >= params.fail_looks
        and mark.backgrounds >= params.large_backgrounds
        and mark.proof >= params.fail_proof
    )


def _is_laid(mark: MarkFacts, params: WatermarkParams) -> bool:
    return (
        mark.looks >= params.laid_looks
        and mark.backgrounds >= params.laid_backgrounds
        and mark.consistency >= _least_agreement(mark, params)
        and mark.proof >= params.laid_proof
        and (mark.proof >= params.laid_fail_proof or _hides(mark, params))
        and mark.breadth >= params.laid_breadth
        and mark.edge_px >= params.laid_edge_px
        and (mark.places > 1 or mark.box[2] * mark.box[3] <= params.laid_area)
    )


def _least_agreement(mark: MarkFacts, params: WatermarkParams) -> float:
    large = 1.0 if mark.looks < params.laid_many else min(1.0, mark.edge_px / params.laid_large_px)
    return params.laid_agree + large * (params.laid_agree_high - params.laid_agree)


def is_seen_both_ways(laid: MarkFacts, marks: list[MarkFacts], params: WatermarkParams) -> bool:
    """Neither alone is enough; that chance draws the same place in both has not been seen."""
    agrees = laid.consistency >= params.laid_agree_both and laid.breadth >= params.laid_breadth_both
    if laid.kind is not MarkKind.LAID or not agrees:
        return False
    surely = laid.backgrounds >= params.laid_fail_backgrounds and laid.proof >= params.laid_fail_proof
    steady = params.laid_steady if surely else params.steady
    return laid.edge_px >= params.laid_edge_px and any(
        mark.kind is MarkKind.FIXED
        and mark.consistency >= steady
        and mark.proof >= params.review_proof
        and _in_one_place(laid, mark, params)
        for mark in marks
    )


def _in_one_place(laid: MarkFacts, mark: MarkFacts, params: WatermarkParams) -> bool:
    if overlap(laid.box, mark.box) >= params.laid_common:
        return True
    few, many = sorted((laid.edge_px, mark.edge_px))
    return shared(laid.box, mark.box) >= params.laid_within and many <= params.laid_more_edges * few


def _drifts(mark: MarkFacts, params: WatermarkParams) -> bool:
    return (
        _shape(mark, params)
        and mark.breadth >= params.fail_breadth
        and mark.travel is not None
        and mark.travel >= params.drift_travel
        and mark.proof >= params.drift_proof
        and mark.backgrounds >= params.drift_backgrounds
        and mark.survived >= params.fail_survived
        and mark.box[2] * mark.box[3] <= params.drift_area
    )


def _was_shown(mark: MarkFacts, coming: ComingFacts, params: WatermarkParams) -> bool:
    whole = (
        coming.step_s <= params.shown_step_s
        and coming.pictures >= params.shown_pictures
        and mark.breadth >= params.shown_breadth
        and mark.edge_px >= params.shown_edge_px
        and mark.box[2] <= params.shown_width
        and coming.before_spread <= params.shown_before_spread
        and abs(coming.before) <= params.shown_before
        and abs(coming.after) <= params.shown_after
    )
    return whole and (_stands_out(mark, coming, params) or _is_sudden(mark, coming, params))


def _stands_out(mark: MarkFacts, coming: ComingFacts, params: WatermarkParams) -> bool:
    """It stayed while what is round it did not."""
    if coming.moved < max(params.shown_moved, params.shown_moved_share * coming.pictures):
        return False
    if coming.own >= max(params.shown_sure_own, params.shown_sure_around * coming.around):
        return (
            _longest_s(mark) >= params.shown_sure_s
            and coming.jump >= params.shown_sure_jump
            and coming.spread <= params.shown_sure_spread
            and coming.least >= params.shown_sure_least
        )
    return (
        coming.own >= max(params.shown_own, params.shown_around * coming.around)
        and _longest_s(mark) >= params.shown_s
        and coming.jump >= params.shown_jump
        and coming.spread <= params.shown_spread
        and coming.least >= params.shown_least
    )


def _is_sudden(mark: MarkFacts, coming: ComingFacts, params: WatermarkParams) -> bool:
    """It came before a camera's picture that went on as it was. On a slide so do page numbers and the next line."""
    return (
        _longest_s(mark) >= params.shown_s
        and coming.own >= params.shown_own
        and coming.drawn < params.max_drawn
        and coming.jump >= params.shown_still_jump
        and max(abs(coming.before), abs(coming.after)) <= params.shown_still_before
        and coming.before_spread <= params.shown_still_before_spread
        and coming.spread <= params.shown_still_spread
        and coming.least >= params.shown_still_least
        and mark.consistency >= params.shown_still_agree
        and coming.rest >= params.shown_still_rest
    )


def _longest_s(mark: MarkFacts) -> float:
    return max(end - start for start, end in mark.spans)


def _stayed(mark: MarkFacts, least: int, params: WatermarkParams) -> bool:
    return mark.survived >= least and mark.lost <= params.max_lost_share * (mark.survived + 1)


def _shape(mark: MarkFacts, params: WatermarkParams) -> bool:
    backed = params.min_edge_px <= mark.edge_px <= params.edges_per_proof * mark.proof
    return backed and mark.breadth >= params.review_breadth


def _is_proven(mark: MarkFacts, params: WatermarkParams, *, drawn: bool) -> bool:
    if mark.consistency >= params.steady:
        line = mark.breadth < params.fail_breadth
        return mark.proof >= (params.faint_proof if line else params.review_proof)
    if mark.consistency < params.faint:
        return False
    if _jumps(mark, params):
        return mark.proof >= params.review_proof
    if drawn or mark.proof < params.faint_proof:
        return False
    lost = mark.lost > params.faint_lost_share * mark.survived
    often = mark.looks >= params.faint_looks and mark.survived >= params.fail_survived
    return often and _hides(mark, params) and not lost and mark.backgrounds >= params.fail_backgrounds


def _hides(mark: MarkFacts, params: WatermarkParams) -> bool:
    """Something of what is behind it."""
    return mark.opacity is None or mark.opacity >= params.faint_opacity


def _jumps(mark: MarkFacts, params: WatermarkParams) -> bool:
    return mark.alike is not None and mark.alike >= params.jump_alike and mark.edge_px >= params.jump_edge_px


def is_asked_about(still: StillFacts, drawn: float | None, params: WatermarkParams) -> bool:
    """Before a camera only: on drawn pictures the template's own lettering looks the same."""
    camera = drawn is not None and drawn < params.max_drawn
    plain = still.ground_slope is not None and still.ground_slope <= params.plain_slope
    return camera and plain and still.letters >= params.letters


def was_passed(still: StillFacts, params: WatermarkParams) -> bool:
    held, covered, stands = still.held or 0, still.covered or 0, still.stands or 0.0
    return (
        held >= params.passed_held
        and still.grounds >= params.passed_looks
        and covered <= params.passed_covered * held
        and still.letters >= params.passed_letters
        and stands >= params.passed_stands
    )


def is_certain(still: StillFacts, params: WatermarkParams) -> bool:
    """An account with its platform is a mark wherever it stays; a bare name only over changing ground, else it may be
    the subject, a window's title or the template."""
    if still.text is None or not still.alone or still.box[3] > params.read_height:
        return False
    return account_of(still.text) or (holder_of(still.text) is not None and still.grounds >= params.fail_grounds)


def shown_s(mark: MarkFacts) -> float:
    return sum(end - start for start, end in mark.spans)
