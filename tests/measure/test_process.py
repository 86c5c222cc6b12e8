"""Programs are started in one place, and cannot get away."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from coursekit.probe.process import ToolError, clean_environment, ffmpeg_exe, ffmpeg_version, run_tool, tool_versions

PYTHON = sys.executable


def test_output_and_input_pass_through_whole() -> None:
    data = os.urandom(3_000_000)
    copy = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.stderr.write('x' * 500_000)"
    done = run_tool([PYTHON, "-c", copy], timeout_s=60, stdin=data)
    assert (done.returncode, done.stdout, len(done.stderr)) == (0, data, 500_000)


def test_a_program_that_hangs_is_stopped() -> None:
    with pytest.raises(ToolError) as caught:
        run_tool([PYTHON, "-c", "import time; time.sleep(60)"], timeout_s=0.5)
    assert caught.value.code == "timeout"


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_what_it_started_dies_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(mark)!r}).touch()"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(ToolError):
        run_tool([PYTHON, "-c", parent], timeout_s=1.0)
    # The pipes are drained to their end, so a living child would have held this up until it had left its mark.
    assert not mark.exists()


def test_output_without_end_is_stopped() -> None:
    with pytest.raises(ToolError) as caught:
        run_tool([PYTHON, "-c", "while True: print('x' * 9999)"], timeout_s=60, max_output_bytes=100_000)
    assert caught.value.code == "output-limit"


def test_a_failure_carries_the_programs_words() -> None:
    with pytest.raises(ToolError) as caught:
        run_tool([PYTHON, "-c", "import sys; sys.exit('no such luck')"], timeout_s=60)
    assert caught.value.code == "failed"
    assert "no such luck" in str(caught.value)
    assert run_tool([PYTHON, "-c", "raise SystemExit(3)"], timeout_s=60, check=False).returncode == 3


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    for argv in ([tmp_path / "none"], [tmp_path]):
        with pytest.raises(ToolError) as caught:
            run_tool(argv, timeout_s=5)
        assert caught.value.code == "cannot-start"
    with pytest.raises(ToolError) as caught:
        ffmpeg_exe(tmp_path / "ffmpeg")
    assert caught.value.code == "missing"


def test_nothing_of_ours_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSEKIT_SECRET", "token")
    monkeypatch.setenv("HOME", "/somewhere")
    environment = clean_environment()
    assert {"COURSEKIT_SECRET", "HOME", "PATH"} & environment.keys() == set()
    done = run_tool([PYTHON, "-c", "import os; print('COURSEKIT_SECRET' in os.environ)"], timeout_s=60)
    assert done.stdout.strip() == b"False"


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    arguments = ["$(touch x)", "; touch x", "`touch x`", "a\nb", "-n", "*", "课 程"]
    code = "import sys; sys.stdout.buffer.write(chr(0).join(sys.argv[1:]).encode('utf-8'))"
    done = run_tool([PYTHON, "-X", "utf8", "-c", code, *arguments], timeout_s=60, cwd=tmp_path)
    assert done.stdout.decode("utf-8").split("\0") == arguments
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_ffmpeg_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/usr/bin/true")
    exe = ffmpeg_exe()
    assert exe.parent.name == "binaries"
    assert ffmpeg_exe(Path(PYTHON)) == Path(PYTHON), "another only where the user names it"


def test_versions_name_what_measures() -> None:
    found = tool_versions()
    assert {"av", "FFmpeg libraries", "libavcodec", "MediaInfo", "pillow", "pypdf", "ffmpeg"} <= found.keys()
    asked = tool_versions(ask_programs=True)
    assert found["ffmpeg"] in asked["ffmpeg"]
    assert ffmpeg_version(Path(PYTHON)) == "unknown"
