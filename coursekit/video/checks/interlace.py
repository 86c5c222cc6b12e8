"""video/interlace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import CombedSpan, InterlaceFacts, VideoFacts, WovenSpan
from coursekit.video.spans import together, where, worst

_FLAGGED = 0.9
_JOIN_S = 10.0
_ADJOIN_S = 1.0
"""Between stretches that follow each other: pairs are looked at four times a second, and a stretch that had no order
would have taken a second at the least."""


@dataclass(frozen=True, slots=True)
class InterlaceParams:
    """How many of the moving pictures looked at may be combed."""

    review_count: int
    review_pct: float
    fail_count: int
    fail_pct: float
    """Of the moving pictures looked at."""
    min_comb_order: float
    """Order in time of the fields of combed pictures, by its amount, without which a comb may be a pattern."""
    min_comb_certainty: float
    max_comb_ragged: float
    """Lines of a pattern fit those beside them worse; scaled footage has combs without order amid lines that fit."""
    flag_min: int
    """Pictures needed to say that a flag is wrong."""
    min_order: float
    """Order in time of the fields of neighbouring pictures, by its amount."""
    min_certainty: float
    min_run_order: float
    """The same of two stretches or more that follow each other and have the same order, taken together."""
    min_run_certainty: float
    min_ragged: float


@check("video/interlace", facts=VideoFacts, params=InterlaceParams)
def interlace(ctx: CheckContext, facts: VideoFacts, params: InterlaceParams) -> Iterator[Finding]:
    """Moving edges are not combed, and nothing is flagged as interlaced that is not."""
    found = facts.interlace
    if found is None:
        raise CannotTest("not-measured")
    percent = round(found.combed / found.samples * 100, 1) if found.samples else 0.0
    ctx.observe(measured(percent, "%"), at_most(0, "%"))
    if code := _combed(found, percent, params):
        tell = ctx.fail if code == "combed" else ctx.review
        yield tell(
            code,
            measured=measured(percent, "%"),
            expected=at_most(0, "%"),
            where=where(found.spans),
            count=found.combed,
            samples=found.samples,
        )
    elif woven := _woven(found.woven, params):
        for group in together(woven, _JOIN_S):
            strongest = abs(worst(group, lambda s: abs(s.order)).order)
            yield ctx.review(
                "fields-woven",
                measured=measured(round(strongest, 2)),
                expected=at_most(params.min_order if strongest >= params.min_order else params.min_run_order),
                where=where(group),
                pairs=sum(s.pairs for s in group),
            )
    elif found.samples >= params.flag_min and not found.combed and found.flagged >= _FLAGGED * found.samples:
        yield ctx.review("flag-only", measured=measured(found.flagged), samples=found.samples)


def _combed(found: InterlaceFacts, percent: float, params: InterlaceParams) -> str | None:
    """What to say of combs: fine stripes that glide by look like them, but their lines have no order in time."""
    if found.combed < params.review_count or percent < params.review_pct:
        return None
    sure, all_told = _ordered(found.spans, params), sum(s.pictures for s in found.spans)
    share = sure / all_told if all_told else 0.0
    if found.combed * share >= params.fail_count and percent * share >= params.fail_pct:
        return "combed"
    if sure:
        return "combed-in-places"
    scaled = sum(s.pictures for s in found.spans if s.ragged <= params.max_comb_ragged) / max(all_told, 1)
    if found.combed * scaled >= params.fail_count and percent * scaled >= params.fail_pct:
        return "comb-like"
    return None


def _ordered(spans: tuple[CombedSpan, ...], params: InterlaceParams) -> int:
    """Combed pictures of the spans whose fields have an order in time: by themselves, or all taken together."""

    def sure(order: float, certainty: float) -> bool:
        return abs(order) >= params.min_comb_order and certainty >= params.min_comb_certainty

    if sure(*_taken_together([(s.pictures, s.order, s.certainty) for s in spans])):
        return sum(s.pictures for s in spans)
    return sum(s.pictures for s in spans if sure(s.order, s.certainty))


def _woven(spans: tuple[WovenSpan, ...], params: InterlaceParams) -> list[WovenSpan]:
    """Stretches that are woven by themselves, or together with those beside them."""
    ragged = [s for s in spans if s.ragged >= params.min_ragged]
    told = {s for s in ragged if abs(s.order) >= params.min_order and s.certainty >= params.min_certainty}
    for run in _runs(ragged):
        order, certainty = _taken_together([(s.pairs, s.order, s.certainty) for s in run])
        if len(run) > 1 and abs(order) >= params.min_run_order and certainty >= params.min_run_certainty:
            told.update(run)
    return [s for s in ragged if s in told]


def _runs(spans: list[WovenSpan]) -> list[list[WovenSpan]]:
    """Stretches of the same order that follow each other."""
    runs = [spans[:1]]
    for before, span in pairwise(spans):
        if span.start_s - before.end_s <= _ADJOIN_S and (span.order < 0) == (before.order < 0):
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def _taken_together(run: list[tuple[int, float, float]]) -> tuple[float, float]:
    """Order of stretches of so many pairs, such an order and certainty, and how certain it is: errors add up by their
    squares."""
    pairs = sum(n for n, _, _ in run)
    order = sum(n * order for n, order, _ in run) / max(pairs, 1)
    error = sum((n * order / certainty) ** 2 for n, order, certainty in run if certainty) ** 0.5 / max(pairs, 1)
    return order, abs(order) / error if error else 0.0
