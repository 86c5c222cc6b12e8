"""What is shown to the detectors: clips, faults and healthy material as jobs for a pool, measured and not yet judged.

A job is one clip with some rungs of one ladder: the clip is read once. Jobs come in rounds (the first clip of every
ladder, then the second…), so that a run that is cut short has seen every rung. What a job gives back depends on its
names and the seed alone; the order of processes changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from coursekit.audio.facts import AudioFacts
from coursekit.bench import (
    faults_marks,
    ladder_audio,
    ladder_course,
    ladder_lips,
    ladder_marks,
    ladder_more,
    ladder_video,
    lessons,
    material,
)
from coursekit.bench.material import Described, Shelf
from coursekit.bench.rungs import marks_rungs, sharp_rungs, sound_rungs, video_rungs
from coursekit.bench.score import Case, Truth
from coursekit.model import CourseFacts, FileFacts, FileKind
from coursekit.rules.registry import CHECKS
from coursekit.video.facts import VideoFacts

AUDIO = tuple(check for check in ladder_audio.CHECKS if check != "audio/sync")
"""Checks of a track by itself; audio/sync needs its container and has a ladder of its own."""
WATERMARK = "video/watermark"
CONSISTENCY = "course/consistency"
PROFILE = "tianjin-2025"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run."""

    folder: Path | None = None
    seed: int = 0
    quick: bool = False
    clips_per_rung: int = 4
    talkers: int = 20
    lessons: int = 60
    """Healthy lessons of three minutes."""
    workers: int = 2
    minutes: float | None = None
    only: str | None = None
    """Cases whose name holds this text."""
    profile: str = PROFILE

    @property
    def clips(self) -> int:
        """Clips per rung."""
        return 1 if self.quick else self.clips_per_rung


@dataclass(frozen=True, slots=True)
class Job:
    """One clip and what is done with it."""

    ladder: str
    clip: str
    items: tuple[int, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Specimen:
    """A case that is measured and not yet judged."""

    case: Case
    facts: AudioFacts | VideoFacts | FileFacts | CourseFacts | None
    bare: AudioFacts | VideoFacts | None = None
    """The same clip without the change."""


# ------------------------------------------------------------------------------------------------------------- planning


@cache
def laddered() -> frozenset[str]:
    """Checks that have a ladder."""
    names = [rung.check for rung in sound_rungs()]
    names += [rung.check for rung in (*video_rungs(), *sharp_rungs())]
    names += [rung.check for rung in (*ladder_more.FILES, *ladder_course.COVERS)]
    return (
        frozenset(names)
        | ({WATERMARK} if marks_rungs() else set())
        | ({CONSISTENCY} if ladder_course.COURSES else set())
    )


def plan_jobs(plan: Plan, shelf: Shelf) -> Iterator[Job]:
    """All jobs, the first clip of every ladder before the second of any."""
    yield Job("more", "synthesised files", tuple(range(len(ladder_more.FILES))), plan)
    yield Job("covers", "synthesised covers", tuple(range(len(ladder_course.COVERS))), plan)
    yield Job("courses", "synthesised courses", tuple(range(len(ladder_course.COURSES))), plan)
    recorded = list(shelf.clips)
    yield from (Job("recorded", name, (0,), plan) for name in (recorded[::4] if plan.quick else recorded))
    yield from (Job("talkers", "synthesised talkers", (n,), plan) for n in range(2 if plan.quick else plan.talkers))
    shown = material.lesson_clips(shelf)
    yield from (Job("lessons", shown[n % len(shown)], (n,), plan) for n in range(2 if plan.quick else plan.lessons))
    voices = material.sounds(shelf)[: plan.clips + 1]
    yield from (Job("sound traps", name, (0,), plan) for name in voices)
    rungs = range(0, len(ladder_lips.RUNGS), 3 if plan.quick else 1)
    yield from (Job("lips", name, tuple(rungs), plan) for name in ladder_lips.faces(shelf)[: plan.clips])
    yield Job("lip traps", "synthesised talkers", (0,) if plan.quick else tuple(range(6)), plan)
    scenes = material.scenes(shelf)[: plan.clips]
    traps = range(len(material.TRAPS))
    grounds = (material.SCENES[0], *shelf.named(lambda c: c.sharp)[:1])
    yield from (Job("picture traps", name, part, plan) for name in grounds for part in _parts(traps, 4))
    yield from (Job("picture grades", name, (0, 1, 2, 3), plan) for name in scenes)
    # One of each kind at least: what tells a mark over a walk in a wood says nothing of one over slides.
    boards = material.boards(shelf)[: plan.clips if plan.quick else max(plan.clips, len(material.BOARDS))]
    # 1080 lines cost ten times as much: half as many clips.
    sharp = material.sharp_scenes(shelf)[: max(1, plan.clips // 2)]
    for turn in range(max(plan.clips + 1, len(boards))):
        for choose in (_telling,) if plan.quick else (_telling, _rest):
            yield from _ladder("audio", voices[turn : turn + 1], sound_rungs(), 30, choose, plan)
            yield from _ladder("video", scenes[turn : turn + 1], video_rungs(), 5, choose, plan)
            yield from _ladder("marks", boards[turn : turn + 1], marks_rungs(), 5, choose, plan)
            yield from _ladder("video 1080", sharp[turn : turn + 1], sharp_rungs(), 2, choose, plan)
    # Marks over moving pictures must not be missed: the steps that anybody notices are shown over more clips than one.
    moving = () if plan.quick else tuple(name for name in material.moving_boards(shelf) if name not in boards)
    yield from _ladder("marks", moving[: max(0, plan.clips - 1)], marks_rungs(), 5, _noticed, plan)


AnyRung = ladder_audio.Rung | ladder_video.Rung | ladder_marks.Rung
Choice = Callable[[Sequence[AnyRung]], tuple[int, ...]]


def _ladder(
    ladder: str, clips: Sequence[str], rungs: Sequence[AnyRung], size: int, choose: Choice, plan: Plan
) -> Iterator[Job]:
    return (Job(ladder, clip, part, plan) for clip in clips for part in _parts(choose(rungs), size))


def _telling(rungs: Sequence[AnyRung]) -> tuple[int, ...]:
    """The weakest step of each fault that anyone notices, and the strongest of all: they tell most, and go first."""
    faults: dict[str, list[int]] = {}
    for number, rung in enumerate(rungs):
        faults.setdefault(rung.fault, []).append(number)
    chosen: set[int] = set()
    for steps in faults.values():
        chosen |= {next((n for n in steps if rungs[n].noticed), steps[-1]), steps[-1]}
    return tuple(sorted(chosen))


def _noticed(rungs: Sequence[AnyRung]) -> tuple[int, ...]:
    return tuple(number for number, rung in enumerate(rungs) if rung.noticed)


def _rest(rungs: Sequence[AnyRung]) -> tuple[int, ...]:
    told = set(_telling(rungs))
    return tuple(n for n in range(len(rungs)) if n not in told)


def _parts(items: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    rest = tuple(items)
    return (rest[n : n + size] for n in range(0, len(rest), size))


# ------------------------------------------------------------------------------------------------------------ measuring


@cache
def shelf_of(folder: Path | None) -> Shelf:
    """The clips of a folder, read once a process."""
    return material.find_clips(folder)


def measure_job(job: Job) -> Iterator[Specimen]:
    """Make and measure the cases of a job."""
    clip = shelf_of(job.plan.folder).clips.get(job.clip, Described(job.clip))
    for case, work in _LADDERS[job.ladder](job, clip):
        if job.plan.only is not None and job.plan.only not in case.name:
            continue
        try:
            yield work(case)
        except Exception as error:  # noqa: BLE001 - a case that broke is a row of the table, not the end of the run
            yield Specimen(replace(case, problem=why(error)), None)


def why(error: Exception) -> str:
    """The error without places on this machine."""
    return re.sub(r"\S*/\S+/\S*", "…", f"{type(error).__name__}: {error}")[:200]


Work = Callable[[Case], Specimen]
Cases = Iterator[tuple[Case, Work]]


def _audio(job: Job, described: Described) -> Cases:
    clip = material.sound(job.clip, described.path, job.plan.seed)
    for number in job.items:
        rung = sound_rungs()[number]
        if clip.seconds < rung.min_s:
            continue
        truth = Truth(rung.check, rung.codes, ladder_more.span_heard(rung.fault, rung.strength, clip.seconds))
        case = Case(
            "audio", rung.fault, rung.strength, job.clip, clip.seconds, (), truth, rung.noticed,
            judged=AUDIO, order=number,
        )  # fmt: skip
        yield case, lambda c, r=rung: Specimen(c, ladder_audio.listen(r.make(clip)), _heard_bare(job.clip, clip))  # type: ignore[misc]


def _heard_bare(name: str, clip: ladder_audio.Clip) -> AudioFacts:
    key = ("sound", name)
    if key not in _BARE:
        _BARE[key] = ladder_audio.listen(clip)
    return _BARE[key]  # type: ignore[return-value] # of this kind by its key


_BARE: dict[tuple[str, str], AudioFacts | VideoFacts] = {}


def _video(job: Job, described: Described) -> Cases:
    sharp = job.ladder == "video 1080"
    height = 1080 if sharp else described.picture or 360
    clip = material.scene(job.clip, described.path, height, described.first, job.plan.seed)
    seed = job.plan.seed * 1000 + sum(map(ord, job.clip)) % 97
    for number in job.items:
        rung = (sharp_rungs() if sharp else video_rungs())[number]
        if rung.check in described.excused:
            continue
        truth = Truth(rung.check, span=rung.span)
        case = Case(
            job.ladder, rung.fault, rung.strength, job.clip, ladder_video.LENGTH_S, (), truth, rung.noticed,
            judged=ladder_video.CHECKS, order=number,
        )  # fmt: skip
        bare = _seen_bare(f"{job.ladder} {job.clip}", clip)
        yield case, lambda c, r=rung, b=bare: Specimen(c, ladder_video.look(r.make(clip, seed)), b)  # type: ignore[misc]


def _seen_bare(name: str, clip: ladder_video.Clip) -> VideoFacts:
    key = ("picture", name)
    if key not in _BARE:
        _BARE[key] = ladder_video.look(clip.pictures)
    return _BARE[key]  # type: ignore[return-value] # of this kind by its key


def _marks(job: Job, described: Described) -> Cases:
    kind = described.marks or material.BOARDS[job.clip]
    clip = material.board(
        job.clip, described.path, kind, described.marks_height, described.marks_first_s, job.plan.seed
    )
    for number in job.items:
        rung = marks_rungs()[number]
        seed = job.plan.seed * 1000 + number
        stamp = rung.stamp(clip.size[0], seed)
        if clip.is_paper:
            # White ink on white paper is no mark that anybody could notice. On a bar of the slides black shows less.
            stamp = faults_marks.negative(stamp)
        size = stamp.share(*clip.size)
        route = rung.route(size, seed)
        truth = Truth(WATERMARK, boxes=tuple(ladder_marks.truth(route, size, whole=rung.whole)))
        case = Case(
            f"marks, {kind}", rung.fault, rung.strength, job.clip, ladder_marks.LENGTH_S, (), truth,
            rung.noticed, judged=(WATERMARK,), order=number,
        )  # fmt: skip
        pictures = faults_marks.overlay(
            clip.pictures, stamp, route, opacity=rung.opacity, rate=ladder_marks.RATE
        )  # fmt: skip
        yield case, lambda c, p=pictures: Specimen(c, ladder_marks.look(p))  # type: ignore[misc] # binds the loop


def _recorded(job: Job, described: Described) -> Cases:
    """A clip as it is, by the whole way of an audit."""
    from coursekit.pipeline import Settings, measure

    assert described.path is not None
    path = described.path
    seconds = 0.0
    files: list[FileFacts] = []

    def look() -> FileFacts:
        if not files:
            files.extend(measure((path,), Settings(workers=1, cache_root=None)).files)
        return replace(files[0], path=described.name)

    for check in described.faults:
        if check in CHECKS:
            case = Case("recorded", described.what, "as it is", job.clip, seconds, (), Truth(check), noticed=True)
            yield case, lambda c: Specimen(c, look())
    excused = frozenset(described.excused) | frozenset(described.faults)
    case = Case("healthy", "recorded", "as it is", job.clip, seconds, excused=excused)
    yield case, lambda c: _with_length(Specimen(c, look()))


def _with_length(specimen: Specimen) -> Specimen:
    file = specimen.facts
    assert isinstance(file, FileFacts)
    if file.kind is FileKind.IMAGE:
        judged, seconds = tuple(c for c in CHECKS if c.startswith("cover/")), 0.0
    else:
        seconds = max((*(v.decoded_s for v in file.video), *(a.decoded_s for a in file.audio)), default=0.0)
        kinds = ("audio/",) * bool(file.audio) + ("video/",) * bool(file.video)
        judged = tuple(c for c in CHECKS if c.startswith(kinds)) if kinds else ()
    return replace(specimen, case=replace(specimen.case, seconds=seconds, judged=judged))


def _talkers(job: Job, _: Described) -> Cases:
    for number in job.items:
        clip = material.talker(job.plan.seed * 1000 + number)
        for how, hear in (("as it is", ladder_audio.listen), ("AAC 128k", ladder_audio.listen_coded)):
            case = Case("healthy", f"talker {number + 1}", how, job.clip, clip.seconds, judged=AUDIO)
            yield case, lambda c, h=hear, k=clip: Specimen(c, h(k))  # type: ignore[misc] # binds the loop


def _lessons(job: Job, described: Described) -> Cases:
    shelf = shelf_of(job.plan.folder)
    voices = material.sounds(shelf)
    excused = frozenset(c for c in (*described.excused, *described.faults) if c.startswith("video/"))
    for number in job.items:
        pictures = lessons.count_pictures(described.path)
        take = lessons.take_of(number, described.first, pictures, job.plan.seed)
        voice = voices[number % len(voices)]
        spoken = shelf.clips[voice].path if voice in shelf.clips else None
        case = Case("healthy", "lesson", take.name, job.clip, lessons.LENGTH_S, excused=excused)

        def work(c: Case, t: lessons.Take = take, v: Path | None = spoken) -> Specimen:
            seed = job.plan.seed
            made = ladder_more.measure_made(
                lambda folder: lessons.make_lesson(folder, job.clip, described.path, v, t, seed)
            )
            return _with_length(Specimen(c, replace(made, path=job.clip)))

        yield case, work


def _sound_traps(job: Job, described: Described) -> Cases:
    shelf, seed = shelf_of(job.plan.folder), job.plan.seed
    own = material.sound(job.clip, described.path, seed)
    names = material.sounds(shelf)
    mates = [n for n in names[names.index(job.clip) + 1 :] if _rate(shelf, n, seed) == own.rate][:1]
    others = [material.sound(n, shelf.clips[n].path if n in shelf.clips else None, seed) for n in mates]
    made = [(trap, clip) for trap, clip in ladder_audio.traps([own, *others]) if clip.name.startswith(job.clip)]
    for trap, clip in made:
        excused = frozenset({"audio/channels"} if clip.samples.shape[0] == 1 else ())
        case = Case("healthy", trap, "trap", clip.name, clip.seconds, judged=AUDIO, excused=excused)
        yield case, lambda c, k=clip: Specimen(c, ladder_audio.listen(k), _heard_bare(job.clip, own))  # type: ignore[misc]


def _rate(shelf: Shelf, name: str, seed: int) -> int:
    return material.sound(name, shelf.clips[name].path if name in shelf.clips else None, seed).rate


_TRAP_FAULTS = {"parallax": frozenset({"video/clarity"})}
"""What a trap really has: parallax is made of enlarged pictures."""


def _picture_traps(job: Job, described: Described) -> Cases:
    clip = material.scene(job.clip, described.path, described.picture or 360, described.first, job.plan.seed)
    traps = material.picture_traps(material.stills(job.clip, described.path, job.plan.seed), clip.pictures)
    # Whatever is made of a picture with a mark in it has that mark.
    marked = frozenset({WATERMARK} & set(described.faults))
    for number in job.items:
        trap = material.TRAPS[number]
        case = Case(
            "healthy", trap, "trap", job.clip, ladder_video.LENGTH_S, judged=(*ladder_video.CHECKS, WATERMARK),
            excused=_TRAP_FAULTS.get(trap, frozenset()) | marked,
        )  # fmt: skip
        yield case, lambda c, make=traps[trap]: Specimen(c, ladder_video.look(make()))  # type: ignore[misc]


def _picture_grades(job: Job, described: Described) -> Cases:
    clip = material.scene(job.clip, described.path, described.picture or 360, described.first, job.plan.seed)
    excused = frozenset(described.excused) | frozenset(described.faults)
    for number in job.items:
        grade, change = tuple(material.picture_grades().items())[number]
        case = Case(
            "healthy", grade, "grade", job.clip, ladder_video.LENGTH_S, judged=(*ladder_video.CHECKS, WATERMARK),
            excused=excused,
        )  # fmt: skip
        yield case, lambda c, f=change: Specimen(c, ladder_video.look(f(clip.pictures)))  # type: ignore[misc]


def _more(job: Job, _: Described) -> Cases:
    yield from _files(job, ladder_more.FILES)
    for name, make in ladder_more.LETTERED[: 2 if job.plan.quick else None]:
        case = Case("healthy", name, "trap", job.clip, 0.0, judged=("video/deformation",))
        yield case, lambda c, m=make: Specimen(c, ladder_more.measure_made(m))  # type: ignore[misc] # binds the loop


def _covers(job: Job, _: Described) -> Cases:
    yield from _files(job, ladder_course.COVERS)
    for name, make in ladder_course.clean_covers(2 if job.plan.quick else 12):
        case = Case("healthy", name, "cover", job.clip, 0.0, judged=("cover/watermark", "cover/image"))
        yield case, lambda c, m=make: Specimen(c, ladder_more.measure_made(m))  # type: ignore[misc] # binds the loop


def _courses(job: Job, _: Described) -> Cases:
    for number in job.items:
        rung = ladder_course.COURSES[number]
        case = Case(
            "courses", rung.fault, rung.strength, job.clip, 0.0, (), Truth(CONSISTENCY, rung.codes), rung.noticed,
            judged=(CONSISTENCY,), order=number,
        )  # fmt: skip
        yield case, lambda c, r=rung: Specimen(c, r.measure())  # type: ignore[misc] # binds the loop
    for name, course in ladder_course.healthy_courses():
        case = Case("healthy", name, "course", job.clip, 0.0, judged=(CONSISTENCY,))
        yield case, lambda c, m=course: Specimen(c, m())  # type: ignore[misc] # binds the loop


def _lips(job: Job, described: Described) -> Cases:
    voice = next(iter(shelf_of(job.plan.folder).named(lambda c: c.sound)), None) if described.path else None
    spoken = material.sound(voice, shelf_of(job.plan.folder).clips[voice].path, job.plan.seed) if voice else None
    for case, look in ladder_lips.cases(job.clip, described, spoken, job.items):
        yield case, lambda c, f=look: Specimen(c, f())  # type: ignore[misc] # binds the loop


def _lip_traps(job: Job, _: Described) -> Cases:
    for case, look in ladder_lips.trap_cases(job.clip, job.items, job.plan.seed):
        yield case, lambda c, f=look: Specimen(c, f())  # type: ignore[misc] # binds the loop


def _files(job: Job, rungs: Sequence[ladder_more.FileRung]) -> Cases:
    for number in job.items:
        rung = rungs[number]
        case = Case(
            rung.ladder, rung.fault, rung.strength, job.clip, 0.0, (), Truth(rung.check, rung.codes), rung.noticed,
            order=number,
        )  # fmt: skip
        yield case, lambda c, r=rung: Specimen(c, r.measure())  # type: ignore[misc] # binds the loop


_LADDERS: Mapping[str, Callable[[Job, Described], Cases]] = {
    "audio": _audio,
    "video": _video,
    "video 1080": _video,
    "marks": _marks,
    "recorded": _recorded,
    "talkers": _talkers,
    "lessons": _lessons,
    "sound traps": _sound_traps,
    "picture traps": _picture_traps,
    "picture grades": _picture_grades,
    "lips": _lips,
    "lip traps": _lip_traps,
    "more": _more,
    "covers": _covers,
    "courses": _courses,
}
