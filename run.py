"""Set up coursekit in a folder of its own, then run it: `python3 run.py demo | audit DIR | test | lint`.

Standard library only. Everything goes into `.venv` beside this file; nothing else on the machine is touched.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENV = ROOT / ".venv"
BIN = ENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = ENV / ".stamp"


def set_up(extra: str) -> None:
    """Make the environment, or bring it up to date after a change of what is needed."""
    needs = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")))
    wanted = needs.hexdigest()
    done = STAMP.read_text().split() if STAMP.exists() else []
    have = set(done[1:]) if done[:1] == [wanted] else set()
    if have & {extra or "plain", "dev"}:
        return
    print("setting up .venv, once, about a minute / 正在准备 .venv，只需一次，约一分钟 …", file=sys.stderr, flush=True)
    pip = [str(PYTHON), "-m", "pip"]
    if not PYTHON.exists():
        try:
            venv.create(ENV, with_pip=True)
        except (Exception, SystemExit):  # noqa: BLE001 - Debian without python3-venv fails in more than one way
            venv.create(ENV, with_pip=False, clear=True)
            pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    subprocess.run(
        [*pip, "install", "-q", "--disable-pip-version-check", "-e", f"{ROOT}[{extra}]" if extra else str(ROOT),
         "-c", str(ROOT / "constraints.txt")],
        check=True,
    )  # fmt: skip
    STAMP.write_text("\n".join([wanted, *sorted(have | {extra or "plain"})]))


def main() -> int:
    """Set up, then hand over."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets first
        print(f"coursekit needs Python 3.11 or newer, this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    args = sys.argv[1:] or ["--help"]
    set_up("dev" if args[0] in ("test", "lint") else "")
    if args[0] == "test":
        command = [str(PYTHON), "-m", "pytest", *args[1:]]
    elif args[0] == "lint":
        return lint()
    elif args[0] == "demo":
        command = [str(PYTHON), str(ROOT / "sample_courses" / "demo.py"), *args[1:]]
    else:
        command = [str(PYTHON), "-m", "coursekit", *args]
    # The caller's folder stays the working folder: `python3 path/to/run.py audit ./course` means ./course there.
    where = ROOT if args[0] in ("test", "demo") else Path.cwd()
    return subprocess.run(command, cwd=where, check=False).returncode


def lint() -> int:
    """Format, lint and types, all of them even if one fails."""
    commands = (
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
    )
    return max(subprocess.run([str(PYTHON), "-m", *command], cwd=ROOT, check=False).returncode for command in commands)


if __name__ == "__main__":
    raise SystemExit(main())
