"""Is it the studio's own mark? By the pictures and words registered in the manifest."""

from __future__ import annotations

from coursekit.model import CourseFacts
from coursekit.video.marks.facts import MarkFacts
from coursekit.video.marks.names import plain
from coursekit.video.marks.signature import likeness


def is_own(course: CourseFacts | None, mark: MarkFacts, least: float) -> bool:
    """Whether a mark looks like a registered picture or says registered words."""
    if course is None or course.manifest is None:
        return False
    said = plain(mark.text) if mark.text else ""
    for own in course.manifest.marks:
        if said and any(plain(text) and plain(text) in said for text in own.texts):
            return True
        file = course.files.get(own.file) if own.file else None
        image = file.image if file else None
        if image is not None and image.marks is not None and likeness(image.marks.signature, mark.signature) >= least:
            return True
    return False
