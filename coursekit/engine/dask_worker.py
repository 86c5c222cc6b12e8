"""What runs on a Dask worker: the same job as on one machine, in a process of its own that can be limited and lost.

A Dask worker measures nothing itself. It keeps one measuring process per thread and hands it one job after another, so
that a lesson that brings a decoder down, hangs or eats memory costs itself, as it does locally, and neither the worker
nor what else lies on it; and so that a small lesson does not pay for the start of Python.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import platform
import threading
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from coursekit import __version__
from coursekit.engine.cache import default_cache_dir, stage_key, tools_key
from coursekit.engine.job import Job
from coursekit.engine.local import LocalEngine, Step
from coursekit.folder import Identity
from coursekit.model import FileFacts

_TELL_EVERY_S = 1.0
"""A hundred workers that each spoke five times a second would keep a scheduler busy with talk."""
_STAGES = ("probe", "image", "document", "audio", "video")
_threads = threading.local()


@dataclass(frozen=True, slots=True)
class Build:
    """What measures here. Two builds that are equal give equal figures."""

    version: str
    python: str
    tools: str
    """Digest of the Python and of the libraries that measure."""
    code: str
    """Digest of the measuring source and the tools under it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a client wants of every job."""

    build: Build
    topic: str
    """Where progress is told."""
    own_cache: bool
    """The client's cache is the client's; workers elsewhere keep what they measure in their own."""


class Unfit(Exception):
    """This worker must not measure for this client. `code` names a phrase of texts/cli.toml."""

    def __init__(self, code: str, args_: dict[str, str]) -> None:
        super().__init__(code, args_)
        self.code = code
        self.args_ = args_


@cache
def own_build() -> Build:
    """This process's build."""
    code = hashlib.sha256("".join(stage_key(stage) for stage in _STAGES).encode()).hexdigest()
    return Build(__version__, platform.python_version(), tools_key(), code)


def difference(here: Build, there: Build) -> str | None:
    """In a few words, in what two builds differ as far as figures go; None where they do not."""
    if here.version != there.version:
        return f"coursekit {there.version} ≠ {here.version}"
    if here.tools != there.tools:
        return f"coursekit {there.version}, Python {there.python}: av, numpy, … ≠ Python {here.python}"
    return None if here.code == there.code else f"coursekit {there.version}: source ≠"


def measure_on_worker(job: Job, order: Order) -> FileFacts:
    """Measure one file for a client of the same build. Raises Unfit, and nothing else that a file could cause."""
    here = platform.node()
    if (differs := difference(order.build, own_build())) is not None:
        raise Unfit("engine-worker-differs", {"worker": here, "difference": differs})
    if order.own_cache and job.cache_root is not None:
        job = replace(job, cache_root=default_cache_dir())
    if not job.refused and job.url is None:
        if not job.path.parent.is_dir():
            raise Unfit("engine-worker-blind", {"worker": here, "folder": str(job.path.parent)})
        job = replace(job, identity=_as_seen_here(job))
    return _engine(job.cache_root).measure(job, _Teller(order.topic))


def _as_seen_here(job: Job) -> Identity:
    """The identity of a file that two machines see through different mounts: inode and change time may differ."""
    with contextlib.suppress(OSError):
        seen = Identity.of(job.path)
        if (seen.size_bytes, seen.mtime_ns) == (job.identity.size_bytes, job.identity.mtime_ns):
            return seen
    return job.identity


class _Teller:
    """Passes progress on to whoever follows the topic, now and then."""

    def __init__(self, topic: str) -> None:
        from distributed import get_worker

        self._worker: Any = get_worker()
        self._topic = topic
        self._told = time.monotonic()

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_S:
            self._told = now
            self._worker.log_event(self._topic, [step.name, step.media_s, step.total_s])


def _engine(cache_root: Path | None) -> LocalEngine:
    """This thread's engine. Its process ends with the worker: it is a child and hears of the end."""
    engine: LocalEngine | None = getattr(_threads, "engine", None)
    if engine is not None and _threads.cache_root != cache_root:
        # A measuring process may write into the one cache that it began with.
        engine.close()
        engine = None
    if engine is None:
        # A nanny starts its worker as a daemon, and multiprocessing lets no daemon have children. The ban is there
        # because a daemon that is terminated would leave them behind; a measuring process notices by itself.
        multiprocessing.current_process().daemon = False
        engine = _threads.engine = LocalEngine(1)
        _threads.cache_root = cache_root
    return engine
