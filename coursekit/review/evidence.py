"""Pictures and sound for a dossier: the strip, the still of each finding, marks enlarged, seconds around what is heard.

Taken in worker processes, as the report's pictures are: a file that brings a decoder down costs its own evidence.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coursekit.engine.pool import in_workers
from coursekit.folder import Folder
from coursekit.probe.facts import ProbeFacts
from coursekit.report.page import pictures_wanted, still_time
from coursekit.report.stills import Picture, Stills, Wanted, take
from coursekit.report.view import Issue, Subject, View

EXCERPTS = 4
_BEFORE_S, _AFTER_S = 1.5, 5.5
_SHARE_BYTES = 1_000_000
_ALL_BYTES = 60_000_000
_COVER_PX = 960

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Order:
    """What to take from one file. Crops and excerpts go by the key of their issue."""

    path: Path
    wanted: Wanted | None = None
    """None: a cover."""
    crops: tuple[tuple[str, float, Box], ...] = ()
    excerpts: tuple[tuple[str, float, float, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was taken."""

    stills: Stills = field(default_factory=Stills)
    crops: Mapping[str, Picture] = field(default_factory=dict)
    excerpts: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Suffix and bytes."""
    whole: Picture | None = None
    """A cover."""


def gather_all(view: View, folder: Folder) -> Mapping[str, Gathered]:
    """Evidence of every lesson and cover of the view, by subject."""
    share = min(_SHARE_BYTES, _ALL_BYTES // max(1, len(view.lessons)))
    wanted = {w.name: w for w in pictures_wanted(view, folder, share)}
    orders = {}
    for subject in view.subjects:
        entry = folder.entries.get(subject.name)
        if entry is None or entry.refused:
            continue
        heard = tuple(_excerpts(subject))
        if subject.lesson is None:
            if subject.file is not None and subject.file.image is not None:
                orders[subject.name] = Order(entry.path, crops=_crops(subject.issues))
        elif subject.name in wanted or heard:
            orders[subject.name] = Order(entry.path, wanted.get(subject.name), _crops(subject.issues), heard)
    taken = in_workers(orders, gather, Gathered())
    return {name: _asked_for(orders[name], got) for name, got in taken.items()}


def _asked_for(order: Order, got: Gathered) -> Gathered:
    """What was ordered and nothing else: keys and suffixes become names of files, and a worker may be a stranger's."""
    crops = {key for key, *_ in order.crops}
    sounds = {key for key, *_ in order.excerpts}
    times = order.wanted.times_s if order.wanted is not None else ()
    stills = replace(got.stills, at={t: p for t, p in (got.stills.at or {}).items() if t in times}, clips={})
    return Gathered(
        stills=stills,
        crops={key: picture for key, picture in got.crops.items() if key in crops},
        excerpts={
            key: (suffix, sound)
            for key, (suffix, sound) in got.excerpts.items()
            if key in sounds and suffix in (".mp3", ".wav")
        },
        whole=got.whole if order.wanted is None else None,
    )


def _crops(issues: Sequence[Issue]) -> tuple[tuple[str, float, Box], ...]:
    """Marks are judged by what they say: they are shown enlarged."""
    marked = [i for i in issues if i.check.endswith("/watermark") and i.box is not None]
    return tuple((i.key, still_time(i) or 0.0, i.box) for i in marked[:24] if i.box is not None)


def _excerpts(subject: Subject) -> Iterator[tuple[str, float, float, int | None]]:
    heard = [i for i in subject.issues if i.check.startswith("audio/")]
    for issue in heard[:EXCERPTS]:
        # What holds of the whole lesson is heard in its middle.
        middle = (subject.lesson.duration_s or 0.0) / 2 if subject.lesson else 0.0
        at = issue.start_s if issue.start_s is not None else middle
        start = max(0.0, at - _BEFORE_S)
        yield issue.key, start, max(start + 1.0, at + _AFTER_S), issue.stream


def gather(order: Order) -> Gathered:
    """Evidence of one file; what it no longer gives is left out."""
    if order.wanted is None and not order.excerpts:
        return _of_cover(order)
    stills = take(order.wanted) if order.wanted is not None else Stills()
    crops = dict(_of_video(order.wanted, order)) if order.wanted is not None and order.crops else {}
    return Gathered(stills, crops, dict(_sounds(order)))


def _of_video(wanted: Wanted, order: Order) -> Iterator[tuple[str, Picture]]:
    import av

    from coursekit.probe.media import MediaError

    for key, time_s, box in order.crops:
        try:
            picture = _crop_at(order.path, wanted.probe, wanted.stream, time_s, box)
        except (MediaError, av.FFmpegError, OSError, KeyError, ValueError):
            continue
        if picture is not None:
            yield key, picture


def _crop_at(path: Path, probe: ProbeFacts, stream: int, time_s: float, box: Box) -> Picture | None:
    import numpy as np

    from coursekit.video.decode import open_video

    with open_video(path, probe) as decoder:
        shown = None
        for frame in decoder.frames_from(stream, time_s):
            if shown is not None and frame.time_s > time_s + 5e-4:
                break
            shown = frame
        if shown is None:
            return None
        return _cropped(np.ascontiguousarray(shown.turn(shown.picture.to_ndarray(format="bgr24"))), box)


def _cropped(bgr: object, box: Box) -> Picture:
    import cv2
    import numpy as np

    from coursekit.video.marks.evidence import crop_mark

    jpeg = crop_mark(np.asarray(bgr, np.uint8), box)
    height, width = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape[:2]  # type: ignore[union-attr]  # just encoded
    return Picture(jpeg, (width, height))


def _of_cover(order: Order) -> Gathered:
    import io

    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(order.path) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return Gathered()
    bgr = np.ascontiguousarray(np.asarray(image, np.uint8)[:, :, ::-1])
    crops = {key: _cropped(bgr, box) for key, _, box in order.crops}
    image.thumbnail((_COVER_PX, _COVER_PX))
    small = io.BytesIO()
    image.save(small, "JPEG", quality=82)
    return Gathered(crops=crops, whole=Picture(small.getvalue(), image.size))


def _sounds(order: Order) -> Iterator[tuple[str, tuple[str, bytes]]]:
    import av

    from coursekit.audio.evidence import cut_excerpt, to_mp3
    from coursekit.probe.media import MediaError

    with tempfile.TemporaryDirectory(prefix="coursekit-") as scratch:
        for key, start_s, end_s, stream in order.excerpts:
            wave = Path(scratch, f"{key}.wav")
            try:
                cut_excerpt(order.path, wave, start_s, end_s, stream=stream)
                small = to_mp3(wave)
                yield key, (".mp3", small) if small else (".wav", wave.read_bytes())
            except (MediaError, av.FFmpegError, OSError, ValueError):
                continue
