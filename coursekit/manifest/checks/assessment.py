"""manifest/assessment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.graph import build_graph
from coursekit.manifest.sections import GROUP_ABOVE, condense, manifest_of
from coursekit.manifest.vocabulary import AssessmentKind
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CheckContext, at_least, check, measured


@dataclass(frozen=True, slots=True)
class AssessmentParams:
    """Which share of the required points must be assessed."""

    min_assessed_pct: float


@check("manifest/assessment", facts=CourseFacts, params=AssessmentParams)
def assessment(ctx: CheckContext, facts: CourseFacts, params: AssessmentParams) -> Iterator[Finding]:
    """Every required point is assessed somewhere, and key skills by doing."""
    yield from condense(ctx, "more-of-the-same", _judge(ctx, facts, params))


def _judge(ctx: CheckContext, facts: CourseFacts, params: AssessmentParams) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "points", "assessments")
    graph = build_graph(manifest)
    required = tuple(graph.required())
    gaps = [(index, point) for index, point in required if not graph.assessed.get(point.id)]
    share = 100.0 * (len(required) - len(gaps)) / len(required) if required else 100.0
    ctx.observe(measured(round(share, 1), "%"), at_least(params.min_assessed_pct, "%"))
    place = manifest.places.place
    for i, entry in enumerate(manifest.assessments):
        if not entry.covers:
            where = place(f"/assessments/{i}")
            yield ctx.fail("covers-nothing", measured=measured(0), where=where, assessment=entry.id)
    for index, point in required:
        kinds = graph.assessed.get(point.id, ())
        if point.critical and graph.needs_hands(point) and kinds and AssessmentKind.PRACTICAL not in kinds:
            yield ctx.review(
                "key-skill-only-on-paper",
                measured=measured(", ".join(sorted(set(kinds)))),
                where=place(f"/points/{index}"),
                point=point.id,
                text=point.text[:60],
            )
    if share >= params.min_assessed_pct:
        return
    if len(gaps) <= GROUP_ABOVE:
        for index, point in gaps:
            where = place(f"/points/{index}")
            yield ctx.fail("not-assessed", measured=measured(0), where=where, point=point.id, text=point.text[:60])
        return
    by_task: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for index, point in gaps:
        by_task[point.task or point.function or point.code].append((index, point.id))
    for task, members in by_task.items():
        yield ctx.fail(
            "not-assessed-in-task",
            measured=measured(len(members)),
            where=place(f"/points/{members[0][0]}"),
            task=task,
            count=len(members),
            points=", ".join(name for _, name in members[:8]) + (" …" if len(members) > 8 else ""),
        )
