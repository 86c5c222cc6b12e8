"""Which papers answer a kind: those of the register, and those a course's manifest names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.filing.facts import FilingSubject
from coursekit.filing.kinds import PaperKind, paper_kinds
from coursekit.filing.model import Paper
from coursekit.manifest.model import Manifest
from coursekit.manifest.vocabulary import RightKind, Route
from coursekit.model import Text


@dataclass(frozen=True, slots=True)
class Held:
    """One paper that answers a kind."""

    kind: PaperKind
    places: tuple[str, ...]
    """Of its files, as `FilingFacts.files` knows them."""
    paper: Paper | None = None
    """What the register says of it; None for one the manifest names."""
    place: str = ""
    """Of the paper itself."""
    who: str = ""
    """Whose it is, or what it is for: an expert's name, an item of the rights."""


def held_papers(subject: FilingSubject, key: str) -> tuple[Held, ...]:
    """Every paper of a kind, those of the register first."""
    kind = paper_kinds().get(key) or PaperKind(key, Text(key, key))
    found = list(_of_register(subject, kind))
    if subject.course.manifest is not None and kind.source is not None:
        found += _of_manifest(subject.course.manifest, kind)
    if kind.source == "review" and subject.filing is not None:
        found += [Held(kind, (place,), place=place, who=who) for place, who in subject.filing.signed.items()]
    return tuple(found)


def _of_register(subject: FilingSubject, kind: PaperKind) -> Iterator[Held]:
    register = subject.filing.register if subject.filing is not None else None
    for i, paper in register.of_kind(kind.key) if register is not None else ():
        place = f"/papers/{i}"
        yield Held(kind, tuple(f"{place}/files/{j}" for j in range(len(paper.files))), paper, place)


def _of_manifest(manifest: Manifest, kind: PaperKind) -> Iterator[Held]:
    if kind.source == "rights":
        for i, right in enumerate(manifest.rights):
            if right.file and (right.kind is RightKind.COURSE) == (kind.key == "resource-ip-proof"):
                yield Held(kind, (f"/rights/{i}/file",), place=f"/rights/{i}", who=right.item)
        return
    if kind.source == "review":
        names = {expert.id: expert.name for expert in manifest.experts}
        for i, review in enumerate(manifest.reviews):
            if review.file:
                who = names.get(review.expert, review.expert)
                yield Held(kind, (f"/reviews/{i}/file",), place=f"/reviews/{i}", who=who)
        return
    from coursekit.filing.measure import EXPERT_PAPERS

    for i, expert in enumerate(manifest.experts):
        if kind.route is not None and expert.route != kind.route:
            continue
        if kind.source == "consent" and expert.route is not Route.SUBSTITUTE:
            continue
        field = EXPERT_PAPERS[kind.source or ""]
        place = f"/experts/{i}/{field}"
        yield Held(kind, (place,) if getattr(expert, field) else (), place=place, who=expert.name)
