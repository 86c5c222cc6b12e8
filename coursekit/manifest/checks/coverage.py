"""manifest/coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.graph import Graph, build_graph, find_cycles
from coursekit.manifest.model import Point
from coursekit.manifest.sections import GROUP_ABOVE, condense, manifest_of
from coursekit.manifest.vocabulary import Depth, LessonRole
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CheckContext, check, equal_to, measured, one_of


@dataclass(frozen=True, slots=True)
class CoverageParams:
    """How deep is deep enough."""

    required_depth: Depth
    practical_depth: Depth


@check("manifest/coverage", facts=CourseFacts, params=CoverageParams)
def coverage(ctx: CheckContext, facts: CourseFacts, params: CoverageParams) -> Iterator[Finding]:
    """Every required point is taught, hands-on points are shown or practised, and nothing is taught out of place."""
    yield from condense(ctx, "more-of-the-same", _judge(ctx, facts, params))


def _judge(ctx: CheckContext, facts: CourseFacts, params: CoverageParams) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "points", "lessons")
    if not manifest.points:
        where = manifest.places.place("/points")
        yield ctx.fail("no-points", measured=measured(0), where=where)
        return
    graph = build_graph(manifest)
    required = tuple(graph.required())
    taught = sum(_deep_enough(graph, point, params) for _, point in required)
    ctx.observe(measured(taught), equal_to(len(required)))
    gaps: list[tuple[str, int, Point, Depth | None]] = []
    for index, point in required:
        depth = graph.depth(point)
        if depth is None:
            gaps.append(("not-taught", index, point, depth))
        elif depth.rank < params.required_depth.rank:
            gaps.append(("only-mentioned", index, point, depth))
        elif graph.needs_hands(point) and depth.rank < params.practical_depth.rank:
            gaps.append(("not-practised", index, point, depth))
    yield from _tell(ctx, graph, gaps, params)
    yield from _places(ctx, graph)
    yield from _order(ctx, graph)


def _deep_enough(graph: Graph, point: Point, params: CoverageParams) -> bool:
    depth = graph.depth(point)
    wanted = params.practical_depth if graph.needs_hands(point) else params.required_depth
    return depth is not None and depth.rank >= max(wanted.rank, params.required_depth.rank)


def _tell(
    ctx: CheckContext, graph: Graph, gaps: list[tuple[str, int, Point, Depth | None]], params: CoverageParams
) -> Iterator[Finding]:
    places = graph.manifest.places
    if len(gaps) <= GROUP_ABOVE:
        for code, index, point, depth in gaps:
            wanted = params.practical_depth if code == "not-practised" else params.required_depth
            yield ctx.fail(
                code,
                measured=measured(depth.value if depth else None),
                expected=one_of(*(d.value for d in Depth if d.rank >= wanted.rank)),
                where=places.place(f"/points/{index}"),
                point=point.id,
                text=point.text[:60],
                wanted_zh=wanted.zh,
                wanted_en=wanted.en,
            )
        return
    by_task: dict[tuple[str, str], list[tuple[int, Point]]] = defaultdict(list)
    for code, index, point, _ in gaps:
        by_task[code, point.task or point.function or point.code].append((index, point))
    for (code, task), members in by_task.items():
        yield ctx.fail(
            f"{code}-in-task",
            measured=measured(len(members)),
            expected=equal_to(0),
            where=places.place(f"/points/{members[0][0]}"),
            task=task,
            count=len(members),
            points=", ".join(p.id for _, p in members[:8]) + (" …" if len(members) > 8 else ""),
        )


def _places(ctx: CheckContext, graph: Graph) -> Iterator[Finding]:
    """Lessons that teach nothing, and points of another level."""
    manifest = graph.manifest
    course = manifest.course
    for index, point in enumerate(manifest.points):
        if point.level is not None and course.levels and point.level not in (*course.levels, *course.inherits):
            yield ctx.fail(
                "point-of-other-level",
                measured=measured(point.level),
                expected=one_of(*course.levels, *course.inherits),
                where=manifest.places.place(f"/points/{index}/level"),
                point=point.id,
            )
    for i, lesson in enumerate(manifest.lessons):
        if lesson.role is LessonRole.CONTENT and not any(t.depth is not Depth.MENTION for t in lesson.teaches):
            where = manifest.places.place(f"/lessons/{i}")
            yield ctx.fail("orphan-lesson", measured=measured(0), where=where, lesson=lesson.id, title=lesson.title)
        for j, teaching in enumerate(lesson.teaches):
            index = graph.points.get(teaching.point, -1)
            level = manifest.points[index].level if index >= 0 else None
            if lesson.levels and level is not None and level not in lesson.levels:
                yield ctx.fail(
                    "lesson-of-other-level",
                    measured=measured(level),
                    expected=one_of(*lesson.levels),
                    where=manifest.places.place(f"/lessons/{i}/teaches/{j}/point"),
                    lesson=lesson.id,
                    point=teaching.point,
                )


def _order(ctx: CheckContext, graph: Graph) -> Iterator[Finding]:
    """Prerequisites run in no circle, and nothing comes before what it needs."""
    manifest = graph.manifest
    place = manifest.places.place
    point_edges = {p.id: p.requires for p in manifest.points}
    lesson_edges = {le.id: le.requires for le in manifest.lessons}
    in_circle: set[str] = set()
    for section, edges, index in (("points", point_edges, graph.points), ("lessons", lesson_edges, graph.lessons)):
        for circle in find_cycles(edges):
            in_circle.update(circle)
            first = min(circle, key=lambda name: index[name])
            turn = circle[circle.index(first) :] + circle[: circle.index(first) + 1]
            where = place(f"/{section}/{index[first]}/requires")
            yield ctx.fail("circle", measured=measured(len(circle)), where=where, path=" → ".join(turn))
    for i, lesson in enumerate(manifest.lessons):
        for j, name in enumerate(lesson.requires):
            if name not in in_circle and graph.lessons.get(name, -1) > i:
                yield ctx.fail(
                    "lesson-before-its-prerequisite",
                    measured=measured(name),
                    where=place(f"/lessons/{i}/requires/{j}"),
                    lesson=lesson.id,
                    needed=name,
                )
    for i, point in enumerate(manifest.points):
        mine = _first_taught(graph, point.id)
        for j, name in enumerate(point.requires):
            needed = _first_taught(graph, name)
            if mine is not None and needed is not None and name not in in_circle and needed > mine:
                yield ctx.review(
                    "point-before-its-prerequisite",
                    measured=measured(manifest.lessons[mine].id),
                    where=place(f"/points/{i}/requires/{j}"),
                    point=point.id,
                    needed=name,
                    lesson=manifest.lessons[mine].id,
                    later=manifest.lessons[needed].id,
                )


def _first_taught(graph: Graph, name: str) -> int | None:
    return min((t.lesson for t in graph.taught.get(name, ()) if t.depth is not Depth.MENTION), default=None)
