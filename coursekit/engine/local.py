"""Measuring on this machine: a process per file at work, so that a crash or a hang costs that file and no other.

Workers are started fresh (spawn), live for many jobs, and speak over a pipe: a job goes down, progress and one answer
come up. A worker that dies is replaced and its file gets a `crashed` problem; one that says nothing for `stall_s` is
killed, group and all. Ctrl-C is the parent's to hear: workers ignore it and are ended.
"""

from __future__ import annotations

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
from typing import Any

from coursekit.engine.job import THREADS, Job, refused_facts, run_job
from coursekit.model import FileFacts, Problem

_TELL_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use."""

    stall_s: float = 300.0
    """Longest silence: no second of media got on."""
    memory_bytes: int = 8 << 30
    """Address space, where the system can limit it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something got on: seconds of media done in a file."""

    name: str
    media_s: float
    total_s: float


Listener = Callable[[Step], None]


def default_workers(jobs: int) -> int:
    """One worker per core, and no more than there are files."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(cores, jobs))


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
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
        threads = max(1, default_workers(1 << 16) // max(1, count))
        self._workers = [self._start(threads) for _ in range(count)]
        for worker in self._workers:
            self._give(worker, waiting)
        while any(worker.job for worker in self._workers):
            yield from self._turn(waiting, listen, threads)
        self.close()

    def measure(self, job: Job, listen: Listener) -> FileFacts:
        """One job, in a worker that stays for the next: for whoever is handed one job at a time."""
        if not self._workers:
            self._workers = [self._start(1)]
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
            try:
                said: Any = worker.pipe.recv()
            except (EOFError, OSError):
                yield self._lost(worker, "crashed", _how_it_ended(worker.process))
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

    def _start(self, threads: int) -> _Worker:
        parent, child = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(child, threads, self._limits.memory_bytes), name="coursekit-worker", daemon=True
        )
        process.start()
        child.close()
        return _Worker(process, parent)

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
            fresh = self._start(threads)
            self._workers[self._workers.index(worker)] = fresh
            self._give(fresh, waiting)

    def close(self) -> None:
        """End all workers now."""
        for worker in self._workers:
            _end(worker)
        self._workers = []


def _how_it_ended(process: SpawnProcess) -> str:
    process.join(5)
    code = process.exitcode
    if code is not None and code < 0:
        return f"the measuring process was ended by signal {-code}"
    return f"the measuring process ended with status {code}"


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()


def serve(pipe: Connection, threads: int, memory_bytes: int) -> None:
    """A worker's life: take a job, tell how far it is, answer with facts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ[THREADS] = str(threads)
    # Sound, decoding and analysis take turns at Python's lock; five milliseconds of waiting are a picture.
    sys.setswitchinterval(0.0005)
    # A process a core already: threads inside the matrix products would only fight the neighbours.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _limit_memory(memory_bytes)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        told = 0.0

        def tell(media_s: float, total_s: float, name: str = job.name) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= _TELL_EVERY_S:
                told = now
                pipe.send(Step(name, media_s, total_s))

        pipe.send(run_job(job, tell))


def _end_with_parent() -> None:
    """A parent that was killed tells nobody: what it started must not go on measuring for no one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit_memory(memory_bytes: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
