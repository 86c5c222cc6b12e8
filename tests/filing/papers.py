"""A complete register of a made-up operator, and its papers as files."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from coursekit.filing.kinds import paper_kinds
from coursekit.filing.model import REGISTER_SCHEMA, Register
from coursekit.manifest.load import read_record
from coursekit.manifest.tree import parse_json

TODAY = date(2026, 6, 30)
OPERATOR = "云栖职业培训学校（示例）"
HOST = "learn.example.cn"
PHONE = "13900001234"
FORMS = ("review-consent-form", "operator-pledge", "basic-data-form", "application-form", "content-pledge")
_PRINTED: Mapping[str, Mapping[str, Any]] = {
    "icp-filing": {"owner": OPERATOR, "domains": ["example.cn"], "since": "2015-03-01", "number": "闽ICP备15000001号"},
    "icp-licence": {
        "owner": "云栖职业培训学校(示例)",
        "domains": ["learn.example.cn"],
        "expires": "2028-01-31",
        "number": "闽B2-20150001",
    },
    "mlps-filing": {"level": 3, "number": "35010000001-20001"},
    "mlps-certificate": {"level": 3},
    "mlps-test-report": {"level": 3, "issued": "2026-01-10", "expires": "2027-01-09"},
    "platform-test-report": {"marks": ["CMA"], "issuer": "示例检测院"},
    "load-test-report": {
        "marks": ["CMA", "CNAS"],
        "load": {
            "online": 120000,
            "concurrent": 12000,
            "tps": 300,
            "response_s": 3.5,
            "fetch_s": 1.5,
            "lan_mbps": 10000,
        },
    },
    "technical-team": {"staff": 20},
    "data-retention-proof": {"retention_years": 5},
}


def complete() -> dict[str, Any]:
    """A register with every paper that any notice asks of an operator."""
    papers = []
    for key, kind in paper_kinds().items():
        if kind.source is None or kind.source in ("rights", "review"):
            papers.append({"kind": key, "files": [f"papers/{key}.pdf"], **copy.deepcopy(dict(_PRINTED.get(key, {})))})
    return {
        "schema": REGISTER_SCHEMA,
        "operator": {
            "name": OPERATOR,
            "credit_code": "52350100MJ00000000",
            "registry": "榕城市民政局（示例）",
            "legal_person": "林清（示例）",
            "legal_person_phone": PHONE,
            "agent": "陈喆（示例）",
            "agent_post": "副校长",
            "agent_phone": "13900005678",
            "agent_email": "agent@example.cn",
            "contact": "王镕（示例）",
            "contact_post": "主任",
            "contact_phone": "0591-00000000",
            "contact_email": "contact@example.cn",
            "address": "福建省榕城市示例路 1 号",
        },
        "platform": {
            "name": "云栖学习平台（示例）",
            "url": f"https://{HOST}/",
            "mobile": f"https://m.{HOST}/",
            "technical_lead": "赵䶮（示例）",
            "technical_lead_phone": "13900009012",
            "introduction": "B/S 架构，双机热备；录播、直播、测验、答疑一体。",
        },
        "papers": papers,
    }


def paper(raw: dict[str, Any], kind: str) -> dict[str, Any]:
    """The entry of a kind."""
    found: dict[str, Any] = next(p for p in raw["papers"] if p["kind"] == kind)
    return found


def register_of(raw: Mapping[str, Any]) -> Register:
    """As the loader gives it."""
    register: Register = read_record(parse_json(json.dumps(raw, ensure_ascii=False)), Register, REGISTER_SCHEMA)
    assert register.faults == ()
    return register


def pdf(text: str = "paper", password: str | None = None) -> bytes:
    """A PDF of one page with a word on it."""
    import io

    from pypdf import PdfReader, PdfWriter

    body = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + table + b"trailer\n<< /Size 6 /Root 1 0 R >>\n"
    out += b"startxref\n%d\n%%%%EOF\n" % start
    if password is None:
        return out
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(out)))
    writer.encrypt(password, algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def write_register(folder: Path, raw: Mapping[str, Any], *, papers: bool = True) -> Path:
    """The register as YAML in `folder`, with a PDF for every file it names."""
    from coursekit.files import write_atomic

    path = folder / "register.yaml"
    write_atomic(path, json.dumps(raw, ensure_ascii=False, indent=1))
    for entry in raw["papers"] if papers else ():
        for name in entry.get("files", ()):
            write_atomic(folder / name, pdf(str(entry["kind"])))
    return path
