"""What is thrown at coursekit: seeds of every kind it reads, and how each reaches it through its real entry point."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from click.testing import CliRunner

from coursekit import pipeline
from coursekit.bundle.keys import public_pem
from coursekit.cli.main import cli
from coursekit.engine.job import Job
from coursekit.engine.local import Limits, LocalEngine
from coursekit.find import classify
from coursekit.folder import list_folder
from coursekit.manifest.load import load_manifest
from coursekit.manifest.spreadsheet import write_workbook
from coursekit.model import CourseFacts, FactsFile, FileFacts, Scope
from coursekit.report import FORMATS
from coursekit.settings import Settings
from tests.bundle.packed import Packed, make_packed
from tests.filing.papers import complete
from tests.hostile.mutate import mutate, mutate_text, mutate_zip, text_words
from tests.hostile.seeds import make_seeds
from tests.hostile.world import World, unheard
from tests.review.courses import build, decide, make_reviewed_course

LIMITS = Limits(stall_s=30, cpu_s=60)
PATIENCE_S = 60.0
"""No single input may take longer."""
BATCH = 80
_OBEYED = frozenset(map(chr, (*range(9), *range(11, 32), *range(0x7F, 0xA0), 0x202A, 0x202B, 0x202D, 0x202E, 0x2066)))
"""What a terminal would obey; a line's end is none of it."""


@dataclass
class Tally:
    """What was done and what came of it."""

    inputs: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Crashes, hangs and whatever else must not be."""
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")
    """Of worker processes, in kilobytes."""
    keep: Path | None = None
    """Where inputs that were too much are kept."""
    beat: Callable[[], None] = lambda: None
    """To be called whenever something got on: whoever watches waits so long and no longer."""

    def took(self, seconds: float, what: str) -> None:
        """Remember the slowest; one beyond patience is a fault."""
        self.beat()
        self.slowest = max(self.slowest, (seconds, what))
        if seconds > PATIENCE_S:
            self.faults.append(f"{what}: {seconds:.0f} s")

    def fault(self, what: str, data: bytes = b"") -> None:
        """Note a fault and keep what caused it."""
        self.faults.append(what)
        if self.keep is not None and data:
            with unheard():
                self.keep.mkdir(parents=True, exist_ok=True)
                (self.keep / f"{re.sub(r'[^a-z#0-9]+', '-', what[:40])}-{time.monotonic_ns()}").write_bytes(data)


@dataclass
class Target:
    """The world furnished: seeds, a course to audit, one under review, packages, and a way to call the command."""

    world: World
    chance: random.Random
    tally: Tally
    media: dict[str, bytes]
    packed: Packed
    reviewed: Path
    decision: str
    fresh_review: Path
    workbook: bytes
    report: str
    manifest: str
    register: str
    runner: CliRunner = field(default_factory=CliRunner)

    def call(self, kind: str, data: bytes, *args: str | Path, ok: Sequence[int] = (0, 1, 2, 3), new: int = 1) -> int:
        """The command in this process. Whatever escapes it is a crash of the main process. `new`: inputs it gets."""
        if new:
            self.tally.inputs[kind] += new
        began = time.monotonic()
        done = self.runner.invoke(cli, [str(a) for a in args], prog_name="coursekit")
        # A folder of media is many inputs, some of which a second reader may puzzle over for half a minute.
        self.tally.took((time.monotonic() - began) / (1 if new else BATCH / 8), f"{kind}: {args[0]}")
        self.tally.answers[f"{kind} exit {done.exit_code}"] += 1
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            self.tally.fault(f"{kind}: {args[:2]} raised {done.exception!r}"[:600], data)
        elif done.exit_code not in ok:
            self.tally.fault(f"{kind}: exit {done.exit_code}", data)
        if obeyed := set(done.output) & _OBEYED:
            self.tally.fault(f"{kind}: a terminal was sent {sorted(map(ascii, obeyed))}", data)
        return done.exit_code

    def tidy(self) -> None:
        """As it was before the first throw: a watcher may have ended one halfway."""
        (self.packed.course / "course.yaml").write_text(self.manifest, encoding="utf-8")
        (self.packed.course / "waivers.toml").unlink(missing_ok=True)
        shutil.rmtree(self.world.course)
        self.world.course.mkdir()
        self.unreviewed()

    def unreviewed(self) -> None:
        """The course under review, before anybody decided."""
        with unheard():
            shutil.rmtree(self.reviewed / "review")
            shutil.copytree(self.fresh_review, self.reviewed / "review")


def furnish(world: World, chance: random.Random, tally: Tally) -> Target:
    """Everything that is made once. To be called while nobody listens to this process."""
    place = world.root / "inside" / "seeds"
    place.mkdir()
    media = dict(make_seeds(place / "media", world.url))
    packed = make_packed(place / "packed")
    (place / "key.pub").write_bytes(public_pem(packed.key.raw_public))
    reviewed = make_reviewed_course(place / "review" / "course")
    built = build(reviewed, world.cache)
    fresh = shutil.copytree(reviewed / "review", place / "fresh-review")
    write_workbook(load_manifest(packed.course / "course.yaml"), place / "book.xlsx")
    (packed.course / "filing").mkdir()
    settings = Settings(profiles=packed.settings.profiles, cache_root=world.cache, workers=1, lang="en")
    time.sleep(2.1)  # for the cache to rely on the files' times
    done = pipeline.audit(packed.course, settings, want_facts=True)
    report = FORMATS["json"].load()(done, None)
    assert isinstance(report, str)
    decision = json.dumps(
        {**decide(built, "X1"), "reviewed_on": dt.date.today().isoformat()},  # noqa: DTZ011 - the clerk's own day
        ensure_ascii=False,
        indent=1,
    )
    book = (place / "book.xlsx").read_bytes()
    manifest = (packed.course / "course.yaml").read_text(encoding="utf-8")
    register = yaml.safe_dump(complete(), allow_unicode=True, sort_keys=False)
    return Target(
        world, chance, tally, media, packed, reviewed, decision, fresh, book, report, manifest, register
    )  # fmt: skip


_FIVE = ("mp4", "mkv", "wav", "png", "pdf")


def attack_media(target: Target, numbers: range) -> None:
    """Mutated media measured by workers, judged, and put into every report."""
    words = (target.world.url.encode(), b"file:../outside/secret.txt", b"#EXTM3U\n" + target.world.url.encode())
    names = sorted(target.media)
    folder = target.world.course / "media"
    with unheard():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number in numbers:
        kind = _FIVE[number % 5] if number % 6 else names[number // 6 % len(names)]
        data = mutate(target.chance, target.media[kind], words, header=600)
        (folder / f"{number:05d}.{kind}").write_bytes(data)
        target.tally.inputs[kind] += 1
    # Stills are decoded by further processes, which take longer to start than all the rest.
    if numbers.start % (5 * BATCH) == 0:
        _audit(target, folder)
    else:
        _measure(target, folder)


def _audit(target: Target, folder: Path) -> None:
    """The whole command over a folder of media, with every report it can write."""
    outs = [w for n in FORMATS if n != "text" for w in ("-f", n, "-o", target.world.out / f"report.{n}")]
    target.call("media audit", b"", "audit", folder, "--cache", target.world.cache, "-j", "2", *outs, new=0)
    report = json.loads((target.world.out / "report.json").read_text(encoding="utf-8"))
    told = {result["subject"] for result in report["results"]}
    whole = {r["subject"] for r in report["results"] if r["check"] == "probe/integrity" and r["verdict"] == "pass"}
    target.tally.answers["media measured"] += len(whole)
    if missing := {p.name for p in folder.iterdir() if p.suffix in (".mp4", ".mkv", ".wav")} - told:
        target.tally.fault(f"the audit says nothing of {sorted(missing)[:3]}")
    for result in report["results"]:
        if result["verdict"] == "error" and result.get("reason", {}).get("code") == "check-crashed":
            target.tally.fault(f"a check crashed: {result['check']} on {result['subject']}: {result['reason']}"[:400])


def _measure(target: Target, folder: Path) -> None:
    listed = list_folder(folder)
    course, kinds = classify(listed)
    jobs = [Job(n, e.path, kinds[n], e.identity, e.refused, target.world.cache) for n, e in listed.entries.items()]
    found: dict[str, FileFacts] = {}
    began = last = time.monotonic()
    try:
        with LocalEngine(2, LIMITS) as engine:
            for facts in engine.run(jobs, lambda _: None):
                found[facts.path] = facts
                target.tally.took(time.monotonic() - last, f"media {facts.path}")
                last = time.monotonic()
                for problem in facts.problems:
                    target.tally.answers[f"media {problem.stage} {problem.code}"] += 1
                    if problem.code in ("crashed", "timeout", "memory"):
                        target.tally.answers["media lost to its worker"] += 1
                        _keep(target, folder / facts.path, f"{problem.stage} {problem.code} {problem.detail}")
                if not facts.problems:
                    target.tally.answers["media measured"] += 1
        missing = {job.name for job in jobs} - found.keys()
        if missing:
            target.tally.fault(f"no answer about {sorted(missing)[:3]}")
        settings = Settings(lang="en", cache_root=target.world.cache)
        measuring = pipeline.Measuring(found, 0, ())
        facts_of = CourseFacts(course, found, None, None)
        report = pipeline.build_report(
            pipeline.load_profiles(()), facts_of, Scope.MEDIA, None, settings, measuring, "2026-01-01T00:00:00+00:00"
        )
        target.tally.answers["verdict error"] += sum(r.verdict.value == "error" for r in report.results)
        for result in report.results:
            if result.verdict.value == "error" and result.reason and result.reason.code == "check-crashed":
                target.tally.fault(f"a check crashed: {result.check} on {result.subject}: {result.reason}"[:400])
        audit = pipeline.Audit(report, FactsFile(tuple(found.values())), listed)
        for name, form in FORMATS.items():
            if name == "html":
                continue
            body = form.load()(audit, target.world.out / f"report.{name}")
            with suppress(OSError):
                (target.world.out / f"report.{name}").write_bytes(body.encode() if isinstance(body, str) else body)
    except Exception as error:  # noqa: BLE001 - whatever it is, it came through to the main process
        target.tally.fault(f"media batch {folder}: {error!r}"[:600])
        _keep(target, *sorted(folder.iterdir()), why="batch")
    target.tally.answers["media batch seconds"] += round(time.monotonic() - began)


def _keep(target: Target, *paths: Path | str, why: str = "") -> None:
    if target.tally.keep is None:
        return
    with unheard():
        _copy(target.tally.keep, paths, why)


def _copy(keep: Path, paths: Sequence[Path | str], why: str) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    files = [p for p in paths if isinstance(p, Path)]
    words = [p for p in paths if isinstance(p, str)]
    with (keep / "lost.txt").open("a", encoding="utf-8") as log:
        log.write(f"{[p.name for p in files]} {words} {why}\n")
    for path in files:
        shutil.copy(path, keep / path.name)


def attack_manifests(target: Target, numbers: range) -> None:
    """Mutated manifests, registers, waivers, profiles, workbooks and reports, through the commands that read them."""
    words = text_words(target.world.url)
    course, place = target.packed.course, target.world.course
    own = Path(target.packed.settings.profiles[0])
    profile = own.read_text(encoding="utf-8")
    waivers = ('[[waiver]]\nsubject = "媒体/第一课.mp4"\ncode = "over-limit"\ncheck = "probe/size"\nreason = "x"\n'
               'who = "y"\nuntil = 2099-01-01\nsha256 = "' + "0" * 64 + '"\n')  # fmt: skip
    common: tuple[str | Path, ...] = ("-p", own, "--cache", target.world.cache, "-j", "1")
    for number in numbers:
        chance = target.chance
        match number % 12:
            case 0 | 1 | 2 | 3 | 4 | 5:
                data = mutate_text(chance, target.manifest, words)
                (course / "course.yaml").write_bytes(data)
                if number % 12 == 0:
                    outs = [w for n in FORMATS if n != "text" for w in ("-f", n, "-o", target.world.out / f"r.{n}")]
                    target.call("manifest", data, "audit", course, *common, *outs)
                elif number % 12 < 3:
                    target.call("manifest", data, "audit", course, *common)
                else:
                    target.call("manifest", data, "manifest", "check", course, "--no-hash")
                (course / "course.yaml").write_text(target.manifest, encoding="utf-8")
            case 6:
                data = mutate_text(chance, json.dumps(_as_json(target.manifest), ensure_ascii=False, indent=1), words)
                (place / "json").mkdir(exist_ok=True)
                (place / "json" / "course.json").write_bytes(data)
                target.call("manifest json", data, "manifest", "check", place / "json", "--no-hash")
            case 7:
                data = mutate_text(chance, target.register, words)
                (place / "register.yaml").write_bytes(data)
                target.call("register", data, "filing", "check", course, "--register", place / "register.yaml",
                            "--cache", target.world.cache)  # fmt: skip
            case 8:
                data = mutate_text(chance, waivers, words)
                (course / "waivers.toml").write_bytes(data)
                target.call("waivers", data, "audit", course, *common)
                (course / "waivers.toml").unlink()
            case 9:
                data = mutate_text(chance, profile, words)
                (place / "own.toml").write_bytes(data)
                target.call("profile", data, "audit", course, "-p", place / "own.toml", "--cache", target.world.cache)
            case 10:
                data = mutate_zip(chance, target.workbook)
                (place / "book.xlsx").write_bytes(data)
                into = target.world.out / "imported"
                into.mkdir(exist_ok=True)
                target.call("workbook", data, "manifest", "import", place / "book.xlsx", "--into", into, "--force")
            case _:
                data = mutate_text(chance, target.report, words)
                (place / "old.json").write_text(target.report, encoding="utf-8")
                (place / "new.json").write_bytes(data)
                target.call("report", data, "diff", place / "old.json", place / "new.json")


def _as_json(text: str) -> object:
    return yaml.safe_load(text.replace("hours: 1\n", 'hours: "1"\n').replace("hours: 2,", 'hours: "2",'))


def attack_decisions(target: Target, numbers: range) -> None:
    """Mutated decisions of experts. One that is taken in is taken out again, so that each meets the same desk."""
    words = text_words(target.world.url)
    for number in numbers:
        data = mutate_text(target.chance, target.decision, words)
        file = target.world.course / "decision.json"
        file.write_bytes(data)
        code = target.call("decision", data, "review", "add", target.reviewed, file)
        if code == 0 or number % 50 == 0:
            target.call("review state", data, "review", "status", target.reviewed)
            target.unreviewed()


def attack_zips(target: Target, numbers: range) -> None:
    """Mutated packages, verified and taken in."""
    seed = target.packed.zip.read_bytes()
    for number in numbers:
        data = mutate_zip(target.chance, seed)
        file = target.world.course / "package.zip"
        file.write_bytes(data)
        _deliver(target, "zip", data, file, number)


def attack_bags(target: Target, numbers: range) -> None:
    """Folders that call themselves packages: files damaged, renamed, linked elsewhere, replaced by a pipe."""
    words = tuple(w.encode("utf-8", "surrogatepass") for w in text_words(target.world.url))
    for number in numbers:
        bag = target.world.course / "bag"
        with unheard():
            shutil.rmtree(bag, ignore_errors=True)
            shutil.copytree(target.packed.folder, bag)
        files = sorted(p for p in bag.rglob("*") if p.is_file())
        tags = [p for p in files if p.parent == bag]
        data = b""
        for _ in range(target.chance.choice((1, 1, 2))):
            victim = target.chance.choice(tags if target.chance.random() < 0.6 else files)
            if victim.is_symlink() or not victim.is_file():
                # Spoilt already; to open a pipe would be to wait for oneself.
                continue
            with suppress(OSError):
                data += _spoil(target, bag, victim, words)
        _deliver(target, "bag", data or b"(shape)", bag, number)


def _spoil(target: Target, bag: Path, victim: Path, words: Sequence[bytes]) -> bytes:
    chance = target.chance
    match chance.randrange(9):
        case 0:
            victim.unlink()
            victim.symlink_to(target.world.outside / "secret.txt")
        case 1:
            victim.unlink()
            os.mkfifo(victim)
        case 2:
            victim.rename(victim.with_name(chance.choice(("x\x1b[2J", "con", "e\u0301", "a\\b", "~", "X.MP4"))))
        case 3:
            (bag / "fetch.txt").write_bytes(f"{target.world.url} 10 data/more.bin\n".encode())
        case 4:
            (bag / "data" / "extra").symlink_to(target.world.outside)
        case 5:
            with victim.open("ab") as file:
                file.write(b"0" * 64 + b"  ../../outside/secret.txt\n")
        case _:
            data = mutate(chance, victim.read_bytes() or b"x", words)
            victim.write_bytes(data)
            return data
    return b""


def _deliver(target: Target, kind: str, data: bytes, package: Path, number: int) -> None:
    key = target.world.root / "inside" / "seeds" / "key.pub"
    if number % 3 == 0:
        library = target.world.out / "library"
        code = target.call(kind, data, "import", package, "--into", library, "--trust", key)
    elif number % 3 == 1:
        code = target.call(kind, data, "verify", package, "--bag-only")
    else:
        code = target.call(kind, data, "verify", package, "--trust", key, "-f", "json")
    if code == 0:
        target.tally.answers[f"{kind} accepted"] += 1


@dataclass(frozen=True)
class Kind:
    """One kind of input: how many of all, and how many are thrown at once."""

    name: str
    share: float
    attack: Callable[[Target, range], None]
    batch: int = 1
    patience_s: float = 2 * PATIENCE_S
    """After so much silence whoever watches ends it."""


KINDS = (
    # The command itself gives a stalled lesson five minutes.
    Kind("media", 0.17, attack_media, BATCH, 480),
    Kind("manifests", 0.31, attack_manifests),
    Kind("decisions", 0.18, attack_decisions),
    Kind("zips", 0.20, attack_zips),
    Kind("bags", 0.14, attack_bags),
)
