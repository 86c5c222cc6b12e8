"""Faults at random points of audit, dossier, decision, package and import: `python -m tests.hostile.faults 300`.

A child is forked from a warm process and runs the real command. First one that nothing happens to counts its calls on
the disk. Then, at a random one of them, the child is killed (kill -9), or the disk breaks once, fills up, shuts, or
hands over short pieces: `broken_disk.c` stands before the C library and sees SQLite's calls too, and those of the
processes that the command starts. Beside that, a file may grow no further than some byte, or all lies on a tmpfs that
is too small.
Afterwards nothing may be half, nothing of what was there may be lost, and the same command, run again, must finish.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import hashlib
import json
import mmap
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.bundle.keys import load_trust, public_pem, save_key
from coursekit.bundle.verify import verify_package
from coursekit.cli.main import cli
from coursekit.library.check import check_library
from coursekit.library.shelf import open_shelf
from coursekit.review.shelf import Shelf
from tests.bundle.packed import PASSPHRASE, Packed, make_packed
from tests.library.killed import _fork
from tests.review.courses import build, decide, make_reviewed_course

KINDS = ("kill", "ENOSPC", "EIO", "EACCES", "short", "limit", "tmpfs")
_ARMED = {"count": 1, "kill": 2, "EIO": 3, "ENOSPC": 4, "EACCES": 5, "short": 6}
_MOST_S = 120
_SHIM = Path(__file__).with_name("broken_disk.c")


@dataclass
class Outcome:
    """What the campaign did and found."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """Everything made once, and where outputs go."""

    root: Path
    packed: Packed
    reviewed: Path
    decision: Path
    pristine: Path
    """The review folder before anybody decided."""

    shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 4096))
    """Where an armed child tells how many calls it has made and whether the fault struck."""
    calls: dict[str, int] = field(default_factory=dict)
    """How many calls on the disk a command makes, by its state before."""

    @property
    def disk(self) -> Path:
        """Whatever is written to, but for the review folder."""
        return self.root / "disk"

    @property
    def out(self) -> Path:
        """Final names."""
        return self.disk / "out"

    @property
    def cold(self) -> Path:
        """A cache that knows nothing; there when it is to be used."""
        return self.disk / "cold-cache"

    @property
    def cache(self) -> Path:
        """Warm."""
        return self.root / "cache"

    @property
    def library(self) -> Path:
        """Lives through all faults."""
        return self.disk / "library"

    def struck(self) -> tuple[int, bool]:
        """What the armed child told; and forget it."""
        counted, fired = (int.from_bytes(self.shared[at : at + 8], sys.byteorder) for at in (0, 8))
        self.shared[:16] = bytes(16)
        return counted, bool(fired)

    @property
    def originals(self) -> str:
        """Digest of what nobody may change."""
        digest = hashlib.sha256()
        for folder in (self.packed.course, self.packed.zip.parent, self.pristine):
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()


def make_bench(root: Path) -> Bench:
    """Two courses, a package, an expert's decision."""
    packed = make_packed(root / "packed")
    save_key(packed.key, root / "studio.key", PASSPHRASE)
    (root / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    (root / "trusted.pub").write_bytes(public_pem(packed.key.raw_public))
    (root / "review").mkdir()
    reviewed = make_reviewed_course(root / "review" / "course")
    bench = Bench(root, packed, reviewed, root / "decision.json", root / "pristine")
    built = build(reviewed, bench.cache)
    said = {**decide(built, "X1"), "reviewed_on": dt.date.today().isoformat()}  # noqa: DTZ011 - the clerk's own day
    bench.decision.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    shutil.copytree(reviewed / "review", bench.pristine)
    bench.out.mkdir(parents=True)
    time.sleep(2.1)  # for the cache to rely on the files' times
    return bench


Args = list[str | Path]


def audit_args(bench: Bench) -> Args:
    """An audit with two reports; every third with a cold cache."""
    cache = bench.cold if bench.cold.exists() else bench.cache
    own = bench.packed.settings.profiles[0]
    outs: Args = ["-o", bench.out / "report.json", "-o", bench.out / "junit.xml"]
    return ["audit", bench.packed.course, "-p", own, "--cache", cache, "-j", "1", "-q", *outs]


def judge_audit(bench: Bench) -> None:
    """Reports are whole or absent."""
    for name in ("report.json", "junit.xml"):
        path = bench.out / name
        if path.exists():
            text = path.read_text(encoding="utf-8")
            assert text.endswith(("}\n", ">\n", "}", ">")), f"{name} is half"
            if name == "report.json":
                assert json.loads(text)["schema"] == "coursekit/report/1"


def package_args(bench: Bench) -> Args:
    """A signed package."""
    own = bench.packed.settings.profiles[0]
    key: Args = ["--key", bench.root / "studio.key", "--passphrase-file", bench.root / "passphrase"]
    measured: Args = ["--cache", bench.cache, "-j", "1", "-q"]
    return ["package", bench.packed.course, "-p", own, *measured, *key, "-o", bench.out / "c.bag.zip"]


def judge_package(bench: Bench) -> None:
    """A package under its final name verifies."""
    path = bench.out / "c.bag.zip"
    if path.exists():
        found = verify_package(path, trust=load_trust([bench.root / "trusted.pub"]))
        assert found.answer.value == "accepted", found


def import_args(bench: Bench) -> Args:
    """Into the library that lives through all of it."""
    return ["import", bench.packed.zip, "--into", bench.library, "--trust", bench.root / "trusted.pub"]


def judge_import(bench: Bench) -> None:
    """Every record readable, every file in place and of its hash."""
    if (bench.library / "library.json").exists() or any(bench.library.glob("*.json")):
        found = check_library(open_shelf(bench.library), fixity=True)
        assert found.faults == (), found.faults


def dossier_args(bench: Bench) -> Args:
    """As a zip."""
    own = bench.reviewed.parent / "house.toml"
    return ["dossier", bench.reviewed, "-p", own, "--cache", bench.cache, "-j", "1", "-q", "-o", bench.out / "d.zip"]


def judge_dossier(bench: Bench) -> None:
    """A whole zip or none; the shelf readable."""
    import zipfile

    if (bench.out / "d.zip").exists():
        with zipfile.ZipFile(bench.out / "d.zip") as archive:
            assert archive.testzip() is None
            assert "index.html" in " ".join(archive.namelist())
    _judge_shelf(bench)


def decision_args(bench: Bench) -> Args:
    """An expert's decision."""
    return ["review", "add", bench.reviewed, bench.decision]


def _judge_shelf(bench: Bench) -> None:
    shelf = Shelf(bench.reviewed)
    taken, trouble = shelf.taken()
    data = bench.decision.read_bytes()
    for one in taken:
        path = shelf.decisions / one.receipt.file
        assert path.read_bytes() == data, "a decision is half"
    # A decision whose receipt was not yet written is named as such, and the next run takes it in.
    assert {t.code for t in trouble} <= {"not-taken-in"}, trouble


@dataclass(frozen=True)
class Work:
    """One command under attack."""

    args: Callable[[Bench], Args]
    judge: Callable[[Bench], None]
    again: tuple[int, ...] = (0,)
    """Exit codes with which the next run may end."""


WORKS = {
    "audit": Work(audit_args, judge_audit, (0, 1)),
    "package": Work(package_args, judge_package),
    "import": Work(import_args, judge_import),
    "decision": Work(decision_args, _judge_shelf, (0, 2)),
    "dossier": Work(dossier_args, judge_dossier),
}


def attack(bench: Bench, name: str, kind: str, chance: random.Random, outcome: Outcome) -> None:
    """One fault at one point, then the judgement, then the next run."""
    work, words = WORKS[name], bench.root / "said.txt"
    _reset(bench, name, chance)
    before = bench.originals
    with _small_disk(bench, name, chance) if kind == "tmpfs" else contextlib.nullcontext(lambda: None) as make_room:
        step = 0
        if kind in _ARMED:
            # Drawn from the calls there are, so that the fault strikes.
            step = chance.randint(1, _count(bench, name))
        status = _child(bench, work.args(bench), words, kind, step, chance)
        said = words.read_text(encoding="utf-8", errors="replace")
        died = os.WIFSIGNALED(status)
        came = f"signal {os.WTERMSIG(status)}" if died else f"exit {os.WEXITSTATUS(status)}"
        _, fired = bench.struck()
        missed = kind in _ARMED and not fired
        outcome.done[f"{name} {kind} {came}{' (elsewhere or never reached)' if missed else ''}"] += 1
        where = f"{name} {kind} at call {step} ({came})"
        if "Traceback" in _without_orphans(said) or (not died and os.WEXITSTATUS(status) not in (0, 1, 2, 3)):
            outcome.faults.append(f"{where}: {said[-1500:]}")
        if kind == "short" and (died or os.WEXITSTATUS(status) not in work.again):
            outcome.faults.append(f"{where}: short pieces are no error: {said[-700:]}")
        _judge(bench, work, before, where, outcome)
        make_room()
        status = _child(bench, work.args(bench), words, "", 0, chance)
        said = words.read_text(encoding="utf-8", errors="replace")
        if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) not in work.again or "Traceback" in said:
            outcome.faults.append(f"{where}: the next run ended with {status}: {said[-1500:]}")
        _judge(bench, work, before, f"{where}, after the next run", outcome)
        if name == "decision" and len(Shelf(bench.reviewed).taken()[0]) != 1:
            outcome.faults.append(f"{where}: the decision is not there after the next run: {said[-300:]}")
        if left := [p.name for p in bench.out.iterdir() if p.name.startswith(".coursekit-")]:
            outcome.done[f"{name}: temporary files left by a kill"] += len(left) if kind == "kill" else 0
            if kind != "kill":
                outcome.faults.append(f"{where}: left {left}")
            for leftover in left:
                shutil.rmtree(bench.out / leftover, ignore_errors=True)
                (bench.out / leftover).unlink(missing_ok=True)


def _judge(bench: Bench, work: Work, before: str, where: str, outcome: Outcome) -> None:
    try:
        work.judge(bench)
        assert bench.originals == before, "something that was there has changed"
    except Exception as error:  # noqa: BLE001 - whatever is wrong is a finding
        outcome.faults.append(f"{where}: {error!r}"[:600])


def _without_orphans(said: str) -> str:
    """Less what a process says whose parent was killed, or broke, before it had told it what to do."""
    return re.sub(
        r"Traceback[^\n]*\n(?:  .*\n)*  File [^\n]*spawn_main\n(?:  .*\n)*(?:EOFError|OSError)[^\n]*\n", "", said
    )


def _count(bench: Bench, name: str) -> int:
    """How many calls on the disk this command makes, as things stand. What it does is undone."""
    state = f"{name} {bench.cold.exists()} {bench.library.exists()} {len(list(bench.out.iterdir()))}"
    if state not in bench.calls:
        kept = bench.root / "kept"
        shutil.copytree(bench.disk, kept)
        shutil.copytree(bench.reviewed / "review", bench.root / "kept-review")
        _child(bench, WORKS[name].args(bench), bench.root / "said.txt", "count", 1, random.Random(1))
        bench.calls[state] = max(1, bench.struck()[0])
        for place, saved in ((bench.disk, kept), (bench.reviewed / "review", bench.root / "kept-review")):
            shutil.rmtree(place)
            saved.rename(place)
    return bench.calls[state]


@contextlib.contextmanager
def _small_disk(bench: Bench, name: str, chance: random.Random) -> Iterator[Callable[[], None]]:
    """A tmpfs too small over all that is written to, and the way to make room on it. Only root can mount one."""
    places = [bench.disk, *([bench.reviewed / "review"] if name in ("decision", "dossier") else [])]
    size = chance.choice((8, 16, 32, 64, 128, 256))
    try:
        for place in places:
            options = f"size={size}k"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True, capture_output=True)
        bench.out.mkdir()
        if len(places) > 1:
            with suppress(OSError, shutil.Error):
                shutil.copytree(bench.pristine, places[1], dirs_exist_ok=True)

        def make_room() -> None:
            for place in places:
                subprocess.run(["mount", "-o", "remount,size=64m", place], check=True, capture_output=True)

        yield make_room
    finally:
        for place in places:
            subprocess.run(["umount", "-l", place], check=False, capture_output=True)


def _reset(bench: Bench, name: str, chance: random.Random) -> None:
    if name in ("decision", "dossier"):
        shutil.rmtree(bench.reviewed / "review", ignore_errors=True)
        shutil.copytree(bench.pristine, bench.reviewed / "review")
    if name == "import" and chance.random() < 0.5:
        shutil.rmtree(bench.library, ignore_errors=True)
    if name in ("package", "audit", "dossier") and chance.random() < 0.5:
        for path in bench.out.iterdir():
            path.unlink()
    shutil.rmtree(bench.cold, ignore_errors=True)
    if name == "audit" and chance.random() < 0.25:
        bench.cold.mkdir()


def _child(bench: Bench, args: Args, words: Path, kind: str, step: int, chance: random.Random) -> int:
    # Through a pipe: a limit on files must not cut short what is said of it.
    heard, speak = os.pipe()
    pid = _fork()
    if pid == 0:
        os.close(heard)
        code = 70
        with suppress(BaseException):
            os.dup2(speak, 1)
            os.dup2(speak, 2)
            os.close(speak)
            sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            signal.alarm(_MOST_S)
            _arm(bench, kind, step, chance)
            try:
                cli.main([os.fspath(a) for a in args], prog_name="coursekit")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            except BaseException:  # noqa: BLE001 - what escapes a command is what is looked for
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    os.close(speak)
    with open(heard, "rb") as said:  # noqa: PTH123 - a pipe has no path
        words.write_bytes(said.read())
    return os.waitpid(pid, 0)[1]


def _arm(bench: Bench, kind: str, step: int, chance: random.Random) -> None:
    if kind == "limit":
        # A file may grow to so many bytes, then writes fail, as on a disk that fills up under way.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = chance.choice((0, 100, 1000, 5000, 20_000, 60_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    if kind in _ARMED:
        place = ctypes.addressof(ctypes.c_char.from_buffer(bench.shared))
        root = os.fsencode(bench.root)
        if kind != "count" and chance.random() < 0.5:
            os.environ["BROKEN_DISK"] = f"{_ARMED[kind]}|{chance.randint(1, 40)}|{bench.root}"
        ctypes.CDLL(None).disk_arm(root, _ARMED[kind], ctypes.c_long(step), ctypes.c_void_p(place))


def campaign(root: Path, times: int, seed: int = 1, only: str = "") -> Outcome:
    """So many faults, spread over the commands by what they cost."""
    bench, chance, outcome = make_bench(root), random.Random(seed), Outcome()
    names = ["audit", "package", "import", "import", "decision", "package", "audit", "dossier"]
    kinds = KINDS if os.geteuid() == 0 else KINDS[:-1]
    for number in range(times):
        name = only or names[number % len(names)]
        attack(bench, name, kinds[(number + number // len(names)) % len(kinds)], chance, outcome)
    return outcome


def under_the_shim(arguments: list[str]) -> int:
    """This module again, in a process that the shim stands before. Raises OSError where there is no compiler."""
    with tempfile.TemporaryDirectory(prefix="coursekit-shim-") as name:
        library = Path(name) / "broken_disk.so"
        compiler = shutil.which("gcc") or shutil.which("cc") or "cc"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, _SHIM, "-ldl"], check=True)
        environment = {**os.environ, "LD_PRELOAD": str(library), "COURSEKIT_UNDER_SHIM": "1"}
        again = [sys.executable, "-m", "tests.hostile.faults", *arguments]
        return subprocess.run(again, env=environment, check=False, cwd=_SHIM.parents[2]).returncode


def main() -> int:
    """The command."""
    if "COURSEKIT_UNDER_SHIM" not in os.environ:
        return under_the_shim(sys.argv[1:])
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coursekit-faults-") as name:
        outcome = campaign(Path(name), times, seed, sys.argv[3] if len(sys.argv) > 3 else "")
    struck = times - sum(count for what, count in outcome.done.items() if what.endswith("never reached)"))
    print(f"{times} faults in {time.monotonic() - began:.0f} s; {struck} struck the command itself")
    for what, count in sorted(outcome.done.items()):
        print(f"  {what}: {count}")
    print(f"lost, half or unfinished: {len(outcome.faults)}")
    for fault in outcome.faults[:30]:
        print(f"  {fault}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
