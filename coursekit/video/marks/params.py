"""What a profile says of marks."""

from __future__ import annotations

from dataclasses import dataclass


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
    print_height: float
    """No higher, by share of the picture, and so many times as wide by share, near a corner: a line of small print …"""
    print_length: float
    print_proof: float
    """… which has so few edges that this is proof enough."""
    faint_lost_share: float
    """Scenery that comes round again is lost in between more often …"""
    faint_opacity: float
    """… and hides nothing of what is behind it. It must have been there over as much as a sure one …"""
    faint_looks: int
    """… and stand out again and again; chance does so a few times …"""
    brief_proof: float
    """… or, shown too briefly for that, be as strong as this …"""
    brief_backgrounds: int
    """… over so many …"""
    brief_looks: int
    """… and stand out as often."""
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
    """… shown no longer than this is a caption: lower third, subtitle, chapter title, two words popping up in turn …"""
    caption_opacity: float
    corner: float
    """Farther than this from a corner, as shares of width and height, …"""
    popup_places: int
    """… what is as opaque is never certain, and at no more than so many places, as briefly, it is a word or an arrow of
    the lesson's own; so is a list that stays for no more than …"""
    popup_share: float
    """… this share of the lesson …"""
    popup_width: float
    """… and, as briefly, what is no wider than so many heights of the picture, however much shines through."""
    renewed: float
    """Share of the looks with other letters at its place from which it is a line of captions."""
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
    slanted_letters: int
    """Letters of a line that runs aslant over slides from which it is asked about, be it in one place …"""
    slanted_looks: int
    """… if so many looks show slides of their own under it."""
    sheer_letters: int
    """Letters in a row, of ink that hides only a part of its ground, from which it is asked about on slides …"""
    sheer_grounds: int
    """… over so many grounds: a template's ink mostly is opaque, and its panels and shadows are no letters."""
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
    gone_shown: float
    """Share of the lesson it was said to be there from which the looks must bear it out: it is none if it is gone in so
    many of those with another ground …"""
    gone_looks: int
    """… and in so many times as many …"""
    gone_held: float
    """… as it is there in."""
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
