"""What the bench encodes."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

_MADE = """
import sys
from pathlib import Path
import cv2
import numpy as np
from coursekit.bench.clip import write_clip
ground = np.random.default_rng(1).integers(0, 255, (200, 700, 3), dtype=np.uint8)
ground = cv2.convertScaleAbs(cv2.GaussianBlur(ground, (0, 0), 4), alpha=4, beta=-384)
pictures = (np.ascontiguousarray(ground[n % 10 : n % 10 + 180, 3 * n % 380 : 3 * n % 380 + 320]) for n in range(200))
write_clip(Path(sys.argv[1]), pictures, None)
"""


def test_same_pictures_are_same_bytes(tmp_path: Path) -> None:
    """Whatever lies in fresh memory: a figure of the bench is of its pictures. No 16 divides 180 rows."""
    made = set()
    for filling in ("1", "90"):
        path = tmp_path / f"{filling}.mp4"
        # Read by the C library of Linux alone; elsewhere the memory is what it happens to be.
        filled = {**os.environ, "MALLOC_PERTURB_": filling, "MALLOC_MMAP_THRESHOLD_": str(1 << 40)}
        subprocess.run([sys.executable, "-c", _MADE, str(path)], env=filled, check=True, timeout=120)
        made.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(made) == 1
