"""Courses that are made in a moment, and the command line called as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.media import make_video

# Two kinds of rules that tell tests apart without a second of measuring more than they need.
LENIENT = """\
schema = "coursekit/profile/1"
id = "lenient"
title = { zh = "宽松", en = "Lenient" }
[documents.own]
title = "Studio rules"
[[rule]]
id = "lenient/1-1"
clause = { document = "own", number = "1", text = "Lessons are video files." }
level = "must"
method = "machine"
check = "probe/container"
params = { containers = ["mp4"], match_extension = true, require_index_first = false, pictures_only = false }
threshold_source = "studio"
[[rule]]
id = "lenient/2-1"
clause = { document = "own", number = "2", text = "Lessons are at most this large." }
level = "must"
method = "machine"
check = "probe/size"
params = { review_over_bytes = 800000000, max_bytes = 838860800 }
threshold_source = "studio"
[[rule]]
id = "lenient/3-1"
clause = { document = "own", number = "3", text = "Lessons should be 720P." }
level = "should"
method = "machine"
check = "probe/resolution"
params = { min_short_side_px = 720 }
threshold_source = "studio"
[[rule]]
id = "lenient/4-1"
clause = { document = "own", number = "4", text = "A person has looked." }
level = "must"
method = "human"
question = { zh = "看过了吗？", en = "Has a person looked?" }
"""
UNTESTABLE = """
[[rule]]
id = "lenient/5-1"
clause = { document = "own", number = "5", text = "Something that nobody knows." }
level = "must"
method = "machine"
unavailable = { zh = "没有原文", en = "no text" }
"""
TOO_SMALL = LENIENT.replace("max_bytes = 838860800", "max_bytes = 100").replace("800000000", "50")


@dataclass(frozen=True)
class Said:
    """What a call left behind."""

    code: int
    out: str
    err: str

    def report(self) -> dict[str, Any]:
        """stdout as report.json."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


def coursekit(*args: str | Path | bytes, cwd: Path | None = None, lang: str = "en", **env: str) -> Said:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", *args],
        cwd=cwd,
        env={**os.environ, "COURSEKIT_LANG": lang, "PYTHONUTF8": "1", **env},
        capture_output=True,
        timeout=300,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def make_course(folder: Path, names: tuple[str, ...] = ("lesson-1.mp4",)) -> Path:
    """Lessons of one second."""
    folder.mkdir(parents=True, exist_ok=True)
    first = make_video(folder / "seed.mp4", seconds=1.0)
    data = first.read_bytes()
    first.unlink()
    for number, name in enumerate(names):
        # Some bytes after the last box differ, so that each file is measured for itself.
        (folder / name).write_bytes(data + (12 + number).to_bytes(4, "big") + b"free" + bytes(4 + number))
    return folder


def profile(folder: Path, text: str = LENIENT) -> Path:
    """A studio's own profile."""
    path = folder / "studio.toml"
    path.write_text(text, encoding="utf-8")
    return path
