"""manifest/labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.model import AiItem, Manifest
from coursekit.manifest.sections import Files, manifest_of, settle
from coursekit.manifest.vocabulary import AiKind
from coursekit.model import CourseFacts, FileKind, Finding
from coursekit.rules.check import CannotTest, CheckContext, at_least, check, measured

_TIMED = frozenset({AiKind.VIDEO, AiKind.AVATAR, AiKind.VOICE, AiKind.MUSIC})


@dataclass(frozen=True, slots=True)
class LabelsParams:
    """The key under which generated content is marked in a file, and how long its visible label must stay."""

    metadata_key: str
    min_label_s: float


@check("manifest/labels", facts=CourseFacts, params=LabelsParams)
def labels(ctx: CheckContext, facts: CourseFacts, params: LabelsParams) -> Iterator[Finding]:
    """AI-made material is declared and labelled, and the studio's own marks are described."""
    doubts: list[CannotTest] = []
    yield from settle(_judge(ctx, facts, params, doubts), doubts)


def _judge(ctx: CheckContext, facts: CourseFacts, params: LabelsParams, doubts: list[CannotTest]) -> Iterator[Finding]:
    manifest = manifest_of(facts, "ai", "marks")
    place = manifest.places.place
    files = Files(facts)
    labelled = {name: file for name, file in facts.files.items() if file.probe is not None and file.probe.aigc}
    ctx.observe(measured(len(manifest.ai.items) if manifest.ai is not None else None))
    if manifest.ai is None:
        yield ctx.fail("ai-not-declared", measured=measured(None), where=place("/ai"))
    else:
        if manifest.ai.used and not manifest.ai.items:
            yield ctx.fail("ai-items-missing", measured=measured(0), expected=at_least(1), where=place("/ai/used"))
        if not manifest.ai.used and manifest.ai.items:
            where = place("/ai/used")
            yield ctx.fail("ai-declared-both-ways", measured=measured(len(manifest.ai.items)), where=where)
        listed = {path for item in manifest.ai.items for path in item.files}
        for name in labelled:
            if name not in listed:
                where = place("/ai")
                yield ctx.fail(
                    "ai-label-not-declared", measured=measured(name), where=where, file=name, key=params.metadata_key
                )
    for i, mark in enumerate(manifest.marks):
        if mark.file is None and not mark.texts:
            yield ctx.fail("mark-not-described", measured=measured(None), where=place(f"/marks/{i}"), mark=mark.name)
        if mark.right is None:
            yield ctx.fail("mark-without-right", measured=measured(None), where=place(f"/marks/{i}"), mark=mark.name)
    for i, item in enumerate(manifest.ai.items if manifest.ai is not None else ()):
        yield from _item(ctx, manifest, files, f"/ai/items/{i}", item, params, doubts)


def _item(
    ctx: CheckContext,
    manifest: Manifest,
    files: Files,
    here: str,
    item: AiItem,
    params: LabelsParams,
    doubts: list[CannotTest],
) -> Iterator[Finding]:
    place = manifest.places.place
    if not item.files:
        yield ctx.fail("ai-files-missing", measured=measured(0), where=place(here), item=item.what)
    if item.label is None:
        yield ctx.fail("ai-no-visible-label", measured=measured(None), where=place(here), item=item.what)
    elif item.kind in _TIMED and item.label_s is not None and item.label_s < params.min_label_s:
        yield ctx.fail(
            "ai-label-too-brief",
            measured=measured(item.label_s, "s"),
            expected=at_least(params.min_label_s, "s"),
            where=place(f"{here}/label_s"),
            item=item.what,
        )
    if not item.metadata:
        yield ctx.fail(
            "ai-no-metadata-label", measured=measured(False), where=place(here), item=item.what, key=params.metadata_key
        )
        return
    for j, path in enumerate(item.files):
        file = files.find(path)
        if file is None or file.kind not in (FileKind.VIDEO, FileKind.AUDIO):
            continue
        if file.probe is None:
            doubts.append(CannotTest("not-measured"))
        elif not file.probe.aigc:
            where = place(f"{here}/files/{j}")
            yield ctx.fail(
                "ai-metadata-absent", measured=measured(None), where=where, file=path, key=params.metadata_key
            )
