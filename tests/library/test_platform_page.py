"""The page a platform's team reads first says what the program does."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from coursekit.bundle.exports import EXPORTS
from coursekit.cli.library import FORMATS, library
from coursekit.cli.serve_import import serve_import
from coursekit.library.index import open_index
from coursekit.library.shelf import open_shelf
from coursekit.texts import phrases

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "platform.md").read_text(encoding="utf-8")


def test_every_error_code_has_its_row() -> None:
    missing = [code for code in phrases("serve") if f"`{code}`" not in PAGE]
    assert missing == []


def test_tables_columns_and_queries_are_those_of_the_index(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path / "library", create=True)
    with open_index(shelf) as index:
        there = {row["name"] for row in index.rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
        there -= {"ck_meta"}
        assert set(re.findall(r"`(ck_[a-z]+)`", PAGE)) == there
        for line in re.findall(r"^\| `(ck_\w+)` \|.*\|(.*)\|$", PAGE, re.MULTILINE):
            columns = {row["name"] for row in index.rows(f"PRAGMA table_info({line[0]})")}
            assert set(re.findall(r"`(\w+)`", line[1])) <= columns
    with sqlite3.connect(shelf.root / "index.sqlite3") as database:
        (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
        assert database.executescript(block)
    database.close()


def test_options_and_commands_exist() -> None:
    known = {name for command in (serve_import, *library.commands.values()) for p in command.params for name in p.opts}
    used = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert used <= known
    assert set(re.findall(r"coursekit library (\w+)", PAGE)) <= set(library.commands)
    assert (
        set(re.findall(r"^\| `(\w+)` \| .*(?:SCORM|cmi5|Kolibri)", PAGE, re.MULTILINE)) == set(EXPORTS) == set(FORMATS)
    )
