"""Which pictures are covers where no manifest says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from coursekit.find import classify
from coursekit.folder import list_folder


@pytest.mark.parametrize(
    ("files", "target", "covers"),
    [
        (("photo.jpg",), "photo.jpg", ("photo.jpg",)),
        (("a.jpg", "b.jpg"), ".", ("a.jpg", "b.jpg")),
        (("cover.jpg", "scan.jpg", "syllabus.txt"), ".", ("cover.jpg",)),
        (("scan.jpg", "syllabus.txt"), ".", ()),
    ],
    ids=["asked-about-alone", "pictures-only", "by-name", "a-paper-among-papers"],
)
def test_a_picture_is_a_cover_by_its_name_or_where_there_is_nothing_else(
    tmp_path: Path, files: tuple[str, ...], target: str, covers: tuple[str, ...]
) -> None:
    for name in files:
        if name.endswith(".jpg"):
            Image.new("RGB", (64, 36), (90, 120, 60)).save(tmp_path / name)
        else:
            (tmp_path / name).write_text("课程大纲\n", encoding="utf-8")
    course, _ = classify(list_folder(tmp_path / target))
    assert course.covers == covers
