"""What others make of our reports: a browser, Microsoft's SARIF validator, junitparser, xmllint with the EBU schema.

The programs come from `npm ci` in tests/browser (or COURSEKIT_NODE_MODULES), a Chromium on the path (or
COURSEKIT_CHROMIUM) and the system. Where one is absent its test says so and is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from coursekit.bench import faults_video
from coursekit.bench.clip import write_clip
from coursekit.bench.synth import Workshop, narration
from coursekit.pipeline import Audit, audit
from coursekit.probe.measure import measure_media
from coursekit.report import FORMATS
from coursekit.settings import Settings
from coursekit.terms import Verdict
from coursekit.video.excerpt import cut_clip

pytestmark = pytest.mark.interop
BROWSER = Path(__file__).resolve().parents[1] / "browser"
SECONDS = 6.0


def modules() -> Path:
    place = Path(os.environ.get("COURSEKIT_NODE_MODULES", BROWSER / "node_modules"))
    if not place.is_dir() or not shutil.which("node"):
        pytest.skip("needs node and `npm ci` in tests/browser")
    return place


def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("COURSEKIT_CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("needs Chromium")
    return found


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        **options,  # type: ignore[call-overload]
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """A course of three lessons, one of them shaken and named by somebody who means harm."""
    course = tmp_path_factory.mktemp("课程 & co")
    frames = round(SECONDS * 25)
    path = faults_video.handheld_path(frames, 25, amplitude=0.014, frequency_hz=3.0, seed=4)
    import numpy as np

    pixels = np.stack([path.x, path.y], axis=1) * 640
    name = "01 <img src=x onerror=alert(1)> 'q' #1 100%.mp4" if os.name != "nt" else "01 'q' #1 100%.mp4"
    bench = Workshop(size_px=(640, 360), seed=3)
    write_clip(course / name, bench.frames(SECONDS, pixels), narration(SECONDS, seed=6))
    for number in (2, 3):
        write_clip(course / f"0{number} 课.mp4", bench.frames(SECONDS), narration(SECONDS, seed=number))
    return audit(course, Settings(lang="zh", workers=1, cache_root=None), want_facts=True)


def written(done: Audit, name: str, folder: Path, file: str) -> Path:
    target = folder / file
    target.write_text(FORMATS[name].load()(done, target), encoding="utf-8", newline="\n")
    return target


def test_a_browser_opens_the_page_from_disk(done: Audit, tmp_path: Path) -> None:
    node, browser = modules(), chromium()
    page = written(done, "html", done.folder.root, "report.html")
    ran = run("node", BROWSER / "open_report.mjs", node, browser, page, tmp_path)
    assert ran.returncode == 0, ran.stderr[-2000:]
    for seen in json.loads(ran.stdout):
        assert seen["errors"] == []
        asked = {url.partition("?")[0] for url in seen["requests"]}
        assert all(url.startswith("file:") for url in asked)
        assert len(asked) == 2, "the page, and the lesson that was played"
        assert [v for v in seen["axe"] if v["impact"] in ("serious", "critical")] == []
        assert seen["overflow_px"] <= 0
        assert seen["lang"] == ["zh-CN", "en"]
        assert seen["other_language_hidden"]
        all_of_them, musts, advice_left = seen["must_only"]
        assert 0 < musts < all_of_them
        assert advice_left == 0
        assert seen["far_link_lands"]
        assert seen["mark_opens"]
        assert seen["keyboard"]
        assert seen["played"]["error"] is None
        assert seen["played"]["at_s"] > 0
        assert (tmp_path / f"{seen['width']}-{seen['scheme']}.png").stat().st_size > 20_000


def test_a_page_that_is_handed_on_brings_its_seconds_along(done: Audit, tmp_path: Path) -> None:
    node, browser = modules(), chromium()
    page = written(done, "html", tmp_path, "handed-on.html")
    ran = run("node", BROWSER / "open_report.mjs", node, browser, page)
    assert ran.returncode == 0, ran.stderr[-2000:]
    for seen in json.loads(ran.stdout):
        assert seen["errors"] == []
        assert {url.partition("?")[0] for url in seen["requests"]} == {page.as_uri()}, "nothing but the page itself"
        assert seen["played"]["error"] is None
        assert seen["played"]["at_s"] > 0


def test_stills_stand_in_the_page_and_come_out_the_same_twice(done: Audit, tmp_path: Path) -> None:
    first, again = (written(done, "html", tmp_path, name).read_bytes() for name in ("a.html", "b.html"))
    assert sha256(first).hexdigest() == sha256(again).hexdigest(), "digests: nobody reads megabytes of a page in a log"
    assert first.count(b"data:image/jpeg;base64,") >= 4, "a strip each, and the finding's own second"


def test_an_excerpt_has_the_same_bytes_each_time(done: Audit) -> None:
    path = next(p for p in done.folder.root.iterdir() if p.name.startswith("01"))
    clips = [cut_clip(path, measure_media(path), 0, 0.0, 4.0) for _ in range(4)]
    assert len({sha256(clip).hexdigest() for clip in clips if clip}) == 1
    assert None not in clips


def test_microsofts_validator_accepts_sarif_by_githubs_rules(done: Audit, tmp_path: Path) -> None:
    places = modules().glob("@microsoft/sarif-multitool-*/Sarif.Multitool*")
    tool = next((p for p in places if p.name in ("Sarif.Multitool", "Sarif.Multitool.exe")), None)
    if tool is None:
        pytest.skip("needs @microsoft/sarif-multitool in tests/browser")
    written(done, "sarif", tmp_path, "report.sarif")
    tool.chmod(0o755)
    log = tmp_path / "validated.sarif"
    ran = run(
        tool,
        *("validate", "report.sarif", "--rule-kind", "Sarif;Gh", "--output", log.name, "--log", "ForceOverwrite"),
        cwd=tmp_path,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
    results = json.loads(log.read_text("utf-8-sig"))["runs"][0]["results"]
    assert [r["message"] for r in results if r.get("level", "warning") in ("error", "warning")] == []


def test_junitparser_counts_as_we_do(done: Audit, tmp_path: Path) -> None:
    junitparser = pytest.importorskip("junitparser")
    report = junitparser.JUnitXml.fromfile(str(written(done, "junit", tmp_path, "junit.xml")))
    said = (report.tests, report.failures, report.errors, report.skipped)
    report.update_statistics()
    assert said == (report.tests, report.failures, report.errors, report.skipped)
    failing = {
        (r.subject, r.stream, r.check or r.rule) for r in done.report.results if r.verdict is Verdict.FAIL
    }  # fmt: skip
    assert 0 < said[1] <= len(failing) <= said[0]


def test_ebu_schema_accepts_the_report(done: Audit, shared: Path, tmp_path: Path) -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("needs xmllint (libxml2-utils)")
    schema = shared / "conformance" / "ebu-qc" / "qc.xsd"
    ran = run("xmllint", "--nonet", "--noout", "--schema", schema, written(done, "ebu-qc", tmp_path, "ebu-qc.xml"))
    assert ran.returncode == 0, ran.stderr[-2000:]
