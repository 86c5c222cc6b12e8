"""The label of generated content (GB 45438-2025)."""

from __future__ import annotations

import pytest

from coursekit.probe.aigc import find_labels, xmp_items

VALUE = (
    '{"Label":"1","ContentProducer":"001191110000000000","ProduceID":"x-1","ReservedCode1":"a",'
    '"ContentPropagator":"","PropagateID":"","ReservedCode2":""}'
)


@pytest.mark.parametrize("key", ["AIGC", "aigc", "com.example.AIGC", "TC260:AIGC"])
def test_by_its_key(key: str) -> None:
    (label,) = find_labels([("tags", key, VALUE)])
    assert (label.place, label.raw, label.problem) == ("tags", VALUE, None)
    assert (label.fields["Label"], label.fields["ProduceID"]) == ("1", "x-1")


def test_inside_another_item() -> None:
    (label,) = find_labels([("exif", "0x010e", f'{{"AIGC":{VALUE}}}'), ("tags", "comment", "a plain AIGC remark")])
    assert (label.place, label.fields["Label"]) == ("exif/0x010e", "1")


def test_one_value_seen_by_two_readers_is_one_label() -> None:
    assert len(find_labels([("moov/meta", "AIGC", VALUE), ("tags", "AIGC", VALUE)])) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yes", "not-json"),
        ("[1]", "not-an-object"),
        ('{"Label":"9"}', "no-label"),
        ("{}", "no-label"),
        ("", "not-json"),
    ],
)
def test_a_label_that_is_none_is_kept_with_its_fault(text: str, problem: str) -> None:
    (label,) = find_labels([("tags", "AIGC", text)])
    assert (label.raw, label.problem) == (text, problem)


def test_hostile_values() -> None:
    (deep,) = find_labels([("tags", "AIGC", "[" * 100_000)])
    assert (deep.problem, len(deep.raw)) == ("not-json", 4000)
    (broken,) = find_labels([("tags", "AIGC", '{"Label":"1","ProduceID":"\\ud800"}')])
    assert broken.fields["ProduceID"].encode("utf-8") == b"?"


@pytest.mark.parametrize(
    "packet",
    [
        b"<rdf:Description><TC260:AIGC>{&quot;Label&quot;:&quot;2&quot;}</TC260:AIGC></rdf:Description>",
        b"<rdf:Description TC260:AIGC='{&quot;Label&quot;:&quot;2&quot;}'/>",
        b'<rdf:Description  AIGC="{&quot;Label&quot;:&quot;2&quot;}"/>',
    ],
)
def test_in_xmp(packet: bytes) -> None:
    (label,) = find_labels(xmp_items("xmp", packet))
    assert (label.place, label.fields) == ("xmp", {"Label": "2"})


def test_xmp_without_one() -> None:
    assert xmp_items("xmp", b"<x:xmpmeta><notAIGC>1</notAIGC></x:xmpmeta>") == []
