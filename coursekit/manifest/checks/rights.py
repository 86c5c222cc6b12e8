"""manifest/rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.model import Manifest, Right
from coursekit.manifest.sections import Files, condense, manifest_of
from coursekit.manifest.vocabulary import RightBasis, RightKind
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CheckContext, check, measured

# What stands in the public domain, or under a licence open to all, needs no paper from its holder.
_NEEDS_PROOF = frozenset({RightBasis.OWN, RightBasis.LICENCE, RightBasis.CONSENT})
_NEEDS_SCOPE = frozenset({RightBasis.LICENCE, RightBasis.CONSENT})


@dataclass(frozen=True, slots=True)
class RightsParams:
    """Kinds of material that must be accounted for: listed, or declared not to be used."""

    kinds: tuple[RightKind, ...]


@check("manifest/rights", facts=CourseFacts, params=RightsParams)
def rights(ctx: CheckContext, facts: CourseFacts, params: RightsParams) -> Iterator[Finding]:
    """Every kind of material is owned, licensed or declared unused, with proof, scope and a long enough term."""
    yield from condense(ctx, "more-of-the-same", _judge(ctx, facts, params))


def _judge(ctx: CheckContext, facts: CourseFacts, params: RightsParams) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "rights", "rights_none")
    files = Files(facts)
    judged = [(i, right) for i, right in enumerate(manifest.rights) if right.kind in params.kinds]
    ctx.observe(measured(len(judged)))
    listed = {right.kind for _, right in judged}
    for kind in params.kinds:
        if kind not in listed and kind not in manifest.rights_none:
            where = manifest.places.place("/rights")
            yield ctx.fail(
                "kind-not-declared",
                measured=measured(None),
                where=where,
                kind=kind.value,
                kind_zh=kind.zh,
                kind_en=kind.en,
            )
    for j, kind in enumerate(manifest.rights_none):
        if kind in listed:
            where = manifest.places.place(f"/rights_none/{j}")
            yield ctx.fail(
                "declared-both-ways", measured=measured(kind.value), where=where, kind_zh=kind.zh, kind_en=kind.en
            )
    for i, right in judged:
        yield from _item(ctx, manifest, files, f"/rights/{i}", right)


def _item(ctx: CheckContext, manifest: Manifest, files: Files, here: str, right: Right) -> Iterator[Finding]:
    place = manifest.places.place
    if right.file is None:
        if right.basis in _NEEDS_PROOF:
            where = place(f"{here}/basis")
            yield ctx.fail(
                "no-proof",
                measured=measured(None),
                where=where,
                item=right.item,
                basis_zh=right.basis.zh,
                basis_en=right.basis.en,
            )
    elif not files.exists(right.file):
        where = place(f"{here}/file")
        yield ctx.fail("proof-missing", measured=measured(None), where=where, item=right.item, file=right.file)
    if right.basis in _NEEDS_SCOPE and right.scope is None:
        yield ctx.fail("no-scope", measured=measured(None), where=place(here), item=right.item)
    if right.basis in _NEEDS_SCOPE and right.holder is None:
        yield ctx.fail("no-holder", measured=measured(None), where=place(here), item=right.item)
    if right.expires is None:
        return
    until = manifest.course.use_until
    if until is None:
        where = place(f"{here}/expires")
        yield ctx.review("term-unknown", measured=measured(right.expires.isoformat()), where=where, item=right.item)
    elif right.expires < until:
        yield ctx.fail(
            "licence-too-short",
            measured=measured(right.expires.isoformat()),
            where=place(f"{here}/expires"),
            item=right.item,
            expires=right.expires.isoformat(),
            until=until.isoformat(),
        )
