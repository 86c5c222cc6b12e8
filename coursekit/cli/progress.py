"""Progress on stderr: a live line on a terminal, plain lines in CI, nothing with -q."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from coursekit.cli.lang import pick
from coursekit.paths import for_terminal
from coursekit.pipeline import Began, Event, Finished, Planned, duration_of
from coursekit.report.figures import clock

_PLAIN_EVERY_S = 10.0


class Progress:
    """Hears the pipeline's events. A live display where a person watches, a line now and then where a log is kept."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Any = None
        self._task: Any = None
        self._planned = Planned(0, 0)
        self._done_files = 0
        self._done_s = 0.0
        self._running: dict[str, tuple[float, float]] = {}
        self._started = time.monotonic()
        self._told = self._started

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Planned):
            self._planned = event
            self._begin()
        elif isinstance(event, Began):
            self._running[event.name] = (event.media_s, event.total_s)
            self._show(event.name)
        elif isinstance(event, Finished):
            self._running.pop(event.facts.path, None)
            self._done_files += 1
            self._done_s += duration_of(event.facts) or 0.0
            self._show(event.facts.path, done=True)

    def _begin(self) -> None:
        to_do = self._planned.files - self._planned.cached
        if self._quiet or to_do == 0:
            return
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._live = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[files]}"),
                TextColumn("{task.fields[speed]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._live.add_task(pick("测量", "measuring"), total=to_do, speed="", files=self._files())
            self._live.start()
        else:
            files, known = self._planned.files, self._planned.cached
            print(
                pick(
                    f"共 {files} 个文件，{known} 个已测量过，测量其余 {to_do} 个",
                    f"{files} {'file' if files == 1 else 'files'}, {known} known already, measuring {to_do}",
                ),
                file=sys.stderr,
                flush=True,
            )

    def _show(self, name: str, *, done: bool = False) -> None:
        if self._quiet:
            return
        elapsed = max(time.monotonic() - self._started, 1e-6)
        media_s = self._done_s + sum(done for done, _ in self._running.values())
        speed = pick(f"{media_s / elapsed:.0f} 秒媒体/秒", f"{media_s / elapsed:.0f} media s/s")
        if self._live is not None:
            shown = for_terminal(name)
            shown = shown if len(shown) <= 40 else "…" + shown[-39:]
            self._live.update(
                self._task, completed=self._completed(), speed=speed, files=self._files(), description=shown
            )
        elif done or time.monotonic() - self._told > _PLAIN_EVERY_S:
            self._told = time.monotonic()
            to_do = self._planned.files - self._planned.cached
            state = pick("完成", "done") if done else clock(self._running[name][0]) if name in self._running else ""
            print(f"[{self._done_files}/{to_do}] {for_terminal(name)} {state} · {speed}", file=sys.stderr, flush=True)

    def _completed(self) -> float:
        """Files done, and the shares of those at work, so that one long lesson moves the bar too."""
        return self._done_files + sum(min(done / total, 1.0) for done, total in self._running.values() if total)

    def _files(self) -> str:
        return pick("{}/{} 个文件", "{}/{} files").format(self._done_files, self._planned.files - self._planned.cached)
