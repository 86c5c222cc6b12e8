"""The pages of docs/checks, made from the texts and profiles: `python -m coursekit.handbook` writes them.

They say what `coursekit explain` says, in both languages; a test compares the committed pages with what this derives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from coursekit.bench.figures import accuracy_of
from coursekit.model import Rule, Text
from coursekit.rules.profiles import list_profiles
from coursekit.rules.registry import CHECKS
from coursekit.texts import check_text, without_values

ROOT = Path(__file__).resolve().parent.parent
_DOMAINS = {
    "probe": Text(zh="文件与编码", en="Files and coding"),
    "audio": Text(zh="声音", en="Sound"),
    "video": Text(zh="画面", en="Picture"),
    "cover": Text(zh="封面", en="Covers"),
    "course": Text(zh="整门课程", en="The course as a whole"),
    "manifest": Text(zh="课程清单", en="The manifest"),
    "filing": Text(zh="备案材料", en="Papers"),
}
_HEAD = "<!-- Made by `python -m coursekit.handbook`. Change the texts or the profiles, not this page. -->\n"


def pages() -> Mapping[str, str]:
    """File name in docs/checks to its text."""
    rules: dict[str, list[Rule]] = {}
    for profile in list_profiles():
        for rule in profile.rules:
            if rule.check:
                rules.setdefault(rule.check, []).append(rule)
    made = {page_name(check): _page(check, rules.get(check, [])) for check in CHECKS}
    return {"index.md": _index(rules), **made}


def page_name(check: str) -> str:
    """`audio-hum.md`."""
    return check.replace("/", "-") + ".md"


def _index(rules: Mapping[str, list[Rule]]) -> str:
    lines = [_HEAD, "# 检查项 · Checks", ""]
    for domain, checks in groupby(CHECKS, key=lambda c: c.partition("/")[0]):
        title = _DOMAINS.get(domain, Text(zh=domain, en=domain))
        lines += [
            f"## {title.zh} · {title.en}",
            "",
            "| | 检查什么 | what is checked | 条款 clauses |",
            "| --- | --- | --- | --- |",
        ]
        for check in checks:
            text = check_text(check)
            link = f"[`{check}`]({page_name(check)})"
            lines.append(f"| {link} | {_cell(text.title.zh)} | {_cell(text.title.en)} | {len(rules.get(check, []))} |")
        lines.append("")
    return "\n".join(lines)


def _page(check: str, rules: list[Rule]) -> str:
    text = check_text(check)
    lines = [_HEAD, f"# {text.title.zh} · {text.title.en}", "", f"`{check}`", ""]
    lines += [*_section("怎么测 · What is measured", text.measured), *_section("为什么 · Why", text.why)]
    lines += ["## 条款 · Clauses", "", *_clauses(rules)]
    lines += ["## 会说什么，怎么改 · What it says, and how to mend it", ""]
    for code, entry in text.codes.items():
        lines += [
            f"### `{code}`",
            "",
            f"{without_values(entry.message.zh)}  ",
            f"→ {without_values(entry.remedy.zh)}",
            "",
        ]
        lines += [f"{without_values(entry.message.en)}  ", f"→ {without_values(entry.remedy.en)}", ""]
    lines += ["## 例子与准确度 · Examples and accuracy", "", *_examples(check)]
    return "\n".join(lines)


def _section(title: str, text: Text) -> list[str]:
    return [f"## {title}", "", text.zh, "", text.en, ""]


def _clauses(rules: list[Rule]) -> Iterator[str]:
    if not rules:
        yield "没有通知要求它；自己的依据可以引用它。 No notice asks for it; a profile of your own may."
        yield ""
    for rule in rules:
        yield f"- **{rule.clause.document} {rule.clause.number}** · {rule.level.value} · `{rule.id}`  "
        yield f"  “{rule.clause.text}”  "
        values = ", ".join(f"`{key} = {value}`" for key, value in rule.params.items())
        source = {
            "coursekit": "界限由 coursekit 自定 · thresholds are coursekit's own",
            "clause": "界限出自条款 · thresholds stand in the clause",
            "studio": "界限由工作室约定 · thresholds are the studio's",
        }[rule.threshold_source.value]
        yield f"  {source}{f'：{values}' if values else ''}"
    if rules:
        yield ""


def _examples(check: str) -> list[str]:
    measured = accuracy_of(check)
    figures = [measured.zh, "", measured.en, ""] if measured is not None else []
    return [
        *figures,
        f"    python sample_courses/make.py {check} 目标文件夹",
        "",
        "生成一节只有这一种毛病的示例课（有示例的检查项见 `make.py list`）。查准率、查全率与适用范围见",
        "[ACCURACY.md](../../ACCURACY.md)。",
        "",
        "Makes a lesson with this fault and no other, where `make.py list` names one. For precision, recall and the",
        "range over which they hold see [ACCURACY.md](../../ACCURACY.md).",
        "",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write all pages into docs/checks of the checkout."""
    folder = ROOT / "docs" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for stale in set(folder.glob("*.md")) - {folder / name for name in wanted}:
        stale.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
