"""A newcomer's first run: make the demo course, audit it, say where the report lies. `python3 run.py demo`"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from coursekit.cli.lang import pick

sys.path.insert(0, str(Path(__file__).resolve().parent))
from make import make

HERE = Path(__file__).resolve().parent
COURSE = HERE / "demo"


def main() -> int:
    """Make, audit, point to the report."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream here, always
    if not (COURSE / "expected.json").exists():
        print(
            pick(
                "正在生成示例课程（五个短片，四个带毛病）…",
                "making the demo course (five short lessons, four with a fault) …",
            )
        )
        make("demo", COURSE)
    report = COURSE / "reports" / "report.html"
    command = ["audit", str(COURSE), "--profile", str(COURSE / "studio.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", *command, "-f", "html", "-o", str(report), "-f", "text"], check=False
    )
    print()
    print(
        pick(
            f"退出码 {done.returncode}：示例课程里有要改的地方。",
            f"exit code {done.returncode}: the demo course has faults to mend.",
        )
    )
    print(pick(f"网页报告：{report.as_uri()}", f"report to open in a browser: {report.as_uri()}"))
    # The demo has done its job when the audit gave its verdict, whatever the verdict was.
    return 0 if done.returncode in (0, 1) else done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
