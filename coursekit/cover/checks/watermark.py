"""cover/watermark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.cover.facts import PictureWords
from coursekit.model import CourseFacts, CoverFacts, Finding, Span
from coursekit.rules.check import CannotTest, CheckContext, check, equal_to, measured
from coursekit.video.marks.names import holder_of, plain, points_elsewhere


@dataclass(frozen=True, slots=True)
class CoverMarkParams:
    """How surely a name must stand on a cover."""

    fail_likeness: float
    """Correlation with the name's outline."""
    review_likeness: float
    fail_standout: float
    """Standard deviations above all other places."""
    review_standout: float
    fail_lead: float
    """Standout over that of the best other word."""
    review_lead: float
    min_score: float
    """The reader's own confidence."""
    title_height: float
    """Words taller than this share of the picture are the cover's title: a course may be about a platform."""


@check("cover/watermark", facts=CoverFacts, params=CoverMarkParams)
def watermark(ctx: CheckContext, facts: CoverFacts, params: CoverMarkParams) -> Iterator[Finding]:
    """No stock agency's, platform's or other third party's mark stands on the cover."""
    image = facts.file.image
    if image is None or image.marks is None:
        raise CannotTest("not-measured")
    ctx.observe(measured(len(image.marks.words), "lines of text read"), equal_to(0, "marks"))
    told: set[str] = set()
    addresses: set[str] = set()
    # The smallest first: a name printed many times over is one finding, and small print is no title.
    for words in sorted(image.marks.words, key=lambda w: (w.box[3], w.box[1], w.box[0])):
        if words.score < params.min_score or _is_own(ctx.course, words):
            continue
        named = holder_of(words.text)
        if named is not None:
            if named not in told:
                told.add(named)
                tell, code = (
                    (ctx.review, "name-in-title") if words.box[3] > params.title_height else (ctx.fail, "named-mark")
                )
                yield tell(code, measured=measured(words.text), where=_at(words.box), says=words.text, holder=named)
        elif (elsewhere := points_elsewhere(words.text)) is not None and elsewhere not in addresses:
            addresses.add(elsewhere)
            yield ctx.review("address", measured=measured(words.text), where=_at(words.box), says=elsewhere)
    name = image.marks.name
    if name is None:
        return
    holder = holder_of(name.name) or name.name
    if holder in told:
        return
    if (
        name.likeness >= params.fail_likeness
        and name.standout >= params.fail_standout
        and name.lead >= params.fail_lead
    ):
        yield ctx.fail("known-mark", measured=measured(name.likeness), where=_at(name.box), holder=holder)
    elif (
        name.likeness >= params.review_likeness
        and name.standout >= params.review_standout
        and name.lead >= params.review_lead
    ):
        yield ctx.review("possible-mark", measured=measured(name.likeness), where=_at(name.box), holder=holder)


def _at(box: tuple[float, float, float, float]) -> Span:
    return Span(0.0, 0.0, box=box)


def _is_own(course: CourseFacts | None, words: PictureWords) -> bool:
    """Whether the words are registered as the studio's own."""
    if course is None or course.manifest is None:
        return False
    said = plain(words.text)
    return any(plain(text) and plain(text) in said for own in course.manifest.marks for text in own.texts)
