"""What goes into the fields of a form: the register, the manifests and the experts' decisions, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coursekit.filing.form import Fields
from coursekit.filing.measure import EXPERT_PAPERS
from coursekit.filing.model import Operator, Platform, Register
from coursekit.manifest.model import Expert, Manifest, Review
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.model import Text
from coursekit.review.model import ExpertState, ReviewState, Standing

LEVELS = ("", "一级", "二级", "三级", "四级", "五级")
BLOCKS = 2
"""Blocks for experts that the consent form prints; a third expert gets one more."""
_OPINIONS = {
    ReviewVerdict.PASS: "符合要求。",
    ReviewVerdict.REVISE: "不符合要求，需要调整或修改。",
    ReviewVerdict.REJECT: "不符合要求。",
}
_COUNTS = (Standing.APPROVED, Standing.REFUSED)
_EXPERT = ("name", "phone", "qualification", "certificate", "opinion", "cv", "identity", "proof")
_COURSE = (
    "title",
    "operator",
    "platform",
    "url",
    "occupation",
    "delivery",
    "hours",
    "assessment_form",
    "source",
    "fee",
    "summary",
)


@dataclass(frozen=True, slots=True)
class CourseToFile:
    """One course, with how its review stands."""

    folder: Path
    manifest: Manifest
    review: ReviewState

    @property
    def title(self) -> str:
        """As the forms print it."""
        return self.manifest.course.title


class Disagreement(Exception):
    """The course and the register do not say the same: a form cannot print both."""

    def __init__(self, course: str, field: Text, manifest: str, register: str) -> None:
        super().__init__(f"{course}: {field.en}: course.yaml says “{manifest}”, the register says “{register}”")
        self.course, self.field, self.manifest, self.register = course, field, manifest, register

    def describe(self, lang: str) -> str:
        """What differs, and what to do."""
        if lang == "zh":
            return (
                f"《{self.course}》的{self.field.zh}不一致：course.yaml 写的是“{self.manifest}”，"
                f"登记表写的是“{self.register}”。没有生成表格。请改成一样的。"
            )
        return f"{self}. No form was made. Make them the same."


def operator_fields(register: Register | None) -> Fields:
    """Fields of the body and its platform; all blank without a register."""
    fields = {
        f"{part}.{name}": (getattr(holder, name) or "") if holder is not None else ""
        for part, kind, holder in (
            ("operator", Operator, register.operator if register else None),
            ("platform", Platform, register.platform if register else None),
        )
        for name in kind.__dataclass_fields__
    }
    for field, kinds in (
        ("icp_licence", ("icp-licence",)),
        ("icp_filing", ("icp-filing",)),
        ("mlps", ("mlps-filing", "mlps-certificate")),
    ):
        papers = [paper for kind in kinds for _, paper in (register.of_kind(kind) if register else ())]
        fields[f"{field}.number"] = "、".join(p.number for p in papers[:1] if p.number)
        fields[f"{field}.level"] = "".join(LEVELS[p.level] for p in papers[:1] if p.level)
    return fields


def course_fields(course: CourseToFile, register: Register | None) -> Fields:
    """Fields of one course. What both the manifest and the register state must be the same."""
    info, lessons = course.manifest.course, course.manifest.lessons
    values: dict[str, str | None] = {name: getattr(info, name, None) for name in _COURSE}
    if register is not None:
        for name, words, stated in (
            ("operator", Text("运营机构", "operator"), register.operator.name),
            ("platform", Text("线上培训平台", "platform"), register.platform.name),
        ):
            if values[name] and values[name] != stated:
                raise Disagreement(info.title, words, values[name] or "", stated)
            values[name] = stated
    values["occupation"] = info.occupation.name if info.occupation else None
    hours = sum(lesson.hours for lesson in lessons)
    values["hours"] = f"{float(hours):g}" if lessons else None
    return {f"course.{name}": values[name] or "" for name in _COURSE}


def expert_fields(course: CourseToFile) -> tuple[Fields, ...]:
    """A block per expert, and blank ones up to the number the form prints."""
    states = {state.id: state for state in course.review.experts}
    filled: list[Fields] = []
    for index, expert in enumerate(course.manifest.experts):
        values = {
            "name": expert.name,
            "phone": expert.phone,
            "qualification": expert.qualification,
            "certificate": expert.certificate,
            "opinion": opinion(states.get(expert.id), _stated(course, expert)),
            **attached(expert, index + 1),
        }
        filled.append({f"expert.{name}": values.get(name) or "" for name in _EXPERT})
    while len(filled) < BLOCKS:
        filled.append({f"expert.{name}": "" for name in _EXPERT})
    return tuple(filled)


def attached(expert: Expert, number: int) -> Mapping[str, str]:
    """What the copies of an expert's papers are called in the kit, for the list of attachments."""
    named = {"cv": "简历", "identity": "身份证", "qualification": "证明材料", "consent": "省厅同意文件"}
    files = {
        source: f"审核专家{number}-{named[source]}{Path(path).suffix}"
        for source, field in EXPERT_PAPERS.items()
        if (path := getattr(expert, field))
    }
    proof = "、".join(files[s] for s in ("qualification", "consent") if s in files)
    return {"cv": files.get("cv", ""), "identity": files.get("identity", ""), "proof": proof}


def opinion(state: ExpertState | None, stated: Review | None) -> str:
    """An expert's opinion, in words that leave no doubt which way it went; blank where there is none that counts."""
    if state is not None and state.verdict is not None:
        # An answer about bytes that have changed since is no opinion on this course.
        verdict, words = (state.verdict, state.opinion) if state.standing in _COUNTS else (None, "")
    elif stated is not None:
        verdict, words = stated.verdict, stated.comment or ""
    else:
        verdict, words = None, ""
    if verdict is None:
        return ""
    return "\n".join(part for part in (_OPINIONS[verdict], words.strip()) if part)


def _stated(course: CourseToFile, expert: Expert) -> Review | None:
    """What the manifest records of this expert on the course as it is now, where no decision file was taken in."""
    now = course.review.course.sha256 if course.review.course is not None else None
    mine = [review for review in course.manifest.reviews if review.expert == expert.id and review.lesson is None]
    return mine[-1] if mine and mine[-1].subject_sha256 == now else None


def negative(course: CourseToFile) -> tuple[str, ...]:
    """Names of the experts who did not pass the course."""
    states = {state.id: state for state in course.review.experts}
    found = []
    for expert in course.manifest.experts:
        words = opinion(states.get(expert.id), _stated(course, expert))
        if words and not words.startswith(_OPINIONS[ReviewVerdict.PASS]):
            found.append(expert.name)
    return tuple(found)
