"""Where measuring runs, as a person writes it: `local`, `dask://HOST:PORT`, `dask+tls://HOST:PORT`, `dask://local`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from coursekit.engine.job import Job
    from coursekit.engine.local import Step
    from coursekit.model import FileFacts

LOCAL = "local"
_MOST_WORKERS = 256


class EngineError(Exception):
    """Measuring cannot run where it was asked to. `code` names a phrase of texts/cli.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_ = args

    @property
    def midway(self) -> bool:
        """Whether the run had begun: then nothing could be decided, and nobody asked for something that is not."""
        return self.code in ("engine-lost", "engine-no-workers")


class Engine(Protocol):
    """Runs jobs and hands back facts in the order in which files are done."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, jobs: Iterable[Job], listen: Callable[[Step], None]) -> Iterator[FileFacts]:
        """Facts of every job; a job that is lost gets a problem, never silence."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask scheduler, or workers of this machine's own for the time of a run."""

    scheduler: str | None
    """As Dask writes it, `tcp://HOST:PORT`; None: a cluster on this machine."""
    workers: int | None = None


def parse_engine(text: str) -> Cluster | None:
    """The cluster an address names; None for this machine's own engine. Raises EngineError."""
    if text == LOCAL:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise EngineError("engine-unknown", engine=text) from None
    if parts.scheme == "dask" and parts.hostname == "local" and port is None:
        return Cluster(None, _count(text, parts.query))
    protocol = {"dask": "tcp", "dask+tls": "tls"}.get(parts.scheme)
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if protocol is None or not parts.hostname or port is None or not plain:
        raise EngineError("engine-unknown", engine=text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Cluster(f"{protocol}://{host}:{port}")


def _count(text: str, query: str) -> int | None:
    asked = parse_qs(query, keep_blank_values=True)
    if not asked:
        return None
    match asked:
        case {"workers": [number], **rest} if not rest and number.isdecimal() and 1 <= int(number) <= _MOST_WORKERS:
            return int(number)
    raise EngineError("engine-unknown", engine=text)


def open_engine(address: str, workers: int | None) -> Engine:
    """The engine at an address. Raises EngineError where the address, or what it takes to go there, is wanting."""
    cluster = parse_engine(address)
    if cluster is None:
        from coursekit.engine.local import LocalEngine

        return LocalEngine(workers)
    from coursekit.engine.dask_client import DaskEngine

    return DaskEngine(cluster, workers)
