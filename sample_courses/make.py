"""Make sample courses: `python make.py list`, `python make.py NAME FOLDER`.

`demo`        five short lessons, four of them with a fault worth seeing; a newcomer's first run
`conforming`  a lesson of 45 minutes and a cover that meet tianjin-2025
a fault       one short lesson with one fault, named after the check that finds it: `audio/hum`, `video/shake` …

Everything is synthesised from seeds and looks like nothing but itself; nothing is downloaded. Beside every sample lies
`expected.json`: what the audit must say of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from coursekit.bench import faults_audio as ears
from coursekit.bench import faults_video as eyes
from coursekit.bench.clip import repeat_clip, write_clip
from coursekit.bench.synth import RATE_HZ, Lecture, Picture, Workshop, draw_slide, narration

SECONDS = 16.0
STUDIO = """\
schema = "coursekit/profile/1"
id = "studio"
title = { zh = "示例工作室：微课", en = "Sample studio: short lessons" }
include = ["tianjin-2025"]

[[override]]
rule = "tianjin-2025/a2.2.2.1.4-1"
reason = "示例片段只有十几秒，不按 45 分钟要求（sample clips last seconds, not 45 minutes）"
params = { target_min = 0.25, tolerance_min = 0.2 }
"""


@dataclass(frozen=True)
class Sample:
    """One sample: how it is made, and what the audit must say."""

    make: Callable[[Path], None]
    findings: tuple[tuple[str, str, str], ...] = ()
    """(subject, check, code), each at least once; nothing else of level must may be found."""
    outcome: str = "does_not_conform"
    also: tuple[tuple[str, str, str], ...] = field(default=())
    """Findings that the same fault may bring with it."""


def lecture(seconds: float = SECONDS, **options: object) -> Iterator[Picture]:
    """Slides with a lecturer."""
    return Lecture(slide_s=6.0, **options).frames(seconds)  # type: ignore[arg-type]


def bgr(pictures: Iterator[Picture]) -> Iterator[Picture]:
    """The other order of colours, which OpenCV works in; its own inverse."""
    return (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures)


def lesson(
    path: Path, pictures: Iterator[Picture] | None = None, sound: ears.Samples | None = None, **options: object
) -> None:
    """One healthy lesson, unless told otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_clip(
        path,
        pictures if pictures is not None else lecture(),
        narration(SECONDS, seed=5) if sound is None else sound,
        **options,  # type: ignore[arg-type]
    )


def shaky(seconds: float = SECONDS, percent: float = 1.2) -> Iterator[Picture]:
    """A hand-held camera over a bench."""
    path = eyes.handheld_path(round(seconds * 25), 25, amplitude=percent / 100, frequency_hz=3.0, seed=4)
    pixels = np.stack([path.x, path.y], axis=1) * 1280
    return Workshop(seed=3).frames(seconds, pixels)


def humming(sound: ears.Samples, under_speech_db: float = -28.0) -> ears.Samples:
    """50 Hz mains and its harmonics under the voice."""
    return ears.hum(sound, RATE_HZ, under_speech_db=under_speech_db, base_hz=50.0, harmonics=6)


def make_demo(folder: Path) -> None:
    """Five lessons: one good, four to mend."""
    lesson(folder / "第01课 用电安全常识.mp4", sound=narration(SECONDS, seed=5))
    lesson(folder / "第02课 工具的使用（手持拍摄）.mp4", shaky(), narration(SECONDS, seed=6))
    lesson(folder / "第03课 绝缘电阻测量.mp4", sound=humming(narration(SECONDS, seed=7)))
    lesson(folder / "第04课 接线练习.mp4", lecture(size_px=(854, 480)), narration(SECONDS, seed=8))
    left = narration(SECONDS, seed=9)
    left[1] = 0.0
    lesson(folder / "第05课 通电检查.mp4", sound=left)
    make_cover(folder / "封面.png")
    (folder / "studio.toml").write_text(STUDIO, encoding="utf-8")


def make_cover(path: Path) -> None:
    """A cover without anybody's mark."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_slide((1280, 720), 0, seed=9)).save(path)


def make_conforming(folder: Path) -> None:
    """A lesson of real length, and a cover."""
    folder.mkdir(parents=True, exist_ok=True)
    piece, sound = folder / ".piece.mp4", narration(90, seed=11)
    write_clip(piece, Lecture(slide_s=15.0, seed=1).frames(90), None)
    repeat_clip(piece, folder / "lesson-01.mp4", 2700, sound)
    piece.unlink()
    make_cover(folder / "cover.png")


def _lying_name(folder: Path) -> None:
    lesson(folder / "lesson.mp4", container="matroska")


def _oversized(folder: Path) -> None:
    target = folder / "lesson.mp4"
    lesson(target)
    # A free box, mostly a hole in the file: its size counts, its bytes cost nothing.
    size = 850_000_000 - target.stat().st_size
    with target.open("r+b") as file:
        file.seek(0, 2)
        start = file.tell()
        file.write(size.to_bytes(4, "big") + b"free")
        file.truncate(start + size)


def _cut_short(folder: Path) -> None:
    target = folder / "lesson.mp4"
    lesson(target)
    with target.open("r+b") as file:
        file.truncate(target.stat().st_size * 6 // 10)


def _frozen() -> Iterator[Picture]:
    return bgr(eyes.freeze(bgr(Workshop(seed=2).frames(SECONDS)), 25, (6.0, 13.0)))


def _black() -> Iterator[Picture]:
    return bgr(eyes.black(bgr(Workshop(seed=2).frames(SECONDS)), 25, (7.0, 12.0)))


def _flicker() -> Iterator[Picture]:
    return bgr(eyes.flicker(bgr(Workshop(seed=2).frames(SECONDS)), 25.0, depth=0.2, frequency_hz=6.0))


def _upscaled() -> Iterator[Picture]:
    return bgr(eyes.each(bgr(Workshop(seed=2).frames(SECONDS)), lambda p: eyes.through_size(p, 180)))


def _combed() -> Iterator[Picture]:
    # Fields of a camera at 50 a second, woven into 25 pictures.
    moving = Workshop(seed=2, rate=50).frames(
        SECONDS, np.stack([600 * np.sin(np.arange(800) / 80), np.zeros(800)], axis=1)
    )
    return bgr(eyes.interlace(bgr(moving)))


def _one_ear(folder: Path) -> None:
    sound = narration(SECONDS, seed=5)
    sound[1] = 0.0
    lesson(folder / "lesson.mp4", sound=sound)


SAMPLES: dict[str, Sample] = {
    "demo": Sample(
        make_demo,
        (
            ("第02课 工具的使用（手持拍摄）.mp4", "video/shake", "shaky-span"),
            ("第03课 绝缘电阻测量.mp4", "audio/hum", "mains-hum"),
            ("第04课 接线练习.mp4", "probe/resolution", "too-small"),
            ("第05课 通电检查.mp4", "audio/channels", "dead-channel"),
        ),
    ),
    "conforming": Sample(make_conforming, outcome="conforms"),
    "probe/container": Sample(
        _lying_name,
        (
            ("lesson.mp4", "probe/container", "extension-disagrees"),
            ("lesson.mp4", "probe/container", "unusual-container"),
        ),
    ),
    "probe/size": Sample(_oversized, (("lesson.mp4", "probe/size", "over-limit"),)),
    "probe/integrity": Sample(_cut_short, (("lesson.mp4", "probe/integrity", "truncated"),)),
    "probe/resolution": Sample(
        lambda f: lesson(f / "lesson.mp4", lecture(size_px=(640, 360))),
        (("lesson.mp4", "probe/resolution", "too-small"),),
        outcome="conforms",
    ),
    "audio/channels": Sample(_one_ear, (("lesson.mp4", "audio/channels", "dead-channel"),), outcome="conforms"),
    "audio/hum": Sample(
        lambda f: lesson(f / "lesson.mp4", sound=humming(narration(SECONDS, seed=7))),
        (("lesson.mp4", "audio/hum", "mains-hum"),),
    ),
    "audio/clipping": Sample(
        lambda f: lesson(
            f / "lesson.mp4",
            sound=ears.overdrive(narration(SECONDS, seed=5), RATE_HZ, overdrive_db=12, after_db=-3),
        ),
        (("lesson.mp4", "audio/clipping", "clipped"),),
    ),
    "audio/noise": Sample(
        lambda f: lesson(f / "lesson.mp4", sound=ears.noise(narration(SECONDS, seed=5), RATE_HZ, snr_db=12)),
        (("lesson.mp4", "audio/noise", "noise"),),
    ),
    "video/shake": Sample(lambda f: lesson(f / "lesson.mp4", shaky()), (("lesson.mp4", "video/shake", "shaky-span"),)),
    "video/freeze": Sample(
        lambda f: lesson(f / "lesson.mp4", _frozen()), (("lesson.mp4", "video/freeze", "picture-stuck"),)
    ),
    "video/black": Sample(
        lambda f: lesson(f / "lesson.mp4", _black()), (("lesson.mp4", "video/black", "picture-lost"),)
    ),
    "video/flicker": Sample(
        lambda f: lesson(f / "lesson.mp4", _flicker()), (("lesson.mp4", "video/flicker", "brightness-pumps"),)
    ),
    "video/clarity": Sample(
        lambda f: lesson(f / "lesson.mp4", _upscaled()), (("lesson.mp4", "video/clarity", "enlarged"),)
    ),
    "video/interlace": Sample(
        lambda f: lesson(f / "lesson.mp4", islice(_combed(), round(SECONDS * 25))),
        (("lesson.mp4", "video/interlace", "combed"),),
    ),
}


def make(name: str, folder: Path) -> None:
    """One sample, with the profile it is judged by and what the audit must say."""
    sample = SAMPLES[name]
    folder.mkdir(parents=True, exist_ok=True)
    sample.make(folder)
    if name != "conforming":
        (folder / "studio.toml").write_text(STUDIO, encoding="utf-8")
    expected = {"outcome": sample.outcome, "findings": [list(f) for f in sample.findings]}
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["list", *SAMPLES])
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    if arguments.name == "list":
        print("\n".join(SAMPLES))
    elif arguments.folder is None:
        parser.error("name the folder to make it in")
    else:
        make(arguments.name, arguments.folder)
        print(f"made {arguments.name} in {arguments.folder}")


if __name__ == "__main__":
    main()
