"""Other work on strangers' files than measuring (stills, crops, seconds of sound), in processes that may die of it.

The processes are caged as measuring is. Orders go down as pickles, which are ours; what comes up is JSON of a known
type, never a pickle: a file that takes a worker over gets no further than false pictures of itself.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from coursekit import codec
from coursekit.engine import cage
from coursekit.engine.answers import hear
from coursekit.engine.local import REQUIRE_CAGE, Limits, default_workers, limit_memory

log = logging.getLogger(__name__)
Order = TypeVar("Order")
Done = TypeVar("Done")


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    name: str
    since: float


def in_workers(
    orders: Mapping[str, Order], work: Callable[[Order], Done], blank: Done, limits: Limits | None = None
) -> Mapping[str, Done]:
    """Do the work of each order; `blank`, which also says what type is expected, stands for what one cost."""
    limits = limits or Limits()
    done: dict[str, Done] = dict.fromkeys(orders, blank)
    waiting = deque(orders)
    workers: list[_Worker] = []
    with tempfile.TemporaryDirectory(prefix="coursekit-") as scratch:
        try:
            for _ in range(default_workers(len(waiting)) if waiting else 0):
                workers.append(_start(orders, waiting.popleft(), work, scratch, limits))
            while workers:
                wait([worker.pipe for worker in workers], timeout=1.0)
                for worker in list(workers):
                    said = _said(worker, limits)
                    if said is None:
                        continue
                    workers.remove(worker)
                    whole = _understand(said, type(blank))
                    if whole is not None:
                        done[worker.name] = whole
                    else:
                        log.info("nothing to show of %s", worker.name)
                    if whole is not None and waiting:
                        workers.append(_next(worker, orders, waiting.popleft()))
                    else:
                        _end(worker)
                        if waiting:
                            workers.append(_start(orders, waiting.popleft(), work, scratch, limits))
        finally:
            for worker in workers:
                _end(worker)
    return done


def _start(orders: Mapping[str, Any], name: str, work: Callable[..., Any], scratch: str, limits: Limits) -> _Worker:
    context = multiprocessing.get_context("spawn")
    pipe, child = context.Pipe()
    process = context.Process(target=_serve, args=(child, work, scratch, limits), name="coursekit-pool", daemon=True)
    process.start()
    child.close()
    return _next(_Worker(process, pipe, name, 0.0), orders, name)


def _next(worker: _Worker, orders: Mapping[str, Any], name: str) -> _Worker:
    # One that has died meanwhile is noticed when its answer is waited for.
    with contextlib.suppress(OSError):
        worker.pipe.send(orders[name])
    return _Worker(worker.process, worker.pipe, name, time.monotonic())


def _said(worker: _Worker, limits: Limits) -> bytes | None:
    """What came; nothing at all where it died or took too long; None while it is at work."""
    try:
        if worker.pipe.poll():
            return hear(worker.pipe)
    except (EOFError, OSError):
        return b""
    return b"" if time.monotonic() - worker.since > limits.stall_s else None


def _understand(said: bytes, kind: type[Done]) -> Done | None:
    if not said:
        return None
    try:
        return codec.loads(kind, said)
    except (codec.CodecError, RecursionError):
        return None


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()
    worker.process.join()


def _serve(pipe: Connection, work: Callable[[Any], Any], scratch: str, limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(limits.memory_bytes)
    whole = cage.enter_pool(scratch)
    refused = not whole and os.environ.get(REQUIRE_CAGE) == "require"
    while True:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            return
        if sys.platform != "win32":
            cage.allow_cpu(limits.cpu_s)
        answer = b""
        # A file that cannot be shown costs its pictures, never the report.
        with contextlib.suppress(Exception):
            answer = codec.dumps(work(order), indent=None).encode("utf-8", "replace") if not refused else b""
        pipe.send_bytes(answer or b"null")
