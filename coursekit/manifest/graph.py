"""Points, lessons, hours and assessments as one graph, asked by every check and by the coverage matrix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coursekit.manifest.model import LessonEntry, Manifest, Point
from coursekit.manifest.vocabulary import AssessmentKind, Depth, PointKind


@dataclass(frozen=True, slots=True)
class Taught:
    """One lesson treats one point."""

    lesson: int
    depth: Depth


@dataclass(frozen=True, slots=True)
class Graph:
    """Who teaches what, and how it is assessed. Indices are those of the manifest."""

    manifest: Manifest
    points: Mapping[str, int]
    lessons: Mapping[str, int]
    taught: Mapping[str, tuple[Taught, ...]]
    """By point id, in lesson order."""
    assessed: Mapping[str, tuple[AssessmentKind, ...]]

    def depth(self, point: Point) -> Depth | None:
        """The deepest treatment of a point."""
        return max((t.depth for t in self.taught.get(point.id, ())), key=lambda d: d.rank, default=None)

    def required(self) -> Iterator[tuple[int, Point]]:
        """Points that this course must teach: required, of its levels, and not brought along by the learner."""
        course = self.manifest.course
        for index, point in enumerate(self.manifest.points):
            brought = point.level is not None and point.level in course.inherits
            foreign = point.level is not None and bool(course.levels) and point.level not in course.levels
            if point.required and not brought and not foreign:
                yield index, point

    def needs_hands(self, point: Point) -> bool:
        """Whether a point must be shown or practised."""
        return point.practical or (point.critical and point.kind is PointKind.SKILL)


def build_graph(manifest: Manifest) -> Graph:
    """The graph of a manifest; references that do not resolve are left out, `manifest/schema` names them."""
    points: dict[str, int] = {}
    for index, point in enumerate(manifest.points):
        points.setdefault(point.id, index)
    lessons: dict[str, int] = {}
    taught: dict[str, list[Taught]] = defaultdict(list)
    for index, lesson in enumerate(manifest.lessons):
        lessons.setdefault(lesson.id, index)
        for teaching in lesson.teaches:
            if teaching.point in points:
                taught[teaching.point].append(Taught(index, teaching.depth))
    assessed: dict[str, list[AssessmentKind]] = defaultdict(list)
    for assessment in manifest.assessments:
        for name in assessment.covers:
            if name in points:
                assessed[name].append(assessment.kind)
    return Graph(
        manifest,
        points,
        lessons,
        {name: tuple(found) for name, found in taught.items()},
        {name: tuple(found) for name, found in assessed.items()},
    )


def find_cycles(edges: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Circles among prerequisites: one shortest-found circle per knot, in the order of the nodes. Never recursive."""
    done: set[str] = set()
    cycles = []
    for start in edges:
        if start in done:
            continue
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges.get(start, ())))]
        path.append(start)
        on_path[start] = 0
        while stack:
            node, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                path.pop()
                del on_path[node]
                done.add(node)
            elif step in on_path:
                cycles.append(tuple(path[on_path[step] :]))
            elif step not in done and step in edges:
                on_path[step] = len(path)
                path.append(step)
                stack.append((step, iter(edges[step])))
    return tuple(cycles)


def hours_by_function(graph: Graph, level: int | None) -> Mapping[tuple[str, str], Fraction]:
    """Hours by (part, function). A lesson that names no function is shared out over the points it teaches."""
    manifest = graph.manifest
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for lesson in manifest.lessons:
        if not serves(lesson, level):
            continue
        if lesson.function is not None:
            sums[lesson.part, lesson.function] += lesson.hours
            continue
        functions = [
            function
            for t in lesson.teaches
            if t.depth is not Depth.MENTION
            and t.point in graph.points
            and (function := manifest.points[graph.points[t.point]].function) is not None
        ]
        for function in functions:
            sums[lesson.part, function] += lesson.hours / len(functions)
    return sums


def serves(lesson: LessonEntry, level: int | None) -> bool:
    """Whether a lesson counts for a level."""
    return level is None or not lesson.levels or level in lesson.levels
