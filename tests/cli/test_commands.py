"""The smaller commands, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursekit import __version__
from coursekit.cli.main import COMMANDS
from tests.cli.courses import coursekit, make_course


def test_version() -> None:
    said = coursekit("--version")
    assert said.code == 0
    assert said.out.strip() == f"coursekit {__version__}"


def test_help_speaks_both_languages() -> None:
    chinese, english = coursekit("--help", lang="zh"), coursekit("--help", lang="en")
    assert "审核一门课程" in chinese.out
    assert "Audit a course" in english.out
    for name in COMMANDS:
        assert name in chinese.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    said = coursekit(name, "--help")
    assert said.code == 0, said.err
    assert len(said.out.splitlines()) > 4


def test_profiles_list_adds_up_to_191() -> None:
    said = coursekit("profiles", "list")
    sums = [line.split()[-1] for line in said.out.splitlines() if line.startswith("Σ")]
    assert sums == ["191", "191"]


def test_explain_rule_check_and_code() -> None:
    check = coursekit("explain", "probe/size", lang="zh").out
    assert "单个视频文件不能超过800M" in check
    assert "over-limit" in check
    rule = coursekit("explain", "tianjin-2025/a2.2.2.1.3-1").out
    assert "附件2 二（二）1（3）" in rule
    assert "838860800" in rule
    assert "probe/size over-limit" in coursekit("explain", "over-limit").out


def test_explain_of_something_unknown_offers_what_is_near() -> None:
    said = coursekit("explain", "probe/sise")
    assert said.code == 2
    assert "probe/size" in said.err


def test_doctor_names_the_tools() -> None:
    said = coursekit("doctor")
    assert said.code == 0
    assert "MediaInfo" in said.out
    assert "FFmpeg" in said.out


def test_measure_prints_facts_without_verdicts(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")
    said = coursekit("measure", course / "lesson-1.mp4")
    assert said.code == 0, said.err
    (file,) = json.loads(said.out)["files"]
    assert file["path"] == "lesson-1.mp4"
    assert len(file["sha256"]) == 64
    (video,) = file["video"]
    assert video["frames"] == 25
    assert video["coded_px"] == [320, 180]
    assert video["frame_rate"] == "25/1"
    (audio,) = file["audio"]
    assert audio["channels"] == 2
    assert audio["sample_rate_hz"] == 48000
    assert "verdict" not in said.out


def test_measure_of_a_broken_file_exits_3(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"nothing")
    said = coursekit("measure", tmp_path / "x.mp4")
    assert said.code == 3
    assert json.loads(said.out)["files"][0]["path"] == "x.mp4"
