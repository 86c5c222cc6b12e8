"""The report as one page: opens from disk, asks nothing of the network, in both languages at once.

The page holds no clock and no host name, so that the same course gives the same bytes. Every text from outside goes
through Jinja's escaping and has its control codes and bidirectional overrides spelled out; the content security
policy names the page's own script and style by their hashes, so that nothing else could run even if both failed.
"""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from coursekit.model import Level, Outcome, Text, Verdict
from coursekit.paths import for_terminal
from coursekit.report import figures, timeline
from coursekit.report.compare import build_comparison
from coursekit.report.stills import STRIP_STILLS, Picture, Stills, Wanted, budget, take_all
from coursekit.report.view import Issue, Subject, View, build_view
from coursekit.texts import check_text, fill, phrases

if TYPE_CHECKING:
    from coursekit.folder import Folder
    from coursekit.manifest.coverage import Matrix
    from coursekit.pipeline import Audit

FIRST_TASKS = 5
CLIP_ROOM = 250_000
CLIPS = 4
"""Excerpts of one lesson at most, on a page that lies where the lessons do not."""


def render_html(done: Audit, target: Path | None) -> str:
    """The page. `target` is where it will lie, so that lessons can be played from beside it."""
    files_by_name = {f.path: f for f in done.facts.files} if done.facts else {}
    view = build_view(done.report, files_by_name)
    share = budget(len(view.lessons))
    apart = target is None or not lies_beside(done.folder, target)
    # An excerpt takes about 100 kB: where a lesson has no room for two, none is cut.
    stills = take_all(pictures_wanted(view, done.folder, share, clips=CLIPS if apart and share >= CLIP_ROOM else 0))
    return render_view(view, done.folder, target, stills, matrix_of(done.folder))


def render_view(
    view: View, folder: Folder | None, target: Path | None, stills: Mapping[str, Stills], matrix: Matrix | None = None
) -> str:
    """The page from its parts."""
    style, script = asset("page.css"), asset("page.js")
    lead = Lead.of(view)
    tasks = view.tasks()
    return (
        environment({"page": asset("page.html.j2")})
        .get_template("page")
        .render(
            view=view,
            report=view.report,
            lead=lead,
            lead_key=lead.key(view.report.summary.outcome),
            tasks=tasks[:FIRST_TASKS],
            more_tasks=tasks[FIRST_TASKS:],
            comparison=build_comparison(view),
            matrix=matrix,
            **spoken(view),
            scope_words=phrases("report")[f"scope-{view.report.summary.scope.value}"],
            draw=lambda subject: Drawing.of(subject, view, stills.get(subject.name)),
            still=lambda subject, issue: still_of(stills.get(subject.name), issue),
            href=lambda name: media_href(name, folder, target),
            clip=lambda subject, issue: clip_of(stills.get(subject.name), issue),
            levels=list(Level),
            verdicts=(Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED, Verdict.REVIEW),
            style=Markup(style),  # noqa: S704 - coursekit's own file
            script=Markup(script),  # noqa: S704 - coursekit's own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )


def environment(templates: Mapping[str, str]) -> Environment:
    """Where pages are put together: escaping on, the blocks that pages share at hand as `blocks`."""
    made = Environment(
        loader=DictLoader({"blocks": asset("blocks.html.j2"), **templates}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = for_terminal
    made.filters["clock"] = figures.clock
    made.filters["short_clock"] = timeline.short_clock
    return made


def spoken(view: View) -> dict[str, Any]:
    """What the shared blocks ask of a page: words, reasons, names."""
    return {
        "t": words,
        "bi": bilingual,
        "words_of": lambda key: phrases("page")[key],
        "by_name": {s.name: s for s in view.subjects},
        "why": _why,
        "trace": _trace,
        "advice": _advice,
        "signs": _signs(),
        "strip_stills": STRIP_STILLS,
    }


@cache
def asset(name: str) -> str:
    """One of the page's own files."""
    return files("coursekit.report.assets").joinpath(name).read_text(encoding="utf-8")


def csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def words(key: str, **args: Any) -> Markup:
    """A phrase of the page in both languages; the reader's switch shows one."""
    entry = phrases("page").get(key) or phrases("report")[key]
    values = {k: v if isinstance(v, Text) else Text(zh=str(v), en=str(v)) for k, v in args.items()}
    return bilingual(
        Text(
            zh=fill(entry.zh, {k: v.zh for k, v in values.items()}),
            en=fill(entry.en, {k: v.en for k, v in values.items()}),
        )
    )


def bilingual(text: Text) -> Markup:
    """A text in both languages; once where they agree."""
    if text.zh == text.en:
        return Markup("{}").format(text.zh)
    pair = Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>')
    return pair.format(text.zh, text.en)


@dataclass(frozen=True, slots=True)
class Lead:
    """The first sentence, and the counts beside it: things to tell, not results, so that they match what follows."""

    must_fail: int
    should_fail: int
    review: int
    untested: int
    passed: int

    def key(self, outcome: Outcome) -> str:
        """Which first sentence fits: none speaks of zero things to mend."""
        plain = outcome is Outcome.CONFORMS or self.must_fail > 0
        return f"lead-{outcome.value}" if plain else f"lead-{outcome.value}-other"

    @classmethod
    def of(cls, view: View) -> Lead:
        """Counts of a view."""

        def number(*verdicts: Verdict, must: bool | None = None) -> int:
            here = (i for i in view.issues if not i.waived)
            return sum(i.verdict in verdicts and must in (None, i.level is Level.MUST) for i in here)

        return cls(
            number(Verdict.FAIL, must=True),
            number(Verdict.FAIL, must=False),
            number(Verdict.REVIEW),
            number(Verdict.NOT_TESTED, Verdict.ERROR),
            sum(r.verdict is Verdict.PASS for r in view.report.results),
        )


def _trace(subject: Subject, issue: Issue) -> Markup | None:
    """The path of the background where it shook most, beside the finding that holds that moment."""
    from coursekit.video.evidence import render_trace

    picture = next(iter(subject.file.video), None) if subject.file else None
    motion = picture.motion if picture else None
    if issue.check != "video/shake" or motion is None or not motion.shake or issue.start_s is None:
        return None
    strongest = max(motion.shake, key=lambda s: s.peak_pct)
    drawn = render_trace(motion)
    if drawn is None or not issue.start_s - 1e-6 <= strongest.peak_at_s <= (issue.end_s or issue.start_s) + 1e-6:
        return None
    named = f'role="img" aria-label="{escape(_label("trace"))}"'
    return Markup(drawn.replace('role="img"', named, 1))  # noqa: S704 - numbers, and an escaped label


@dataclass(frozen=True, slots=True)
class Drawing:
    """The pictures and tracks of one lesson."""

    whole_s: float
    strip: str | None
    strip_px: tuple[int, int] | None
    level: Markup | None
    motion: Markup | None
    marks: Markup
    axis: Markup
    limit: str
    shaken: bool

    @classmethod
    def of(
        cls, subject: Subject, view: View, stills: Stills | None, source: Callable[[Picture], str] | None = None
    ) -> Drawing | None:
        """None where there is no time to draw over. `source` says where a picture lies; inside the page by itself."""
        whole = subject.lesson.duration_s if subject.lesson else None
        if not whole or not math.isfinite(whole):
            return None
        mine = [r for r in view.report.results if r.subject == subject.name]
        sound = next((a for a in subject.file.audio if a.curve_lufs), None) if subject.file else None
        picture = next(iter(subject.file.video), None) if subject.file else None
        strip = stills.strip if stills else None
        asked = timeline.limits(mine, "audio/loudness")
        shake = timeline.limits(mine, "video/shake")
        level = motion = None
        if sound is not None:
            value = figures.measured(_lufs(sound.integrated_lufs), "zh")
            wanted = f"{asked.low:g}…{asked.high:g} LUFS" if asked.low is not None and asked.high is not None else ""
            key = "level-label" if wanted else "level-label-bare"
            level = timeline.level_curve(sound, whole, asked, _label(key, value=value, wanted=wanted))
        shakes = len(picture.motion.shake) if picture and picture.motion else 0
        if picture is not None:
            text = _label("motion-label", cuts=len(picture.cuts_s), shakes=shakes)
            motion = timeline.motion_track(picture, whole, shake, text)
        return cls(
            whole_s=whole,
            strip=(source or data_uri)(strip) if strip else None,
            strip_px=strip.size_px if strip else None,
            level=level,
            motion=motion,
            marks=timeline.marks(subject.issues, whole),
            axis=timeline.axis(whole),
            limit=f"{shake.high:g} %" if shake.high is not None else "",
            shaken=shakes > 0,
        )


def _lufs(value: float | None) -> Any:
    from coursekit.model import Measured

    return Measured(value, "LUFS")


def _label(key: str, **args: Any) -> str:
    # An aria-label has no language of its own: both stand in it.
    entry = phrases("page")[key]
    return f"{fill(entry.zh, args)} / {fill(entry.en, args)}"


def data_uri(picture: Picture) -> str:
    """A picture inside the page."""
    return "data:image/jpeg;base64," + base64.b64encode(picture.jpeg).decode("ascii")


def still_of(
    stills: Stills | None, issue: Issue, source: Callable[[Picture], str] | None = None
) -> tuple[str, tuple[int, int]] | None:
    """The picture that shows an issue: where it comes from, and its size."""
    if stills is None or stills.at is None or (at := still_time(issue)) is None:
        return None
    picture = stills.at.get(at)
    return ((source or data_uri)(picture), picture.size_px) if picture else None


def clip_of(stills: Stills | None, issue: Issue) -> str | None:
    """The seconds around an issue, inside the page."""
    if stills is None or not stills.clips or issue.start_s is None:
        return None
    clip = stills.clips.get(issue.start_s)
    return "data:video/mp4;base64," + base64.b64encode(clip).decode("ascii") if clip else None


def still_time(issue: Issue) -> float | None:
    """The moment that shows an issue: the one its check names, else its first second, or its middle where it lasts."""
    if issue.start_s is None:
        return None
    named = issue.finding.args.get("shown_at_s") if issue.finding is not None else None
    if isinstance(named, int | float):
        return round(float(named), 3)
    end = issue.end_s if issue.end_s is not None else issue.start_s
    return round((issue.start_s + end) / 2 if end - issue.start_s >= 1.0 else issue.start_s, 3)


def _why(issue: Issue) -> Markup | None:
    try:
        return bilingual(check_text(issue.check).why)
    except LookupError:
        return None


def lies_beside(folder: Folder, target: Path) -> bool:
    """Whether a page lies in the course, or right beside it: whoever hands it on hands the lessons on too."""
    here, course = target.absolute().parent, folder.root.absolute()
    return here == course.parent or here.is_relative_to(course)


def pictures_wanted(view: View, folder: Folder, share: int, *, clips: int = 0) -> Sequence[Wanted]:
    """What to take from each lesson that still has the bytes it was judged by; `share` is its number of bytes."""
    orders = []
    for subject in view.lessons:
        entry, file = folder.entries.get(subject.name), subject.file
        if entry is None or entry.refused or file is None or not file.video or file.probe is None:
            continue
        if file.size_bytes != entry.identity.size_bytes or entry.url is not None:
            continue
        stream = file.video[0]
        seen = [i for i in subject.issues if i.check.startswith("video/")]
        heard = [i for i in subject.issues if not i.check.startswith("video/")]
        times = [t for i in (*seen, *heard) if (t := still_time(i)) is not None]
        orders.append(
            Wanted(
                subject.name,
                entry.path,
                file.probe,
                stream.stream,
                stream.decoded_s,
                tuple(dict.fromkeys(times))[:24],
                share,
                tuple(dict.fromkeys(i.start_s for i in subject.issues if i.start_s is not None))[:clips],
            )
        )
    return orders


def media_href(name: str, folder: Folder | None, target: Path | None) -> str | None:
    """The way from the page to a file of the course, as a relative URL; None where there is none."""
    if folder is None or target is None or (entry := folder.entries.get(name)) is None or entry.refused:
        return None
    if entry.url is not None:
        # A page that is handed on must not carry the address of a private store.
        return None
    try:
        way = os.path.relpath(entry.path.absolute(), target.absolute().parent)
    except ValueError:
        # Another drive on Windows: no relative way leads there.
        return None
    return "/".join(quote(os.fsencode(part)) for part in Path(way).parts)


def matrix_of(folder: Folder) -> Matrix | None:
    if folder.manifest_path is None:
        return None
    from coursekit.manifest.coverage import build_matrix
    from coursekit.manifest.load import ManifestError, load_manifest

    try:
        manifest = load_manifest(folder.manifest_path)
    except (ManifestError, OSError):
        return None
    return build_matrix(manifest) if manifest.points else None


def _advice(gap: str) -> Markup:
    from coursekit.manifest.coverage import advice

    return bilingual(Text(zh=advice(gap, "zh"), en=advice(gap, "en")))


def _signs() -> Mapping[str, str]:
    from coursekit.manifest.coverage import SIGNS

    return {depth.value: sign for depth, sign in SIGNS.items()}
