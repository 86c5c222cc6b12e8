"""The operator's evidence register as typed values: who files, which platform, and which papers prove what.

One register serves all courses of an operator. Paths are relative to the register, so that `filing/` can be moved or
copied as a whole. Fields that speak of a person are marked: a fault in one of them never repeats what was written.
"""

# ruff: noqa: RUF009 -- spec() is dataclasses.field() with words; it is called once per field, as field() is
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from coursekit.manifest.faults import Fault
from coursekit.manifest.fields import Choice, Form, spec
from coursekit.manifest.tree import Places

REGISTER_SCHEMA = "coursekit/register/1"
REGISTER_NAMES = ("register.yaml", "register.yml", "register.json")
PERSONAL_FIELDS = frozenset({"contact", "agent", "phone", "email"})
"""Last part of a field's name after which what was written is not repeated in any message."""


class Mark(Choice):
    """A mark a test report can carry."""

    CMA = "CMA", "CMA（资质认定）", "CMA"
    CNAS = "CNAS", "CNAS（认可）", "CNAS"


@dataclass(frozen=True, slots=True)
class Operator:
    """申报单位."""

    name: str = spec("单位名称", "单位全称，与营业执照一致", "full name, as on the licence")
    credit_code: str | None = spec(
        "统一社会信用代码", "18 位，须加引号", "18 characters; keep the quotes", form=Form.CODE, default=None
    )
    registry: str | None = spec("注册登记机构", "注册登记机构", "the authority it is registered with", default=None)
    legal_person: str | None = spec("法定代表人", "法定代表人姓名", "legal representative", default=None)
    legal_person_phone: str | None = spec("法定代表人电话", "联系电话", "telephone", default=None)
    agent: str | None = spec("授权代表人", "授权代表人姓名", "authorised representative", default=None)
    agent_post: str | None = spec("授权代表人职务", "职务", "post", default=None)
    agent_phone: str | None = spec("授权代表人电话", "联系电话", "telephone", default=None)
    agent_email: str | None = spec("授权代表人邮箱", "电子邮箱", "e-mail", default=None)
    contact: str | None = spec("联系人", "联系人姓名", "contact person", default=None)
    contact_post: str | None = spec("联系人职务", "职务", "post", default=None)
    contact_phone: str | None = spec("联系人电话", "联系电话", "telephone", default=None)
    contact_email: str | None = spec("联系人邮箱", "电子邮箱", "e-mail", default=None)
    address: str | None = spec("通讯地址", "通讯地址", "postal address", default=None)


@dataclass(frozen=True, slots=True)
class Platform:
    """线上培训平台."""

    name: str = spec("平台全称", "平台全称", "full name of the platform")
    url: str = spec("网址", "平台网址；ICP 域名与它比对", "address; ICP domains are compared with it", form=Form.URL)
    mobile: str | None = spec("移动端地址", "移动端网址或应用名称", "address or name of the mobile app", default=None)
    technical_lead: str | None = spec("技术负责人", "技术负责人姓名", "technical lead", default=None)
    technical_lead_phone: str | None = spec("技术负责人电话", "联系电话", "telephone", default=None)
    introduction: str | None = spec(
        "平台简介",
        "平台架构特点、技术优势、培训服务优势等",
        "architecture, technology and services of the platform",
        form=Form.TEXT,
        default=None,
    )
    remarks: str | None = spec("备注", "申报表的备注", "remarks on the form", form=Form.TEXT, default=None)


@dataclass(frozen=True, slots=True)
class Load:
    """检测报告证明的性能."""

    online: int | None = spec("在线人数", "同时在线学习人数", "learners online at once", default=None, minimum=0)
    concurrent: int | None = spec("并发数", "并发用户数", "concurrent users", default=None, minimum=0)
    tps: float | None = spec("TPS", "每秒事务数", "transactions per second", default=None, minimum=0)
    response_s: float | None = spec(
        "响应时间（秒）", "在上述并发数下的页面响应时间", "page response at that concurrency", default=None, minimum=0
    )
    fetch_s: float | None = spec(
        "取数时间（秒）",
        "在上述并发数下取得视频、文档等对象的时间",
        "fetch of an object at that concurrency",
        default=None,
        minimum=0,
    )
    lan_mbps: float | None = spec(
        "局域网速率", "局域网交换速度，Mb/s", "speed of the local network, Mb/s", default=None, minimum=0
    )


@dataclass(frozen=True, slots=True)
class Paper:
    """一份证明材料."""

    kind: str = spec(
        "材料种类", "材料种类的键，见 docs/filing.md；自设的以 own- 开头", "key of the kind of paper", form=Form.ID
    )
    files: tuple[str, ...] = spec(
        "文件", "扫描件路径，相对于本登记表", "scans, relative to this register", form=Form.PATH
    )
    title: str | None = spec("名称", "材料名称；不填用种类名称", "what it is called", default=None)
    number: str | None = spec("编号", "证书、许可证或报告编号", "number of the paper", default=None)
    issuer: str | None = spec("颁发单位", "颁发、出具单位", "who issued it", default=None)
    issued: date | None = spec("日期", "颁发、出具日期", "day of issue", form=Form.DATE, default=None)
    expires: date | None = spec("有效期至", "最后有效的一天", "last day it is valid", form=Form.DATE, default=None)
    owner: str | None = spec("主办单位", "证上的主办（持有）单位", "owner printed on it", default=None)
    domains: tuple[str, ...] = spec("域名", "证上的域名", "domains printed on it", default=())
    since: date | None = spec(
        "首次备案时间", "ICP 首次备案审核通过的日期", "day of the first ICP filing", form=Form.DATE, default=None
    )
    level: int | None = spec("等保级别", "1–5", "level of protection, 1 to 5", default=None, minimum=1, maximum=5)
    marks: tuple[Mark, ...] = spec("标识", "报告上的 CMA、CNAS 标识", "marks on the report", default=())
    load: Load | None = spec("性能", "报告证明的性能", "what the report proves", default=None)
    staff: int | None = spec("人数", "名单上的人数", "persons on the list", default=None, minimum=0)
    retention_years: float | None = spec("保存年限", "数据保存年限", "years data is kept", default=None, minimum=0)


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """本单位不需要的材料（只限通知本身有条件的）."""

    kind: str = spec("材料种类", "材料种类的键", "key of the kind of paper", form=Form.ID)
    reason: str = spec("理由", "为什么不需要", "why it is not needed")


@dataclass(frozen=True, slots=True)
class Register:
    """filing/register.yaml."""

    schema: str = spec("格式", "登记表格式版本，照抄", "version of the format; copy as it is", form=Form.CODE)
    operator: Operator = spec("申报单位", "申报单位", "who files")
    platform: Platform = spec("平台", "线上培训平台", "the training platform")
    papers: tuple[Paper, ...] = spec("材料", "证明材料，顺序不限", "the papers, in any order", default=())
    not_needed: tuple[NotNeeded, ...] = spec(
        "不需要的材料", "只限通知有条件要求的材料", "only papers a notice asks for under a condition", default=()
    )
    places: Places = field(default_factory=Places, compare=False, repr=False)
    """JSON pointer to line and column."""
    faults: tuple[Fault, ...] = field(default=(), compare=False)
    """What the reader could not take as written."""

    def of_kind(self, kind: str) -> tuple[tuple[int, Paper], ...]:
        """Papers of a kind with their place in the list."""
        return tuple((i, paper) for i, paper in enumerate(self.papers) if paper.kind == kind)


__all__ = ["REGISTER_SCHEMA", "Load", "Mark", "NotNeeded", "Operator", "Paper", "Platform", "Register"]
