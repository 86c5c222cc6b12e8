"""Every check has a row, the same seed writes the same bytes, and nothing written names a place on this machine."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from coursekit.bench.accuracy import Bench, detector_digests, run_job
from coursekit.bench.adaptive import Comparison
from coursekit.bench.cases import (
    Job,
    Plan,
    laddered,
    plan_jobs,
    shelf_of,
)
from coursekit.bench.ladder_more import FILES
from coursekit.bench.material import BOARDS, TableError, find_clips
from coursekit.bench.render import Scored, remark, render_json, render_markdown
from coursekit.bench.rungs import marks_rungs, sharp_rungs, sound_rungs, video_rungs
from coursekit.bench.score import Case, Said, Truth
from coursekit.bench.summary import write_readmes
from coursekit.cli.main import cli
from coursekit.rules.registry import CHECKS


@pytest.fixture(scope="module")
def small() -> Bench:
    """Two of the cheapest jobs."""
    plan = Plan(seed=5, quick=True)
    shelf = shelf_of(None)
    jobs = [job for job in plan_jobs(plan, shelf) if job.ladder == "audio" and job.clip == "synthesised voice C"]
    jobs = jobs or [job for job in plan_jobs(plan, shelf) if job.ladder == "audio"][:1]
    one = type(jobs[0])(jobs[0].ladder, "synthesised voice C", jobs[0].items[:2], plan)
    return Bench(plan, run_job(one), (), (), "0" * 64, 0.0, shelf.clips)


def test_no_detector_lacks_a_ladder() -> None:
    recognising = {check for check in CHECKS if check.split("/")[0] in ("audio", "video", "cover", "course")}
    assert recognising <= laddered()


def test_every_check_of_the_registry_has_a_row(small: Bench) -> None:
    scored = Scored.of(small)
    text = render_markdown(scored)
    assert set(scored.rows) == set(CHECKS)
    for check in CHECKS:
        assert f"`{check}`" in text, check
    assert remark(scored.rows["course/consistency"]) == "ladder not reached in this run"


def test_the_same_seed_writes_the_same_bytes(small: Bench) -> None:
    plan = small.plan
    again = Bench(plan, small.cases, (), (), small.profile_hash, 99.0, small.clips)
    assert render_markdown(Scored.of(small)) == render_markdown(Scored.of(again))
    body = json.loads(render_json(Scored.of(small)))
    assert set(body["checks"]) == set(CHECKS)
    assert body["seed"] == 5


def test_the_material_is_the_same_for_the_same_seed(small: Bench) -> None:
    items = tuple(n for n in range(len(sound_rungs())) if sound_rungs()[n].fault == small.cases[0].fault)
    job = Job("audio", "synthesised voice C", items[:1], small.plan)
    first, second = run_job(job), run_job(job)
    assert first == second
    assert first[0].said or first[0].problem is None


def test_nothing_written_names_a_place(small: Bench, tmp_path: Path) -> None:
    placed = replace(small, plan=replace(small.plan, folder=tmp_path))
    for text in (render_markdown(Scored.of(placed)), render_json(Scored.of(placed))):
        assert str(tmp_path) not in text
        assert "--clips DIR" in text


def test_a_table_says_which_detectors_it_speaks_of(small: Bench) -> None:
    digests = detector_digests()
    assert digests == detector_digests()
    assert len(set(digests.values())) == 4
    text = render_markdown(Scored.of(replace(small, detectors=digests)))
    assert f"video {digests['video']}" in text


def test_rungs_have_names_of_their_own() -> None:
    for rungs in (sound_rungs(), video_rungs(), sharp_rungs(), marks_rungs(), FILES):
        names = [(rung.fault, rung.strength) for rung in rungs]
        assert len(names) == len(set(names))


def test_summary_goes_between_the_marks(small: Bench, tmp_path: Path) -> None:
    body = json.loads(render_json(Scored.of(small)))
    (tmp_path / "README.md").write_text(
        "# 甲\n<!-- accuracy:begin zh -->\nold\n<!-- accuracy:end -->\nrest\n", encoding="utf-8"
    )
    (tmp_path / "README.en.md").write_text("<!-- accuracy:begin -->\n<!-- accuracy:end -->\n", encoding="utf-8")
    (tmp_path / "README.other.md").write_text("no marks\n", encoding="utf-8")
    assert write_readmes(tmp_path, body) == ("README.en.md", "README.md")
    chinese = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "old" not in chinese
    assert "检查项" in chinese
    assert chinese.endswith("rest\n")
    assert "Not measured" in (tmp_path / "README.en.md").read_text(encoding="utf-8")
    assert write_readmes(tmp_path, body) == (), "a second time changes nothing"


def test_a_ladder_over_several_materials_is_summed_up_for_each(small: Bench, tmp_path: Path) -> None:
    def case(kind: str, *, found: bool) -> Case:
        said = (Said("video/watermark", "third-party-mark", "fail"),) if found else ()
        return Case(f"marks, {kind}", "logo", "0.3", "clip", 1.0, said, Truth("video/watermark"), noticed=True)

    cases = (case("moving", found=True), case("moving", found=True), case("screen", found=False))
    scored = Scored.of(dataclasses.replace(small, cases=cases))
    body = json.loads(render_json(scored))
    kinds = body["checks"]["video/watermark"]["kinds"]
    assert [(k, v["recall_noticed"]["count"], v["recall_noticed"]["of"]) for k, v in kinds.items()] == [
        ("moving", 2, 2),
        ("screen", 0, 1),
    ]
    assert "| … over screen recordings | 0.00 (0/1)" in render_markdown(scored)
    (tmp_path / "README.md").write_text("<!-- accuracy:begin zh -->\n<!-- accuracy:end -->\n", encoding="utf-8")
    write_readmes(tmp_path, body)
    assert "| … 运动画面上 | 100 % (2/2)" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_table_of_clips_that_cannot_be_used_names_the_field(tmp_path: Path) -> None:
    (tmp_path / "clips.toml").write_text('["a.mp4"]\nwhta = "x"\n', encoding="utf-8")
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(TableError, match="whta"):
        find_clips(tmp_path)
    (tmp_path / "clips.toml").write_text('["a.mp4"]\nwhat = "x"\n', encoding="utf-8")
    (tmp_path / "b.mp4").write_bytes(b"")
    shelf = find_clips(tmp_path)
    assert tuple(shelf.clips) == ("a.mp4",)
    assert shelf.unknown == ("b.mp4",)


def test_what_anybody_notices_over_moving_pictures_is_shown_over_as_many_clips_as_asked_for(tmp_path: Path) -> None:
    names = [f"{letter}.mp4" for letter in "abcd"]
    table = "".join(f'["{name}"]\nmarks = "moving"\n' for name in names)
    (tmp_path / "clips.toml").write_text(table, encoding="utf-8")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    jobs = [job for job in plan_jobs(Plan(tmp_path, clips_per_rung=3), find_clips(tmp_path)) if job.ladder == "marks"]
    shown = {name: {number for job in jobs if job.clip == name for number in job.items} for name in names}
    rungs = marks_rungs()
    noticed = {number for number, rung in enumerate(rungs) if rung.noticed}
    assert shown == {"a.mp4": set(range(len(rungs))), "b.mp4": noticed, "c.mp4": noticed, "d.mp4": set()}


@pytest.mark.parametrize("clips", [1, 3])
def test_marks_are_laid_over_every_kind_of_picture_however_few_clips_are_asked_for(clips: int, tmp_path: Path) -> None:
    jobs = plan_jobs(Plan(tmp_path, clips_per_rung=clips), find_clips(tmp_path))
    laid: dict[str, set[int]] = {}
    for job in jobs:
        if job.ladder == "marks":
            laid.setdefault(job.clip, set()).update(job.items)
    assert laid == {name: set(range(len(marks_rungs()))) for name in BOARDS}


def test_bench_is_there_and_not_in_the_list_of_commands() -> None:
    runner = CliRunner()
    listed = runner.invoke(cli, ["--help"])
    assert listed.exit_code == 0
    assert "bench" not in listed.output
    own = runner.invoke(cli, ["bench", "--help"])
    assert own.exit_code == 0
    for name in ("accuracy", "adaptive", "curve", "speed"):
        assert name in own.output


def test_a_curve_of_a_check_without_one_names_those_that_have() -> None:
    answer = CliRunner().invoke(cli, ["bench", "curve", "manifest/hours"])
    assert answer.exit_code == 2
    assert "video/shake" in answer.output


def test_what_is_lost_by_looking_at_less_is_a_share_of_what_was_shown() -> None:
    shown = Comparison(Counter({"video/shake": 4}), Counter({"video/shake": 3}), Counter({"video/shake": 5}))
    (line,) = shown.lines()
    assert line == "video/shake: 4 of 5 found thorough, 3 adaptive (recall -0.200)"
