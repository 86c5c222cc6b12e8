"""Measuring on a Dask cluster: the scheduler spreads the lessons, this end asks, listens and keeps what comes back.

No scheduling of our own: which worker takes what, and who takes over what a lost worker held, is Dask's. A job's key
says which bytes by which build are wanted, so that two audits that ask for the same at once wait for one answer.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any, Self

from coursekit.engine.address import Cluster, EngineError
from coursekit.engine.dask_worker import Build, Order, Unfit, difference, measure_on_worker, own_build
from coursekit.engine.job import Job, keep_facts, refused_facts
from coursekit.engine.local import Step, default_workers
from coursekit.model import FileFacts, Problem

_CONNECT_S = 15.0
_PATIENCE_S = 120.0
"""How long there may be no worker at all: a cluster that grows on demand begins when it is asked for something."""
_TURN_S = 1.0
_RETRIES = 2


class DaskEngine:
    """Runs jobs on a cluster. Leaving the with block gives up whatever is not done."""

    def __init__(
        self,
        cluster: Cluster,
        workers: int | None = None,
        *,
        connect_s: float = _CONNECT_S,
        patience_s: float = _PATIENCE_S,
        build: Build | None = None,
    ) -> None:
        self._cluster = cluster
        self._wanted = cluster.workers or workers
        self._connect_s = connect_s
        self._patience_s = patience_s
        self._quiet_since = time.monotonic()
        self._build = build or own_build()
        self._scheduler = cluster.scheduler or ""
        self._own: Any = None
        self._client: Any = None
        self._futures: dict[str, Any] = {}
        self._heard: queue.SimpleQueue[Step | str] = queue.SimpleQueue()
        self._topic = f"coursekit-{uuid.uuid4().hex}"

    def __enter__(self) -> Self:
        try:
            import distributed
        except ImportError as error:
            raise EngineError("engine-extra-absent", detail=str(error)) from None
        if logging.getLogger().level > logging.DEBUG:
            # What it logs when a worker goes is handled here and said in our own words. Each has a level of its own.
            for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
                logging.getLogger(name).setLevel(logging.CRITICAL)
            logging.getLogger("asyncio").addFilter(_is_told)
        try:
            self._connect(distributed)
            self._check_workers()
        except BaseException:
            self.close()
            raise
        return self

    def _connect(self, distributed: Any) -> None:
        if self._cluster.scheduler is None:
            count = self._wanted or default_workers(1 << 16)
            self._own = distributed.LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            self._scheduler = str(self._own.scheduler_address)
        try:
            with warnings.catch_warnings():
                # Of small differences between its own versions here and there; figures depend on ours, checked below.
                warnings.simplefilter("ignore")
                self._client = distributed.Client(
                    self._scheduler, timeout=self._connect_s, set_as_default=False, name="coursekit"
                )
        except (OSError, TimeoutError, TypeError, ValueError) as error:
            # TypeError is its word for certificates that its configuration does not name.
            why = str(error.__cause__ or error) or type(error).__name__
            raise EngineError("engine-unreachable", scheduler=self._scheduler, detail=why) from None

    def _check_workers(self) -> None:
        """Every worker there must measure as this machine would. Those that come later are asked with each job."""
        builds: Mapping[str, object] = self._client.run(own_build, on_error="return")
        for worker, build in sorted(builds.items()):
            if isinstance(build, ModuleNotFoundError):
                raise EngineError("engine-worker-bare", worker=worker, detail=str(build))
            if isinstance(build, Build) and (differs := difference(self._build, build)) is not None:
                raise EngineError("engine-worker-differs", worker=worker, difference=differs)

    def run(self, jobs: Iterable[Job], listen: Callable[[Step], None]) -> Iterator[FileFacts]:
        """Facts in the order in which files are done."""
        by_key = {_key(job, self._build): job for job in jobs}
        self._client.subscribe_topic(self._topic, self._hear)
        futures = self._client.map(
            measure_on_worker,
            list(by_key.values()),
            order=Order(self._build, self._topic, own_cache=self._own is None),
            key=list(by_key),
            retries=_RETRIES,
        )
        self._quiet_since = time.monotonic()
        self._futures = {future.key: future for future in futures}
        for future in futures:
            future.add_done_callback(lambda done: self._heard.put(done.key))
        while self._futures:
            done = {key: self._futures.pop(key) for key in self._turn(listen)}
            answers = self._fetch(list(done.values()))
            for key, future in done.items():
                yield self._take(by_key[key], future, answers.get(key))

    def _hear(self, event: tuple[float, Any]) -> None:
        name, media_s, total_s = event[1]
        self._heard.put(Step(name, media_s, total_s))

    def _turn(self, listen: Callable[[Step], None]) -> list[str]:
        """Whatever has been said since: steps are passed on, the keys of what is done come back."""
        done: list[str] = []
        try:
            said = [self._heard.get(timeout=_TURN_S)]
        except queue.Empty:
            self._check_alive()
            return done
        self._quiet_since = time.monotonic()
        while not self._heard.empty():
            said.append(self._heard.get())
        for word in said:
            if isinstance(word, Step):
                listen(word)
            elif word in self._futures:
                done.append(word)
        return done

    def _check_alive(self) -> None:
        """Silence is a long lesson, or nobody there to speak."""
        if self._client.status != "running":
            raise EngineError("engine-lost", scheduler=self._scheduler)
        if time.monotonic() - self._quiet_since > self._patience_s:
            if not self._client.nthreads():
                seconds = f"{self._patience_s:.0f}"
                raise EngineError("engine-no-workers", scheduler=self._scheduler, seconds=seconds)
            self._quiet_since = time.monotonic()

    def _fetch(self, futures: list[Any]) -> dict[str, FileFacts]:
        """Answers of all that ended well, in one trip; those that are missing must be asked for one by one."""
        whole = [future for future in futures if future.status == "finished"]
        try:
            return dict(zip((future.key for future in whole), self._client.gather(whole), strict=True))
        except Exception:  # noqa: BLE001 - one lost answer fails the trip; asked for alone, each says what it is
            return {}

    def _take(self, job: Job, future: Any, answer: FileFacts | None) -> FileFacts:
        try:
            facts: FileFacts = answer if answer is not None else future.result()
        except Unfit as error:
            raise EngineError(error.code, **error.args_) from None
        except CancelledError:
            # Nobody cancels one of ours but a client that has lost its scheduler, and then all of them.
            raise EngineError("engine-lost", scheduler=self._scheduler) from None
        except Exception as error:  # noqa: BLE001 - whatever the cluster could not do costs this file and no other
            if self._client.status != "running":
                raise EngineError("engine-lost", scheduler=self._scheduler) from None
            return refused_facts(job, Problem("probe", "crashed", f"{type(error).__name__}: {error}"))
        finally:
            future.release()
        keep_facts(job, facts)
        return facts

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is not done and leave the cluster; one of our own ends."""
        if self._client is not None:
            if self._futures and self._client.status == "running":
                self._client.cancel(list(self._futures.values()))
            self._client.close()
        if self._own is not None:
            self._own.close()
        self._client = self._own = None
        self._futures = {}


def _is_told(record: logging.LogRecord) -> bool:
    """Not of a loop that ends while a sender waits for more to send: nobody is left to hear that its time was up."""
    of_a_wait = record.exc_info is not None and isinstance(record.exc_info[1], TimeoutError)
    return not (of_a_wait and record.getMessage().startswith("Future exception was never retrieved"))


def _key(job: Job, build: Build) -> str:
    """The same for whoever asks for the same bytes under the same name, measured by the same build."""
    asked = (
        job.name,
        job.url or str(job.path),
        job.kind,
        job.identity,
        job.refused,
        job.thorough,
        job.cache_root is None,
    )
    digest = hashlib.sha256(repr((*asked, build)).encode("utf-8", "surrogatepass")).hexdigest()
    return f"coursekit-{digest}"
