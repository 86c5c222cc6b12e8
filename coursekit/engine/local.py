"""Measuring on this machine: a process per file at work, so that a crash or a hang costs that file and no other.

Workers are started fresh (spawn), live for many jobs, and speak over a pipe: a job goes down, progress and one answer
come up. A worker that dies is replaced and its file gets a `crashed` problem; one that says nothing for `stall_s` is
killed, group and all. Ctrl-C is the parent's to hear: workers ignore it and are ended.

A worker shuts itself into a cage before it opens a file, and what it answers is read as JSON of bounded size, never as
a pickle: a file that takes a worker over has not got any further. A worker that fetches from a store must reach the
network; it opens nothing itself, but keeps a caged worker of its own for that.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from coursekit import codec
from coursekit.cores import THREADS, machine_cores
from coursekit.engine import cage
from coursekit.engine.answers import hear, how_it_ended
from coursekit.engine.job import Job, Progress, refused_facts, run_job
from coursekit.heap import reuse_memory
from coursekit.model import FileFacts, Problem

REQUIRE_CAGE = "COURSEKIT_CAGE"
"""Set to `require`, nothing is measured where the cage is not whole."""
_TELL_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use."""

    stall_s: float = 300.0
    """Longest silence: no second of media got on."""
    memory_bytes: int = 8 << 30
    """Address space, where the system can limit it."""
    cpu_s: float = cage.CPU_S
    """Processor time for one file, where the system can limit it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something got on: seconds of media done in a file."""

    name: str
    media_s: float
    total_s: float


Listener = Callable[[Step], None]


def default_workers(jobs: int) -> int:
    """One worker per core, and no more than there are files."""
    return max(1, min(machine_cores(), jobs))


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    fetches: bool
    job: Job | None = None
    heard: float = 0.0


class LocalEngine:
    """Runs jobs on this machine's cores. `close` (or leaving the with block) ends whatever is still at work."""

    def __init__(self, workers: int | None = None, limits: Limits | None = None) -> None:
        self._wanted = workers
        self._limits = limits or Limits()
        self._workers: list[_Worker] = []
        self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, jobs: Iterable[Job], listen: Listener) -> Iterator[FileFacts]:
        """Facts in the order in which files are done."""
        waiting = deque(jobs)
        count = min(self._wanted or default_workers(len(waiting)), len(waiting))
        threads = max(1, machine_cores() // max(1, count))
        fetches = any(job.url for job in waiting)
        self._workers = [self._start(threads, fetches) for _ in range(count)]
        for worker in self._workers:
            self._give(worker, waiting)
        while any(worker.job for worker in self._workers):
            yield from self._turn(waiting, listen, threads)
        self.close()

    def measure(self, job: Job, listen: Listener) -> FileFacts:
        """One job, in a worker that stays for the next: for whoever is handed one job at a time."""
        fetches = job.url is not None
        if self._workers and self._workers[0].fetches is not fetches:
            self.close()
        if not self._workers:
            self._workers = [self._start(1, fetches)]
        self._give(self._workers[0], deque([job]))
        while True:
            for facts in self._turn(deque(), listen, 1):
                if not self._workers[0].process.is_alive():
                    self.close()
                return facts

    def _turn(self, waiting: deque[Job], listen: Listener, threads: int) -> Iterator[FileFacts]:
        busy = {worker.pipe: worker for worker in self._workers if worker.job}
        for pipe in wait(list(busy), timeout=1.0):
            worker = busy[pipe]  # type: ignore[index]  # wait() types its answer as a union of all it can wait for
            assert worker.job is not None
            try:
                said = _understand(hear(worker.pipe), worker.job)
            except (EOFError, OSError):
                yield self._lost(worker, *_ending(worker.process))
                self._replace(worker, waiting, threads)
                continue
            except (ValueError, RecursionError) as error:
                yield self._lost(worker, "crashed", f"the measuring process did not answer with facts: {error}"[:300])
                self._replace(worker, waiting, threads)
                continue
            worker.heard = time.monotonic()
            if isinstance(said, Step):
                listen(said)
            else:
                worker.job = None
                yield said
                self._give(worker, waiting)
        for worker in self._workers:
            if worker.job and time.monotonic() - worker.heard > self._limits.stall_s:
                yield self._lost(worker, "timeout", f"nothing got on for {self._limits.stall_s:.0f} s")
                self._replace(worker, waiting, threads)

    def _start(self, threads: int, fetches: bool) -> _Worker:
        parent, child = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(child, threads, self._limits, fetches), name="coursekit-worker", daemon=True
        )
        process.start()
        child.close()
        return _Worker(process, parent, fetches)

    def _give(self, worker: _Worker, waiting: deque[Job]) -> None:
        if waiting:
            worker.job = waiting.popleft()
            worker.heard = time.monotonic()
            worker.pipe.send(worker.job)

    def _lost(self, worker: _Worker, code: str, detail: str) -> FileFacts:
        assert worker.job is not None
        return refused_facts(worker.job, Problem("probe", code, detail))

    def _replace(self, worker: _Worker, waiting: deque[Job], threads: int) -> None:
        _end(worker)
        worker.job = None
        if waiting:
            fresh = self._start(threads, worker.fetches)
            self._workers[self._workers.index(worker)] = fresh
            self._give(fresh, waiting)

    def close(self) -> None:
        """End all workers now."""
        for worker in self._workers:
            _end(worker)
        self._workers = []


def _understand(said: bytes, job: Job) -> Step | FileFacts:
    """What a worker tells. It may lie about its own file; that is all it can do. Raises ValueError."""
    kind, body = said[:1], json.loads(said[1:])
    if kind == b"s" and isinstance(body, list) and len(body) == 2 and all(type(v) in (int, float) for v in body):
        return Step(job.name, *body)
    facts: FileFacts = codec.decode(FileFacts, body)
    if facts.path != job.name:
        raise ValueError(f"an answer about {facts.path!r}")
    return facts


def _ending(process: SpawnProcess) -> tuple[str, str]:
    process.join(5)
    if process.exitcode is None:
        # It has closed its pipe and lives on.
        return "crashed", "the measuring process stopped answering"
    return how_it_ended(process.exitcode)


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    pid = worker.process.pid
    if sys.platform != "win32" and pid is not None:
        # The worker leads a group of its own, unless it was ended before it got so far.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    worker.process.kill()
    worker.process.join()


def serve(pipe: Connection, threads: int, limits: Limits, fetches: bool) -> None:
    """A worker's life: take a job, tell how far it is, answer with facts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setsid()
    os.environ[THREADS] = str(threads)
    # Decoding, marks and the other meters take turns at Python's lock; five milliseconds of waiting are a picture.
    sys.setswitchinterval(0.0005)
    # A process a core already: threads inside the matrix products would only fight the neighbours.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    limit_memory(limits.memory_bytes)
    reuse_memory()
    measure: Callable[[Job, Progress], FileFacts] | None = None
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        if measure is None:
            measure = _fetching(limits) if fetches else _caged(job)
            threading.Thread(target=_end_with_parent, daemon=True).start()
        if not fetches:
            cage.allow_cpu(limits.cpu_s)
        told = 0.0

        def tell(media_s: float, total_s: float) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= _TELL_EVERY_S:
                told = now
                pipe.send_bytes(b"s" + json.dumps([media_s, total_s]).encode("ascii"))

        pipe.send_bytes(b"f" + codec.dumps(measure(job, tell), indent=None).encode("utf-8", "replace"))


def _caged(first: Job) -> Callable[[Job, Progress], FileFacts]:
    """Shut the cage, then measure in it. All jobs of an engine keep what they find in the same cache."""
    required = os.environ.get(REQUIRE_CAGE) == "require"
    if first.cache_root is not None:
        with contextlib.suppress(OSError):
            first.cache_root.mkdir(parents=True, exist_ok=True)
    whole = cage.enter(() if first.cache_root is None else (first.cache_root,))
    if required and not whole:
        return lambda job, _: refused_facts(job, Problem("probe", "not-caged", "see coursekit doctor"))
    return run_job


def _fetching(limits: Limits) -> Callable[[Job, Progress], FileFacts]:
    """Fetch here, measure in a caged worker of this worker's own."""
    # multiprocessing lets no daemon have children, lest they be left behind; a worker notices when its parent is gone.
    multiprocessing.current_process().daemon = False
    engine = LocalEngine(1, limits)

    def near(job: Job, progress: Progress) -> FileFacts:
        return engine.measure(job, lambda step: progress(step.media_s, step.total_s))

    return lambda job, progress: run_job(job, progress, near)


def _end_with_parent() -> None:
    """A parent that was killed tells nobody: what it started must not go on measuring for no one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def limit_memory(memory_bytes: int) -> None:
    """So much address space for this process, where the system can limit it."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
