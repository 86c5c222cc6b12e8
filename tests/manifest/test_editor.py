"""A real editor's language server completes, explains and checks a manifest by the schema that init puts beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.manifest.schema import schema_text

pytestmark = pytest.mark.interop

PACKAGE = "yaml-language-server@1.25.0"
TEXT = """# yaml-language-server: $schema=.coursekit/manifest.schema.json
schema: coursekit/manifest/1
course:
  id: dg-4
  title: 电工
  catgory: skill
  
points:
  - {id: S1, kind: skil, code: 1.10, text: 能测绝缘电阻}
lessons:
  - id: L1
    title: 兆欧表
    mode: 
"""  # noqa: W291, W293 - the cursor stands in white space


class Server:
    """A language server on its standard streams."""

    def __init__(self, script: Path, document: Path) -> None:
        node = shutil.which("node")
        assert node is not None
        self.process = subprocess.Popen([node, str(script), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.uri = document.as_uri()
        self.number = 0
        self.seen: list[dict[str, Any]] = []
        capabilities = {"workspace": {"configuration": True}}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self.send({"method": "initialized", "params": {}})
        opened = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": document.read_text(encoding="utf-8")}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        assert length, "the server ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:
            ours = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
            items = message["params"].get("items", []) if message["params"] else []
            answer = [ours if item.get("section") == "yaml" else {} for item in items]
            self.send({"id": message["id"], "result": answer if items else None})
        return message

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message = self.receive()
            if wanted(message):
                return message

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self.number += 1
        number = self.number
        self.send({"id": number, "method": method, "params": params})
        return self.wait(lambda m: m.get("id") == number and "method" not in m)["result"]

    def at(self, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri}, "position": {"line": line, "character": character}}

    def complaints(self) -> list[dict[str, Any]]:
        message = self.wait(
            lambda m: m.get("method") == "textDocument/publishDiagnostics" and bool(m["params"]["diagnostics"])
        )
        found: list[dict[str, Any]] = message["params"]["diagnostics"]
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def script(request: pytest.FixtureRequest) -> Path:
    """The language server, installed once into pytest's cache."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed: the editor's language server was not driven")
    assert request.config.cache is not None
    home = request.config.cache.mkdir("yaml-language-server")
    found = home / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not found.exists():
        command = [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", "--silent", PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode or not found.exists():
            pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[:200]}")
    return found


@pytest.fixture
def server(script: Path, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / ".coursekit").mkdir()
    (tmp_path / ".coursekit" / "manifest.schema.json").write_text(schema_text(), encoding="utf-8")
    document = tmp_path / "course.yaml"
    document.write_text(TEXT, encoding="utf-8")
    running = Server(script, document)
    yield running
    running.close()


def test_validation(server: Server) -> None:
    found = {(c["range"]["start"]["line"], c["message"].split("\n")[0][:40]) for c in server.complaints()}
    lines = {line for line, _ in found}
    assert {5, 8} <= lines
    assert any("catgory" in message for _, message in found)
    assert any("string" in message for line, message in found if line == 8), "a code without quotes"
    assert any("skill" in message or "accepted" in message for line, message in found if line == 8)


def test_completion_and_hover(server: Server) -> None:
    server.complaints()
    items = server.ask("textDocument/completion", server.at(6, 2))["items"]
    labels = {item["label"] for item in items}
    assert {"category", "occupation", "use_until"} <= labels
    assert "id" not in labels, "what is there already is not offered again"
    category = next(item for item in items if item["label"] == "category")
    assert "适用领域" in str(category["documentation"])
    assert "Field of training" in str(category["documentation"])
    modes = server.ask("textDocument/completion", server.at(12, 10))["items"]
    assert {"online", "offline", "blended"} <= {item["label"] for item in modes}
    hover = server.ask("textDocument/hover", server.at(4, 3))["contents"]["value"]
    assert "与备案表一致" in hover
