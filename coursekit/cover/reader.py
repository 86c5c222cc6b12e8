"""Reads the words of a picture, where a reader is installed. An extra: nothing depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit.cores import worker_threads
from coursekit.heap import return_memory, returned_memory

_MIN_SCORE = 0.7
_MAX_WORDS = 40


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text."""

    text: str
    box: tuple[float, float, float, float]
    """x, y, w, h as fractions of the picture."""
    score: float
    """0–1, the reader's own."""


def reader_name() -> str | None:
    """The reader installed and its version; None where there is none."""
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        return None
    try:
        return f"rapidocr {version('rapidocr')}"
    except PackageNotFoundError:
        return "rapidocr"


_READ_PX = 1600
"""Long side up to which a picture is read as it is: at 1920 px a lesson held 110 MB more at its highest. Account names
and addresses of 3, 5 and 10 % of the width at opacity 0.6 over five busy photographs: 8, 7 and 11 of 20 are read to the
last letter at 1600 px; 8, 8 and 9 at 2000."""


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    _let_threads_sleep()
    # By itself the network takes every core in every process.
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": _READ_PX,
            "EngineConfig.onnxruntime.intra_op_num_threads": max(1, worker_threads()),
        }
    )


@cache
def _let_threads_sleep() -> None:
    """Have the threads of the networks sleep while they wait for each other; by themselves they turn.

    A slide took 4.1 s of processor time in two threads that turn, 3.0 s in two that sleep, 2.7 s in one, on a machine
    with other work; the same words. The reader has no setting for it.
    """
    from rapidocr.inference_engine.onnxruntime.main import OrtInferSession

    sessions: Any = OrtInferSession
    usual = getattr(sessions, "_init_sess_opts", None)
    if usual is None:
        return

    def sleeping(settings: Any) -> Any:
        options = usual(settings)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return options

    sessions._init_sess_opts = staticmethod(sleeping)


def put_away() -> None:
    """Let the models go, until there is something to read again.

    They hold 40 MB, and what they remember of a picture's size makes the next one take 110 MB more than the first.
    """
    _engine.cache_clear()
    return_memory()


def read_words(bgr: npt.NDArray[np.uint8]) -> tuple[Words, ...]:
    """Lines of text in a picture; empty without a reader, or where there is nothing to read."""
    if reader_name() is None:
        return ()
    with returned_memory():
        result = _engine()(bgr)
    if result.txts is None or result.boxes is None:
        return ()
    height, width = bgr.shape[:2]
    found: list[Words] = []
    for text, corners, score in zip(result.txts, result.boxes, result.scores, strict=True):
        if score < _MIN_SCORE or not text.strip():
            continue
        points = np.asarray(corners, np.float64)
        left, top = points.min(axis=0)
        right, bottom = points.max(axis=0)
        box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
        x, y, w, h = (round(float(v), 4) for v in box)
        found.append(Words(text.strip()[:200], (x, y, w, h), round(float(score), 3)))
    return tuple(found[:_MAX_WORDS])
