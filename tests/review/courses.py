"""A course of three one-second lessons with two experts, made once; and experts who answer like the page does."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coursekit.manifest.load import load_manifest
from coursekit.pipeline import Audit, audit, load_profiles
from coursekit.review.add import Added, Given, add_decision
from coursekit.review.dossier import Built, build_dossier, contents
from coursekit.review.shelf import Shelf
from coursekit.settings import Settings
from coursekit.terms import Scope
from tests.cli.courses import make_course

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
DAY = "2026-11-30"
LESSONS = ("lesson-1.mp4", "第2课 用电.mp4", "lesson-3.mp4")
SECRETS = ("0591-00000001", "13800000000", "identity-card.png", "life-of-lin.pdf", "certificate-of-lin.png")
"""What a manifest holds of a person and no dossier, report or state may repeat."""

MANIFEST = """\
schema: coursekit/manifest/1
course:
  id: demo-1
  title: 电工安全 <b>&"
  operator: 示例学校
  url: https://example.cn/demo
standard: { title: 电工国家职业标准 }
points:
  - { id: P1, kind: knowledge, code: "1.1", text: 触电的危害 <i> }
  - { id: P2, kind: skill, code: "1.2", text: 验电, practical: true }
lessons:
  - id: L1
    title: 第一课
    mode: online
    part: theory
    hours: 1
    media: [ { file: lesson-1.mp4 } ]
    teaches: [ { point: P1 } ]
  - id: L2
    title: 第二课 "用电"
    mode: online
    part: practice
    hours: 1
    media: [ { file: 第2课 用电.mp4 } ]
    teaches: [ { point: P2, depth: demonstrate } ]
  - id: L3
    title: 第三课
    mode: online
    part: theory
    hours: 1
    media: [ { file: lesson-3.mp4 } ]
experts:
  - id: X1
    name: 林秀兰
    province: 福建省
    phone: "0591-00000001"
    route: examiner
    qualification: 电工考评员
    certificate_file: papers/certificate-of-lin.png
    identity_file: papers/identity-card.png
    cv_file: papers/life-of-lin.pdf
  - id: X2
    name: 郑国栋
    province: 福建
    phone: "13800000000"
    route: professional-title
    certificate_file: papers/certificate-of-lin.png
"""
PROFILE = """\
schema = "coursekit/profile/1"
id = "house"
title = { zh = "示例要求", en = "House rules" }
[documents.own]
title = "示例通知"
[[rule]]
id = "house/1-1"
clause = { document = "own", number = "一", text = "单个文件不能太大。" }
level = "must"
method = "machine"
check = "probe/size"
params = { review_over_bytes = 50, max_bytes = 838860800 }
threshold_source = "clause"
[[rule]]
id = "house/2-1"
clause = { document = "own", number = "二", text = "声音为双声道。" }
level = "must"
method = "machine"
check = "audio/channels"
params = { min_channels = 6, identical_db = -900.0, near_identical_db = -900.0, review_balance_db = 6.0, \
fail_balance_db = 10.0, dead_db = 40.0, review_correlation = -0.3, fail_correlation = -0.6, review_span_s = 3.0, \
fail_span_s = 10.0 }
threshold_source = "coursekit"
[[rule]]
id = "house/3-1"
clause = { document = "own", number = "三", text = "内容无明显错误。" }
level = "must"
method = "human"
question = { zh = "内容有没有明显错误？", en = "Are there plain errors?" }
topic = "correctness"
each = "lesson"
[[rule]]
id = "house/4-1"
clause = { document = "own", number = "四", text = "符合标准。" }
level = "must"
method = "human"
question = { zh = "课程是否符合标准？", en = "Does the course match the standard?" }
topic = "content"
lesson_question = { zh = "本课是否讲到所列的点？", en = "Does the lesson teach its points?" }
[[rule]]
id = "house/5-1"
clause = { document = "own", number = "五", text = "专家均审核通过。" }
level = "must"
method = "human"
question = { zh = "是否符合要求？", en = "Does it meet the requirements?" }
topic = "verdict"
[[rule]]
id = "house/6-1"
clause = { document = "own", number = "六", text = "至少 2 名省内专家。" }
level = "must"
method = "manifest"
check = "manifest/experts"
params = { min_experts = 2, province = "福建省", require_all_pass = true, routes = ["examiner", "professional-title"] }
threshold_source = "clause"
"""


def make_reviewed_course(folder: Path) -> Path:
    """The course, not yet reviewed. The profile lies beside it."""
    make_course(folder, LESSONS)
    (folder / "course.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "papers").mkdir()
    for name in ("certificate-of-lin.png", "identity-card.png", "life-of-lin.pdf"):
        (folder / "papers" / name).write_bytes(b"a paper of somebody")
    (folder.parent / "house.toml").write_text(PROFILE, encoding="utf-8")
    return folder


def settings_of(course: Path, cache: Path | None = None, **more: Any) -> Settings:
    """Judged by the house's rules."""
    return Settings(profiles=(str(course.parent / "house.toml"),), workers=1, cache_root=cache, **more)


def audited(course: Path, cache: Path | None = None, scope: Scope = Scope.FILING, lang: str = "zh") -> Audit:
    """The audit of the course, experts heeded."""
    return audit(course, settings_of(course, cache, scope=scope, lang=lang), want_facts=True)


def build(course: Path, cache: Path | None = None) -> Built:
    """The dossier of the course as it is now, handed out."""
    settings = settings_of(course, cache, scope=Scope.COURSE, heed_experts=False)
    done = audit(course, settings, want_facts=True)
    shelf = Shelf(course)
    built = build_dossier(done, load_manifest(course / "course.yaml"), load_profiles(settings.profiles), shelf)
    shelf.issue(built.data)
    return built


def page_of(built: Built, lang: str = "zh") -> str:
    """index.html."""
    return contents(built, lang)["index.html"].decode("utf-8")


Raw = dict[str, Any]
Change = Callable[[Raw], None]


def decide(
    built: Built,
    expert: str,
    verdict: str = "pass",
    opinion: str = "",
    says: Mapping[str, tuple[str, str]] | None = None,
) -> Raw:
    """A decision as the page makes it: everything left to answer conforms, but for what `says` says."""
    raw = json.loads(built.data)
    given = says or {}
    before = set(built.answered.get(expert, ()))
    answers = []
    for question in raw["questions"]:
        key = question["key"]
        if key in before and key not in given:
            continue
        words = "可以" if question["asked"] == "overrule" else ""
        chosen, text = given.get(key, ("pass", words))
        answers.append({"question": key, "says": chosen, "opinion": text})
    return {
        "dossier": built.sha256,
        "course": raw["course"],
        "media": raw["media"],
        "expert": next(e for e in raw["experts"] if e["id"] == expert),
        "verdict": verdict,
        "opinion": opinion,
        "reviewed_on": DAY,
        "answers": answers,
        "papers": [],
        "schema": "coursekit/decision/1",
    }


def written(folder: Path, raw: Raw | bytes, name: str = "decision.json") -> Path:
    """A decision file as it arrives."""
    path = folder / name
    path.write_bytes(raw if isinstance(raw, bytes) else json.dumps(raw, ensure_ascii=False).encode("utf-8"))
    return path


def add(course: Path, raw: Raw | bytes, **more: Any) -> Added:
    """Take a decision in."""
    return add_decision(course, Given(written(course.parent, raw), **more), NOW)


def question(built: Built, *, subject: str | None = None, topic: str | None = None, asked: str | None = None) -> str:
    """The key of the first question of this kind."""
    return next(
        q.key
        for q in built.dossier.questions
        if subject in (None, q.subject) and topic in (None, q.topic) and asked in (None, q.asked.value)
    )


def change_lesson(course: Path, name: str = LESSONS[1]) -> None:
    """Other bytes, still a video."""
    path = course / name
    path.write_bytes(path.read_bytes() + (20).to_bytes(4, "big") + b"free" + bytes(12))


def sha256(data: bytes) -> str:
    """For files made in a test."""
    return hashlib.sha256(data).hexdigest()
