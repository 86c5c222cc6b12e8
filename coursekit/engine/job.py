"""Measuring one file: the unit of work, the same in a local worker and on a cluster.

`run_job` is given names and paths and gives back facts; whatever goes wrong becomes a `Problem` of the stage that
broke, so that one bad file costs itself and nothing else. Each stage is kept as soon as it is done: a killed run
resumes there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coursekit.cores import worker_threads
from coursekit.engine.beside import measure_sound
from coursekit.engine.cache import Cache, stage_key
from coursekit.engine.stages import STAGE_FACTS, AudioStage, FailedStage, VideoStage, measure_stage, stages_of
from coursekit.files import sha256_of
from coursekit.folder import Identity
from coursekit.heap import return_memory
from coursekit.model import FileFacts, FileKind, ProbeFacts, Problem

Progress = Callable[[float, float], None]
"""Hears how many seconds of media are done, sound and picture weighed by what they cost, and of how many."""

_AUDIO_SHARE = 0.1
"""Of the time a lesson with a picture takes, what its sound takes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to measure."""

    name: str
    path: Path
    kind: FileKind
    identity: Identity
    refused: str | None
    cache_root: Path | None
    url: str | None = None
    """Where its bytes are, if no disk of this machine has them; `path` is then only its name."""
    thorough: bool = False
    """Every picture is decoded, whatever its packets say."""


_PASSING = ("memory", "crashed", "timeout", "io")
"""Problems of the day rather than of the file."""
_WORTH_ANOTHER_S = 60.0
"""Length from which the sound is given to a Python of its own: starting one costs half a second."""


def from_cache(job: Job) -> FileFacts | None:
    """The facts of a file that is known by heart: nothing of it is read."""
    if job.refused:
        return None
    cache = Cache(job.cache_root)
    sha256 = cache.known_sha256(job.url or job.path, job.identity)
    if sha256 is None:
        return None
    done = {stage: _recall(cache, sha256, stage, job) for stage in stages_of(job.kind)}
    return None if None in done.values() else _assemble(job, sha256, done)


def run_job(job: Job, progress: Progress, near: Callable[[Job, Progress], FileFacts] | None = None) -> FileFacts:
    """Measure one file. Never raises for a fault of the file.

    `near` measures what was fetched from a store, somewhere that needs no network; where none is given, it is here.
    """
    if job.refused:
        return refused_facts(job, Problem("probe", job.refused, str(job.name)))
    if job.url is None and near is not None:
        # Claimed there: who claims twice waits for himself.
        return near(job, progress)
    with Cache(job.cache_root).claim(job.url or job.path, lambda: progress(0.0, 0.0)):
        if job.url is None:
            return _run_here(job, progress)
        return _run_from_store(job, job.url, progress, near or _run_here)


def _run_here(job: Job, progress: Progress) -> FileFacts:
    cache = Cache(job.cache_root)
    try:
        before = Identity.of(job.path)
        if before != job.identity:
            return refused_facts(job, Problem("probe", "changed-while-read", "changed after the course was listed"))
        sha256 = cache.known_sha256(job.path, before) or sha256_of(job.path)
    except OSError as error:
        return refused_facts(job, Problem("probe", "unreadable", error.strerror or str(error)))
    # The same bytes may lie under another name, too.
    with cache.claim(sha256, lambda: progress(0.0, 0.0)):
        done = _go_through(job, cache, sha256, progress)
    if _changed(job.path, before):
        # Half of the figures may be of the old bytes: none of them counts.
        return refused_facts(job, Problem("probe", "changed-while-read", str(job.name)), sha256)
    cache.remember_sha256(job.path, before, sha256)
    return _assemble(job, sha256, done)


def _go_through(job: Job, cache: Cache, sha256: str, progress: Progress) -> dict[str, Any]:
    """The outcome of every stage, recalled or measured and kept."""
    done: dict[str, Any] = {}

    def settle(stage: str, *, beside: bool = False) -> None:
        kept = _recall(cache, sha256, stage, job)
        done[stage] = kept if kept is not None else measure(stage, beside=beside)
        if kept is None and not _may_pass(done[stage]):
            cache.keep(done[stage], sha256, _key(stage, job))

    def measure(stage: str, *, beside: bool) -> Any:
        probe = done.get("probe")
        total_s = probe.duration_s or 0.0 if probe is not None else 0.0

        def tell(media_s: float) -> None:
            told(stage, media_s, total_s)

        if beside and probe is not None:
            return measure_sound(job.path, probe, tell)
        return measure_stage(stage, job.path, probe, tell, thorough=job.thorough)

    stages = stages_of(job.kind)
    told = _Told(progress, _AUDIO_SHARE if job.kind is FileKind.VIDEO else 1.0)
    for stage in stages[:1]:
        settle(stage)
    # The index of a long lesson, as a list of numbers, takes 60 MB that nothing after it needs.
    return_memory()
    if any(isinstance(outcome, FailedStage) for outcome in done.values()):
        stages = ()
    if job.kind is FileKind.VIDEO and stages and _is_worth_another(done["probe"]):
        with ThreadPoolExecutor(1, thread_name_prefix="sound") as waiting:
            sound = waiting.submit(settle, "audio", beside=True)
            settle("video")
            sound.result()
    else:
        for stage in stages[1:]:
            settle(stage)
    return done


def _is_worth_another(probe: ProbeFacts) -> bool:
    """Whether a core is to spare for the sound, and the sound long enough to start a Python for."""
    return worker_threads() > 1 and bool(probe.audios) and (probe.duration_s or 0.0) >= _WORTH_ANOTHER_S


class _Told:
    """Progress of sound and picture, together or one after the other, as one figure that never goes back."""

    def __init__(self, progress: Progress, share: float) -> None:
        self._progress = progress
        self._share = share
        self._seconds = {"audio": 0.0, "video": 0.0}
        self._lock = threading.Lock()

    def __call__(self, stage: str, media_s: float, total_s: float) -> None:
        with self._lock:
            self._seconds[stage] = max(self._seconds[stage], min(media_s, total_s))
            done_s = self._share * self._seconds["audio"] + (1 - self._share) * self._seconds["video"]
            self._progress(done_s, total_s)


def _key(stage: str, job: Job) -> str:
    return stage_key(stage) + ("/thorough" if job.thorough and stage == "video" else "")


def _run_from_store(job: Job, url: str, progress: Progress, measure: Callable[[Job, Progress], FileFacts]) -> FileFacts:
    """Bring the bytes near, measure those, take them away again."""
    from coursekit.store import StoreError, near

    if (known := from_cache(job)) is not None:
        return known
    try:
        with near(url, job.identity, lambda: progress(0.0, 0.0)) as path:
            facts = measure(replace(job, path=path, url=None, identity=Identity.of(path)), progress)
    except StoreError as error:
        return refused_facts(job, Problem("probe", error.code, error.detail))
    except OSError as error:
        return refused_facts(job, Problem("probe", "io", error.strerror or str(error)))
    if facts.sha256:
        Cache(job.cache_root).remember_sha256(url, job.identity, facts.sha256)
    return facts


def keep_facts(job: Job, facts: FileFacts) -> None:
    """Fill this machine's cache with what another one measured of a file."""
    if not facts.sha256 or any(p.code in (*_PASSING, "changed-while-read") for p in facts.problems):
        return
    cache = Cache(job.cache_root)
    values: dict[str, Any] = {
        "probe": facts.probe,
        "audio": AudioStage(facts.audio),
        "video": VideoStage(facts.video),
        "image": facts.image,
        "document": facts.document,
    }
    for stage in stages_of(job.kind):
        problem = facts.problem(stage)
        value = values[stage] if problem is None else FailedStage(problem)
        if value is not None:
            cache.keep(value, facts.sha256, _key(stage, job))
        if stage == "probe" and problem is not None:
            break
    cache.remember_sha256(job.url or job.path, job.identity, facts.sha256)


def refused_facts(job: Job, problem: Problem, sha256: str = "") -> FileFacts:
    """A file nothing could be measured of."""
    stages = stages_of(job.kind)
    first = Problem(stages[0] if stages else "probe", problem.code, problem.detail)
    return FileFacts(job.name, sha256, job.identity.size_bytes, job.kind, problems=(first,))


def _changed(path: Path, before: Identity) -> bool:
    try:
        return Identity.of(path) != before
    except OSError:
        return True


def _recall(cache: Cache, sha256: str, stage: str, job: Job) -> Any:
    key = _key(stage, job)
    return cache.find(STAGE_FACTS[stage], sha256, key) or cache.find(FailedStage, sha256, key)


def _may_pass(outcome: object) -> bool:
    """Whether a failure may go away by itself, and so must not be kept."""
    return isinstance(outcome, FailedStage) and outcome.problem.code in _PASSING


def _assemble(job: Job, sha256: str, done: dict[str, Any]) -> FileFacts:
    problems = tuple(v.problem for v in done.values() if isinstance(v, FailedStage))

    def good(stage: str) -> Any:
        value = done.get(stage)
        return None if isinstance(value, FailedStage) else value

    audio, video = good("audio"), good("video")
    return FileFacts(
        path=job.name,
        sha256=sha256,
        size_bytes=job.identity.size_bytes,
        kind=job.kind,
        probe=good("probe"),
        audio=audio.streams if audio else (),
        video=video.streams if video else (),
        image=good("image"),
        document=good("document"),
        problems=problems,
    )
