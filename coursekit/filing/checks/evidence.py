"""filing/evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from coursekit.filing.facts import FilingFacts, FilingSubject
from coursekit.filing.held import Held, held_papers
from coursekit.filing.kinds import label, labels
from coursekit.filing.model import Load, Register
from coursekit.manifest.sections import settle
from coursekit.model import FileFacts, Finding, Place, Scalar, Verdict
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, check, equal_to, measured, one_of

_UNREAD = ("doc", "ppt", "xls", "ole", "rtf")
"""Recognised, but nothing in them is looked at."""
_PAGED = ("pdf", "docx", "pptx", "xlsx")
_PAPERS = (*_UNREAD, *_PAGED, "html", "txt")
_FIELDS = {
    "owner": ("主办单位", "the owner"),
    "domains": ("域名", "the domain"),
    "since": ("首次备案通过时间", "the day of the first filing"),
    "expires": ("有效期至", "the last day it is valid"),
    "level": ("等保级别", "the level of protection"),
    "staff": ("人数", "the number of persons"),
    "retention_years": ("数据保存年限", "the years data is kept"),
    "online": ("同时在线人数", "learners online at once"),
    "concurrent": ("并发数", "concurrent users"),
    "tps": ("TPS", "TPS"),
    "lan_mbps": ("局域网交换速度", "speed of the local network"),
    "response_s": ("页面响应时间", "page response"),
    "fetch_s": ("对象数据获取时间", "fetch of an object"),
}
_UNITS = {"tps": "TPS", "lan_mbps": "Mb/s", "response_s": "s", "fetch_s": "s"}


@dataclass(frozen=True, slots=True)
class EvidenceParams:
    """The papers a clause asks for, and what must be printed on them. What is None is not asked."""

    evidence: tuple[str, ...]
    only_if_needed: tuple[str, ...] | None = None
    """Papers the clause asks for under a condition: the operator may declare that it does not hold."""
    in_date: bool | None = None
    """The clause asks for a paper that is valid, so the last day must be known."""
    same_owner: bool | None = None
    same_domain: bool | None = None
    min_mlps_level: int | None = None
    min_years: int | None = None
    as_of: str | None = None
    """Years count until this day, where the clause prints one."""
    marks: tuple[str, ...] | None = None
    min_online: int | None = None
    min_concurrent: int | None = None
    min_tps: int | None = None
    min_lan_mbps: int | None = None
    max_response_s: int | None = None
    max_fetch_s: int | None = None
    min_staff: int | None = None
    min_retention_years: int | None = None


@check("filing/evidence", facts=FilingSubject, params=EvidenceParams)
def evidence(ctx: CheckContext, facts: FilingSubject, params: EvidenceParams) -> Iterator[Finding]:
    """Every paper the clause asks for is there, opens, is in date, and shows what the clause wants to see."""
    filing = facts.filing
    wanted = [(entry, _alternatives(facts, entry)) for entry in params.evidence]
    if filing is None or filing.register is None:
        missing = [entry for entry, held in wanted if not held]
        if filing is None or missing:
            asked = tuple(missing)
            raise CannotTest("needs-paper", papers_zh=labels(asked, "zh"), papers_en=labels(asked, "en"))
    elif filing.register.faults:
        raise CannotTest("register-faulty", count=len(filing.register.faults), line=filing.register.faults[0].line)
    there = sum(bool(held) for _, held in wanted)
    ctx.observe(measured(there), at_least(len(wanted)))
    doubts: list[CannotTest] = []
    found = [f for entry, groups in wanted for f in _Entry(ctx, filing, params, entry, doubts).judge(groups)]
    yield from settle(found, doubts)


def _alternatives(subject: FilingSubject, entry: str) -> list[tuple[Held, ...]]:
    return [held for key in entry.split("|") if (held := held_papers(subject, key))]


@dataclass(slots=True)
class _Entry:
    """One thing asked for, with the papers that may answer it."""

    ctx: CheckContext
    filing: FilingFacts
    params: EvidenceParams
    entry: str
    doubts: list[CannotTest]
    """Files that could not be opened in time: what was found stands all the same."""

    @property
    def _register(self) -> Register | None:
        return self.filing.register

    def judge(self, groups: Sequence[tuple[Held, ...]]) -> Iterator[Finding]:
        if not groups:
            yield self._absent()
            return
        said = [tuple(self._group(held)) for held in groups]
        persons = any(held[0].kind.source in ("qualification", "consent") for held in groups)
        if persons:
            # Every expert has a paper of the route that expert came by.
            for findings in said:
                yield from findings
            return
        # Of papers that stand for each other the best counts.
        yield from min(said, key=lambda findings: sum(f.verdict is Verdict.FAIL for f in findings))

    def _absent(self) -> Finding:
        register = self._register
        declared = [n for n in register.not_needed if n.kind == self.entry] if register is not None else []
        if declared and self.entry in (self.params.only_if_needed or ()):
            index = register.not_needed.index(declared[0]) if register is not None else 0
            return self._tell(
                "declared-not-needed",
                Verdict.REVIEW,
                measured(declared[0].reason),
                place=f"/not_needed/{index}",
                reason=declared[0].reason,
            )
        return self._tell("paper-missing", Verdict.FAIL, measured(None))

    def _group(self, held: tuple[Held, ...]) -> Iterator[Finding]:
        for one in held:
            yield from self._files(one)
            yield from self._dates(one)
        papers = [one for one in held if one.paper is not None]
        if papers:
            yield from self._ownership(papers)
            yield from self._levels(papers)
            yield from self._years(papers)
            yield from self._reports(papers)

    # ------------------------------------------------------------------------------------------------------- each file

    def _files(self, held: Held) -> Iterator[Finding]:
        if not held.places:
            yield self._tell("paper-missing-of", Verdict.FAIL, measured(None), held, who=held.who)
        for place in held.places:
            file = self.filing.files.get(place)
            if file is None:
                yield self._tell("file-missing", Verdict.FAIL, measured(None), held, place=place)
                continue
            if problem := next(iter(file.problems), None):
                if problem.code == "outside-course":
                    yield self._tell("file-outside", Verdict.FAIL, measured(problem.code), held, place=place)
                    continue
                self.doubts.append(
                    CannotTest("stage-failed", stage="document", problem=problem.code, detail=held.kind.key)
                )
                continue
            yield from self._opened(held, place, file)

    def _opened(self, held: Held, place: str, file: FileFacts) -> Iterator[Finding]:
        found = file.document if file.document is not None else file.image
        if found is None:
            self.doubts.append(CannotTest("not-measured"))
            return
        paper = file.image is not None or found.format in _PAPERS
        if found.open_code == "encrypted":
            yield self._tell("encrypted", Verdict.FAIL, measured(found.format), held, place=place)
        elif not found.opens or not paper:
            why = found.open_code or found.format
            yield self._tell("unreadable", Verdict.FAIL, measured(why), held, place=place, why=why)
        elif file.document is not None and found.format in _UNREAD:
            yield self._tell("not-looked-into", Verdict.REVIEW, measured(found.format), held, place=place)
        elif file.document is not None and found.format in _PAGED:
            document = file.document
            if document.pages == 0 or (not document.characters and not document.pictures):
                yield self._tell("nothing-inside", Verdict.FAIL, measured(0), held, place=place)

    # -------------------------------------------------------------------------------------------- what is printed on it

    def _dates(self, held: Held) -> Iterator[Finding]:
        paper, today = held.paper, self.filing.today
        if paper is None:
            return
        if paper.issued is not None and paper.issued > today:
            day = paper.issued.isoformat()
            yield self._tell("dated-in-future", Verdict.FAIL, measured(day), held, field="issued", day=day)
        if paper.expires is not None and paper.expires < today:
            day = paper.expires.isoformat()
            yield self._tell("expired", Verdict.FAIL, measured(day), held, field="expires", day=day)
        if self.params.in_date and paper.expires is None and "expires" in held.kind.has:
            yield self._not_stated(held, "expires")

    def _ownership(self, papers: Sequence[Held]) -> Iterator[Finding]:
        register = self._register
        assert register is not None
        for held in papers:
            paper = held.paper
            assert paper is not None
            if self.params.same_owner and "owner" in held.kind.has:
                if paper.owner is None:
                    yield self._not_stated(held, "owner")
                elif _plain(paper.owner) != _plain(register.operator.name):
                    yield self._tell(
                        "owner-differs",
                        Verdict.FAIL,
                        measured(paper.owner),
                        held,
                        field="owner",
                        wanted=equal_to(register.operator.name),
                        owner=paper.owner,
                        operator=register.operator.name,
                    )
            if self.params.same_domain and "domains" in held.kind.has:
                host = (urlsplit(register.platform.url).hostname or "").lower()
                if not paper.domains:
                    yield self._not_stated(held, "domains")
                elif not any(_covers(domain, host) for domain in paper.domains):
                    named = ", ".join(paper.domains)
                    yield self._tell(
                        "domain-differs",
                        Verdict.FAIL,
                        measured(named),
                        held,
                        field="domains",
                        wanted=equal_to(host),
                        domains=named,
                        host=host,
                    )

    def _levels(self, papers: Sequence[Held]) -> Iterator[Finding]:
        if self.params.min_mlps_level is not None:
            graded = [held for held in papers if "level" in held.kind.has]
            yield from self._at_least(graded, "level", self.params.min_mlps_level, code="level-too-low")

    def _years(self, papers: Sequence[Held]) -> Iterator[Finding]:
        years = self.params.min_years
        dated = [held for held in papers if "since" in held.kind.has]
        if years is None or not dated:
            return
        stated = [(held.paper.since, held) for held in dated if held.paper is not None and held.paper.since is not None]
        if not stated:
            yield self._not_stated(dated[0], "since")
            return
        since, held = min(stated, key=lambda pair: pair[0])
        until = date.fromisoformat(self.params.as_of) if self.params.as_of else self.filing.today
        if _years_later(since, years) > until:
            yield self._tell(
                "running-too-short",
                Verdict.FAIL,
                measured(since.isoformat()),
                held,
                field="since",
                wanted=at_least(years),
                since=since.isoformat(),
                years=years,
            )

    def _reports(self, papers: Sequence[Held]) -> Iterator[Finding]:
        params = self.params
        reports = [held for held in papers if "marks" in held.kind.has]
        if params.marks and reports:
            marked = [
                h for h in reports if h.paper is not None and {m.value for m in h.paper.marks} & set(params.marks)
            ]
            if not marked:
                shown = tuple(mark.value for h in reports if h.paper is not None for mark in h.paper.marks)
                yield self._tell(
                    "mark-missing",
                    Verdict.FAIL,
                    measured(shown or None),
                    reports[0],
                    field="marks",
                    wanted=one_of(*params.marks),
                    marks="、".join(params.marks),
                )
            else:
                # A load that an unmarked report states is not proven.
                reports = marked
        loads = [held for held in reports if "load" in held.kind.has]
        for field in ("online", "concurrent", "tps", "lan_mbps"):
            wanted = getattr(params, f"min_{field}")
            if wanted is not None and loads:
                yield from self._at_least(loads, field, wanted)
        # How fast says something only together with how many were there.
        enough = [h for h in loads if (_value(h, "concurrent") or 0) >= (params.min_concurrent or 0)]
        for field in ("response_s", "fetch_s"):
            wanted = getattr(params, f"max_{field}")
            if wanted is not None and loads:
                yield from self._at_most(enough or loads, field, wanted)
        teams = [held for held in papers if "staff" in held.kind.has]
        if params.min_staff is not None and teams:
            yield from self._at_least(teams, "staff", params.min_staff)
        kept = [held for held in papers if "retention" in held.kind.has]
        if params.min_retention_years is not None and kept:
            yield from self._at_least(kept, "retention_years", params.min_retention_years)

    def _at_least(
        self, papers: Sequence[Held], field: str, wanted: float, code: str = "figure-too-low"
    ) -> Iterator[Finding]:
        stated = [(value, held) for held in papers if (value := _value(held, field)) is not None]
        if not stated:
            if papers:
                yield self._not_stated(papers[0], field)
            return
        value, held = max(stated, key=lambda pair: pair[0])
        if value < wanted:
            yield self._figure(code, held, field, value, wanted)

    def _at_most(self, papers: Sequence[Held], field: str, wanted: float) -> Iterator[Finding]:
        stated = [(value, held) for held in papers if (value := _value(held, field)) is not None]
        if not stated:
            yield self._not_stated(papers[0], field)
            return
        value, held = min(stated, key=lambda pair: pair[0])
        if value > wanted:
            yield self._figure("too-slow", held, field, value, wanted)

    # ---------------------------------------------------------------------------------------------------------- telling

    def _figure(self, code: str, held: Held, field: str, value: float, wanted: float) -> Finding:
        unit = _UNITS.get(field)
        bound = at_most(wanted, unit) if code == "too-slow" else at_least(wanted, unit)
        zh, en = _FIELDS[field]
        return self._tell(
            code,
            Verdict.FAIL,
            measured(value, unit),
            held,
            field=f"load/{field}" if field in Load.__dataclass_fields__ else field,
            wanted=bound,
            value=f"{value:g}",
            bound=f"{wanted:g}",
            what_zh=zh,
            what_en=en,
        )

    def _not_stated(self, held: Held, field: str) -> Finding:
        zh, en = _FIELDS[field]
        name = f"load.{field}" if field in Load.__dataclass_fields__ else field
        return self._tell(
            "not-stated", Verdict.FAIL, measured(None), held, field=name, what_zh=zh, what_en=en, name=name
        )

    def _tell(
        self,
        code: str,
        verdict: Verdict,
        found: object,
        held: Held | None = None,
        *,
        place: str | None = None,
        field: str | None = None,
        wanted: object = None,
        **args: Scalar,
    ) -> Finding:
        key = held.kind.key if held is not None else self.entry
        pointer = place or (f"{held.place}/{field}" if held is not None and field else held.place if held else None)
        where: Place | None = None
        if pointer is not None and self._register is not None and pointer.startswith(("/papers", "/not_needed")):
            where = self._register.places.place(pointer)
        tell = self.ctx.fail if verdict is Verdict.FAIL else self.ctx.review
        return tell(
            code,
            measured=found,  # type: ignore[arg-type]  # always made by measured()
            expected=wanted,  # type: ignore[arg-type]  # always made by a bound of rules.check
            where=where,
            paper_zh=_named(key, held, "zh"),
            paper_en=_named(key, held, "en"),
            **args,  # type: ignore[arg-type]  # evidence, which mypy means, is no argument here
        )


def _named(key: str, held: Held | None, lang: str) -> str:
    """What a reader calls the paper: never its file name, which may be a person's."""
    name = label(key, lang)
    if held is None:
        return name
    if held.who:
        return f"{name}（{held.who}）" if lang == "zh" else f"{name} ({held.who})"
    if held.paper is not None and held.paper.title and not held.kind.personal:
        return f"{name}“{held.paper.title}”" if lang == "zh" else f"{name} “{held.paper.title}”"
    return name


def _value(held: Held, field: str) -> float | None:
    paper = held.paper
    if paper is None:
        return None
    holder: object = paper.load if field in Load.__dataclass_fields__ else paper
    value: float | None = getattr(holder, field, None)
    return value


def _plain(name: str) -> str:
    """Brackets and spaces are written in many ways and mean the same."""
    return "".join(name.split()).replace("（", "(").replace("）", ")").casefold()


def _covers(domain: str, host: str) -> bool:
    """A filing for example.cn holds for www.example.cn."""
    bare = domain.lower().removeprefix("https://").removeprefix("http://").strip("/").removeprefix("*.")
    bare = bare.removeprefix("www.")
    return bool(bare) and (host == bare or host.endswith(f".{bare}"))


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
