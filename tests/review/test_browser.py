"""Two experts answer in a real browser; what they made is taken in and weighed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coursekit.review.dossier import contents, write_folder
from coursekit.review.model import Asked, Standing
from coursekit.review.state import review_state
from tests.bundle.foreign import chromium, node_modules
from tests.cli.courses import coursekit
from tests.conftest import ROOT
from tests.review.conftest import Desk
from tests.review.courses import LESSONS, question, sha256

BROWSER = ROOT / "tests" / "browser"

pytestmark = pytest.mark.interop


def answer(desk: Desk, expert: str, out: Path, **plan: Any) -> dict[str, Any]:
    """What an expert met who answered the whole dossier."""
    node, browser = node_modules("axe-core"), chromium()
    folder = out / "评审 材料#1"
    write_folder(folder, contents(desk.built, "zh"))
    said = {
        "expert": expert,
        "verdict": "pass",
        "opinion": "",
        "says": {},
        "overruled": [q.key for q in desk.built.dossier.questions if q.asked is Asked.OVERRULE],
        "words": "示例课，声音够用",
        "width": 1440,
        "day": "2026-11-20",
        **plan,
    }
    (out / "plan.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    ran = subprocess.run(
        ["node", BROWSER / "answer_dossier.mjs", node, browser, folder / "index.html", out / "plan.json", out],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    seen: dict[str, Any] = json.loads(ran.stdout)
    return seen


def check(seen: dict[str, Any], desk: Desk) -> None:
    """What every expert must meet."""
    asked = len(desk.built.dossier.questions)
    assert seen["errors"] == []
    assert all(url.startswith("file:") for url in seen["requests"])
    assert seen["axe"] == []
    assert max(seen["overflow_px"]) <= 0
    assert seen["questions"] == asked
    assert seen["nobody_cannot_answer"]
    assert seen["before_choosing"] == f"已答 0 / {asked} 题"
    assert seen["half"] == seen["after_reload"] == f"已答 {-(-asked // 2)} / {asked} 题"
    assert seen["lost_nothing"]
    assert seen["make_disabled"]
    assert seen["next_lands"]
    assert seen["english"] == f"{-(-asked // 2)} of {asked} answered"
    assert seen["draft_brings_all"]
    assert seen["dialogs"] == ["这不是草稿文件，没有载入。"]
    assert seen["after_all"] == f"已答 {asked} / {asked} 题"
    assert seen["full"]
    assert "全部答完" in seen["ready"]
    assert re.fullmatch(r"评审草稿-demo-1-.+\.json", seen["draft_name"])
    assert re.fullmatch(r"评审意见-demo-1-.+-2026-11-20\.json", seen["decision_name"])


def test_two_experts_approve(desk: Desk, tmp_path: Path) -> None:
    scan = tmp_path / "签字.pdf"
    scan.write_bytes(b"%PDF- signed")
    for expert, plan in (("X1", {"opinion": "建议配字幕", "paper": str(scan)}), ("X2", {"width": 390})):
        out = tmp_path / expert
        out.mkdir()
        check(answer(desk, expert, out, **plan), desk)
        more = ("--paper", scan) if "paper" in plan else ()
        said = coursekit("review", "add", desk.course, out / "decision.json", *more)
        assert said.code == 0, said.err
    state = review_state(desk.course)
    assert state.approved
    assert state.experts[0].opinion == "建议配字幕"
    assert [p.sha256 for p in state.experts[0].papers] == [sha256(scan.read_bytes())]
    assert coursekit("review", "status", desk.course).code == 0


def test_one_expert_asks_for_a_change(desk: Desk, tmp_path: Path) -> None:
    key = question(desk.built, subject=LESSONS[1], topic="correctness")
    seen = answer(
        desk,
        "X2",
        tmp_path,
        says={key: ["revise", "电压写错 </script>\n“220 V”"]},
        verdict="revise",
        opinion="第二课改好再看",
        contradict=True,
    )
    check(seen, desk)
    disabled, todo = seen["contradiction"]
    assert disabled
    assert "请改为一致" in todo
    assert coursekit("review", "add", desk.course, tmp_path / "decision.json").code == 0
    state = review_state(desk.course)
    assert state.standing is Standing.REFUSED
    told = coursekit("review", "status", desk.course, lang="zh")
    assert told.code == 1
    assert "电压写错" in told.out
