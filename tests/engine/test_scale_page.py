"""docs/scale.md speaks of variables, options and problems that exist."""

from __future__ import annotations

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "coursekit").rglob("*.py"))
OF_DASK = {"--nworkers", "--nthreads", "--memory-limit", "--tls"}


def test_variables_and_options_exist() -> None:
    variables = set(re.findall(r"\bCOURSEKIT_[A-Z_]+", PAGE))
    options = set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", PAGE)) - OF_DASK
    assert {"COURSEKIT_SCRATCH", "COURSEKIT_SCRATCH_GB", "COURSEKIT_CACHE"} <= variables
    assert {name for name in variables | options if f'"{name}"' not in SOURCE} == set()


def test_figures_that_code_decides_are_its_own() -> None:
    from coursekit import scratch, store
    from coursekit.engine import dask_client

    assert f"| {scratch._DEFAULT_GB:g} | never more" in PAGE
    assert "two minutes" in PAGE
    assert dask_client._PATIENCE_S == 120
    assert "8 MB at hand" in PAGE
    assert store._CHUNK_BYTES == 8 << 20
    assert "twelve times" in PAGE
    assert store._ATTEMPTS == 12
