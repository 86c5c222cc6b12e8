"""A very large course is still readable, in every sense. Time is measured by the benchmark, never asserted here."""

from __future__ import annotations

from coursekit.manifest.coverage import build_matrix, render_coverage_html
from coursekit.manifest.graph import find_cycles
from coursekit.model import Verdict
from tests.manifest.sample import judge_sample

POINTS, LESSONS = 2000, 1000


def large_text(taught: int = POINTS) -> str:
    """2,000 points, two for each of 1,000 lessons, each needing the one before."""
    points = "".join(
        f"  - {{id: K{i}, kind: knowledge, code: K{i}, text: 知识点{i}, task: T{i // 20}"
        + (f", requires: [K{i - 1}]" if i else "")
        + "}\n"
        for i in range(POINTS)
    )
    lessons = "".join(
        f"  - id: L{i}\n    title: 第{i}课\n    mode: online\n    part: theory\n    hours: 1\n"
        f"    media: [{{file: media/{i}.mp4, kind: video}}]\n"
        + (f"    teaches: [{{point: K{2 * i}}}, {{point: K{2 * i + 1}}}]\n" if 2 * i < taught else "")
        for i in range(LESSONS)
    )
    head = "schema: coursekit/manifest/1\ncourse: {id: big, title: 大课}\n"
    return f"{head}points:\n{points}lessons:\n{lessons}"


def test_nothing_recurses_and_gaps_are_told_by_task() -> None:
    results = judge_sample(large_text(taught=1000), {})
    coverage = next(r for r in results if r.check == "manifest/coverage")
    assert coverage.verdict is Verdict.FAIL
    told = [f for f in coverage.findings if f.code == "not-taught-in-task"]
    assert len(told) == 20
    assert [f.args["count"] for f in coverage.findings if f.code == "more-of-the-same"] == [30, 480]
    assert all(f.args["count"] == 20 for f in told)
    assert not any(f.code == "not-taught" for f in coverage.findings)


def test_a_chain_of_a_hundred_thousand_has_no_circle() -> None:
    edges = {str(i): (str(i + 1),) for i in range(100_000)}
    assert find_cycles(edges) == ()
    assert [len(c) for c in find_cycles({**edges, "100000": ("99998",)})] == [3]


def test_matrix_renders() -> None:
    from coursekit.manifest.load import manifest_from_text

    page = render_coverage_html(build_matrix(manifest_from_text(large_text())), "zh")
    assert page.count("<tr") == POINTS + POINTS // 20 + 1
