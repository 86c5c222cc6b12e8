"""What came and went, and which of it is one sign: told of once at a place, and known again at another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from coursekit.video.marks.boxes import shared
from coursekit.video.marks.facts import ComingFacts
from coursekit.video.marks.regions import Region

_SAME_PLACE = 0.5
_ALIKE = 0.6
"""Less alike are edges that nothing holds, of branches and sleeves."""
_MAX_SHOWN = 12
_RESTLESS = 10.0
"""Before talkers marks scattered by 0.04 at most, pictures before them included; what else came by 0.1 and more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that came and went, by the pictures with it against those before and after."""

    region: Region
    """`x` and `y` are those of lines, at twice their angle."""
    spans: tuple[tuple[float, float], ...]
    best_s: float
    facts: ComingFacts
    places: int = 1
    """At which the same sign was shown."""

    @property
    def weight(self) -> float:
        """How much there is to it: edges that stay where those round it do not, or that nothing moves at all: of the
        sleeves of a talker, which come to rest and go on, a long lesson brings hundreds."""
        facts = self.facts
        still = facts.own - _RESTLESS * (facts.spread + facts.before_spread)
        return self.region.edge_px * max(0.0, facts.own - facts.around, still)


def grouped(shown: Sequence[Shown], alike: Callable[[Shown, Shown], bool]) -> list[Shown]:
    """Those of one place and one look as one, with all its times, and without their parts; the weightiest first, and no
    more than are looked at.

    `alike`: whether two look the same.
    """
    groups: list[list[Shown]] = []
    for one in sorted((one for one in shown if one.facts.own >= _ALIKE), key=lambda one: one.weight, reverse=True):
        there = [g for g in groups if shared(g[0].region.extent(), one.region.extent()) >= _SAME_PLACE]
        same = next((group for group in there if alike(group[0], one)), None)
        if same is not None:
            same.append(one)
        elif not any(_together(one, other) for group in there for other in group):
            groups.append([one])
    firsts = [replace(group[0], spans=_united([one.spans[0] for one in group])) for group in groups[:_MAX_SHOWN]]
    return [replace(one, places=sum(other is one or alike(one, other) for other in firsts)) for one in firsts]


def _together(one: Shown, other: Shown) -> bool:
    (start, end), (begin, stop) = one.spans[0], other.spans[0]
    return start < stop and begin < end


def _united(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    whole: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return tuple((round(start, 3), round(end, 3)) for start, end in whole)
