"""Pictures made from nothing, the same on every run."""

from __future__ import annotations

import cv2
import numpy as np

from coursekit.bench.faults_video import Picture


def mottled(seed: int, size: tuple[int, int]) -> Picture:
    """A wide scene with detail of every size, as a camera may pan over; width and height."""
    width, height = size
    rng = np.random.default_rng(seed)
    out = np.zeros((height, width), np.float32)
    for grain in (6, 12, 24, 48, 96):
        noise = rng.normal(0, 1, (height // grain + 2, width // grain + 2)).astype(np.float32)
        out += cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    grey = np.clip(110 + out * 22, 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([grey, grey, grey]), np.uint8)
