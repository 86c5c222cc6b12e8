"""What a detector said against what is true: by code, by time, by place in the picture. Pure, and able to say no.

Two kinds of material. A *fault case* has a truth: one check must speak, with one of the codes, inside the span, on the
place. A *healthy case* has none: whatever a check says there is a false alarm, but for what the clip is known to have.
What is said of a fault under another check or code counts for neither: overdriven sound is also loud. It is listed
apart.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

Interval = tuple[float, float]
Box = tuple[float, float, float, float]

Z_95 = 1.959964
ENOUGH_BOX = 0.5
"""Intersection over union from which a box counts as the right one."""
SLACK_S = 0.3
"""How far beside the true span a finding may lie and still speak of it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be said of a fault case."""

    check: str
    codes: frozenset[str] = frozenset()
    """Any of these; empty: any code of the check."""
    span: Interval | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One finding."""

    check: str
    code: str
    verdict: str
    """`fail` or `review`."""
    span: Interval | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of material that was judged."""

    ladder: str
    fault: str
    strength: str
    clip: str
    seconds: float
    said: tuple[Said, ...] = ()
    truth: Truth | None = None
    """None: healthy."""
    noticed: bool = False
    """A viewer or listener notices the fault at once."""
    before: frozenset[tuple[str, str]] = frozenset()
    """Check and code of what the same clip says without the change: counted there, not again here."""
    excused: frozenset[str] = frozenset()
    """Checks this material is not healthy for."""
    judged: tuple[str, ...] = ()
    """Checks that were asked."""
    order: int = 0
    """Place of the step in its ladder."""
    problem: str | None = None
    """Why nothing could be said."""

    @property
    def name(self) -> str:
        """What repeats it: `coursekit bench accuracy --only NAME`."""
        return "/".join((self.ladder, self.fault, self.strength, self.clip))


@dataclass(frozen=True, slots=True)
class Match:
    """The finding that names the fault."""

    said: Said
    time_iou: float | None
    box_iou: float | None


@dataclass(slots=True)
class Step:
    """A check at one strength of one fault."""

    check: str
    ladder: str
    fault: str
    strength: str
    noticed: bool
    cases: int = 0
    found: int = 0
    failed: int = 0
    wrong: int = 0
    """The same said in the same cases of another time or place."""
    time_iou: float | None = None
    box_iou: float | None = None

    @property
    def kind(self) -> str:
        """Of the material, where the ladder names one: `marks, moving`."""
        return self.ladder.partition(", ")[2]

    @property
    def recall(self) -> float:
        """Share of the cases in which the fault was named."""
        return share(self.found, self.cases)

    @property
    def precision(self) -> float | None:
        """Share of what was said that was right; None where nothing was said."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None


@dataclass(slots=True)
class Row:
    """A check over all it was shown."""

    check: str
    steps: list[Step] = field(default_factory=list)
    healthy_s: float = 0.0
    healthy_cases: int = 0
    quiet_cases: int = 0
    false_fails: int = 0
    false_reviews: int = 0
    others: int = 0
    """Findings on faults that are another check's."""

    @property
    def cases(self) -> int:
        """Fault cases."""
        return sum(s.cases for s in self.steps)

    @property
    def found(self) -> int:
        """Fault cases in which the fault was named."""
        return sum(s.found for s in self.steps)

    @property
    def noticed(self) -> tuple[int, int]:
        """Found and all, of the strengths that anyone notices at once."""
        return tally(self.steps, noticed=True)

    @property
    def kinds(self) -> Mapping[str, tuple[Step, ...]]:
        """Steps by the kind of material, for a ladder that is climbed over several: its name ends in the kind."""
        kinds: dict[str, list[Step]] = {}
        for step in self.steps:
            if kind := step.kind:
                kinds.setdefault(kind, []).append(step)
        return {kind: tuple(steps) for kind, steps in kinds.items()} if len(kinds) > 1 else {}

    @property
    def precision(self) -> tuple[int, int]:
        """Right findings and all findings, on its own ladder and on healthy material."""
        wrong = sum(s.wrong for s in self.steps) + self.false_fails + self.false_reviews
        return self.found, self.found + wrong


# ------------------------------------------------------------------------------------------------------------- figures


def tally(steps: Iterable[Step], *, noticed: bool) -> tuple[int, int]:
    """Found and all, over some steps; only those that anyone notices at once, or all."""
    counted = [s for s in steps if s.noticed or not noticed]
    return sum(s.found for s in counted), sum(s.cases for s in counted)


def share(count: int, of: int) -> float:
    """A share; 0 of nothing."""
    return count / of if of else 0.0


def wilson(count: int, of: int, z: float = Z_95) -> Interval:
    """95 % interval of a share (Wilson's score): right for few cases and for shares near 0 and 1."""
    if of == 0:
        return 0.0, 1.0
    p = count / of
    middle = p + z * z / (2 * of)
    reach = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    low = 0.0 if count == 0 else max(0.0, (middle - reach) / scale)
    return low, 1.0 if count == of else min(1.0, (middle + reach) / scale)


def rate_interval(count: int, hours: float, z: float = Z_95) -> Interval:
    """95 % interval of a rate per hour (Byar's approximation to the Poisson limits)."""
    if hours <= 0:
        return 0.0, math.inf
    low = count * (1 - 1 / (9 * count) - z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return low / hours, more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3 / hours


def time_iou(one: Interval, other: Interval) -> float:
    """Intersection over union of two spans of time."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    union = max(one[1], other[1]) - min(one[0], other[0])
    return max(0.0, both) / union if union > 0 else 0.0


def box_iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    w = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    h = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (one[2] * one[3] + other[2] * other[3] - w * h)


# ------------------------------------------------------------------------------------------------------------- scoring


def match(truth: Truth, said: Iterable[Said]) -> Match | None:
    """The finding that names the fault best, if one does."""
    found = [m for s in said if (m := _names(truth, s)) is not None]
    return max(found, key=lambda m: (m.said.verdict == "fail", m.box_iou or 0.0, m.time_iou or 0.0), default=None)


def _names(truth: Truth, said: Said) -> Match | None:
    if said.check != truth.check or (truth.codes and said.code not in truth.codes):
        return None
    in_time = in_place = None
    if truth.span is not None and said.span is not None:
        if said.span[0] > truth.span[1] + SLACK_S or said.span[1] < truth.span[0] - SLACK_S:
            return None
        # A finding at a moment (a join, a cut) has no length to overlap with.
        in_time = time_iou(truth.span, said.span) if said.span[1] - said.span[0] >= SLACK_S else None
    if truth.boxes:
        in_place = max((box_iou(box, said.box) for box in truth.boxes), default=0.0) if said.box else 0.0
        if in_place < ENOUGH_BOX:
            return None
    return Match(said, in_time, in_place)


def wrong_of(case: Case) -> Iterator[Said]:
    """What the check of a fault case says beside the fault, and what any check says of a healthy case."""
    for said in case.said:
        if (said.check, said.code) in case.before:
            continue
        if case.truth is None:
            if said.check in case.judged and said.check not in case.excused:
                yield said
        elif _is_about(case.truth, said) and not _beside(case.truth, said):
            yield said


def _is_about(truth: Truth, said: Said) -> bool:
    # Another code of the same check may be true as well: what is overdriven has peaks over full scale.
    return said.check == truth.check and (not truth.codes or said.code in truth.codes)


def _beside(truth: Truth, said: Said) -> bool:
    """Speaks of the fault, or touches its place: a box too large names the mark badly, it does not invent one."""
    if _names(truth, said) is not None:
        return True
    return bool(said.box and any(box_iou(box, said.box) > 0 for box in truth.boxes))


def score(cases: Iterable[Case], checks: Sequence[str]) -> Mapping[str, Row]:
    """A row per check, whether or not anything was shown to it."""
    rows = {check: Row(check) for check in checks}
    usable = [case for case in cases if case.problem is None]
    for case in usable:
        if case.truth is None:
            _count_healthy(case, rows)
            continue
        for said in case.said:
            if said.check in rows and not _is_about(case.truth, said) and (said.check, said.code) not in case.before:
                rows[said.check].others += 1
    faults = sorted((c for c in usable if c.truth is not None), key=lambda c: (c.ladder, c.order))
    for (check, ladder, fault, strength), group in _grouped(faults):
        if check in rows:
            rows[check].steps.append(_step(check, ladder, fault, strength, tuple(group)))
    return rows


def _grouped(cases: Sequence[Case]) -> Iterator[tuple[tuple[str, str, str, str], Iterator[Case]]]:
    # Steps stand in the order of their ladder, weakest first: groups keep the order in which they come.
    order: dict[tuple[str, str, str, str], int] = {}
    for case in cases:
        order.setdefault(_step_of(case), len(order))
    yield from groupby(sorted(cases, key=lambda c: order[_step_of(c)]), key=_step_of)


def _step_of(case: Case) -> tuple[str, str, str, str]:
    assert case.truth is not None
    return case.truth.check, case.ladder, case.fault, case.strength


def _step(check: str, ladder: str, fault: str, strength: str, cases: Sequence[Case]) -> Step:
    step = Step(check, ladder, fault, strength, cases[0].noticed)
    matches: list[Match] = []
    for case in cases:
        assert case.truth is not None
        found = match(case.truth, case.said)
        step.cases += 1
        step.wrong += len({(s.check, s.code, s.span, s.box) for s in wrong_of(case)})
        if found is not None:
            step.found += 1
            step.failed += found.said.verdict == "fail"
            matches.append(found)
    step.time_iou = _median(m.time_iou for m in matches)
    step.box_iou = _median(m.box_iou for m in matches)
    return step


def _median(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def _count_healthy(case: Case, rows: Mapping[str, Row]) -> None:
    wrong = tuple(wrong_of(case))
    for check in case.judged:
        if check in case.excused or check not in rows:
            continue
        row = rows[check]
        own = [s for s in wrong if s.check == check]
        row.healthy_s += case.seconds
        row.healthy_cases += 1
        row.quiet_cases += not own
        row.false_fails += sum(s.verdict == "fail" for s in own)
        row.false_reviews += sum(s.verdict != "fail" for s in own)


def misses(cases: Iterable[Case]) -> Iterator[Case]:
    """Fault cases in which nobody named the fault."""
    for case in cases:
        if case.problem is None and case.truth is not None and match(case.truth, case.said) is None:
            yield case


def false_alarms(cases: Iterable[Case]) -> Iterator[tuple[Case, Said]]:
    """Everything said that is not so."""
    for case in cases:
        if case.problem is None:
            for said in wrong_of(case):
                yield case, said
