"""The bench: every fault of every ladder on clip after clip, healthy material beside it, measured and judged as a
lesson is, by a pool of processes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import cv2

import coursekit
from coursekit.audio.facts import AudioFacts
from coursekit.bench import ladder_audio, ladder_marks, ladder_video
from coursekit.bench.cases import AUDIO, Job, Plan, Specimen, measure_job, plan_jobs, shelf_of, why
from coursekit.bench.material import Described
from coursekit.bench.score import Case, Said, Truth
from coursekit.bench.verdicts import said_of
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Lesson, Profile, Scope
from coursekit.rules.judge import judge
from coursekit.rules.profiles import load_profile
from coursekit.video.facts import VideoFacts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run leaves behind."""

    plan: Plan
    cases: tuple[Case, ...]
    not_run: tuple[str, ...]
    """Jobs that the time did not reach."""
    unknown: tuple[str, ...]
    """Files of the folder that no table describes."""
    profile_hash: str
    seconds: float
    clips: Mapping[str, Described]
    detectors: Mapping[str, str] = field(default_factory=dict)
    """Digest of the code of each domain: whether a table still speaks of the detectors beside it."""


# -------------------------------------------------------------------------------------------------------------- judging


def judge_specimen(specimen: Specimen, profile: Profile) -> Case:
    """What the profile's rules say of a specimen."""
    if specimen.facts is None:
        return specimen.case
    before = frozenset((s.check, s.code) for s in _say(specimen.bare, profile)) if specimen.bare is not None else None
    case = replace(specimen.case, said=tuple(_say(specimen.facts, profile)), before=before or frozenset())
    if case.truth is not None and before and not _tells(case.truth, before):
        return replace(case, problem="the clip has it without the fault: not counted")
    return case


def _tells(truth: Truth, before: frozenset[tuple[str, str]]) -> bool:
    """Whether the check says nothing of the kind already; one channel stays one channel and may be said again."""
    if truth.check == "audio/channels":
        return True
    return not any(check == truth.check and (not truth.codes or code in truth.codes) for check, code in before)


def _say(facts: AudioFacts | VideoFacts | FileFacts | CourseFacts, profile: Profile) -> Iterator[Said]:
    if isinstance(facts, AudioFacts):
        yield from (said for said in ladder_audio.judge_clip(facts, profile) if said.check in AUDIO)
    elif isinstance(facts, FileFacts | CourseFacts):
        course = facts if isinstance(facts, CourseFacts) else _course_of(facts)
        for result in judge((profile,), course, Scope.MEDIA, "en"):
            yield from (said_of(result.check or "", finding) for finding in result.findings)
    else:
        if facts.motion is not None or facts.marks is None:
            yield from ladder_video.judge_clip(facts, profile)
        if facts.marks is not None:
            yield from ladder_marks.judge_clip(facts, profile)


def _course_of(file: FileFacts) -> CourseFacts:
    if file.kind is FileKind.IMAGE:
        return CourseFacts(Course("bench", "bench", (), covers=(file.path,)), {file.path: file})
    return CourseFacts(Course("bench", "bench", (Lesson("bench", "bench", file.path),)), {file.path: file})


# -------------------------------------------------------------------------------------------------------------- running


def run_job(job: Job) -> tuple[Case, ...]:
    """A job from its names to its verdicts: what a worker does."""
    cv2.setNumThreads(1)
    profile = load_profile(job.plan.profile)
    try:
        return tuple(judge_specimen(specimen, profile) for specimen in measure_job(job))
    except Exception as error:  # noqa: BLE001 - a clip that cannot be read costs its own rows
        return (Case(job.ladder, "all", f"{len(job.items)} items", job.clip, 0.0, problem=why(error)),)


def specimens_of(job: Job) -> tuple[Specimen, ...]:
    """The same without the verdicts, for a trade-off curve."""
    cv2.setNumThreads(1)
    return tuple(measure_job(job))


def run_bench(plan: Plan, tell: Callable[[int, int, str], None] = lambda *_: None) -> Bench:
    """Run it all."""
    began = time.monotonic()
    shelf = shelf_of(plan.folder)
    jobs = tuple(job for job in plan_jobs(plan, shelf) if _may_hold(plan.only, job))
    profile = load_profile(plan.profile)
    answers, missing = run_pool(run_job, jobs, plan, tell)
    # Faults by ladder and step, whatever the order of work was.
    cases = tuple(sorted((c for number in sorted(answers) for c in answers[number]), key=lambda c: (c.ladder, c.order)))
    return Bench(
        plan=plan,
        cases=cases,
        not_run=tuple(f"{job.ladder}/{job.clip} ({len(job.items)})" for job in missing),
        unknown=shelf.unknown,
        profile_hash=profile.hash,
        seconds=time.monotonic() - began,
        clips=shelf.clips,
        detectors=detector_digests(),
    )


def _may_hold(only: str | None, job: Job) -> bool:
    # A whole name ends in its clip: other clips need not be made.
    return only is None or only.count("/") < 3 or only.rsplit("/", 1)[1].startswith(job.clip)


def detector_digests() -> dict[str, str]:
    """What measures and judges, by domain, as twelve hexadecimal digits each."""
    package = Path(coursekit.__file__).parent
    digests = {}
    for domain in ("probe", "audio", "video", "cover"):
        total = hashlib.sha256()
        for path in sorted((package / domain).rglob("*.py")):
            total.update(path.relative_to(package).as_posix().encode() + b"\0")
            total.update(path.read_bytes().replace(b"\r\n", b"\n"))
        digests[domain] = total.hexdigest()[:12]
    return digests


def run_pool(
    work: Callable[[Job], T], jobs: Sequence[Job], plan: Plan, tell: Callable[[int, int, str], None]
) -> tuple[dict[int, T], tuple[Job, ...]]:
    """Answers by number of the job, and the jobs that the time did not reach."""
    until = time.monotonic() + plan.minutes * 60 if plan.minutes is not None else None
    answers: dict[int, T] = {}
    waiting = iter(enumerate(jobs))
    with ProcessPoolExecutor(plan.workers, mp_context=get_context("spawn")) as pool:
        busy: dict[Future[T], int] = {}
        while True:
            # No more is handed out than is at work: what has not begun when the time is up is never begun.
            while len(busy) < plan.workers and (until is None or time.monotonic() < until):
                if (entry := next(waiting, None)) is None:
                    break
                busy[pool.submit(work, entry[1])] = entry[0]
            if not busy:
                break
            for done in wait(busy, return_when=FIRST_COMPLETED).done:
                number = busy.pop(done)
                answers[number] = done.result()
                tell(len(answers), len(jobs), f"{jobs[number].ladder}: {jobs[number].clip}")
    return answers, tuple(job for number, job in enumerate(jobs) if number not in answers)
