"""The dossier's page: evidence and questions in both languages, answers kept by the browser, one file at the end.

Nothing is decided here. The content security policy names the page's own script and style by their hashes and allows
pictures and sound from the dossier's own folder only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from coursekit.manifest.course import normal
from coursekit.manifest.coverage import SIGNS, build_matrix
from coursekit.model import TOPICS, Clause, Text, Verdict
from coursekit.report import page as report_page
from coursekit.report.page import Drawing, asset, bilingual, csp_hash, environment, spoken, still_of
from coursekit.report.stills import Picture
from coursekit.report.view import Issue, Subject
from coursekit.review.dossier import Built
from coursekit.review.model import DECISION_SCHEMA, Asked, Question
from coursekit.review.questions import COURSE, human_rules, points_of
from coursekit.texts import fill, phrases

_CROP = Markup(
    '<p class="crop"><img src="{}" width="{}" height="{}" loading="lazy" decoding="async" alt="{}">'
    "<small>{}</small></p>"
)
_EXCERPT = Markup('<p class="excerpt"><audio controls preload="none" src="{}"></audio><small>{}</small></p>')
_NO_FINDING = (Verdict.NOT_TESTED, Verdict.ERROR)


def render_page(built: Built, lang: str) -> str:
    """index.html."""
    style = asset("page.css") + own_asset("dossier.css")
    script = own_asset("dossier.js")
    questions = by_subject(built)
    return environment({"dossier": own_asset("dossier.html.j2")}).get_template("dossier").render(
        **{**spoken(built.view), "t": words},
        lang=lang,
        built=built,
        dossier=built.dossier,
        course=built.manifest.course,
        standard=built.manifest.standard,
        view=built.view,
        report=built.view.report,
        questions=questions,
        asked=built.asked,
        topics=TOPICS,
        points=partial(points_of, built.manifest),
        depth_signs={depth.value: (sign, Text(depth.zh, depth.en)) for depth, sign in SIGNS.items()},
        matrix=build_matrix(built.manifest) if built.manifest.points else None,
        clauses=clauses_of(built),
        tally=tally,
        draw=lambda subject: _draw(built, subject),
        still=lambda subject, issue: _still(built, subject, issue),
        extras=lambda subject, issue: _extras(built, subject, issue),
        Asked=Asked,
        COURSE=COURSE,
        data=Markup(_embedded(built)),  # noqa: S704 - JSON with every < spelled out
        style=Markup(style),  # noqa: S704 - coursekit's own file
        script=Markup(script),  # noqa: S704 - coursekit's own file
        style_hash=csp_hash(style),
        script_hash=csp_hash(script),
    )  # fmt: skip


@cache
def own_asset(name: str) -> str:
    """One of the dossier's own files."""
    return files("coursekit.review.assets").joinpath(name).read_text(encoding="utf-8")


def words(key: str, **args: Any) -> Markup:
    """A phrase of the dossier, or else of the report, in both languages."""
    entry = phrases("dossier").get(key)
    if entry is None:
        return report_page.words(key, **args)
    pairs = {k: v if isinstance(v, Text) else Text(zh=str(v), en=str(v)) for k, v in args.items()}
    return bilingual(
        Text(
            zh=fill(entry.zh, {k: v.zh for k, v in pairs.items()}),
            en=fill(entry.en, {k: v.en for k, v in pairs.items()}),
        )
    )


def by_subject(built: Built) -> Mapping[str, tuple[Question, ...]]:
    """The clause questions of each subject, in the sheet's order; those about findings stand beside their evidence."""
    found: dict[str, list[Question]] = {}
    beside = {q.key for q in built.asked.values()}
    for question in built.dossier.questions:
        if question.key not in beside:
            found.setdefault(question.subject, []).append(question)
    names = {normal(s.name): s.name for s in built.view.subjects}
    return {names.get(subject, subject): tuple(asked) for subject, asked in found.items()}


def clauses_of(built: Built) -> Mapping[str, Clause]:
    """The wording behind every question: of human rules, and of those the machine judged by."""
    wanted = {rule for q in built.dossier.questions for rule in q.rules}
    found = {rule.id: rule.clause for rule in human_rules(built.profiles)}
    found |= {r.rule: r.clause for r in built.view.report.results}
    return {rule: clause for rule, clause in found.items() if rule in wanted}


def tally(subject: Subject) -> Mapping[str, int]:
    """What the machine says of a lesson, in numbers."""
    counted = Counter(i.verdict for i in subject.issues if not i.waived)
    return {
        "fail": counted[Verdict.FAIL],
        "review": counted[Verdict.REVIEW],
        "untested": sum(counted[v] for v in _NO_FINDING),
        "passed": sum(p.verdict is Verdict.PASS for p in subject.passed),
    }


def _source(built: Built, picture: Picture) -> str:
    return built.place(picture.jpeg).name


def _draw(built: Built, subject: Subject) -> Drawing | None:
    got = built.gathered.get(subject.name)
    return Drawing.of(subject, built.view, got.stills if got else None, partial(_source, built))


def _still(built: Built, subject: Subject, issue: Issue) -> tuple[str, tuple[int, int]] | None:
    got = built.gathered.get(subject.name)
    if got is None:
        return None
    if got.whole is not None:
        return _source(built, got.whole), got.whole.size_px
    return still_of(got.stills, issue, partial(_source, built))


def _extras(built: Built, subject: Subject, issue: Issue) -> Markup:
    """The mark enlarged, the seconds to be heard."""
    got = built.gathered.get(subject.name)
    parts = []
    if got is not None and (crop := got.crops.get(issue.key)) is not None:
        width, height = crop.size_px
        parts.append(_CROP.format(_source(built, crop), width, height, "局部放大 / enlarged", words("crop")))
    if got is not None and issue.key in got.excerpts:
        parts.append(_EXCERPT.format(built.place(got.excerpts[issue.key][1]).name, words("excerpt")))
    return Markup("").join(parts)


def _embedded(built: Built) -> str:
    """What the script needs: the questions, whom they are put to, and all that the decision file is bound to."""
    dossier = built.dossier
    raw = {
        "schema": DECISION_SCHEMA,
        "dossier": built.sha256,
        "course": {"id": dossier.course.id, "title": dossier.course.title, "sha256": dossier.course.sha256},
        "media": [{"path": m.path, "sha256": m.sha256} for m in dossier.media],
        "experts": {
            e.id: {
                "id": e.id,
                "name": e.name,
                "route": e.route.value,
                **({"qualification": e.qualification} if e.qualification is not None else {}),
            }
            for e in dossier.experts
        },
        "questions": [[q.key, q.asked.value] for q in dossier.questions],
        "answered": {expert: list(keys) for expert, keys in built.answered.items()},
        "words": {
            key.removeprefix("js-"): {"zh": text.zh, "en": text.en}
            for key, text in phrases("dossier").items()
            if key.startswith("js-")
        },
    }
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
