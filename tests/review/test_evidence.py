"""What experts are shown and hear: marks enlarged, seconds of sound, covers; and nothing where a file gives nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image

from coursekit.probe.facts import ProbeFacts
from coursekit.probe.measure import measure_media
from coursekit.report.stills import Wanted
from coursekit.review.evidence import Gathered, Order, gather
from tests.media import make_video

BOX = (0.1, 0.1, 0.2, 0.1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ProbeFacts]:
    path = make_video(tmp_path_factory.mktemp("evidence") / "课.mp4", seconds=2.0)
    return path, measure_media(path)


def order(clip: tuple[Path, ProbeFacts]) -> Order:
    path, probe = clip
    video = next(s.index for s in probe.videos)
    wanted = Wanted(path.name, path, probe, video, 2.0, (0.5,), 1_000_000)
    return Order(path, wanted, (("i1", 0.5, BOX),), (("i2", 0.2, 1.2, None),))


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.size


def test_a_mark_is_cut_out_and_enlarged(clip: tuple[Path, ProbeFacts]) -> None:
    crop = gather(order(clip)).crops["i1"]
    assert size_of(crop.jpeg) == crop.size_px
    # The box and a margin of a quarter on each side, six times as large at most.
    assert crop.size_px[0] >= 0.3 * 320
    assert abs(crop.size_px[0] / crop.size_px[1] - 0.3 * 320 / (0.15 * 180)) < 0.4


def test_the_seconds_around_a_sound_can_be_played(clip: tuple[Path, ProbeFacts]) -> None:
    suffix, data = gather(order(clip)).excerpts["i2"]
    assert suffix == ".mp3"
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        length = sum(frame.samples for frame in container.decode(stream)) / stream.rate
    assert abs(length - 1.0) < 0.1, "an encoder adds a block or two of silence"


def test_the_strip_and_the_still_of_a_finding(clip: tuple[Path, ProbeFacts]) -> None:
    stills = gather(order(clip)).stills
    assert stills.strip is not None
    assert stills.at is not None
    assert list(stills.at) == [0.5]


def test_a_cover_is_shown_whole_and_its_mark_enlarged(tmp_path: Path) -> None:
    path = tmp_path / "封面.png"
    Image.new("RGB", (2000, 1000), "navy").save(path)
    got = gather(Order(path, crops=(("i3", 0.0, BOX),)))
    assert got.whole is not None
    assert got.whole.size_px == (960, 480)
    assert set(got.crops) == {"i3"}


def test_a_file_that_gives_nothing_costs_its_own_evidence(clip: tuple[Path, ProbeFacts], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip[0].read_bytes()[:900])
    asked = order(clip)
    assert asked.wanted is not None
    got = gather(replace(asked, path=broken, wanted=replace(asked.wanted, path=broken)))
    assert got == Gathered()
    picture = tmp_path / "cover.png"
    picture.write_bytes(b"no picture")
    assert gather(Order(picture)) == Gathered()
