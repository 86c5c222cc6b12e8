"""Platforms of others that import what we export, each in a virtual environment of its own.

They are made once under `~/.cache/coursekit-interop` (or COURSEKIT_INTEROP_CACHE) and pinned. Where one cannot be made
(no network, no room, Windows) the test that wanted it says so and is skipped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

BROWSER = Path(__file__).resolve().parents[1] / "browser"
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "kolibri": ("kolibri==0.19.5",),
    "openedx-scorm": ("openedx-scorm-xblock==19.0.5", "xblock-sdk==0.14.0"),
    "tus": ("tuspy==1.1.0",),
}
MOST_S = 600
"""A download of a hundred megabytes over a slow line."""


def environment(name: str) -> Path:
    """The Python of an environment that holds a platform."""
    if os.name == "nt":
        pytest.skip(f"{name} is driven on Linux and macOS only")
    cache = Path(os.environ.get("COURSEKIT_INTEROP_CACHE") or Path.home() / ".cache" / "coursekit-interop")
    wanted = REQUIREMENTS[name]
    key = "-".join([*(part.replace("==", "-") for part in wanted), f"py{sys.version_info[0]}{sys.version_info[1]}"])
    place = cache / key
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{key}.lock"):
            if not (place / "ready").exists():
                _make(place, wanted)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        pytest.skip(f"{' '.join(wanted)} could not be installed: {str(said).strip()[-300:]}")
    return place / "bin" / "python"


def _make(place: Path, wanted: tuple[str, ...]) -> None:
    shutil.rmtree(place, ignore_errors=True)
    run = {"check": True, "capture_output": True, "encoding": "utf-8", "timeout": MOST_S}
    subprocess.run([sys.executable, "-m", "venv", str(place)], **run)  # type: ignore[call-overload]
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted]
    subprocess.run(pip, **run)  # type: ignore[call-overload]
    (place / "ready").write_text("", encoding="utf-8")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two test workers do not install the same thing at once."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def node_modules(*needed: str) -> Path:
    """Where the browser driver and what else a page needs are installed."""
    place = Path(os.environ.get("COURSEKIT_NODE_MODULES", BROWSER / "node_modules"))
    missing = [name for name in ("playwright-core", *needed) if not (place / name).is_dir()]
    if missing or not shutil.which("node"):
        pytest.skip(f"needs node and `npm ci` in tests/browser ({', '.join(missing) or 'node'} missing)")
    return place


def chromium() -> str:
    """A browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("COURSEKIT_CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("needs Chromium")
    return found


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def browse(script: str, modules: Path, *args: str | Path) -> str:
    """Run a script of tests/browser in Chromium; what it printed."""
    done = subprocess.run(
        ["node", str(BROWSER / script), str(modules), chromium(), *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout
