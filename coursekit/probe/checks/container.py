"""probe/container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from coursekit.model import Finding, LessonFacts
from coursekit.probe.facts import ProbeFacts
from coursekit.probe.sniff import EXTENSIONS, extension_of
from coursekit.probe.subject import opened, probed
from coursekit.rules.check import CheckContext, NotApplicable, check, equal_to, measured, one_of

_NO_CONTAINER = ("empty", "not-media", "playlist", "format-refused", "no-streams")
"""Why a file does not open that no repair of its container would mend: it is no medium, or none that is played."""
_SIBLINGS = frozenset({"mp4", "mov"})


@dataclass(frozen=True, slots=True)
class ContainerParams:
    """What a lesson may be wrapped in."""

    containers: tuple[str, ...]
    """By content: `mp4`, `mov`, `matroska`, `webm`, `avi`, `asf`, `flv`, `mpeg`, `mp3` …; none: any will do."""
    match_extension: bool
    require_index_first: bool
    pictures_only: bool
    """The clause speaks of video: a lesson of sound alone is not its business."""


@check("probe/container", facts=LessonFacts, params=ContainerParams)
def container(ctx: CheckContext, facts: LessonFacts, params: ContainerParams) -> Iterator[Finding]:
    """The file is what its name says, in a container that players know."""
    probe = probed(facts)
    if params.pictures_only and probe.opens and not probe.videos:
        raise NotApplicable("no-video-stream")
    wanted = one_of(*params.containers) if params.containers else None
    found = measured(probe.container)
    ctx.observe(found, wanted)
    if not probe.opens and probe.open_code in _NO_CONTAINER:
        if not params.containers:
            opened(facts)
        yield _no_container(ctx, probe, wanted_extension=extension_of(PurePosixPath(facts.file.path)))
        return
    if params.containers and probe.container not in params.containers:
        yield ctx.fail("unusual-container", measured=found, expected=wanted, container=probe.container)
    if params.match_extension:
        yield from _extension(ctx, facts.file.path, probe)
    if params.require_index_first and probe.index_at_front is False:
        yield ctx.fail("index-at-end", measured=measured(False), expected=equal_to(True))


def _no_container(ctx: CheckContext, probe: ProbeFacts, wanted_extension: str) -> Finding:
    found = measured(probe.container if probe.container != "unknown" else probe.open_code)
    if probe.open_code == "empty":
        return ctx.fail("empty-file", measured=measured(0, "B"))
    if probe.open_code == "playlist":
        return ctx.fail("playlist", measured=measured(probe.open_detail), what=probe.open_detail or "")
    if probe.container != "unknown":
        return ctx.fail("other-content", measured=found, content=probe.container, extension=wanted_extension)
    return ctx.fail("not-media", measured=found, detail=probe.open_detail or "")


def _extension(ctx: CheckContext, path: str, probe: ProbeFacts) -> Iterator[Finding]:
    extension = extension_of(PurePosixPath(path))
    promised = EXTENSIONS.get(extension, (None, ()))[1]
    found = measured(probe.container)
    if not promised:
        yield ctx.review("extension-unknown", measured=measured(extension), extension=extension or "—")
    elif probe.container in promised:
        return
    elif {probe.container, *promised} <= _SIBLINGS:
        yield ctx.review("extension-sibling", measured=found, expected=one_of(*promised), extension=extension)
    else:
        yield ctx.fail(
            "extension-disagrees",
            measured=found,
            expected=one_of(*promised),
            extension=extension,
            container=probe.container,
        )
