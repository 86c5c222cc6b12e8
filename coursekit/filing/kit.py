"""The folder to hand in: forms and papers in the notice's order, an index, and the SHA-256 of every file.

It holds identity papers and telephones, so it is made for its owner alone and appears in one step, whole or not at
all. What is missing stops it, unless a draft is wanted; the index then says what is missing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from coursekit.filing.desk import CHECK, Desk, Made, make_forms
from coursekit.filing.fill import attached, negative
from coursekit.filing.form import Block, Cell, Filled, Form, Grid, Para
from coursekit.filing.held import Held, held_papers
from coursekit.filing.kinds import label, paper_kinds
from coursekit.filing.measure import EXPERT_PAPERS
from coursekit.filing.pdf import render_pdf
from coursekit.filing.word import render_word
from coursekit.model import Level, Result, Verdict
from coursekit.review.shelf import Shelf
from coursekit.texts import phrase
from coursekit.typeset import available

SUMS = "SHA256SUMS"
INDEX = "00-目录"
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_LACKING = {Level.MUST: "缺", Level.SHOULD: "建议提供，未提供", Level.INFO: "可不提供"}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class KitRefused(Exception):
    """The kit was not made, and why. Each line names a paper or an expert, never a file."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class TargetExists(Exception):
    """There is something at the place already; a kit never mixes with what was there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How forms are set."""

    fonts: tuple[Path, ...] = ()
    """Folders with fonts of the operator's own, for rare characters."""
    pdf: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index."""

    number: int
    title: str
    clauses: tuple[str, ...]
    files: tuple[str, ...]
    note: str


@dataclass(slots=True)
class Kit:
    """What will be handed in, by name in the kit."""

    entries: list[Entry] = field(default_factory=list)
    copies: dict[str, Path] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)


def plan_kit(desk: Desk, setting: Setting | None = None) -> Kit:
    """Names and order; nothing is written."""
    kit, forms, setting = Kit(), make_forms(desk), setting or Setting()
    taken: dict[tuple[int, str], str] = {}
    for number, (entry, clauses, level) in enumerate(asked(desk), 1):
        names: list[str] = []
        notes: list[str] = []
        for index in range(len(desk.courses)) if _of_course(entry) else (0,):
            folder = _folder(desk, index) if _of_course(entry) else ""
            found = tuple(_papers(desk, index, entry, number, folder, kit, taken))
            signed = bool(found)
            names += found
            blank = [m for m in forms if set(m.filled.form.answers) & set(entry.split("|"))]
            if not signed and blank:
                mine = [m for m in blank if m.course in (None, index)]
                names += _forms(mine, number, folder, kit, setting, several=len(mine) > 1)
                notes.append("待签章")
            elif not signed:
                declared = _declared(desk, entry)
                notes.append(f"声明不需要：{declared}" if declared else _LACKING[level])
        title = label(entry, "zh")
        kit.entries.append(Entry(number, title, clauses, tuple(dict.fromkeys(names)), "；".join(dict.fromkeys(notes))))
    _add_index(desk, kit, setting)
    return kit


def asked(desk: Desk) -> Iterator[tuple[str, tuple[str, ...], Level]]:
    """Every paper the notice asks for, in its order, with the clauses that ask and how strongly they do."""
    found: dict[str, list[str]] = {}
    levels: dict[str, Level] = {}
    for rule in desk.profile.rules:
        for entry in rule.evidence if rule.check == CHECK else ():
            clauses = found.setdefault(entry, [])
            levels[entry] = min(rule.level, levels.get(entry, rule.level), key=tuple(Level).index)
            if rule.clause.number not in clauses:
                clauses.append(rule.clause.number)
    yield from ((entry, tuple(clauses), levels[entry]) for entry, clauses in found.items())


def refusals(desk: Desk, results: tuple[tuple[Result, ...], ...], lang: str) -> tuple[str, ...]:
    """Why a kit would come back from the authority; forms still to be signed are no reason."""
    answered = {kind for made in make_forms(desk) for kind in made.filled.form.answers}
    reasons = []
    for course, said in zip(desk.courses, results, strict=True):
        for name in negative(course) if reviewed(desk) else ():
            reasons.append(phrase("cli", "expert-did-not-pass", lang, expert=name, course=course.title))
        for result in said:
            if result.level is not Level.MUST:
                continue
            if result.verdict in (Verdict.NOT_TESTED, Verdict.ERROR) and result.reason is not None:
                reasons.append(result.reason.message)
            for finding in result.findings:
                kind = str(finding.args.get("paper_zh", ""))
                waits = finding.code == "paper-missing" and any(label(key, "zh") in kind for key in answered)
                if finding.verdict is Verdict.FAIL and not waits:
                    reasons.append(finding.message)
    return tuple(dict.fromkeys(reasons))


def reviewed(desk: Desk) -> bool:
    """Whether the notice asks for experts' consent at all."""
    return any("review-consent-form" in rule.evidence for rule in desk.profile.rules)


def _of_course(entry: str) -> bool:
    kinds = paper_kinds()
    return any(key in kinds and kinds[key].source is not None for key in entry.split("|"))


def _folder(desk: Desk, index: int) -> str:
    return f"课程{index + 1}-{fit(desk.courses[index].title, 16)}/"


def _papers(
    desk: Desk, index: int, entry: str, number: int, folder: str, kit: Kit, taken: dict[tuple[int, str], str]
) -> Iterator[str]:
    """Copies of what the register and the manifest name; a paper that answers two clauses is handed in once."""
    held = [one for key in entry.split("|") for one in held_papers(desk.subject(index), key)]
    sources = [(one, place) for one in held for place in one.places]
    for nth, (one, place) in enumerate(sources, 1):
        path = _path(desk, index, place)
        if path is None or not path.is_file() or _refused(desk, index, place):
            continue
        key = (index if folder else -1, str(path))
        if key not in taken:
            stem = _stem(desk, index, one, place) or f"{number:02d}-{fit(label(one.kind.key, 'zh'), 20)}"
            more = f"-{nth}" if len(sources) > 1 and "/experts/" not in place else ""
            name = _free(kit, f"{folder}{stem}{more}", path.suffix.lower())
            kit.copies[name] = path
            taken[key] = name
        yield taken[key]


def _refused(desk: Desk, index: int, place: str) -> bool:
    facts = desk.papers[index].files.get(place)
    return facts is None or any(problem.code == "outside-course" for problem in facts.problems)


def _free(kit: Kit, stem: str, suffix: str) -> str:
    names = (f"{stem}{suffix}", *(f"{stem}-{n}{suffix}" for n in range(2, 10_000)))
    return next(name for name in names if name not in kit.copies and name not in kit.made)


def _stem(desk: Desk, index: int, one: Held, place: str) -> str | None:
    """Experts' papers are called as the consent form's list of attachments calls them."""
    parts = place.split("/")
    if parts[1] != "experts":
        return None
    expert = desk.courses[index].manifest.experts[int(parts[2])]
    names = attached(expert, int(parts[2]) + 1)
    source = next(source for source, name in EXPERT_PAPERS.items() if name == parts[3])
    listed = names["proof" if source in ("qualification", "consent") else source].split("、")
    chosen = listed[-1] if source == "consent" else listed[0]
    return Path(chosen).stem


def _path(desk: Desk, index: int, place: str) -> Path | None:
    parts = place.split("/")
    if parts[1] == "papers":
        if desk.register is None or desk.register_path is None:
            return None
        return desk.register_path.parent / desk.register.papers[int(parts[2])].files[int(parts[4])]
    manifest, folder = desk.courses[index].manifest, desk.courses[index].folder
    if parts[1] == "review":
        paper = desk.courses[index].review.experts[int(parts[2])].papers[int(parts[3])]
        return Shelf(folder).paper_path(paper)
    if parts[1] == "experts":
        name = getattr(manifest.experts[int(parts[2])], parts[3])
    elif parts[1] == "rights":
        name = manifest.rights[int(parts[2])].file
    else:
        name = manifest.reviews[int(parts[2])].file
    return folder / name if name else None


def _declared(desk: Desk, entry: str) -> str | None:
    conditional = {str(k) for rule in desk.profile.rules for k in _listed(rule.params.get("only_if_needed"))}
    declared = desk.register.not_needed if desk.register is not None else ()
    return next((n.reason for n in declared if n.kind == entry and entry in conditional), None)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _forms(made: list[Made], number: int, folder: str, kit: Kit, setting: Setting, *, several: bool) -> Iterator[str]:
    for nth, one in enumerate(made, 1):
        more = f"-{nth}" if several else ""
        stem = f"{folder}{number:02d}-{fit(one.filled.form.title)}（待签章）{more}"
        for suffix, data in rendered(one.filled, setting):
            same = next((name for name, body in kit.made.items() if body == data), None)
            if same is None:
                same = stem + suffix
                kit.made[same] = data
            yield same


def rendered(filled: Filled, setting: Setting) -> Iterator[tuple[str, bytes]]:
    """The form as Word, and as PDF where PDFs can be made and are wanted."""
    yield ".docx", render_word(filled)
    if setting.pdf and available():
        yield ".pdf", render_pdf(filled, setting.fonts)


def fit(name: str, most: int = 60) -> str:
    """A name every file system takes, and not longer than a line of the index bears."""
    return _UNFIT.sub("_", name)[:most].strip(" .（(") or "_"


# --------------------------------------------------------------------------------------------------------------- index


def _add_index(desk: Desk, kit: Kit, setting: Setting) -> None:
    head = tuple(Cell((Para(text, "label", "centre"),)) for text in ("序号", "材料", "条款", "文件", "说明"))
    rows = [head]
    for entry in kit.entries:
        cells = (
            (Para(str(entry.number), align="centre"),),
            (Para(entry.title),),
            (Para("、".join(entry.clauses), "hint"),),
            tuple(Para(name, "hint") for name in entry.files) or (Para("—", "hint"),),
            (Para(entry.note, "hint"),),
        )
        rows.append(tuple(Cell(paras) for paras in cells))
    operator = desk.register.operator.name if desk.register is not None else ""
    blocks: tuple[Block, ...] = (
        Para("备案材料目录", "title", "centre"),
        Para(desk.profile.title.zh, "small"),
        Para(f"申报单位：{operator}", "small"),
        *(Para(f"课程{n}：{course.title}", "small") for n, course in enumerate(desk.courses, 1)),
        Grid((8, 30, 20, 28, 14), tuple(rows)),
        Para("本目录由 coursekit 生成，不是通知规定的表格。文件的 SHA-256 见 SHA256SUMS。", "small", gap_mm=3),
    )
    form = Form("index", "备案材料目录", (), (), "operator", ())
    for suffix, data in rendered(Filled(form, blocks, operator), setting):
        kit.made[INDEX + suffix] = data


# ------------------------------------------------------------------------------------------------------------- writing


def write_kit(kit: Kit, target: Path) -> int:
    """Write it as a folder, or as a zip where the name says so; how many files. For the owner alone."""
    if target.exists():
        raise TargetExists(str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    # mkdtemp makes a folder that nobody else can enter; it is renamed only when it is whole.
    work = Path(tempfile.mkdtemp(prefix=".coursekit-", dir=target.parent))
    try:
        folder = work / "kit"
        names = _write_folder(kit, folder)
        if target.suffix.lower() == ".zip":
            packed = work / "kit.zip"
            _pack(folder, names, packed)
            packed.replace(target)
        else:
            folder.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return len(names)


def _write_folder(kit: Kit, folder: Path) -> list[str]:
    folder.mkdir(mode=0o700)
    sums = {}
    for name in sorted({*kit.copies, *kit.made}):
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with _private(path) as handle:
            for chunk in _bytes(kit, name):
                digest.update(chunk)
                handle.write(chunk)
        sums[name] = digest.hexdigest()
    with _private(folder / SUMS) as handle:
        handle.write("".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()).encode())
    return [*sums, SUMS]


def _bytes(kit: Kit, name: str) -> Iterator[bytes]:
    if name in kit.made:
        yield kit.made[name]
        return
    with kit.copies[name].open("rb") as source:
        while chunk := source.read(1 << 20):
            yield chunk


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb")


def _pack(folder: Path, names: list[str], target: Path) -> None:
    with _private(target) as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as out:
        for name in names:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            # A zip must be told beforehand that a member may be larger than 2 GB.
            with out.open(entry, "w", force_zip64=True) as inner, (folder / name).open("rb") as source:
                shutil.copyfileobj(source, inner)
