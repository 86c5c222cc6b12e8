"""Imports that are killed: at every step that changes the disk, and at random moments.

`python -m tests.library.killed 200` runs the campaign and prints what it did; the tests run a short one. A child is
forked from a warm process, so that a kill lands in the import and not in the start of Python.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from coursekit.library.check import check_library
from coursekit.library.index import COURSES, open_index
from coursekit.library.model import Taken
from coursekit.library.shelf import Shelf, open_shelf
from coursekit.library.take import Policy, import_package

STEPS = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree", "sqlite3.connect"}
)
"""What the interpreter reports before it does it, and what changes a disk."""
_MOST_STEPS = 5000


@dataclass(frozen=True)
class Campaign:
    """What was done."""

    kills: int
    """Children that died of it."""
    finished: int
    """Children that were faster than their killer."""
    seconds: float


def kill_at_every_step(root: Path, packages: Iterable[Path], policy: Policy, *, every: int = 1) -> Campaign:
    """Die before the first change, then before the second, and so on, each time in a library that is then finished."""
    began, packages = time.monotonic(), tuple(packages)
    for kills, step in enumerate(range(1, _MOST_STEPS, every)):
        place = root / f"step-{step}"
        open_shelf(place, create=True)
        died = _in_a_child(lambda place=place, step=step: _die_at(step, place, packages, policy))
        judge_alive(open_shelf(place))
        finish(place, packages, policy)
        if not died:
            return Campaign(kills, 1, time.monotonic() - began)
    raise AssertionError("an import of this size has not so many steps")


def kill_at_random(root: Path, packages: Iterable[Path], policy: Policy, times: int, seed: int = 1) -> Campaign:
    """Die at random moments, in one library that lives through all of them; start anew once it is complete."""
    chance, packages = random.Random(seed), tuple(packages)
    began = time.monotonic()
    place = root / "0"
    open_shelf(place, create=True)
    finish(root / "clean", packages, policy)
    once_s = time.monotonic() - began
    kills, finished = 0, 0
    while kills < times:
        pid = _fork()
        if pid == 0:
            _run(place, packages, policy)
        time.sleep(chance.uniform(0, once_s * 1.2))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        judge_alive(open_shelf(place))
        if os.WIFSIGNALED(status):
            kills += 1
        else:
            finished += 1
        if len(open_shelf(place).edition_ids()) == len(packages):
            finish(place, packages, policy)
            place = root / str(kills + finished)
            open_shelf(place, create=True)
    finish(place, packages, policy)
    return Campaign(kills, finished, time.monotonic() - began)


def judge_alive(shelf: Shelf) -> None:
    """What must hold at any moment: every record readable, each of its files in place, the index telling the same."""
    found = check_library(shelf, fixity=True)
    assert found.faults == (), found.faults
    with open_index(shelf) as index:
        known = {row["edition"] for row in index.rows("SELECT edition FROM ck_edition")}
        lessons = {row["edition"] for row in index.rows("SELECT DISTINCT edition FROM ck_lesson")}
    assert known == lessons == set(shelf.edition_ids())


def finish(place: Path, packages: tuple[Path, ...], policy: Policy) -> None:
    """Run it again: everything is there, once, and nothing else."""
    heard: list[str] = []
    told = replace(policy, listeners=(lambda edition: heard.append(edition.id),))
    shelf = open_shelf(place, create=True)
    outcomes = [import_package(package, shelf, told).outcome for package in packages]
    assert set(outcomes) <= {Taken.IMPORTED, Taken.ALREADY}
    found = check_library(shelf, fixity=True)
    assert (found.editions, found.faults, found.unreferenced) == (len(packages), (), ())
    assert list((shelf.root / "incoming").iterdir()) == []
    assert all(shelf.announced(edition) for edition in shelf.edition_ids()), "nobody was left untold"
    with open_index(shelf) as index:
        assert sum(row["editions"] for row in index.rows(COURSES)) == len(packages)


def _fork() -> int:
    with warnings.catch_warnings():
        # A test runner has threads of its own; none of them holds what the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _die_at(step: int, place: Path, packages: tuple[Path, ...], policy: Policy) -> None:
    count = 0

    def count_steps(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event in STEPS and not (event == "open" and _only_reads(args)):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_steps)
    _run(place, packages, policy)


def _only_reads(args: tuple[object, ...]) -> bool:
    flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
    return not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)


def _run(place: Path, packages: tuple[Path, ...], policy: Policy) -> None:
    """In the child, which never returns."""
    code = 1
    try:
        shelf = open_shelf(place, create=True)
        for package in packages:
            import_package(package, shelf, policy)
        code = 0
    finally:
        os._exit(code)


def _in_a_child(work: Callable[[], None]) -> bool:
    """Whether it was killed; a child that failed in any other way is a failure here."""
    pid = _fork()
    if pid == 0:
        work()
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def main() -> None:
    """The campaign: TIMES random kills, and one at every step."""
    from tests.library.conftest import make_parcels

    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "parcels").mkdir()
        parcels = make_parcels(root / "parcels")
        packages = (parcels.first, parcels.second, parcels.later)
        steps = kill_at_every_step(root / "steps", packages, parcels.policy)
        print(f"killed at each of {steps.kills} steps in {steps.seconds:.0f} s: whole each time, then finished")
        done = kill_at_random(root / "random", packages, parcels.policy, times)
        print(f"killed {done.kills} times at random in {done.seconds:.0f} s ({done.finished} were faster): the same")


if __name__ == "__main__":
    main()
