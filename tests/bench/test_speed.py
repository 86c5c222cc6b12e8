"""The table of what an audit costs: ratios, and the place where a page takes it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.bench.speed import Bench, Cost, Row, as_line, cost_of, write_table


def test_ratios_are_of_the_plain_decode() -> None:
    row = Row("camera", "audit", Cost(8.0, 12.0, 250.0), Cost(10.0, 16.0))
    assert row.wall == pytest.approx(0.8)
    assert row.cpu == pytest.approx(0.75)
    assert "0.80" in as_line(row)


def test_a_page_takes_the_table_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "speed.md"
    page.write_text("before\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nafter\n", encoding="utf-8")
    bench = Bench(tmp_path, 2700)
    bench.rows.append(Row("slides", "audit", Cost(3.0, 4.0), Cost(10.0, 16.0)))
    assert write_table(bench, (page,)) == ("speed.md",)
    text = page.read_text(encoding="utf-8")
    assert "| slides | `audit` | 3.0 | 4.0 |  | 0.30 | 0.25 |" in text
    assert "old" not in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)
    assert write_table(bench, (page,)) == ()


def test_the_time_of_children_is_counted(tmp_path: Path) -> None:
    def work() -> None:
        import subprocess
        import sys

        subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)

    assert cost_of(work).cpu_s > 0
