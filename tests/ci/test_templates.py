"""The CI templates, run as far as a machine without those services can: their own scripts, in a shell, on a course."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from coursekit.bench.clip import write_clip
from coursekit.bench.synth import Workshop, narration

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None or os.name == "nt", reason="the templates are scripts for bash")


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a course in a folder whose name would be a command, were it ever read as one."""
    root = tmp_path_factory.mktemp("checkout")
    folder = root / "课程 $(touch pwned); `x`"
    folder.mkdir()
    write_clip(folder / "lesson.mp4", Workshop(size_px=(320, 180), seed=1).frames(2.0), narration(2.0, seed=1))
    (folder / "torn.mp4").write_bytes(b"half a download")
    return folder


def environment(root: Path, **more: str) -> dict[str, str]:
    """A runner's: `coursekit` and `python` on the path, and only what the template sets."""
    tools = root / ".tools"
    tools.mkdir(exist_ok=True)
    for name, command in (("coursekit", '-m coursekit "$@"'), ("python", '"$@"')):
        script = tools / name
        script.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {command}\n", encoding="utf-8")
        script.chmod(0o755)
    cache = os.environ["COURSEKIT_CACHE"]
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(root), "COURSEKIT_CACHE": cache, "PYTHONPATH": str(ROOT), **more}


def bash(script: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    assert BASH is not None
    # As GitHub and GitLab start it: the first command that fails ends the script.
    command = [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False)


def test_github_action_audits_and_leaves_everything_behind(course: Path) -> None:
    action = load("ci/github/action.yml")
    step = next(s for s in action["runs"]["steps"] if s.get("id") == "audit")
    values = {key: entry.get("default", "") for key, entry in action["inputs"].items()}
    values |= {"course": course.name, "profiles": "tianjin-2025", "lang": "en", "scope": "media"}
    env = {k: v.replace("${{ inputs.", "").replace(" }}", "") for k, v in step["env"].items()}
    env = {k: str(values.get(v, v)) for k, v in env.items()}
    root = course.parent
    summary, output = root / "summary", root / "output"
    gate = environment(root, GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(output), GITHUB_WORKSPACE=str(root))
    ran = bash(step["run"], root, gate | env)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert not (root / "pwned").exists()
    reports = root / values["reports"]
    assert {p.name for p in reports.iterdir()} == {
        "report.html",
        "report.json",
        "report.sarif",
        "junit.xml",
        "ebu-qc.xml",
        "summary.md",
    }
    assert summary.read_text(encoding="utf-8").startswith("## ")
    code = output.read_text(encoding="utf-8").strip().partition("=")[2]
    outcome = json.loads((reports / "report.json").read_text(encoding="utf-8"))["summary"]["outcome"]
    assert code == {"conforms": "0", "does_not_conform": "1", "undecided": "3"}[outcome]
    assert code != "0", "a file that is no film breaks something"
    annotations = [line for line in ran.stdout.splitlines() if line.startswith("::")]
    assert annotations
    assert all(course.name in line for line in annotations if "lesson.mp4" in line)
    last = action["runs"]["steps"][-1]
    assert bash(last["run"], root, environment(root, CODE=code)).returncode == int(code)
    assert bash(last["run"], root, environment(root, CODE="")).returncode == 3, "no code is no pass"


def test_github_action_puts_no_input_into_a_script() -> None:
    for step in load("ci/github/action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_gitlab_job_ends_with_the_verdict_and_its_reports(course: Path) -> None:
    job = load("ci/gitlab/coursekit.gitlab-ci.yml")[".coursekit"]
    root = course.parent
    env = {k: str(v).replace("$CI_PROJECT_DIR", str(root)) for k, v in job["variables"].items()}
    env |= {
        "COURSE": course.name,
        "SCOPE": "media",
        "REPORT_LANG": "en",
        "CI_PROJECT_DIR": str(root),
        "INSTALL": "true",
    }
    env["COURSEKIT_CACHE"] = os.environ["COURSEKIT_CACHE"]
    ran = bash("\n".join([*job["before_script"], *job["script"]]), root, environment(root) | env)
    assert ran.returncode in (1, 3), ran.stderr[-2000:]
    assert not (root / "pwned").exists()
    for kind in ("junit", "codequality"):
        assert (root / job["artifacts"]["reports"][kind]).is_file()
    entries = json.loads((root / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert any(e["location"]["path"] == f"{course.name}/lesson.mp4" for e in entries)
    assert job["artifacts"]["when"] == "always"
    assert "lesson.mp4" in ran.stdout, "the log tells it too"


def test_pre_commit_hooks_run_what_they_say(course: Path) -> None:
    hooks = {hook["id"]: hook for hook in load(".pre-commit-hooks.yaml")}
    assert set(hooks) == {"coursekit-manifest", "coursekit-media"}
    env = environment(course.parent, COURSEKIT_LANG="en")
    media = hooks["coursekit-media"]
    ran = bash(f"{media['entry']} {shlex.join(media['args'])}", course, env)
    assert ran.returncode in (1, 3), ran.stderr[-2000:]
    assert "lesson.mp4" in ran.stdout
    manifest = hooks["coursekit-manifest"]
    ran = bash(f"{manifest['entry']} {shlex.join(manifest['args'])}", course, env)
    assert ran.returncode == 2, "a course without a manifest is a usage error here"
