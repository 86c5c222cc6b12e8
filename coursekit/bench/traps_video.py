"""Healthy pictures that look like faults: what a lesson may show without being accused.

Pure, seeded functions like the faults beside them. `ground` is a still picture with detail (a frame of a real clip, a
photograph): whatever it shows stands for the scene.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.bench.faults_video import Picture

Size = tuple[int, int]


def _fit(ground: Picture, size: Size) -> Picture:
    width, height = size
    scale = max(width / ground.shape[1], height / ground.shape[0])
    wide = cv2.resize(ground, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.asarray(wide, dtype=np.uint8)[:height, :width])


def _ease(share: float) -> float:
    return float(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1)))


def _grain(picture: Picture, rng: np.random.Generator, sigma: float = 2.0) -> Picture:
    return np.asarray(np.clip(picture + rng.normal(0, sigma, picture.shape), 0, 255), dtype=np.uint8)


def slide(size: Size, number: int) -> Picture:
    """A slide: title, points, a bar chart."""
    rng = np.random.default_rng(number)
    width, height = size
    out = np.full((height, width, 3), 250, np.uint8)
    unit = height / 360
    colour = tuple(int(v) for v in rng.integers(20, 160, 3))
    cv2.rectangle(out, (0, 0), (width, int(50 * unit)), colour, -1)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(out, f"Chapter {number + 1}: safety", (int(20 * unit), int(34 * unit)), font, unit, (255,) * 3, 2)
    for line in range(5):
        text = " ".join("".join(chr(97 + c) for c in rng.integers(0, 26, rng.integers(3, 9))) for _ in range(5))
        cv2.putText(out, text, (int(30 * unit), int((95 + 38 * line) * unit)), font, 0.55 * unit, (40, 40, 40), 1)
    for bar in range(5):
        left, top = int((420 + 36 * bar) * unit), int((330 - rng.integers(20, 160)) * unit)
        cv2.rectangle(out, (left, top), (left + int(24 * unit), int(330 * unit)), colour, -1)
    return out


def slides(size: Size, seconds: float, rate: int, *, every_s: float = 5.0) -> Iterator[Picture]:
    """A slide lecture: nothing moves but at the change of a slide."""
    shown = [slide(size, number) for number in range(int(seconds / every_s) + 1)]
    for n in range(round(seconds * rate)):
        yield shown[int(n / rate / every_s)]


def builds(size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """Points that fly in one after another and come to rest."""
    width, height = size
    base = slide(size, 3)
    for n in range(round(seconds * rate)):
        out = base.copy()
        for item in range(int(n / rate / 2.5) + 1):
            share = _ease((n / rate - item * 2.5) / 0.5)
            x = round(width * (1 - share) + 40 * share)
            y = round(height * 0.3) + item % 5 * 40
            cv2.rectangle(out, (x, y), (x + width // 3, y + 28), (200, 120, 40), -1)
            cv2.putText(out, f"point {item}", (x + 8, y + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3, 1)
        yield out


def scroll(size: Size, seconds: float, rate: int, *, smooth: bool = False, seed: int = 0) -> Iterator[Picture]:
    """A page scrolled by a wheel in steps, now and then back up; or smoothly."""
    rng = np.random.default_rng(seed)
    width, height = size
    page = np.concatenate([slide(size, k) for k in range(8)])
    at = goal = 0.0
    for n in range(round(seconds * rate)):
        if smooth:
            at = (len(page) - height) * (0.5 - 0.5 * np.cos(2 * np.pi * n / (seconds * rate)))
        else:
            if n % round(rate * 0.4) == 0 and rng.random() < 0.7:
                goal = float(np.clip(goal + (100 if rng.random() < 0.8 else -100), 0, len(page) - height))
            at += (goal - at) * 0.5 if abs(goal - at) > 1 else goal - at
        out = page[round(at) : round(at) + height].copy()
        cv2.rectangle(out, (0, 0), (width, 18), (60, 60, 60), -1)
        yield out


def windows(size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A screen on which windows pop up and go, and a pointer moves."""
    width, height = size
    base = slide(size, 5)
    for n in range(round(seconds * rate)):
        out = base.copy()
        turn = int(n / rate / 1.3)
        if turn % 2:
            x, y = (turn * 67) % (width // 2), (turn * 41) % (height // 2)
            out[y : y + height // 3, x : x + width // 3] = slide((width // 3, height // 3), turn)
        t = n / rate
        at = (int(width * (0.5 + 0.3 * np.sin(t))), int(height * (0.5 + 0.3 * np.cos(1.3 * t))))
        cv2.circle(out, at, 5, (0, 0, 0), -1)
        yield out


def pan_and_zoom(ground: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A camera that pans, stops, zooms and stops, each by an ease."""
    rng = np.random.default_rng(1)
    scene = _fit(ground, (size[0] * 2, size[1] * 2))
    spots = [(0.0, 0.0, 0.5), (0.5, 0.1, 0.5), (0.3, 0.3, 0.62), (0.0, 0.45, 0.5), (0.25, 0.25, 0.5)]
    for n in range(round(seconds * rate)):
        stage = n / rate / 2.4
        a, b = spots[int(stage) % len(spots)], spots[(int(stage) + 1) % len(spots)]
        share = _ease((stage % 1) / 0.8)
        x, y, w = (p + (q - p) * share for p, q in zip(a, b, strict=True))
        yield _grain(_view(scene, x, y, w, size), rng)


def _view(scene: Picture, x: float, y: float, share: float, size: Size) -> Picture:
    height, width = scene.shape[:2]
    scale = size[0] / (share * width)
    matrix = np.array([[scale, 0, -x * width * scale], [0, scale, -y * height * scale]])
    return np.asarray(cv2.warpAffine(scene, matrix, size, flags=cv2.INTER_AREA), dtype=np.uint8)


def foreground(ground: Picture, other: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A locked camera before which something large swings to and fro."""
    rng = np.random.default_rng(2)
    width, height = size
    base = _fit(ground, size)
    part = _fit(other, (round(width * 0.45), round(height * 0.7)))
    for n in range(round(seconds * rate)):
        t = n / rate
        x = width * (0.27 + 0.1 * np.sin(2 * np.pi * 0.9 * t) + 0.03 * np.sin(2 * np.pi * 2.7 * t))
        y = height * (0.28 + 0.02 * np.sin(2 * np.pi * 1.9 * t))
        shift = np.array([[1, 0, x], [0, 1, y]], dtype=np.float64)
        out = np.asarray(
            cv2.warpAffine(part, shift, size, dst=base.copy(), borderMode=cv2.BORDER_TRANSPARENT), np.uint8
        )
        yield _grain(out, rng)


def handled(
    ground: Picture, other: Picture, size: Size, seconds: float, rate: int, *, seed: int = 5
) -> Iterator[Picture]:
    """A locked camera over a place of work: something is taken round in it and covers now this, now that."""
    rng = np.random.default_rng(seed)
    width, height = size
    base = _fit(ground, size)
    part = _fit(other, (round(width * 0.3), round(height * 0.33)))
    pace, start = rng.uniform(0.05, 0.25, 3), rng.uniform(0, 2 * np.pi, 3)
    for n in range(round(seconds * rate)):
        across, along, down = np.sin(2 * np.pi * pace * n / rate + start)
        x, y = width * (0.35 + 0.33 * across + 0.16 * along), height * (0.33 + 0.4 * down)
        shift = np.array([[1, 0, x], [0, 1, y]], dtype=np.float64)
        out = cv2.warpAffine(part, shift, size, dst=base.copy(), borderMode=cv2.BORDER_TRANSPARENT)
        yield _grain(np.asarray(out, np.uint8), rng)


def machine(ground: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A locked camera before a machine that shakes at 4 Hz."""
    rng = np.random.default_rng(3)
    width, height = size
    base = _fit(ground, size)
    box = base[round(height * 0.3) : round(height * 0.9), round(width * 0.25) : round(width * 0.75)].copy()
    for n in range(round(seconds * rate)):
        shift = round(width * 0.01 * np.sin(2 * np.pi * 4 * n / rate))
        out = base.copy()
        left = round(width * 0.25) + shift
        out[round(height * 0.3) : round(height * 0.9), left : left + box.shape[1]] = box
        yield _grain(out, rng)


def fades(grounds: Sequence[Picture], size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """Dissolves from scene to scene, and dips to black."""
    rng = np.random.default_rng(4)
    scenes = [_fit(g, size) for g in grounds]
    for n in range(round(seconds * rate)):
        turn, within = divmod(n / rate, 3.0)
        a, b = scenes[int(turn) % len(scenes)], scenes[(int(turn) + 1) % len(scenes)]
        share = _ease((within - 2.0) / 1.0)
        if int(turn) % 2:
            dip = abs(1 - 2 * share)
            out = np.asarray((a if share < 0.5 else b) * dip, dtype=np.uint8)
        else:
            out = np.asarray(cv2.addWeighted(a, 1 - share, b, share, 0), dtype=np.uint8)
        yield _grain(out, rng)


def whiteboard(size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """Handwriting that grows stroke by stroke and rests between the words; a locked camera with its grain."""
    rng = np.random.default_rng(5)
    width, height = size
    board = np.full((height, width, 3), 232, np.uint8)
    at = np.array([40.0, 60.0])
    for n in range(round(seconds * rate)):
        out = board
        if (n / rate) % 3 < 2.2:
            to = at + np.array([2.2, 9 * np.sin(n * 0.9)])
            start, end = tuple(int(v) for v in at), tuple(int(v) for v in to)
            cv2.line(board, start, end, (60, 40, 30), 2)
            at = np.array([to[0], 60 + (at[1] - 60) // 60 * 60 + 9 * np.sin(n * 0.9)])
            if at[0] > width - 40:
                at = np.array([40.0, at[1] + 60])
            out = board.copy()
            cv2.circle(out, (end[0] + 30, end[1] + 30), 34, (150, 170, 205), -1)
        yield _grain(out, rng, 1.5)


def on_twos(ground: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A drawn figure that moves every second frame before a background that glides by."""
    fitted = _fit(ground, size)
    # The view and its mirror beside it: a view of twice the width would be an enlarged one.
    scene = np.concatenate([fitted, fitted[:, ::-1]], axis=1)
    for n in range(round(seconds * rate)):
        held = n // 2 * 2
        left = round((scene.shape[1] - size[0]) * (0.5 - 0.5 * np.cos(held / rate * 0.8)))
        out = scene[:, left : left + size[0]].copy()
        cv2.circle(out, (size[0] // 2, size[1] // 2 + round(30 * np.sin(held * 0.4))), 40, (30, 60, 220), -1)
        yield out


def timelapse(pictures: Sequence[Picture], seconds: float, rate: int, *, step: int = 12) -> Iterator[Picture]:
    """One picture of many: everything jumps, evenly."""
    for n in range(round(seconds * rate)):
        yield pictures[n * step % len(pictures)]


def rain(ground: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """Streaks that fall all over a still scene."""
    rng = np.random.default_rng(6)
    base = _fit(ground, size)
    drops: npt.NDArray[np.float64] = rng.uniform(0, 1, (400, 2)) * (size[0], size[1])
    for _ in range(round(seconds * rate)):
        out = base.copy()
        drops[:, 1] = (drops[:, 1] + 26) % size[1]
        for x, y in drops.astype(int):
            cv2.line(out, (int(x), int(y)), (int(x) + 2, int(y) + 12), (205, 205, 205), 1)
        yield _grain(out, rng)


def parallax(ground: Picture, other: Picture, size: Size, seconds: float, rate: int) -> Iterator[Picture]:
    """A camera that slides past: near things pass faster than far ones."""
    rng = np.random.default_rng(7)
    far, near = _fit(ground, (size[0] * 2, size[1])), _fit(other, (size[0] * 4, size[1] // 3))
    for n in range(round(seconds * rate)):
        share = _ease(n / (seconds * rate))
        left, close = round(share * size[0] * 0.4), round(share * size[0] * 2.6)
        out = far[:, left : left + size[0]].copy()
        out[-near.shape[0] :] = near[:, close : close + size[0]]
        yield _grain(out, rng)
