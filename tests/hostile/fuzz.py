"""The fuzz campaign: `python -m tests.hostile.fuzz --count 20000 --seed 1 --journal tally.jsonl`.

It stays beside the tests, as the campaign of killed imports does, because it attacks what their builders build: signed
packages, a course under review, registers. The installed program need not carry a way to attack itself.

One process throws and another watches: whoever says nothing for too long is made to say where it hangs, ended, noted
and replaced, and the campaign goes on behind that throw. Each throw has chances of its own, and what came of it is in
the journal before the next: a campaign that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.hostile.attacks import KINDS, Kind, Tally, Target, furnish
from tests.hostile.world import World, unheard, watched
from tests.library.killed import _fork

_THROWS_A_PROCESS = 400
_LAST_WORDS_S = 5.0


def campaign(
    root: Path, count: int, seed: int, only: str = "", keep: Path | None = None, journal: Path | None = None
) -> tuple[Tally, list[str]]:
    """Throw `count` inputs; what was thrown and came back, and what the watchers saw (nothing, it is hoped)."""
    tally, seen = Tally(keep=keep), list[str]()
    done = set[str]()
    for line in _lines(journal):
        done.add(line["throw"])
        _add(tally, seen, line)
    logging.disable(logging.CRITICAL)
    before, scratch = os.environ.get("COURSEKIT_CACHE"), tempfile.tempdir
    try:
        with watched(root) as world:
            os.environ["COURSEKIT_CACHE"] = str(world.cache)
            # What a command keeps for a moment lies in the scratch folder the system names: here, one that is watched.
            tempfile.tempdir = str(world.cache)
            with unheard():
                target = furnish(world, random.Random(seed), tally)
            for kind in KINDS:
                if only not in kind.name:
                    continue
                most = max(1, round(count * (1.0 if only else kind.share)))
                throws = [range(n, min(n + kind.batch, most)) for n in range(0, most, kind.batch)]
                left = [t for t in throws if _name(kind, t) not in done]
                for line in _thrown(target, kind, left, seed):
                    _add(tally, seen, line)
                    if journal is not None:
                        with unheard(), journal.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(line, ensure_ascii=False) + "\n")
                print(f"{kind.name}: {sum(tally.inputs.values())} inputs so far", file=sys.stderr, flush=True)
    finally:
        logging.disable(logging.NOTSET)
        os.environ.pop("COURSEKIT_CACHE")
        tempfile.tempdir = scratch
        if before is not None:
            os.environ["COURSEKIT_CACHE"] = before
    return tally, seen


def _name(kind: Kind, numbers: range) -> str:
    return f"{kind.name} {numbers.start}-{numbers.stop}"


def _lines(journal: Path | None) -> Iterator[dict[str, Any]]:
    if journal is not None and journal.exists():
        for line in journal.read_text(encoding="utf-8").splitlines():
            # The last line of a campaign that was killed may be half.
            with suppress(ValueError):
                yield json.loads(line)


def _add(tally: Tally, seen: list[str], line: dict[str, Any]) -> None:
    tally.inputs.update(line["inputs"])
    tally.answers.update(line["answers"])
    tally.faults += [f"{line['throw']}: {what}" for what in line["faults"]]
    tally.slowest = max(tally.slowest, (float(line["slowest"][0]), str(line["slowest"][1])))
    if (largest := int(line.get("largest", 0))) > tally.largest[0]:
        tally.largest = largest, str(line["throw"])
    seen += [f"{line['throw']}: {what}" for what in line["seen"]]


def _thrown(target: Target, kind: Kind, throws: list[range], seed: int) -> Iterator[dict[str, Any]]:
    """What came of each throw, whatever becomes of the process that throws it."""
    at = 0
    while at < len(throws):
        with unheard():
            target.tidy()
        some = throws[at : at + max(1, _THROWS_A_PROCESS // kind.batch)]
        hear, speak = Pipe(duplex=False)
        pid = _fork()
        if pid == 0:
            hear.close()
            _throw(target, kind, some, seed, speak)
        speak.close()
        for line in _watched_over(target.world, kind, some, pid, hear):
            at += 1
            yield line


def _watched_over(
    world: World, kind: Kind, throws: list[range], pid: int, hear: Connection
) -> Iterator[dict[str, Any]]:
    left = list(throws)
    why = ""
    while left:
        if not hear.poll(kind.patience_s):
            why = f"hangs: silent for {kind.patience_s:.0f} s"
            os.kill(pid, signal.SIGUSR1)
            time.sleep(_LAST_WORDS_S)
            break
        try:
            said = hear.recv()
        except (EOFError, OSError):
            break
        if said is not None:
            world.look()
            said["seen"] += world.seen
            world.seen.clear()
            left.pop(0)
            yield said
    hear.close()
    if left:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if left:
        how = why or f"the main process came to an end ({status})"
        fault = f"{how}; {world.last_words()}"
        inputs = {kind.name: len(left[0])}
        yield {"throw": _name(kind, left[0]), "inputs": inputs, "answers": {}, "faults": [fault], "slowest": [0, ""],
               "seen": []}  # fmt: skip


def _throw(target: Target, kind: Kind, throws: list[range], seed: int, speak: Connection) -> None:
    """In the process that may hang or die of it."""
    code = 1
    with suppress(BaseException):
        os.setsid()
        with unheard():
            words = target.world.words.open("wb")
        faulthandler.register(signal.SIGUSR1, words, all_threads=True)
        # What a decoder or an interpreter says when it dies.
        faulthandler.enable(words)
        tally = target.tally = Tally(keep=target.tally.keep)
        last = time.monotonic()

        def beat() -> None:
            nonlocal last
            if time.monotonic() - last > 1:
                last = time.monotonic()
                speak.send(None)

        tally.beat = beat
        for numbers in throws:
            target.chance = random.Random(f"{seed}/{_name(kind, numbers)}")
            kind.attack(target, numbers)
            came = {"inputs": dict(tally.inputs), "answers": dict(tally.answers), "faults": list(tally.faults)}
            seen = list(target.world.seen)
            # Of what this process started and saw the end of; in kilobytes.
            largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            more = {"slowest": list(tally.slowest), "largest": largest, "seen": seen}
            speak.send({"throw": _name(kind, numbers), **came, **more})
            tally.inputs.clear()
            tally.answers.clear()
            tally.faults.clear()
            tally.slowest = (0.0, "")
            target.world.seen.clear()
        code = 0
    os._exit(code)


def told(tally: Tally, seen: list[str], seconds: float) -> Iterator[str]:
    """The outcome, in lines."""
    yield f"{sum(tally.inputs.values())} inputs in {seconds:.0f} s: " + ", ".join(
        f"{n} {kind}" for kind, n in sorted(tally.inputs.items())
    )
    yield from (f"  {what}: {n}" for what, n in sorted(tally.answers.items()))
    yield f"slowest: {tally.slowest[0]:.1f} s ({tally.slowest[1]})"
    yield f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB"
    yield f"largest worker: {tally.largest[0] >> 10} MB (first in {tally.largest[1]})"
    yield f"seen by the watchers (files outside, sockets, programs, knocks): {len(seen)}"
    yield from (f"  {what}" for what in seen[:20])
    yield f"crashes, hangs and wrong answers: {len(tally.faults)}"
    alike = Counter(re.sub(r"\d+-\d+|'/[^']*'|\d{3,}", "…", what) for what in tally.faults)
    yield from (f"  {n} × {what}" for what, n in alike.most_common(40))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="media, manifests, decisions, zips or bags")
    parser.add_argument("--keep", type=Path, help="keep inputs that caused a fault here")
    parser.add_argument("--journal", type=Path, help="what came of each throw; what stands in it is not thrown again")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coursekit-fuzz-") as name:
        tally, seen = campaign(Path(name) / "world", asked.count, asked.seed, asked.only, asked.keep, asked.journal)
    print("\n".join(told(tally, seen, time.monotonic() - began)))
    return 1 if seen or tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
