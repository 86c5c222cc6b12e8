"""What a release is made of: `python release/build_release.py OUT` builds the wheel twice and lists its parts.

OUT receives the wheel, `sbom.cdx.json` (CycloneDX 1.6, from the pinned hashes of requirements.txt) and what pip-audit
said. The two wheels must be the same bytes: whoever builds the same commit can compare.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Part:
    """A package that coursekit runs with."""

    name: str
    version: str
    sha256: tuple[str, ...]


def parts(path: Path = REQUIREMENTS) -> Iterator[Part]:
    """Every pin of a requirements file with the hashes of its files."""
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if (pin := _PIN.match(entry)) is not None:
            yield Part(pin[1], pin[2], tuple(_HASH.findall(entry)))


def sbom(version: str) -> str:
    """The bill of materials: the same bytes for the same requirements."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{part.name}@{part.version}",
            "name": part.name,
            "version": part.version,
            "purl": f"pkg:pypi/{part.name}@{part.version}",
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in part.sha256],
        }
        for part in parts()
    ]
    own = {"type": "application", "bom-ref": "coursekit", "name": "coursekit", "version": version}
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": "coursekit", "dependsOn": [c["bom-ref"] for c in components]}],
    }
    return json.dumps(body, indent=1) + "\n"


def build_wheel(into: Path, source: Path = ROOT) -> Path:
    """A wheel whose times are those of the epoch: the same bytes wherever and whenever it is built."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(source)],
        check=True, env=env, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    (wheel,) = into.glob("*.whl")
    return wheel


def audit(into: Path, auditor: str) -> bool:
    """Ask for known holes in what is pinned. Whether there is one; what could not be asked is said."""
    target = into / "pip-audit.json"
    command = [auditor, "-r", str(REQUIREMENTS), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    try:
        subprocess.run(
            [*command, "-f", "json", "-o", str(target)], check=False, capture_output=True, timeout=300
        )  # fmt: skip
        asked = json.loads(target.read_text(encoding="utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"NOT AUDITED: {auditor} gave no answer ({type(error).__name__})")
        return False
    holes = [f"{d['name']} {d['version']}: {v['id']}" for d in asked for v in d.get("vulns", ())]
    unknown = [d["name"] for d in asked if "skip_reason" in d]
    if unknown:
        print(f"NOT AUDITED: the service knows nothing of {len(unknown)} of {len(asked)} packages")
    if holes or len(unknown) < len(asked):
        print("\n".join(holes) or f"no known holes in {len(asked) - len(unknown)} packages")
    return bool(holes)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--auditor", default="pip-audit", help="the program that knows of holes")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, two = build_wheel(Path(first)), build_wheel(Path(second))
        if one.read_bytes() != two.read_bytes():
            print(f"{one.name}: two builds differ")
            return 1
        shutil.copy(one, out)
        print(f"{one.name} sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}")
    (out / "sbom.cdx.json").write_text(sbom(one.name.split("-")[1]), encoding="utf-8")
    return int(audit(out, arguments.auditor))


if __name__ == "__main__":
    raise SystemExit(main())
