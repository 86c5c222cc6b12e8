"""How a review stands: the decisions taken in, held against the bytes in the folder now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from coursekit.review.model import ReviewState, Standing


def review_state(
    folder: Path, *, hashes: Mapping[str, str] | None = None, cache_root: Path | None = None, lang: str = "zh"
) -> ReviewState:
    """The state of the review of the course in `folder`.

    `hashes` gives SHA-256 by course-relative path where the caller knows them; what it lacks is read from `cache_root`
    or hashed. Never raises for what lies in `review/`: files that cannot be used are `troubles`.
    """
    del folder, hashes, cache_root, lang
    return ReviewState(Standing.OPEN)
