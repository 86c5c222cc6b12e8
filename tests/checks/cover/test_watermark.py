"""cover/watermark."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from coursekit.codec import decode
from coursekit.cover.checks.watermark import CoverMarkParams, watermark
from coursekit.cover.facts import NameShape, PictureMarks, PictureWords
from coursekit.model import CoverFacts, FileFacts, FileKind, Verdict
from coursekit.probe.facts import ImageFacts
from tests.support import Outcome, run_check

PLACE = (0.38, 0.44, 0.24, 0.08)


def tianjin() -> CoverMarkParams:
    raw = tomllib.loads((files("coursekit.profiles") / "tianjin-2025.toml").read_text(encoding="utf-8"))
    (rule,) = [r for r in raw["rule"] if r.get("check") == "cover/watermark"]
    return decode(CoverMarkParams, rule["params"])


def cover(image: ImageFacts | None) -> CoverFacts:
    return CoverFacts(FileFacts("cover.png", "0" * 64, 1, FileKind.IMAGE, image=image))


def judge(marks: PictureMarks | None) -> Outcome:
    facts = ImageFacts(format="png", size_px=(1280, 720), mode="RGB", luma_std=50.0, marks=marks)
    return run_check(watermark, cover(facts), tianjin())


@pytest.mark.parametrize(
    ("likeness", "standout", "lead", "verdict", "codes"),
    [
        (0.55, 11.0, 1.6, Verdict.FAIL, ("known-mark",)),
        (0.55, 11.0, 1.2, Verdict.REVIEW, ("possible-mark",)),
        (0.42, 7.2, 1.17, Verdict.REVIEW, ("possible-mark",)),
        (0.60, 9.0, 1.05, Verdict.PASS, ()),
        (0.30, 9.0, 1.60, Verdict.PASS, ()),
        (0.60, 5.5, 1.60, Verdict.PASS, ()),
    ],
    ids=["plain", "another word is near", "over foam", "any word fits", "faint", "does not stand out"],
)
def test_an_agencys_name_by_its_shape(
    likeness: float, standout: float, lead: float, verdict: Verdict, codes: tuple[str, ...]
) -> None:
    outcome = judge(PictureMarks(name=NameShape("fotolia", PLACE, likeness, standout, lead)))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(
    ("text", "height", "verdict", "codes"),
    [
        ("抖音号:87654321", 0.04, Verdict.FAIL, ("named-mark",)),
        ("shutterstock", 0.05, Verdict.FAIL, ("named-mark",)),
        ("抖音短视频运营", 0.15, Verdict.REVIEW, ("name-in-title",)),
        ("www.example-media.cn", 0.03, Verdict.REVIEW, ("address",)),
        ("@some_user", 0.03, Verdict.REVIEW, ("address",)),
        ("焊工安全操作", 0.12, Verdict.PASS, ()),
        ("#137840668", 0.03, Verdict.PASS, ()),
    ],
)
def test_words_that_were_read(text: str, height: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = judge(PictureMarks(words=(PictureWords(text, (0.1, 0.8, 0.3, height), 0.97),), reader="rapidocr 3"))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_words_read_badly_are_not_taken_at_their_word() -> None:
    assert judge(PictureMarks(words=(PictureWords("fotolia", PLACE, 0.72),))).verdict is Verdict.PASS


def test_one_mark_is_told_once() -> None:
    words = (PictureWords("fotolia", PLACE, 0.95),)
    outcome = judge(PictureMarks(name=NameShape("fotolia", PLACE, 0.55, 11.0, 1.6), words=words))
    assert outcome.codes == ("named-mark",)


def test_a_cover_that_was_not_measured_is_not_tested() -> None:
    for facts in (cover(None), cover(ImageFacts(format="png", size_px=(0, 0), opens=False))):
        outcome = run_check(watermark, facts, tianjin())
        assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "not-measured")
    assert judge(None).reason == "not-measured"
