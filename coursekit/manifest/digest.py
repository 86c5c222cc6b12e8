"""One hash for all that a learner will see, so that a review can say which bytes it speaks of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from coursekit.manifest.course import normal
from coursekit.manifest.model import Manifest


def learner_files(manifest: Manifest) -> tuple[str, ...]:
    """Media, subtitles and covers, sorted by path."""
    files = {cover.file for cover in manifest.course.covers}
    for lesson in manifest.lessons:
        if lesson.cover is not None:
            files.add(lesson.cover)
        for media in lesson.media:
            files.add(media.file)
            files.update(subtitle.file for subtitle in media.subtitles)
    return tuple(sorted(files - {""}))


def course_digest(manifest: Manifest, hashes: Mapping[str, str]) -> str | None:
    """SHA-256 over `sha256  path` lines, as `sha256sum` prints them; None while a file is missing."""
    digest = hashlib.sha256()
    for path in learner_files(manifest):
        known = hashes.get(normal(path))
        if not known:
            return None
        digest.update(f"{known}  {normal(path)}\n".encode())
    return digest.hexdigest()
