"""Pictures come back from caged workers as JSON; who dies, hangs or lies costs its own and nobody else's."""

from __future__ import annotations

import os
import pickle
import sys
from multiprocessing import Pipe
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.engine import answers, pool
from coursekit.engine.local import Limits
from coursekit.engine.pool import in_workers
from coursekit.report.stills import Picture, Stills
from coursekit.review.evidence import Gathered, Order, _asked_for
from tests.hostile.pooled import Told, work


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to be killed by")
def test_each_order_costs_only_itself() -> None:
    orders = {name: name for name in ("one", "dies", "two", "raises", "lies", "hangs", "three")}
    done = in_workers(orders, work, Told(), Limits(stall_s=20))
    assert {name for name, told in done.items() if told.data} == {"one", "two", "three"}
    assert done["three"] == Told(b"three", {0.1: b"\0\xff"})
    assert list(done) == list(orders)
    assert in_workers({}, work, Told()) == {}


def test_pictures_are_never_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "taken over",)  # type: ignore[return-value]

    for said in (pickle.dumps(Evil()), b"", b"null", b"[" * 100_000, b'{"clips": {"x": "AA=="}}', b'{"strip": "\xff"}'):
        assert pool._understand(said, Stills) is None
    assert not (tmp_path / "taken over").exists()
    stills = Stills(Picture(b"\xff\xd8", (2, 3)), {0.04: Picture(b"", (1, 1))}, {1 / 3: b"mp4"})
    assert pool._understand(codec.dumps(stills).encode(), Stills) == stills


def test_evidence_that_was_not_asked_for_becomes_no_file() -> None:
    picture = Picture(b"", (1, 1))
    got = Gathered(
        Stills(at={9.0: picture}, clips={1.0: b"x"}),
        {"../../x": picture, "i1": picture},
        {"i2": ("/../../.bashrc", b"x"), "../i3": (".mp3", b"x"), "i4": (".mp3", b"y")},
    )
    order = Order(
        Path("a.mp4"), crops=(("i1", 0.0, (0, 0, 1, 1)),), excerpts=tuple((k, 0, 1, None) for k in ("i2", "i4"))
    )
    kept = _asked_for(order, got)
    assert set(kept.crops) == {"i1"}
    assert kept.excerpts == {"i4": (".mp3", b"y")}
    assert kept.stills.at == {}


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe is written to by hand")
def test_an_answer_that_stops_halfway_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_IN_TIME_S", 0.3)
    here, there = Pipe(duplex=False)
    os.write(there.fileno(), (1000).to_bytes(4, "big") + b"half")
    with pytest.raises(TimeoutError):
        answers.hear(here)
    there.close()
    here, there = Pipe(duplex=False)
    os.write(there.fileno(), (1000).to_bytes(4, "big") + b"half")
    there.close()
    with pytest.raises(OSError, match="end of file"):
        answers.hear(here)
