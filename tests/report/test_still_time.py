"""Which moment shows an issue."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coursekit.model import Finding, Level, Measured, Scalar, Span, Verdict
from coursekit.report.page import still_time
from coursekit.report.view import Issue

TEXT = {"zh": "", "en": ""}


def issue(start_s: float | None, end_s: float | None, args: Mapping[str, Scalar]) -> Issue:
    finding = Finding("possible-mark", Verdict.REVIEW, "", Span(0.0, 60.0), Measured(1, "marks"), None, "", args)
    return Issue(
        "i1", Verdict.REVIEW, Level.MUST, "video/watermark", "possible-mark", TEXT, "a.mp4", 0, TEXT, TEXT, "", start_s,
        end_s, (0.1, 0.1, 0.1, 0.1), TEXT, TEXT, (), None, finding,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start_s", "end_s", "args", "at"),
    [
        (0.0, 60.0, {}, 30.0),
        (5.0, 5.2, {}, 5.0),
        (0.0, 60.0, {"shown_at_s": 47.25}, 47.25),
        (None, None, {"shown_at_s": 47.25}, None),
    ],
)
def test_the_moment_its_check_names_comes_first(
    start_s: float | None, end_s: float | None, args: Mapping[str, Scalar], at: float | None
) -> None:
    assert still_time(issue(start_s, end_s, args)) == at
