"""The published JSON Schema of the register, generated from the declarations that the reader itself follows.

python -m coursekit.filing.schema > schemas/register.schema.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from coursekit.filing.kinds import paper_kinds
from coursekit.filing.model import REGISTER_SCHEMA, Register
from coursekit.manifest.schema import record_schema


def register_schema() -> dict[str, Any]:
    """The schema as plain values. Editors offer the kinds of papers by name."""
    schema = record_schema(
        Register,
        REGISTER_SCHEMA,
        "urn:coursekit:schema:register:1",
        "登记表",
        title="coursekit 材料登记表 · evidence register",
        description="filing/register.yaml：申报单位、平台和证明材料。\n\n"
        "filing/register.yaml: who files, which platform, and the papers that prove it.",
    )
    kinds = paper_kinds().values()
    offered = {
        "anyOf": [
            {
                "enum": [kind.key for kind in kinds],
                "enumDescriptions": [f"{kind.label.zh} · {kind.label.en}" for kind in kinds],
            },
            {"type": "string", "pattern": "^own(-[a-z0-9]+)+$"},
        ]
    }
    for name in ("Paper", "NotNeeded"):
        field = schema["$defs"][name]["properties"]["kind"]
        schema["$defs"][name]["properties"]["kind"] = offered | {k: field[k] for k in ("title", "description")}
    schema["$defs"]["Paper"]["properties"]["files"]["minItems"] = 1
    return schema


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(register_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(schema_text())
