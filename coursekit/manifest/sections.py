"""What every manifest check asks first: is there a manifest, and can the parts it leans on be trusted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from coursekit.manifest.course import normal
from coursekit.manifest.model import Manifest
from coursekit.manifest.reader import specs
from coursekit.model import CourseFacts, FileFacts, Finding, Verdict
from coursekit.rules.check import CannotTest, CheckContext, measured

# Faults after which the values in the model are still those in the text.
_HARMLESS = frozenset({"duplicate-id", "dangling-reference", "repeated-value", "two-main-files", "file-used-twice"})
_SECTIONS = frozenset(name for name, *_ in specs(Manifest))
GROUP_ABOVE = 20
"""So many findings of one kind are still read one by one; beyond that they are told together."""


def manifest_of(facts: CourseFacts, *sections: str) -> Manifest:
    """The manifest, if nothing in these sections was replaced on reading; a judgement on guesses would be worthless."""
    manifest = facts.manifest
    if manifest is None:
        raise CannotTest("no-manifest")
    faults = [f for f in manifest.faults if f.code not in _HARMLESS and _touches(f.pointer, sections)]
    if faults:
        raise CannotTest("manifest-faulty", count=len(faults), line=faults[0].line)
    return manifest


def _touches(pointer: str, sections: tuple[str, ...]) -> bool:
    """The place lies in one of these sections, or is a misspelt section that may be any of them."""
    section = f"{pointer}/".split("/")[1]
    return section in sections or section not in _SECTIONS


def settle(findings: Iterable[Finding], doubts: Sequence[CannotTest]) -> Iterator[Finding]:
    """A fault found stands, whatever else could not be looked at; silence with a doubt is "not tested"."""
    found = tuple(findings)
    if doubts and not found:
        raise doubts[0]
    yield from found


def condense(ctx: CheckContext, code: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each kind one by one, the rest of that kind counted in one finding, coded `code`."""
    rest: dict[str, list[Finding]] = {}
    told: Counter[str] = Counter()
    for finding in findings:
        told[finding.code] += 1
        if told[finding.code] <= GROUP_ABOVE:
            yield finding
        else:
            rest.setdefault(finding.code, []).append(finding)
    for name, members in rest.items():
        tell = ctx.fail if any(f.verdict is Verdict.FAIL for f in members) else ctx.review
        yield tell(code, measured=measured(len(members)), where=members[0].where, count=len(members), what=name)


class Files:
    """Measured files by the names a manifest gives them: composed or decomposed, it is the same name."""

    def __init__(self, facts: CourseFacts) -> None:
        self._by_name = {normal(name): file for name, file in facts.files.items()}
        unmeasured = (*facts.course.documents, *facts.course.ignored)
        self._names = {*self._by_name, *(normal(name) for name in unmeasured)}
        self._by_case: dict[str, str] = {}
        for name in (*facts.files, *unmeasured):
            self._by_case.setdefault(normal(name).casefold(), name)

    def find(self, path: str) -> FileFacts | None:
        """The facts of a listed file."""
        return self._by_name.get(normal(path))

    def exists(self, path: str) -> bool:
        """It lies in the folder, measured or not."""
        return normal(path) in self._names

    def other_case(self, path: str) -> str | None:
        """A file whose name differs in upper and lower case only."""
        return self._by_case.get(normal(path).casefold())

    def hashes(self) -> dict[str, str]:
        """SHA-256 by normal name, where it was taken."""
        return {name: file.sha256 for name, file in self._by_name.items() if file.sha256}

    def duration_s(self, path: str) -> float | None:
        """Seconds: what was decoded where that is known, else what the container says."""
        file = self.find(path)
        if file is None:
            return None
        decoded = [v.decoded_s for v in file.video] + [a.decoded_s for a in file.audio]
        if any(decoded):
            return max(decoded)
        return file.probe.duration_s if file.probe is not None else None
