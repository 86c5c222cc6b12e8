"""A small course, packed once per session, for the tests that look at packages."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from coursekit.bundle.bagwrite import write_bag_folder, write_bag_zip
from coursekit.bundle.build import plan_package
from coursekit.bundle.keys import SigningKey, TrustedKey, TrustStore, new_key
from coursekit.bundle.plan import Plan
from coursekit.settings import Settings
from tests.cli.courses import LENIENT, make_course

PASSPHRASE = "correct horse battery staple"
MANIFEST = """\
schema: coursekit/manifest/1
course:
  id: dg-4-2026
  title: 电工（四级）线上课程
  levels: [4]
  operator: 云栖职业培训学校（示例）
  use_until: "2099-12-31"
points:
  - {id: S1, kind: skill, code: "1.1.1", text: 能测量绝缘电阻, level: 4}
  - {id: K1, kind: knowledge, code: "1.1.1", text: 兆欧表的使用方法, level: 4}
lessons:
  - id: l1
    title: 绝缘电阻测量
    mode: online
    part: theory
    hours: 1
    media: [{file: 媒体/第一课.mp4}]
    teaches: [{point: S1, depth: demonstrate}, {point: K1}]
  - id: l2
    title: 接线
    mode: online
    part: theory
    hours: "1.5"
    media: [{file: 媒体/100% done.mp4}]
    teaches: [{point: K1}]
  - {id: l3, title: 实训, mode: offline, part: practice, hours: 2, teaches: [{point: S1, depth: practise}]}
experts:
  - {id: X1, name: 林秀兰, province: 福建省, affiliation: 榕城护理学院, phone: "0591-00000001", route: examiner}
papers:
  - {title: 培训大纲, file: 大纲.txt}
"""
LESSONS = ("媒体/第一课.mp4", "媒体/100% done.mp4")
MACHINE_ONLY = LENIENT[: LENIENT.index('[[rule]]\nid = "lenient/4-1"')].replace("lenient", "studio")
"""A profile that asks for no experts."""


@dataclass(frozen=True)
class Packed:
    """A course, its plan, a key, and the two forms of its package."""

    course: Path
    settings: Settings
    plan: Plan
    key: SigningKey
    trust: TrustStore
    zip: Path
    folder: Path

    def copy(self, to: Path) -> Path:
        """The folder bag, to be spoilt."""
        return Path(shutil.copytree(self.folder, to / "bag"))


def make_small_course(root: Path) -> Path:
    """Two lessons of a second, one held offline, one expert, one paper."""
    (root / "媒体").mkdir(parents=True)
    made = make_course(root / "made", ("a.mp4", "b.mp4"))
    for source, name in zip(("a.mp4", "b.mp4"), LESSONS, strict=True):
        (made / source).rename(root / name)
    made.rmdir()
    (root / "course.yaml").write_text(MANIFEST, encoding="utf-8")
    (root / "大纲.txt").write_text("培训大纲", encoding="utf-8")
    return root


def make_packed(root: Path) -> Packed:
    """All of it."""
    course = make_small_course(root / "course")
    profile = root / "studio.toml"
    profile.write_text(MACHINE_ONLY, encoding="utf-8")
    settings = Settings(profiles=(str(profile),), cache_root=root / "cache", workers=1)
    plan = plan_package(course, settings)
    key = new_key()
    made = write_bag_zip(plan, root / "out" / "course.bag.zip", (key,))
    folder = write_bag_folder(plan, root / "out" / "bag", (key,))
    return Packed(course, settings, plan, key, trusting(key), made.path, folder.path)


def trusting(*keys: SigningKey) -> TrustStore:
    """A store that trusts these keys."""
    return TrustStore({k.key_id: TrustedKey(k.key_id, f"key-{n}", k.raw_public) for n, k in enumerate(keys)})
