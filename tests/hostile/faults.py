"""Faults at random points of audit, dossier, decision, package and import: `python -m tests.hostile.faults 300`.

A child is forked from a warm process and runs the real command. Before its n-th step that changes the disk it is
killed, or the step fails as a full disk, a broken disk or lost permission makes it fail; or every write beyond some
byte does.
Afterwards nothing may be half, nothing of what was there may be lost, and the same command, run again, must finish.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
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
from tests.library.killed import STEPS, _fork, _only_reads
from tests.review.courses import build, decide, make_reviewed_course

KINDS = ("kill", "ENOSPC", "EIO", "EACCES", "short")
_MOST_S = 120


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

    @property
    def out(self) -> Path:
        """Final names."""
        return self.root / "out"

    @property
    def cache(self) -> Path:
        """Warm."""
        return self.root / "cache"

    @property
    def library(self) -> Path:
        """Lives through all faults."""
        return self.root / "library"

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
    bench.out.mkdir()
    time.sleep(2.1)  # for the cache to rely on the files' times
    return bench


Args = list[str | Path]


def audit_args(bench: Bench) -> Args:
    """An audit with two reports; every third with a cold cache."""
    cold = bench.root / "cold-cache"
    cache = cold if cold.exists() else bench.cache
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
    work = WORKS[name]
    _reset(bench, name, chance)
    before = bench.originals
    words = bench.root / "said.txt"
    step = chance.randint(1, 60 if name in ("import", "package") else 25)
    status = _child(work.args(bench), words, lambda: _arm(kind, step, chance))
    said = words.read_text(encoding="utf-8", errors="replace")
    died = os.WIFSIGNALED(status)
    came = f"signal {os.WTERMSIG(status)}" if died else f"exit {os.WEXITSTATUS(status)}"
    outcome.done[f"{name} {kind} {came}"] += 1
    where = f"{name} {kind} at step {step} ({came})"
    if "Traceback" in said or (not died and os.WEXITSTATUS(status) not in (0, 1, 2, 3)):
        outcome.faults.append(f"{where}: {said[-700:]}")
    try:
        work.judge(bench)
        assert bench.originals == before, "something that was there has changed"
    except Exception as error:  # noqa: BLE001 - whatever is wrong is a finding
        outcome.faults.append(f"{where}: {error!r}"[:600])
    status = _child(work.args(bench), words, lambda: None)
    said = words.read_text(encoding="utf-8", errors="replace")
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) not in work.again or "Traceback" in said:
        outcome.faults.append(f"{where}: the next run ended with {status}: {said[-700:]}")
    try:
        work.judge(bench)
    except Exception as error:  # noqa: BLE001
        outcome.faults.append(f"{where}, after the next run: {error!r}"[:600])
    if name == "decision" and len(Shelf(bench.reviewed).taken()[0]) != 1:
        outcome.faults.append(f"{where}: the decision is not there after the next run: {said[-300:]}")
    if left := [p.name for p in bench.out.iterdir() if p.name.startswith(".coursekit-")]:
        outcome.done[f"{name}: temporary files left by a kill"] += len(left) if kind == "kill" else 0
        if kind != "kill":
            outcome.faults.append(f"{where}: left {left}")
        for leftover in left:
            (bench.out / leftover).unlink()


def _reset(bench: Bench, name: str, chance: random.Random) -> None:
    if name in ("decision", "dossier"):
        shutil.rmtree(bench.reviewed / "review", ignore_errors=True)
        shutil.copytree(bench.pristine, bench.reviewed / "review")
    if name == "import" and chance.random() < 0.5:
        shutil.rmtree(bench.library, ignore_errors=True)
    if name in ("package", "audit", "dossier") and chance.random() < 0.5:
        for path in bench.out.iterdir():
            path.unlink()
    cold = bench.root / "cold-cache"
    shutil.rmtree(cold, ignore_errors=True)
    if name == "audit" and chance.random() < 0.15:
        cold.mkdir()


def _child(args: Args, words: Path, arm: Callable[[], None]) -> int:
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
            arm()
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


def _arm(kind: str, step: int, chance: random.Random) -> None:
    if kind == "short":
        # A file may grow to so many bytes, then writes fail, as on a disk that fills up under way.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = chance.choice((0, 100, 1000, 5000, 20_000, 60_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return
    count = 0

    def fail(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event not in STEPS or (event == "open" and _only_reads(args)) or args[:1] == (os.devnull,):
            return
        count += 1
        if kind == "kill" and count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        # A disk stays full; a broken sector is met once.
        if kind != "kill" and (count == step or (kind != "EIO" and count > step)) and event not in (
            "os.remove", "os.rmdir", "shutil.rmtree"
        ):  # fmt: skip
            number = getattr(errno, kind)
            raise OSError(number, os.strerror(number), str(args[0]) if args else None)

    sys.addaudithook(fail)


def campaign(root: Path, times: int, seed: int = 1, only: str = "") -> Outcome:
    """So many faults, spread over the commands by what they cost."""
    bench, chance, outcome = make_bench(root), random.Random(seed), Outcome()
    names = ["audit", "package", "import", "import", "decision", "package", "audit", "dossier"]
    for number in range(times):
        name = only or names[number % len(names)]
        attack(bench, name, KINDS[number // len(names) % len(KINDS)], chance, outcome)
    return outcome


def main() -> int:
    """The command."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coursekit-faults-") as name:
        outcome = campaign(Path(name), times, seed, sys.argv[3] if len(sys.argv) > 3 else "")
    print(f"{times} faults in {time.monotonic() - began:.0f} s")
    for what, count in sorted(outcome.done.items()):
        print(f"  {what}: {count}")
    print(f"lost, half or unfinished: {len(outcome.faults)}")
    for fault in outcome.faults[:30]:
        print(f"  {fault}")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
