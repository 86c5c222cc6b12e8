"""The fuzz campaign: `python -m tests.hostile.fuzz --count 20000 --seed 1`.

It stays beside the tests, as the campaign of killed imports does, because it attacks what their builders build: signed
packages, a course under review, registers. The installed program need not carry a way to attack itself.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.attacks import KINDS, Tally, furnish
from tests.hostile.world import unheard, watched


def campaign(root: Path, count: int, seed: int, only: str = "", keep: Path | None = None) -> tuple[Tally, list[str]]:
    """Throw `count` inputs; what was thrown and came back, and what the watchers saw (nothing, it is hoped)."""
    tally = Tally(keep=keep)
    logging.disable(logging.CRITICAL)
    before, scratch = os.environ.get("COURSEKIT_CACHE"), tempfile.tempdir
    try:
        with watched(root) as world:
            os.environ["COURSEKIT_CACHE"] = str(world.cache)
            # What a command keeps for a moment lies in the scratch folder the system names: here, one that is watched.
            tempfile.tempdir = str(world.cache)
            with unheard():
                target = furnish(world, random.Random(seed), tally)
            for name, share, attack in KINDS:
                if only in name:
                    target.chance = random.Random(f"{seed}/{name}")
                    attack(target, max(1, round(count * (1.0 if only else share))))
                    print(f"{name}: {sum(tally.inputs.values())} inputs so far", file=sys.stderr, flush=True)
    finally:
        logging.disable(logging.NOTSET)
        os.environ.pop("COURSEKIT_CACHE")
        tempfile.tempdir = scratch
        if before is not None:
            os.environ["COURSEKIT_CACHE"] = before
    return tally, world.seen


def told(tally: Tally, seen: list[str], seconds: float) -> Iterator[str]:
    """The outcome, in lines."""
    yield f"{sum(tally.inputs.values())} inputs in {seconds:.0f} s: " + ", ".join(
        f"{n} {kind}" for kind, n in sorted(tally.inputs.items())
    )
    yield from (f"  {what}: {n}" for what, n in sorted(tally.answers.items()))
    yield f"slowest: {tally.slowest[0]:.1f} s ({tally.slowest[1]})"
    yield f"largest size of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB"
    yield f"seen by the watchers (files outside, sockets, programs, knocks): {len(seen)}"
    yield from (f"  {what}" for what in seen[:20])
    yield f"crashes, hangs and wrong answers: {len(tally.faults)}"
    alike = Counter(re.sub(r"#\d+|'/[^']*'|\d{3,}", "…", what) for what in tally.faults)
    yield from (f"  {n} × {what}" for what, n in alike.most_common(40))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="media, manifests, decisions, zips or bags")
    parser.add_argument("--keep", type=Path, help="keep inputs that caused a fault here")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coursekit-fuzz-") as name:
        tally, seen = campaign(Path(name) / "world", asked.count, asked.seed, asked.only, asked.keep)
    print("\n".join(told(tally, seen, time.monotonic() - began)))
    return 1 if seen or tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
