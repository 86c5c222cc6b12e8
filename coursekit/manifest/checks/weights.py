"""manifest/weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from coursekit.manifest.graph import Graph, build_graph, hours_by_function
from coursekit.manifest.plain import fraction_text
from coursekit.manifest.sections import manifest_of
from coursekit.manifest.vocabulary import Part
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CannotTest, CheckContext, between, check, equal_to, measured

WHOLE = Fraction(100)


@dataclass(frozen=True, slots=True)
class WeightsParams:
    """How many percentage points the hours of a function may stray from its weight."""

    tolerance_points: float


@check("manifest/weights", facts=CourseFacts, params=WeightsParams)
def weights(ctx: CheckContext, facts: CourseFacts, params: WeightsParams) -> Iterator[Finding]:
    """Weight tables add up to 100, name the functions of the points, and the hours follow them."""
    manifest = manifest_of(facts, "course", "weights", "points", "lessons")
    if not manifest.weights:
        raise CannotTest("no-weights")
    graph = build_graph(manifest)
    worst = Fraction(0)
    findings = []
    for level, table in manifest.weights.items():
        number = int(level) if level.isdecimal() else None
        for column, part, weight in (("theory", Part.THEORY, table.theory), ("skill", Part.PRACTICE, table.skill)):
            if not weight:
                continue
            here = f"/weights/{level}/{column}"
            total = sum(weight.values(), Fraction(0))
            if total != WHOLE:
                findings.append(
                    ctx.fail(
                        "not-100",
                        measured=measured(round(float(total), 3), "%"),
                        expected=equal_to(100, "%"),
                        where=manifest.places.place(here),
                        level=level,
                        total=fraction_text(total),
                    )
                )
            shares = _shares(hours_by_function(graph, number), part)
            for function in weight:
                off = abs(shares.get(function, Fraction(0)) - weight[function]) if shares else Fraction(0)
                worst = max(worst, off)
                if off > Fraction(str(params.tolerance_points)):
                    findings.append(_off(ctx, graph, f"{here}/{function}", function, weight, shares, params))
        findings.extend(_unweighted(ctx, graph, level, number))
    ctx.observe(measured(round(float(worst), 1), "pp"), between(0, params.tolerance_points, "pp"))
    yield from findings


def _shares(hours: Mapping[tuple[str, str], Fraction], part: Part) -> Mapping[str, Fraction]:
    mine = {function: value for (p, function), value in hours.items() if p == part}
    total = sum(mine.values(), Fraction(0))
    return {function: value * 100 / total for function, value in mine.items()} if total else {}


def _off(
    ctx: CheckContext,
    graph: Graph,
    pointer: str,
    function: str,
    weight: Mapping[str, Fraction],
    shares: Mapping[str, Fraction],
    params: WeightsParams,
) -> Finding:
    share = shares.get(function, Fraction(0))
    low = max(0.0, float(weight[function]) - params.tolerance_points)
    return ctx.review(
        "hours-off-weight",
        measured=measured(round(float(share), 1), "%"),
        expected=between(low, min(100.0, float(weight[function]) + params.tolerance_points), "%"),
        where=graph.manifest.places.place(pointer),
        function=function,
        weight=fraction_text(weight[function]),
        share=float(share),
    )


def _unweighted(ctx: CheckContext, graph: Graph, level: str, number: int | None) -> Iterator[Finding]:
    """Functions that have points but no weight, or a weight but no points."""
    manifest = graph.manifest
    table = manifest.weights[level]
    named = {*table.theory, *table.skill}
    used: dict[str, int] = {}
    for index, point in enumerate(manifest.points):
        if point.function is not None and (point.level is None or point.level == number):
            used.setdefault(point.function, index)
    for function, index in used.items():
        if function not in named:
            where = manifest.places.place(f"/points/{index}/function")
            yield ctx.fail(
                "function-without-weight", measured=measured(function), where=where, function=function, level=level
            )
    for column, weight in (("theory", table.theory), ("skill", table.skill)):
        for function, value in weight.items():
            if value and function not in used:
                where = manifest.places.place(f"/weights/{level}/{column}/{function}")
                yield ctx.fail(
                    "weight-without-points", measured=measured(function), where=where, function=function, level=level
                )
