"""A small course to be filed: two experts, two lessons, no media worth the name."""

from __future__ import annotations

from pathlib import Path

from tests.filing.papers import HOST, OPERATOR, pdf

SECRET_ID = "350102199001011234"
SECRET_PHONE = "13811112222"
COURSE = f"""\
schema: coursekit/manifest/1
course:
  id: demo-4
  title: 养老护理员（四级）<示例> & 演示
  occupation: {{code: "4-10-01-05", name: 养老护理员}}
  operator: {OPERATOR}
  platform: 云栖学习平台（示例）
  url: "https://{HOST}/courses/4"
  delivery: 录播
  assessment_form: 单元测验、结业考核
  source: 自主开发
  fee: 免费
  summary: 两课，先学知识，再看示范。
lessons:
  - {{id: l1, title: 绪论, mode: online, part: theory, hours: 1, media: [{{file: 第1课.mp4}}]}}
  - {{id: l2, title: 示范, mode: online, part: practice, hours: "1.5", media: [{{file: 第2课.mp4}}]}}
rights:
  - {{id: r1, item: 全部课程, kind: course, basis: own, file: rights/权属.pdf}}
  - {{id: r2, item: 片头音乐, kind: music, basis: licence, file: rights/音乐.pdf}}
experts:
  - id: X1
    name: 林秀喆
    province: 福建省
    phone: "{SECRET_PHONE}"
    route: examiner
    qualification: 养老护理员考评员
    certificate: 考评员证
    certificate_file: experts/林-考评员证.pdf
    identity_file: experts/{SECRET_ID}.pdf
    cv_file: experts/林-简历.pdf
  - id: X2
    name: 郑国䶮
    province: 福建省
    phone: "0592-00000002"
    route: professional-title
    qualification: 主管护师（中级）
    certificate: 主管护师资格证
    certificate_file: experts/郑-职称证.pdf
    identity_file: experts/郑-身份证.pdf
    cv_file: experts/郑-简历.pdf
"""


def write_course(folder: Path, text: str = COURSE) -> Path:
    """The course in `folder`, its papers as PDFs."""
    from coursekit.files import write_atomic

    write_atomic(folder / "course.yaml", text)
    for name in ("第1课.mp4", "第2课.mp4"):
        write_atomic(folder / name, f"no film: {name}")
    for name in ("rights/权属.pdf", "rights/音乐.pdf"):
        write_atomic(folder / name, pdf())
    for name in (
        "林-考评员证.pdf",
        f"{SECRET_ID}.pdf",
        "林-简历.pdf",
        "郑-职称证.pdf",
        "郑-身份证.pdf",
        "郑-简历.pdf",
    ):
        write_atomic(folder / "experts" / name, pdf(name.encode("ascii", "replace").decode()))
    return folder
