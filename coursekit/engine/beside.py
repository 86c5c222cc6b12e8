"""The sound of a lesson, measured by a Python of its own while its picture is measured here.

In threads of one Python the two take turns at its lock, and each turn that is waited for leaves a core idle. The other
Python is started from within the cage, and so is in it too. It is told the file and what is known of it, and answers in
lines: how far it is, at last its facts. It ends when its input ends, and so never outlives the worker that asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from coursekit import codec
from coursekit.engine.answers import MOST_BYTES, how_it_ended
from coursekit.engine.stages import AudioStage, FailedStage, measure_stage
from coursekit.heap import reuse_memory
from coursekit.model import ProbeFacts, Problem

# Left to itself it would not look for the packages where we found them.
_SCRIPT = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from coursekit.engine.beside import answer; answer()"
)
_TELL_EVERY_S = 0.2
_AT, _FACTS, _FAILED = b"s", b"f", b"p"


@dataclass(frozen=True, slots=True)
class _Order:
    path: bytes
    """As the file system has it: the other Python may be set to another encoding."""
    probe: ProbeFacts


def measure_sound(path: Path, probe: ProbeFacts, progress: Callable[[float], None]) -> AudioStage | FailedStage:
    """What the audio stage leaves. `progress` hears the second of media it has come to."""
    order = codec.dumps(_Order(os.fsencode(path), probe), indent=None).encode("utf-8", "replace")
    try:
        process = subprocess.Popen(  # noqa: S603 - this Python and a text of our own; no shell
            [sys.executable, "-I", "-X", "utf8", "-c", _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    except OSError as error:
        return _crashed(f"the measuring process of the sound could not start: {error.strerror or error}")
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(sys.path).encode("ascii") + b"\n" + order)
        process.stdin.flush()
        said = _hear(process.stdout, progress)
        if said is None:
            process.wait(5)
    except ValueError as error:
        return _crashed(f"the measuring process of the sound did not answer with facts: {error}"[:300])
    except (OSError, subprocess.TimeoutExpired):
        said = None
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        process.wait()
    return FailedStage(Problem("audio", *how_it_ended(process.returncode))) if said is None else said


def _crashed(detail: str) -> FailedStage:
    return FailedStage(Problem("audio", "crashed", detail))


def _hear(pipe: IO[bytes], progress: Callable[[float], None]) -> AudioStage | FailedStage | None:
    """Its lines to the last; None where it ended before that. Raises ValueError for what is no answer."""
    while line := pipe.readline(MOST_BYTES):
        kind, body = line[:1], line[1:]
        if kind == _AT:
            progress(float(body))
        elif kind == _FAILED:
            return FailedStage(codec.loads(Problem, body))
        elif kind == _FACTS:
            return codec.loads(AudioStage, body)
        else:
            raise ValueError(f"a line that begins with {kind!r}")
    return None


def answer() -> None:
    """The life of the other Python: one order, one answer."""
    # Whatever a library prints goes elsewhere.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    reuse_memory()
    order = codec.loads(_Order, sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    told = 0.0

    def tell(media_s: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _TELL_EVERY_S:
            told = now
            pipe.write(_AT + str(media_s).encode("ascii") + b"\n")
            pipe.flush()

    found = measure_stage("audio", Path(os.fsdecode(order.path)), order.probe, tell)
    kind, value = (_FAILED, found.problem) if isinstance(found, FailedStage) else (_FACTS, found)
    pipe.write(kind + codec.dumps(value, indent=None).encode("utf-8", "replace"))
    pipe.close()


def _end_with_input() -> None:
    """Whoever asked is gone: no one waits for an answer."""
    sys.stdin.buffer.read()
    os._exit(1)
