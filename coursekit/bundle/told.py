"""A verification as a person reads it: the answer first, then what it rests on, then what is wrong, file by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coursekit.bundle.model import Answer, Issue, Package, Verification

Told = tuple[str, str | None, bool]
"""Text, colour, bold."""
MOST_ISSUES = 50

_ANSWERS = {
    Answer.ACCEPTED: ("可以接收：完整、签名可信、审核与评审均通过", "take it: whole, authentic, approved", "green"),
    Answer.DRAFT: ("草稿 DRAFT：不得用于教学", "DRAFT: nobody may teach from it", "yellow"),
    Answer.WHOLE: (
        "完整：每个字节都与清单相符（没有核对来源与审核）",
        "whole: every byte is as listed (nothing is said of who made it)",
        "green",
    ),
    Answer.REFUSED: ("不可接收", "do not take it", "red"),
    Answer.UNDECIDED: ("无法判定", "could not be decided", "yellow"),
}
_HEADINGS = {
    "faults": ("问题", "faults"),
    "open": ("还不能确定", "open"),
    "warnings": ("提醒", "warnings"),
}


def told_lines(found: Verification, lang: str) -> Iterator[Told]:
    """Line by line. The caller makes each harmless for a terminal."""
    en = lang == "en"
    zh_word, en_word, colour = _ANSWERS[found.answer]
    yield f"{found.package}", None, True
    yield en_word if en else zh_word, colour, True
    if found.course is not None:
        yield from ((line, None, False) for line in _course(found.course, en=en))
    if found.signatures:
        yield _signers(found, en=en), None, False
    if found.files:
        megabytes = f"{found.payload_bytes / 1e6:,.1f} MB"
        count = len(found.files)
        yield (f"{count} files read, {megabytes}" if en else f"已读 {count} 个文件，{megabytes}"), None, False
    yield from _section("faults", found.faults, "red", en=en)
    yield from _section("open", found.open, "yellow", en=en)
    yield from _section("warnings", found.warnings, "yellow", en=en)


def _course(course: Package, *, en: bool) -> Iterator[str]:
    version = course.version[:12]
    profiles = ", ".join(p.id for p in course.profiles)
    approval = course.approval
    if en:
        yield f"{course.title} ({course.id}), version {version}, {len(course.lessons)} lessons"
        yield f"judged by {profiles}, scope {course.scope}: {course.outcome}"
    else:
        yield f"《{course.title}》（{course.id}），版本 {version}，{len(course.lessons)} 课"
        outcome = {"conforms": "符合", "does_not_conform": "不符合", "undecided": "未能判定"}.get(course.outcome, "？")
        yield f"判定依据 {profiles}，范围 {course.scope}：{outcome}"
    if not approval.required:
        yield "no experts asked for" if en else "判定依据没有要求专家评审"
        return
    if not approval.decisions:
        yield "no expert has decided yet" if en else "专家尚无结论"
        return
    passed = sum(d.verdict == "pass" for d in approval.decisions)
    day, until = approval.on or "—", approval.until or "—"
    if en:
        yield f"experts: {passed} of {len(approval.decisions)} passed it, last on {day}; planned use until {until}"
    else:
        yield f"专家 {len(approval.decisions)} 人，通过 {passed} 人，最后一次 {day}；计划使用至 {until}"


def _signers(found: Verification, *, en: bool) -> str:
    names = dict.fromkeys(
        (s.key_name if s.trusted else None, s.key_id[:16]) for s in found.signatures
    )  # fmt: skip
    said = []
    for name, key_id in names:
        if name is not None:
            said.append(f"{name} ({key_id}…)" if en else f"{name}（{key_id}…）")
        else:
            said.append(f"unknown key {key_id}…" if en else f"不明密钥 {key_id}…")
    return ("signed by " if en else "签名：") + ", ".join(said)


def _section(name: str, issues: Iterable[Issue], colour: str, *, en: bool) -> Iterator[Told]:
    listed = list(issues)
    if not listed:
        return
    zh_heading, en_heading = _HEADINGS[name]
    yield "", None, False
    yield (f"{en_heading} ({len(listed)})" if en else f"{zh_heading}（{len(listed)}）"), colour, True
    for issue in listed[:MOST_ISSUES]:
        lesson = "" if issue.lesson is None else f" ({issue.lesson})" if en else f"（{issue.lesson}）"
        where = "" if issue.path is None else f"{issue.path}{lesson}"
        separator = (": " if en else "：") if where else ""
        yield f"  {where}{separator}{issue.message} [{issue.code}]", None, False
    if len(listed) > MOST_ISSUES:
        rest = len(listed) - MOST_ISSUES
        yield (f"  … and {rest} more, see --format json" if en else f"  …另有 {rest} 处，见 --format json"), None, False
