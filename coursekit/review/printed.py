"""The dossier as PDF/A for those who print it: the same evidence, the same questions, boxes to tick and lines to fill.

Set by typst with embedded fonts. A character that no font has stops the page: a name must not be printed wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from coursekit.audio.evidence import level_curve_svg
from coursekit.model import TOPICS, Verdict
from coursekit.report import timeline
from coursekit.report.view import Issue, Subject
from coursekit.review.dossier import Built, DossierError
from coursekit.review.model import Asked, Question
from coursekit.review.page import by_subject, clauses_of, own_asset, tally
from coursekit.review.questions import COURSE, points_of
from coursekit.texts import phrase, phrases
from coursekit.typeset import NoGlyph, available, families, typeset

_FONTS = ("Noto Sans SC", "Noto Serif SC")
_WORDS = {
    "who": "who", "how": "how", "overview": "overview", "lesson": "col-lesson", "machine": "col-machine",
    "duration": "col-duration", "saw": "machine-saw", "passed": "passed-checks", "points": "points-heading",
    "opinion": "lesson-opinion", "course": "course-heading", "last": "last-word", "changes": "opinion-label",
    "sign": "sign-label", "date": "date-label", "clauses": "clauses-asked", "bound": "bound",
    "bound-lead": "bound-lead", "hash": "dossier-hash", "privacy": "privacy", "still": "printed-still",
    "strip": "printed-strip", "level": "printed-level",
}  # fmt: skip


def render_pdf(built: Built, lang: str, font_dirs: tuple[Path, ...], target: Path) -> bytes:
    """The bytes of the PDF."""
    if not available():
        raise DossierError("no-pdf", target=str(target))
    files = {name: data for name, data in built.files.items() if name.endswith(".jpg")}
    told = _told(built, lang, files)
    told["fonts"] = [*_FONTS, *families(font_dirs)]
    with tempfile.TemporaryDirectory(prefix="coursekit-") as scratch:
        root = Path(scratch)
        for name, data in {"main.typ": own_asset("dossier.typ").encode("utf-8"), **files}.items():
            place = root / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
        try:
            return typeset(root / "main.typ", told, font_dirs, "a-2b", root)
        except NoGlyph as error:
            raise DossierError("no-glyph", character=error.character, point=error.point) from error


def _told(built: Built, lang: str, files: dict[str, bytes]) -> dict[str, Any]:
    """All that is printed, as plain values."""
    dossier, course, standard = built.dossier, built.manifest.course, built.manifest.standard
    t = partial(_phrase, lang)
    rows = (
        ("occupation", course.occupation.name if course.occupation else None),
        ("standard", standard.title if standard else None),
        ("operator", course.operator),
        ("platform", course.platform),
        ("url", course.url),
        ("audience", course.audience),
        ("profiles", "；".join(profile.title for profile in dossier.profiles)),
    )
    asked = by_subject(built)
    clauses = clauses_of(built)
    topics = partial(_topics, lang, clauses)
    return {
        "lang": lang,
        "title": dossier.course.title,
        "foot": f"{dossier.course.title} · {t('dossier-title')} · {built.sha256[:16]}",
        "info": [[t(f"info-{key}"), value] for key, value in rows if value],
        "experts": [
            [e.name, " · ".join(p for p in (t(f"route-{e.route.value}"), e.qualification) if p)]
            for e in dossier.experts
        ],
        "how": [t("how-1"), t("how-2"), t("how-print")],
        "lessons": [
            {
                "number": str(s.number),
                "title": s.title,
                "path": s.name,
                "duration": _clock(s),
                "machine": _machine(s, lang),
                "strip": _strip(built, s),
                "level": _level(s, files),
                "findings": [_finding(built, s, issue, lang) for issue in s.issues],
                "passed": _passed(s, lang),
                "points": _points(built, s, lang),
                "topics": topics(asked.get(s.name, ())),
            }
            for s in built.view.lessons
        ],
        "others": [
            {
                "title": "" if s.name == COURSE else s.name,
                "picture": _cover(built, s),
                "findings": [_finding(built, s, issue, lang) for issue in s.issues],
            }
            for s in built.view.others
        ],
        "topics": topics(asked.get(COURSE, ())),
        "last-lead": t("last-lead"),
        "verdicts": [t(f"verdict-{v}-expert") for v in ("pass", "revise", "reject")],
        "clauses": [[f"{c.document} · {c.number}", c.text] for c in clauses.values()],
        "media": [[m.path, m.sha256] for m in dossier.media],
        "sha256": built.sha256,
        "words": {name: t(key) for name, key in _WORDS.items()},
    }


def _phrase(lang: str, key: str, **args: str | int) -> str:
    catalogue = "dossier" if key in phrases("dossier") else "page"
    return phrase(catalogue, key, lang, **args)


def _clock(subject: Subject) -> str:
    return timeline.short_clock(subject.lesson.duration_s) if subject.lesson and subject.lesson.duration_s else ""


def _machine(subject: Subject, lang: str) -> str:
    counted = tally(subject)
    said = [_phrase(lang, f"m-{key}", n=n) for key, n in counted.items() if n or key == "passed"]
    return "  ".join(said)


def _strip(built: Built, subject: Subject) -> str | None:
    got = built.gathered.get(subject.name)
    return f"/{built.place(got.stills.strip.jpeg).name}" if got and got.stills.strip else None


def _cover(built: Built, subject: Subject) -> str | None:
    got = built.gathered.get(subject.name)
    return f"/{built.place(got.whole.jpeg).name}" if got and got.whole else None


def _level(subject: Subject, files: dict[str, bytes]) -> str | None:
    sound = next((a for a in subject.file.audio if a.curve_lufs), None) if subject.file else None
    if sound is None:
        return None
    name = f"level-{subject.key}.svg"
    drawn = level_curve_svg(sound, height_px=120)
    # Set by typst: its own fonts draw the figures.
    files[name] = drawn.replace('font-family="sans-serif"', f'font-family="{_FONTS[0]}"').encode("utf-8")
    return f"/{name}"


def _finding(built: Built, subject: Subject, issue: Issue, lang: str) -> dict[str, Any]:
    question = built.asked.get(issue.key)
    wanted = issue.expected[lang]
    figure = issue.measured[lang]
    verdict = "fail-should" if issue.verdict is Verdict.FAIL and issue.level != "must" else issue.verdict.value
    return {
        "verdict": _phrase(lang, "verdict-waived" if issue.waived else f"verdict-{verdict}"),
        "title": issue.title[lang],
        "place": issue.place if issue.start_s is not None else "",
        "message": issue.message[lang],
        "figure": f"{figure} · {_phrase(lang, 'expected')} {wanted}" if figure and wanted else figure,
        "ask": _phrase(lang, f"ask-{question.asked}") if question else "",
        "choices": [_phrase(lang, f"accept-{says}") for says in question.choices] if question else [],
        "pictures": list(_pictures(built, subject, issue)) if question else [],
    }


def _pictures(built: Built, subject: Subject, issue: Issue) -> Iterator[str]:
    from coursekit.report.page import still_of

    got = built.gathered.get(subject.name)
    if got is None:
        return
    still = still_of(got.stills, issue, lambda picture: built.place(picture.jpeg).name)
    if still is not None:
        yield f"/{still[0]}"
    if (crop := got.crops.get(issue.key)) is not None:
        yield f"/{built.place(crop.jpeg).name}"


def _passed(subject: Subject, lang: str) -> str:
    good = dict.fromkeys(p.title[lang] for p in subject.passed if p.verdict is Verdict.PASS)
    return ("、" if lang == "zh" else ", ").join(good)


def _points(built: Built, subject: Subject, lang: str) -> list[list[str]]:
    from coursekit.manifest.coverage import SIGNS

    assert subject.lesson is not None
    depths = {depth.value: (sign, depth.zh if lang == "zh" else depth.en) for depth, sign in SIGNS.items()}
    # The printed font has no ◐; the word says it.
    return [[depths[depth][1], point, text] for point, text, depth in points_of(built.manifest, subject.lesson.id)]


def _topics(lang: str, clauses: Mapping[str, Any], asked: tuple[Question, ...]) -> list[dict[str, Any]]:
    found = []
    for topic in TOPICS:
        group = [q for q in asked if q.topic == topic]
        if group:
            rows = [
                {
                    "text": q.text(lang),
                    "clause": "、".join(clauses[rule].number for rule in q.rules if rule in clauses),
                    "choices": [
                        _phrase(lang, f"{'say' if q.asked is Asked.RULE else 'accept'}-{says}") for says in q.choices
                    ],
                }
                for q in group
            ]
            found.append({"title": _phrase(lang, f"topic-{topic}"), "questions": rows})
    return found
