"""The stages a file goes through, what each leaves, and how it is measured."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.audio.facts import AudioFacts
from coursekit.cores import worker_threads
from coursekit.model import DocumentFacts, FileKind, ImageFacts, ProbeFacts, Problem
from coursekit.video.facts import VideoFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AudioStage:
    """What the audio stage leaves in the cache."""

    streams: tuple[AudioFacts, ...]


@dataclass(frozen=True, slots=True)
class VideoStage:
    """What the video stage leaves in the cache."""

    streams: tuple[VideoFacts, ...]


@dataclass(frozen=True, slots=True)
class FailedStage:
    """A stage that will fail again on the same bytes."""

    problem: Problem


_MEDIA_STAGES = ("probe", "audio", "video")
_STAGES: dict[FileKind, tuple[str, ...]] = {
    FileKind.VIDEO: _MEDIA_STAGES,
    FileKind.AUDIO: _MEDIA_STAGES,
    FileKind.IMAGE: ("image",),
    FileKind.UNKNOWN: (),
}
_DOCUMENT_STAGES = ("document",)
STAGE_FACTS: dict[str, type] = {
    "probe": ProbeFacts,
    "audio": AudioStage,
    "video": VideoStage,
    "image": ImageFacts,
    "document": DocumentFacts,
}


def stages_of(kind: FileKind) -> tuple[str, ...]:
    """The stages a file of this kind goes through."""
    return _STAGES.get(kind, _DOCUMENT_STAGES)


def measure_stage(
    stage: str,
    path: Path,
    probe: ProbeFacts | None,
    progress: Callable[[float], None],
    *,
    thorough: bool = False,
) -> Any:
    """What a stage leaves, or a FailedStage: never raises for a fault of the file.

    Sound and picture need the probe; `progress` hears the second of media they have come to.
    """
    from coursekit.probe.media import MediaError

    try:
        return _measure(stage, path, probe, progress, thorough=thorough)
    except MediaError as error:
        return FailedStage(Problem(stage, error.code, error.detail))
    except MemoryError:
        return FailedStage(Problem(stage, "memory", "out of memory"))
    except OSError as error:
        return FailedStage(Problem(stage, "io", error.strerror or str(error)))
    except Exception as error:
        log.exception("%s of %s", stage, path.name)
        return FailedStage(Problem(stage, "crashed", f"{type(error).__name__}: {error}"))


def _measure(
    stage: str, path: Path, probe: ProbeFacts | None, progress: Callable[[float], None], *, thorough: bool
) -> Any:
    # Imported here: these bring in the decoders, and a run that finds all facts in the cache must not pay for them.
    if stage == "probe":
        from coursekit.probe.measure import measure_media

        return measure_media(path)
    if stage == "image":
        from coursekit.probe.image import measure_image

        return measure_image(path)
    if stage == "document":
        from coursekit.probe.document import measure_document

        return measure_document(path)
    assert probe is not None
    if stage == "audio":
        from coursekit.audio.measure import measure_audio

        return AudioStage(measure_audio(path, probe, progress))
    from coursekit.video.measure import measure_video

    return VideoStage(measure_video(path, probe, progress, threads=worker_threads(), thorough=thorough))
