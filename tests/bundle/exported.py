"""A small course as an export takes it: clips of seconds, subtitles, a cover, papers, named as studios name them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from coursekit.bundle.model import (
    Approval,
    FileRole,
    Package,
    PackagedFile,
    PackagedLesson,
    PackagedPoint,
    PackagedSubtitle,
    PackagedTeaching,
)
from coursekit.bundle.plan import Plan
from tests.media import make_video

FIRST, SECOND = "第一章/01 安全用电 & <接线>.mp4", "第一章/02 “测量”.mp4"
SUBTITLE, PAPER, COVER = "字幕/01.srt", "资料/工作单（学员）.pdf", "封面.png"
SECONDS: Mapping[str, float] = {FIRST: 4.0, SECOND: 3.0}
SRT = "1\n00:00:00,500 --> 00:00:02,000\n先断电 <b>再</b> 操作 & 验电\n\n2\n00:00:02,000 --> 00:00:03,500\n挂牌\n"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def make_course(root: Path) -> Path:
    """The files of the course."""
    for number, (name, seconds) in enumerate(SECONDS.items()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        make_video(root / name, seconds=seconds, pattern=("testsrc2", "smptebars")[number])
    for name, data in ((SUBTITLE, SRT.encode("gb18030")), (PAPER, PDF)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    Image.new("RGB", (320, 180), (20, 90, 160)).save(root / COVER)
    return root


def make_plan(root: Path, *, draft: bool = False) -> Plan:
    """What packaging decides for it."""
    roles = {SUBTITLE: FileRole.SUBTITLE, PAPER: FileRole.SUPPLEMENT, COVER: FileRole.COVER}
    names = sorted((*SECONDS, *roles))
    files = {name: _file(root, name, roles.get(name, FileRole.MEDIA)) for name in names}
    points = (
        PackagedPoint("L4.S.1.1.1", "skill", "1.1.1", "能断电、验电、挂牌", 4),
        PackagedPoint("L4.K.1.1.1", "knowledge", "1.1.1", "安全电压 & 绝缘", 4),
        PackagedPoint("L4.S.1.1.2", "skill", "1.1.2", "能使用兆欧表", 4),
    )
    lessons = (
        PackagedLesson(
            id="m1-l01",
            title="安全用电 & <接线>",
            path=FIRST,
            sha256=files[FIRST].sha256,
            size_bytes=files[FIRST].size_bytes,
            duration_s=SECONDS[FIRST],
            mode="online",
            part="theory",
            hours="1/1",
            teaches=(PackagedTeaching("L4.S.1.1.1", "demonstrate"), PackagedTeaching("L4.K.1.1.1", "teach")),
            supplements=(PAPER,),
            subtitles=(PackagedSubtitle(SUBTITLE, "zh-CN"),),
            cover=COVER,
        ),
        PackagedLesson(
            id="m1-l02",
            title="“测量”",
            path=SECOND,
            sha256=files[SECOND].sha256,
            size_bytes=files[SECOND].size_bytes,
            duration_s=SECONDS[SECOND],
            mode="online",
            part="theory",
            hours="1/2",
            teaches=(PackagedTeaching("L4.S.1.1.2", "teach"),),
        ),
        PackagedLesson("m1-l03", "实训室练习", None, None, None, None, "offline", "practice", "2/1"),
    )
    package = Package(
        id="dg-4-2026",
        title="电工（四级）线上课程",
        version="0" * 64,
        draft=draft,
        outcome="conforms",
        scope="course",
        fail_on="must",
        profiles=(),
        approval=Approval(required=True, approved=True, on="2026-03-05", until="2028-03-04"),
        lessons=lessons,
        points=points,
        files=tuple(files.values()),
        operator="云栖职业培训学校（示例）",
        summary="两课：先断电，再测量。",
    )
    return Plan(package, {name: root / name for name in names}, {}, {})


def with_first(plan: Plan, path: str) -> Plan:
    """The same plan, its first lesson held in a file of that name."""
    first = replace(plan.package.lessons[0], path=path)
    file = replace(next(f for f in plan.package.files if f.path == FIRST), path=path)
    package = replace(plan.package, lessons=(first, *plan.package.lessons[1:]), files=(*plan.package.files, file))
    return replace(plan, package=package, sources={**plan.sources, path: plan.sources[FIRST]})


def _file(root: Path, name: str, role: FileRole) -> PackagedFile:
    data = (root / name).read_bytes()
    return PackagedFile(name, hashlib.sha256(data).hexdigest(), len(data), role)
