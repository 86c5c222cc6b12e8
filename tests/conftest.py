"""Fixtures every test may use, and the habits all tests keep."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """A shell that starts the tests behind its back has them ignore Ctrl+C, and so would every command they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes a quarter of an hour and runs before a release, not for every change."""
    parser.addoption("--campaigns", action="store_true", help="run the long campaigns too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns are left out aloud. What is slow goes first: nobody waits for it alone at the end."""
    if not config.getoption("--campaigns"):
        for item in items:
            if item.get_closest_marker("campaign"):
                item.add_marker(pytest.mark.skip(reason="a campaign of many minutes: run with --campaigns"))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's shared material beside the checkout: real clips, notices, conformance suites. Never copied in."""
    place = Path(os.environ.get("COURSEKIT_SHARED", ROOT.parent / "shared"))
    if not place.is_dir():
        pytest.skip(f"needs the shared material beside the checkout ({place.name}/ is not there)")
    return place


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the user's cache, or speaks the machine's language by accident."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COURSEKIT_LANG", "en")


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that logged an error fails, unless it says it expects one."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not errors, f"errors were logged: {errors}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud which programs of others were not driven."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "interop" in getattr(r, "keywords", {})]
    if skipped:
        terminalreporter.write_line(f"NOT RUN: {len(skipped)} interop tests (programs that are not ours were absent)")
