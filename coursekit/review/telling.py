"""The state of a review as lines of text, and as an exit code."""

from __future__ import annotations

from collections.abc import Iterator

from coursekit.paths import for_terminal
from coursekit.report.text import Line
from coursekit.review.model import ExpertState, ReviewState, Spoken, Standing
from coursekit.review.questions import COURSE
from coursekit.rules.outcome import EXIT_CONFORMS, EXIT_DOES_NOT_CONFORM, EXIT_UNDECIDED
from coursekit.texts import phrase

_COLOURS = {
    Standing.APPROVED: "green",
    Standing.REFUSED: "red",
    Standing.STALE: "yellow",
    Standing.OPEN: "yellow",
}
_MARKS = {Standing.APPROVED: "✓", Standing.REFUSED: "✗", Standing.STALE: "↻", Standing.OPEN: "…"}
_LISTED = 30


def exit_code(state: ReviewState) -> int:
    """0 approved, 1 refused, 3 not decided."""
    codes = {Standing.APPROVED: EXIT_CONFORMS, Standing.REFUSED: EXIT_DOES_NOT_CONFORM}
    return codes.get(state.standing, EXIT_UNDECIDED)


def status_lines(state: ReviewState, lang: str) -> Iterator[Line]:
    """The state for a terminal."""
    for line in _Teller(state, lang).lines():
        yield Line(for_terminal(line.text), line.colour, line.bold)


class _Teller:
    def __init__(self, state: ReviewState, lang: str) -> None:
        self.state = state
        self.lang = lang
        self.names = {expert.id: expert.name for expert in state.experts}
        self.joiner = "、" if lang == "zh" else ", "
        self.colon = "：" if lang == "zh" else ": "

    def t(self, key: str, **args: str | int) -> str:
        return phrase("review", key, self.lang, **args)

    def lines(self) -> Iterator[Line]:
        state = self.state
        if state.course is not None:
            title = f"《{state.course.title}》" if self.lang == "zh" else state.course.title
            yield Line(f"{title}  {self.t(f'standing-{state.standing}')}", _COLOURS[state.standing], bold=True)
            yield Line(self.t(f"head-{state.standing}", n=len(state.experts)))
        if state.course is not None and state.dossier is None:
            yield Line(self.t("no-dossier"))
        elif state.dossier is not None:
            profiles = self.joiner.join(profile.id for profile in state.profiles)
            yield Line(self.t("dossier-line", sha=state.dossier[:12], profiles=profiles), "bright_black")
        yield from self.experts()
        yield from self.lessons()
        yield from self.differences()
        yield from self.changes()
        if state.troubles:
            yield from self.heading("troubles-heading")
            for trouble in state.troubles:
                yield Line(f"  ! {trouble.words(self.lang)}", "red")

    def heading(self, key: str) -> Iterator[Line]:
        yield Line("")
        yield Line(self.t(key), bold=True)

    def experts(self) -> Iterator[Line]:
        if not self.state.experts:
            return
        yield from self.heading("experts-heading")
        for expert in self.state.experts:
            route = (expert.route.zh if self.lang == "zh" else expert.route.en) if expert.route else "—"
            head = f"  {_MARKS[expert.standing]} {expert.name} · {route} · {self.t(f'standing-{expert.standing}')}"
            yield Line(f"{head}{self.colon}{self.said(expert)}", _COLOURS[expert.standing])
            if expert.opinion:
                yield Line(f"      {self.t('opinion', text=expert.opinion)}")
        few = len(self.state.experts) < self.state.requirements.min_experts
        if few:
            wanted = self.state.requirements.min_experts
            yield Line(f"  ! {self.t('too-few', wanted=wanted, found=len(self.state.experts))}", "red")

    def said(self, expert: ExpertState) -> str:
        if expert.verdict is None:
            parts = [self.t("said-nothing")]
        else:
            verdict = self.t(f"verdict-{expert.verdict.value}")
            parts = [self.t("said", verdict=verdict, day=expert.reviewed_on or "—")]
        if expert.changes:
            parts.append(self.t("changes", n=expert.changes))
        if expert.unsure:
            parts.append(self.t("unsure", n=expert.unsure))
        if expert.signed:
            parts.append(self.t("signed"))
        if expert.papers:
            parts.append(self.t("papers", n=len(expert.papers)))
        if expert.to_answer and self.state.dossier is not None:
            parts.append(self.t("owes", n=len(expert.to_answer)))
        return self.joiner.join(parts)

    def lessons(self) -> Iterator[Line]:
        decided = any(expert.decision for expert in self.state.experts)
        stale = [lesson for lesson in self.state.lessons if lesson.standing is Standing.STALE]
        if not stale or not decided:
            return
        yield from self.heading("lessons-heading")
        for lesson in stale:
            yield Line(f"  ↻ {lesson.title} ({lesson.path}){self.colon}{self.t(f'reason-{lesson.reason}')}", "yellow")
        who = dict.fromkeys(self.names[e] for lesson in stale for e in lesson.to_answer)
        yield Line(f"  {self.t('again', names=self.joiner.join(who))}")

    def differences(self) -> Iterator[Line]:
        differ = self.state.disagreements
        if not differ and not self.state.verdicts_differ:
            return
        yield from self.heading("differ-heading")
        if self.state.verdicts_differ:
            told = self.joiner.join(
                f"{e.name} {self.t(f'verdict-{e.verdict.value}')}" for e in self.state.experts if e.verdict
            )
            yield Line(f"  {self.t('verdicts-differ', voices=told)}")
        yield from self.questions(differ)

    def changes(self) -> Iterator[Line]:
        wanted = tuple(s for s in self.state.answers if not s.disagreed and any(v.says.against for v in s.voices))
        if wanted:
            yield from self.heading("asked-heading")
            yield from self.questions(wanted)

    def questions(self, spoken: tuple[Spoken, ...]) -> Iterator[Line]:
        titles = {lesson.path: lesson.title for lesson in self.state.lessons}
        for one in spoken[:_LISTED]:
            subject = one.question.subject
            name = self.t("the-course") if subject == COURSE else titles.get(subject, subject)
            yield Line(f"  {name} · {one.question.text(self.lang)}")
            for voice in one.voices:
                words = f"{self.colon}{voice.opinion}" if voice.opinion else ""
                yield Line(f"      {voice.name} {self.t(f'say-{voice.says}')}{words}")
        if len(spoken) > _LISTED:
            yield Line(f"  … +{len(spoken) - _LISTED}")
