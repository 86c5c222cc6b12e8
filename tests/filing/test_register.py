"""The register as a file: read strictly, told by line and column, quiet about persons."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from coursekit.filing.load import RegisterError, find_register, load_register
from coursekit.filing.schema import schema_text
from tests.filing.papers import PHONE, complete, paper, write_register

PUBLISHED = Path(__file__).resolve().parents[2] / "schemas" / "register.schema.json"
HEAD = """\
schema: coursekit/register/1
operator:
  name: 云栖职业培训学校（示例）
platform:
  name: 云栖学习平台（示例）
  url: "https://learn.example.cn/"
"""


def test_the_published_schema_is_generated_and_takes_the_complete_register() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(complete(), schema, cls=jsonschema.Draft202012Validator)


def test_a_complete_register_has_no_fault(tmp_path: Path) -> None:
    assert load_register(write_register(tmp_path, complete())).faults == ()


FAULTS = [
    ("papers:\n  - {kind: credit-report, files: [a.pdf], colour: red}\n", "unknown-field", 8),
    ("papers:\n  - {kind: credit-report, file: [a.pdf]}\n", "unknown-field-near", 8),
    ("papers:\n  - kind: credit-report\n    files: a.pdf\n", "not-a-list", 9),
    ("papers:\n  - {kind: mlps-filing, files: [a.pdf], level: 三级}\n", "not-a-whole-number", 8),
    ("papers:\n  - {kind: mlps-filing, files: [a.pdf], level: 6}\n", "out-of-range", 8),
    ("papers:\n  - {kind: mlps-filing, files: [a.pdf], number: 0012}\n", "unquoted-text", 8),
    ("papers:\n  - {kind: icp-licence, files: [a.pdf], expires: '2026-02-30'}\n", "no-such-day", 8),
    ("papers:\n  - {kind: icp-licence, files: [a.pdf], expires: 明年}\n", "bad-form", 8),
    ("papers:\n  - {kind: load-test-report, files: [a.pdf], marks: [CMB]}\n", "not-in-list-near", 8),
    ("papers:\n  - {kind: credit-reports, files: [a.pdf]}\n", "unknown-paper-near", 8),
    ("papers:\n  - {kind: 信用报告, files: [a.pdf]}\n", "unknown-paper", 8),
    ("papers:\n  - {kind: credit-report, files: []}\n", "no-files", 8),
    ("papers:\n  - {kind: mlps-test-report, files: [a.pdf], issued: '2026-05-01', expires: '2026-04-30'}\n",
     "dates-reversed", 8),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line"), FAULTS)
def test_a_fault_is_told_at_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    faults = load_register(path).faults
    assert code in [f.code for f in faults]
    fault = next(f for f in faults if f.code == code)
    assert fault.line == line
    for lang in ("zh", "en"):
        assert fault.message(lang, "register")
        assert fault.remedy(lang, "register")


REFUSED = [
    ("", "empty"),
    ("- a\n", "not-a-manifest"),
    ("operator: {name: x}\n", "no-version"),
    ("schema: coursekit/register/9\n", "unknown-version"),
    (HEAD + "papers:\n  - {kind: credit-report, files: [../../etc/passwd]}\n", "path-escapes"),
    (HEAD + "platform: {}\n", "duplicate-key"),
    (HEAD + "papers: &a []\n", "anchor"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_cannot_be_read_is_refused_in_words_about_a_register(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    assert [f.code for f in caught.value.faults] == [code]
    assert "清单" not in caught.value.render("zh")
    assert "manifest" not in caught.value.render("en").replace("not-a-manifest", "")


def test_two_registers_leave_open_which_one_counts(tmp_path: Path) -> None:
    for name in ("register.yaml", "register.json"):
        (tmp_path / "filing").mkdir(exist_ok=True)
        (tmp_path / "filing" / name).write_text("{}", encoding="utf-8")
    with pytest.raises(RegisterError, match="two-manifests"):
        find_register(tmp_path)


@pytest.mark.parametrize("value", [PHONE, f"[{PHONE}]", "0591-87602864:转 3"])
def test_no_message_repeats_a_telephone(tmp_path: Path, value: str) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(HEAD.replace("platform:", f"  contact_phone: {value}\nplatform:"), encoding="utf-8")
    try:
        faults = load_register(path).faults
    except RegisterError as error:
        faults = error.faults
    told = " ".join(f.message(lang, "register") + f.remedy(lang, "register") for f in faults for lang in ("zh", "en"))
    assert PHONE not in told
    assert "87602864" not in told


def test_an_own_kind_is_taken(tmp_path: Path) -> None:
    raw = complete()
    raw["papers"].append({"kind": "own-award", "files": ["papers/奖.pdf"]})
    assert load_register(write_register(tmp_path, raw)).faults == ()
    assert paper(raw, "own-award")
