"""The places that a course folder reserves (manifest, register, review/) hold pipes and links: nobody waits or goes."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from coursekit.cli.main import cli
from tests.filing.papers import complete
from tests.hostile.world import World, heard, unheard, watched
from tests.review.courses import build, decide, make_reviewed_course

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the watchers listen to Linux")
_PATIENCE_S = 60

DEEDS: dict[str, Callable[[World, Path], None]] = {
    "pipe": lambda _, path: os.mkfifo(path),
    "link to a file": lambda world, path: path.symlink_to(world.outside / "secret.txt"),
    "link to a folder": lambda world, path: path.symlink_to(world.outside / "deep"),
}
PLACES = (
    "course.yaml", "filing", "filing/register.yaml", "waivers.toml", "review", "review/dossiers",
    "review/dossiers/0001-x.json", "review/decisions", "review/receipts", "review/receipts/X1-aaa.json",
    "review/keys/X1.pem",
)  # fmt: skip


@dataclass
class Place:
    """A watched world with a course under review in it."""

    world: World
    course: Path
    good: Path
    decision: Path

    def spoil(self, place: str, deed: str) -> None:
        """The course anew, with one place taken."""
        shutil.rmtree(self.course)
        shutil.copytree(self.good, self.course)
        path = self.course / place
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        DEEDS[deed](self.world, path)
        shutil.rmtree(self.world.outside / "deep" / "dossiers", ignore_errors=True)
        self.world.look()
        self.world.seen.clear()

    def call(self, *args: str | Path) -> tuple[int, str]:
        """A command; it may fail, never raise, and never wait for somebody."""

        def late(*_: object) -> None:
            raise AssertionError(f"{args[:2]} waits for somebody")

        held = tempfile.tempdir
        tempfile.tempdir = str(self.world.cache)
        before = signal.signal(signal.SIGALRM, late)
        signal.alarm(_PATIENCE_S)
        try:
            with heard(self.world):
                done = CliRunner().invoke(cli, [str(a) for a in args], prog_name="coursekit")
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
            tempfile.tempdir = held
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Made once: tests put the course back."""
    with watched(tmp_path_factory.mktemp("places") / "world") as world, unheard():
        course = make_reviewed_course(world.root / "inside" / "mine" / "course")
        said = {**decide(build(course, world.cache), "X1"), "reviewed_on": dt.date.today().isoformat()}  # noqa: DTZ011
        decision = world.out / "decision.json"
        decision.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        (course / "filing").mkdir(exist_ok=True)
        register = yaml.safe_dump(complete(), allow_unicode=True, sort_keys=False)
        (course / "filing" / "register.yaml").write_text(register, encoding="utf-8")
        yield Place(world, course, shutil.copytree(course, world.root / "inside" / "good"), decision)


@pytest.mark.logs_errors
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", PLACES)
def test_nobody_waits_at_a_pipe_or_follows_a_link_out(place: Place, name: str, deed: str) -> None:
    place.spoil(name, deed)
    cache = ("--cache", place.world.cache)
    exits = {
        "add": place.call("review", "add", place.course, place.decision)[0],
        "status": place.call("review", "status", place.course)[0],
        "filing": place.call("filing", "check", place.course, *cache)[0],
    }
    place.world.look()
    assert place.world.seen == [], "read, written or made outside the course"
    assert exits["status"] != 0, "nothing here is approved"
    if name == "course.yaml":
        assert set(exits.values()) == {2}


@pytest.mark.logs_errors
@pytest.mark.parametrize(
    ("name", "deed"),
    [("course.yaml", "link to a file"), ("review", "link to a folder"), ("review/dossiers/0001-x.json", "pipe")],
)
def test_nor_do_an_audit_and_a_dossier(place: Place, name: str, deed: str) -> None:
    place.spoil(name, deed)
    own = ("-p", place.course.parent / "house.toml", "--cache", place.world.cache, "-j", "1", "-q")
    audit, _ = place.call("audit", place.course, *own, "-f", "json")
    dossier, said = place.call("dossier", place.course, *own, "-o", place.world.out / "d.zip")
    place.world.look()
    assert place.world.seen == []
    if name == "course.yaml":
        assert (audit, dossier) == (2, 2)
    if name == "review":
        assert dossier == 3
        assert "leads out of the course" in said
