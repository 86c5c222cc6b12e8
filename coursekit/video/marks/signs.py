"""Tracks that are one sign: parts of one mark, the same place twice, the same mark at several places."""

from __future__ import annotations

from coursekit.video.marks.boxes import shared
from coursekit.video.marks.regions import AS_STEADY, in_line, joined
from coursekit.video.marks.signature import likeness
from coursekit.video.marks.tracks import AGREE, Track, agreement, same_shape, signature

ALIKE = 0.6
_SHAPE_PX = 200
"""Edge pixels from which a shape is told by them one for one: a few strokes are alike by chance. These two say which
places are taken for one sign's; how much that proves of a faint one is the profile's to say, in `jump_alike` and
`jump_edge_px`, and either may be moved without the other."""
_PART_PROOF = 2.0
"""Standard errors that the backgrounds after its first sight must show of a part that did not stand out again: of two
pieces of scenery that were joined to an address and to a logo, and made their boxes twice and six times as large, they
showed nothing."""
_UPON = 0.3
"""Share of the smaller of two halves that must lie in the other: of a logo over feathers they shared half."""


def whole_signs(tracks: list[Track], gap: float) -> list[Track]:
    """Parts that stand in one line close by are one mark if they were there at the same time, or lie upon each other
    with the same edges."""
    whole: list[Track] = []
    for track in sorted(tracks, key=rank, reverse=True):
        # A part may be what lies between two others.
        for other in [o for o in whole if _continues(o, track, gap)]:
            first, second = (other, track) if rank(other) >= rank(track) else (track, other)
            whole.remove(other)
            first.outline(joined(first.region, second.region))
            first.sights = max(first.sights, second.sights)
            track = first
        whole.append(track)
    return whole


def by_sign(tracks: list[Track]) -> list[list[Track]]:
    """Those of one sign together, the strongest first."""
    groups: list[list[Track]] = []
    for track in sorted(tracks, key=rank, reverse=True):
        for group in groups:
            if _same_sign(group[0], track):
                group.append(track)
                break
        else:
            groups.append([track])
    return groups


def _continues(one: Track, other: Track, gap: float) -> bool:
    steady = sorted((one.region.consistency, other.region.consistency))
    first, second = one.region.extent(), other.region.extent()
    lies = in_line(first, second, max(gap, 0.5 * max(first[3], second[3])))
    if not lies or steady[0] < AS_STEADY * steady[1] or not _is_part(min(one, other, key=rank)):
        return False
    return one.beside(other) or _same_edges(one, other)


def _is_part(track: Track) -> bool:
    """What stood out once and was not proven by anything since is scenery beside a mark as often as a part of it."""
    return track.sights > 1 or track.proof() >= _PART_PROOF


def _same_edges(one: Track, other: Track) -> bool:
    """A mark that is seen by halves: over one ground this, over the next one that, and what both have runs alike."""
    upon = shared(one.box, other.box) >= _UPON and one.turning == other.turning
    return upon and agreement(one.region, other.region) >= AGREE


def rank(track: Track) -> tuple[float, int]:
    """What the later backgrounds proved first; chance regions are many and live over many backgrounds too."""
    return track.proof() * track.region.consistency, track.region.edge_px


def _same_sign(one: Track, other: Track) -> bool:
    (_, _, w1, h1), (_, _, w2, h2) = one.box, other.box
    near = max(w1, w2) <= 1.3 * min(w1, w2) + 2 and max(h1, h2) <= 1.3 * min(h1, h2) + 2
    if not near:
        return False
    if likeness(signature(one.region), signature(other.region)) >= ALIKE:
        return True
    return min(one.region.edge_px, other.region.edge_px) >= _SHAPE_PX and same_shape(one.region, other.region) >= ALIKE


def at_once(spans: list[tuple[tuple[float, float], ...]]) -> bool:
    """Whether more than half of several signs, with the one seen longest, were seen while that one was seen."""
    lengths = [sum(b - a for a, b in one) for one in spans]
    longest = max(zip(lengths, spans, strict=True), key=lambda pair: pair[0])[1]
    with_it = 0
    for length, one in zip(lengths, spans, strict=True):
        common = sum(max(0.0, min(b, d) - max(a, c)) for a, b in one for c, d in longest)
        with_it += common >= 0.5 * length
    return 2 * with_it > len(spans)


def without_parts(tracks: list[Track]) -> list[Track]:
    """One track for each place: of a region and a part of it, the one that was seen more often."""
    kept: list[Track] = []
    for track in sorted(tracks, key=lambda t: (t.sights, t.region.edge_px), reverse=True):
        box = track.box
        rivals = [k for k in kept if shared(k.box, box) > 0.7]
        if not rivals:
            kept.append(track)
        elif len(rivals) == 1 and _outgrows(track, rivals[0]):
            kept[kept.index(rivals[0])] = track
    return kept


def _outgrows(track: Track, rival: Track) -> bool:
    """Much more of the mark, seen hardly less often and hardly less steady: the rival is a fragment."""
    return (
        track.region.edge_px >= 2 * rival.region.edge_px
        and track.sights >= 0.7 * rival.sights
        and track.region.consistency >= AS_STEADY * rival.region.consistency
    )
