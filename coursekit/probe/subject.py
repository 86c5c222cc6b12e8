"""What the checks of this domain share: the facts of a lesson's file, or the reason why there are none."""

from __future__ import annotations

from coursekit.model import LessonFacts
from coursekit.probe.facts import ProbeFacts, StreamFacts
from coursekit.rules.check import CannotTest, NotApplicable


def probed(facts: LessonFacts) -> ProbeFacts:
    """Probe facts of a lesson, of a file that opens or not."""
    if facts.file.probe is None:
        raise CannotTest("not-measured")
    return facts.file.probe


def opened(facts: LessonFacts) -> ProbeFacts:
    """Probe facts of a file that opens; what is inside one that does not cannot be tested."""
    probe = probed(facts)
    if not probe.opens:
        raise CannotTest("does-not-open", why=probe.open_code or "", detail=probe.open_detail or "")
    return probe


def shown(facts: LessonFacts) -> StreamFacts:
    """The stream a player shows."""
    stream = opened(facts).main_video
    if stream is None:
        raise NotApplicable("no-video-stream")
    return stream
