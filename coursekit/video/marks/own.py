"""Is it the studio's own mark? By the pictures and words registered in the manifest."""

from __future__ import annotations

from coursekit.model import CourseFacts
from coursekit.video.marks.facts import MarkFacts, StillFacts
from coursekit.video.marks.names import plain
from coursekit.video.marks.signature import likeness


def own_likeness(course: CourseFacts | None, mark: MarkFacts | StillFacts) -> float:
    """How much a mark is like a registered one: 1 where it says registered words, else the correlation of edges."""
    if course is None or course.manifest is None:
        return 0.0
    said = plain(mark.text) if mark.text else ""
    best = 0.0
    for own in course.manifest.marks:
        if said and any(plain(text) and plain(text) in said for text in own.texts):
            return 1.0
        file = course.files.get(own.file) if own.file else None
        image = file.image if file else None
        if image is not None and image.marks is not None:
            best = max(best, likeness(image.marks.signature, mark.signature))
    return best
