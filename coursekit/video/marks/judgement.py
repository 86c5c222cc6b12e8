"""What the facts of a mark are worth: what is certain, what a person is asked about."""

from __future__ import annotations

from coursekit.video.marks.boxes import overlap, shared
from coursekit.video.marks.content import hides, is_apart, shown_s
from coursekit.video.marks.facts import ComingFacts, MarkFacts, MarkKind, StillFacts
from coursekit.video.marks.names import account_of, holder_of
from coursekit.video.marks.params import WatermarkParams


def _is_spread(mark: MarkFacts, params: WatermarkParams) -> bool:
    """All over the picture."""
    return mark.places > params.popup_places and mark.box[2] * mark.box[3] > params.laid_area


def is_sure(mark: MarkFacts, params: WatermarkParams) -> bool:
    if is_apart(mark, params) and not _is_spread(mark, params) and hides(mark, params.caption_opacity):
        return False
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
        and (mark.proof >= params.laid_fail_proof or hides(mark, params.faint_opacity))
        and mark.breadth >= params.laid_breadth
        and mark.edge_px >= params.laid_edge_px
        and _is_of_a_size(mark, params)
    )


def _is_of_a_size(laid: MarkFacts, params: WatermarkParams) -> bool:
    return laid.places > 1 or laid.box[2] * laid.box[3] <= params.laid_area


def _least_agreement(mark: MarkFacts, params: WatermarkParams) -> float:
    large = 1.0 if mark.looks < params.laid_many else min(1.0, mark.edge_px / params.laid_large_px)
    return params.laid_agree + large * (params.laid_agree_high - params.laid_agree)


def is_seen_both_ways(laid: MarkFacts, marks: list[MarkFacts], params: WatermarkParams) -> bool:
    """Neither alone is enough; that chance draws the same place in both has not been seen."""
    agrees = laid.consistency >= params.laid_agree_both and laid.breadth >= params.laid_breadth_both
    if laid.kind is not MarkKind.LAID or not agrees or not _is_of_a_size(laid, params):
        return False
    surely = laid.backgrounds >= params.laid_fail_backgrounds and laid.proof >= params.laid_fail_proof
    steady = params.laid_steady if surely else params.steady
    return laid.edge_px >= params.laid_edge_px and any(
        mark.kind is MarkKind.FIXED
        and mark.breadth >= params.laid_breadth_both
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
        return mark.proof >= _least_proof(mark, params)
    if mark.consistency < params.faint:
        return False
    if _jumps(mark, params):
        return mark.proof >= params.review_proof
    if drawn or mark.proof < params.faint_proof:
        return False
    if mark.lost > params.faint_lost_share * mark.survived or not hides(mark, params.faint_opacity):
        return False
    long = mark.survived >= params.fail_survived and mark.backgrounds >= params.fail_backgrounds
    brief = mark.proof >= params.brief_proof and mark.backgrounds >= params.brief_backgrounds
    return (long and mark.looks >= params.faint_looks) or (brief and mark.looks >= params.brief_looks)


def _least_proof(mark: MarkFacts, params: WatermarkParams) -> float:
    """What nearly is a line may be a railing; the lower and the shorter it is, the fewer edges speak for it."""
    if mark.breadth >= params.fail_breadth:
        return params.review_proof
    return params.print_proof if _is_small_print(mark, params) else params.faint_proof


def _is_small_print(mark: MarkFacts, params: WatermarkParams) -> bool:
    return (
        mark.box[3] <= params.print_height
        and mark.box[2] >= params.print_length * mark.box[3]
        and not is_apart(mark, params)
        and mark.survived >= params.fail_survived
        and mark.looks >= params.faint_looks
    )


def _jumps(mark: MarkFacts, params: WatermarkParams) -> bool:
    """Two lines are soon alike: what has edges one way only does not count."""
    alike = mark.alike is not None and mark.alike >= params.jump_alike and mark.edge_px >= params.jump_edge_px
    return alike and mark.breadth >= params.fail_breadth


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


def shines_through(still: StillFacts, drawn: float | None, params: WatermarkParams) -> bool:
    """On slides only: before a camera grounds change with the light, and so does what stands in it."""
    return (
        drawn is not None
        and drawn >= params.max_drawn
        and still.grounds >= params.sheer_grounds
        and still.letters >= params.sheer_letters
    )


def is_slanted_line(still: StillFacts, drawn: float | None, params: WatermarkParams) -> bool:
    """A line of letters that runs aslant over slide after slide: a drawing may hold one, a template hardly does."""
    return (
        drawn is not None
        and drawn >= params.max_drawn
        and still.letters >= params.slanted_letters
        and still.grounds >= params.slanted_looks
    )


def is_certain(still: StillFacts, params: WatermarkParams, *, drawn: bool) -> bool:
    """An account with its platform is a mark wherever it stays; a bare name only over changing ground, else it may be
    the subject, a window's title or the template. `drawn`: on slides titles stand over changing ground too."""
    if still.text is None or not still.alone or still.box[3] > params.read_height:
        return False
    named = not drawn and holder_of(still.text) is not None and still.grounds >= params.fail_grounds
    return account_of(still.text) or named
