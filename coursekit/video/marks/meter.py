"""The meter of marks: a sparse look at the shared decode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.cover.reader import reader_name
from coursekit.heap import return_memory
from coursekit.video.marks.boxes import Box
from coursekit.video.marks.captions import renewed
from coursekit.video.marks.comings import WINDOWS, Comings
from coursekit.video.marks.drift import Drift, Drifts
from coursekit.video.marks.facts import MarkFacts, MarkKind, MarksFacts
from coursekit.video.marks.laid import MAX_LOOKS as MAX_VIEWS
from coursekit.video.marks.laid import Laid, find_laid
from coursekit.video.marks.looks import Look, Looks, thumb_of
from coursekit.video.marks.past import KEPT, PACKED, Past, coarse, marked, packed
from coursekit.video.marks.persistence import RECENT_COUNT, Map, Persistence
from coursekit.video.marks.regions import (
    SHARP_BAR,
    WHOLE_BAR,
    WORD_GAP,
    Region,
    find_regions,
    looked_round,
)
from coursekit.video.marks.room import Room
from coursekit.video.marks.shown import Shown, grouped
from coursekit.video.marks.signature import likeness
from coursekit.video.marks.signs import ALIKE, at_once, by_sign, rank, whole_signs, without_parts
from coursekit.video.marks.stills import find_stills
from coursekit.video.marks.tracks import MAX_SIGHTS, Plot, Track, find_track, same_shape, signature
from coursekit.video.meter import Frame, StreamInfo
from coursekit.video.signals import Signals

WORK_LONG_SIDE_PX = 640
VIEW_LONG_SIDE_PX = 960
"""Of the looks that are laid over each other: at 640 the edges of a logo 4 % wide are hardly more than its corners."""
_PACE = ((20.0, 0.25), (60.0, 0.5), (300.0, 1.0), (900.0, 2.0), (float("inf"), 4.0))
"""Until which second of the stream a picture is taken how often: short clips must not be judged on a handful. Of 45
minutes 1,150 are taken, at 20 to 30 ms each; a mark that stays for a tenth of them still shows in seventy."""
_LOOK_EVERY = 4
_TURN_EVERY = 8
"""Grey marks are the rarer, and take longer to show."""
_SUM_EVERY = 24
_THERE = 0.5
_MAX_TRACKS = 48
_MAX_FOUND = 16
_MIN_BREADTH = 0.02
_MANY = 3
"""Places from which one sign is laid all over the picture."""
_DRAWN = 0.6
"""Share of the commonest levels from which looks are slides, whose template they all show, and are not compared: before
a camera it is 0.49 at most, a green screen apart. What counts as drawn is for the profile to say, within this."""
_MIN_HELD = 0.65
"""Share of backgrounds over which the edges of a faint mark point its way. Two scenes by turns give a half."""
_MAX_SHARE = 0.5
_HALO_PX, _VIEW_HALO_PX = 0.8, 0.5
"""How far a gradient reaches beyond the edge it belongs to, at working size and in looks."""
_MAX_DUE = 8
"""Pictures at working size that may wait for the thread beside: 2 MB."""
_STILL = 0.3
"""Summed mean change of the small picture, in levels, below which a sample would show what the last one showed."""


class MarksMeter:
    """Fills `VideoFacts.marks`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        width, height = info.shown_px
        self._aspect = float(info.sample_aspect)
        scale = min(1.0, WORK_LONG_SIDE_PX / max(width, height, 1))
        self._size = (max(16, round(width * scale)), max(16, round(height * scale)))
        self._signals = signals
        self._persistence = Persistence(self._size[1], self._size[0])
        self._tracks: list[Track] = []
        self._past: deque[Past] = deque(maxlen=KEPT)
        self._drifts = Drifts((self._size[1], self._size[0]))
        self._comings = [Comings(self._size, window) for window in WINDOWS]
        self._next_s = float("-inf")
        self._start_s: float | None = None
        self._moved = float("inf")
        self._time_s = 0.0
        self._seen_s = 0.0
        self._longest_gap_s = 0.0
        self._looks = Looks()
        self._views = Looks(MAX_VIEWS, VIEW_LONG_SIDE_PX)
        self._room: Room | None = None
        self._beside: ThreadPoolExecutor | None = None
        self._due: deque[Future[None]] = deque()

    def work_beside(self) -> None:
        """Look at what is taken in a thread of its own, in the same order: one look takes as long as a dozen pictures
        of all other meters together, and nothing waits for what it finds."""
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="marks")

    def feed(self, frame: Frame) -> None:
        """Look at a picture every quarter second to second, and only if something changed since."""
        row = self._signals.last
        self._moved += row.change if row is not None and row.change == row.change else 99.0
        if self._start_s is None:
            self._start_s = frame.time_s
        self._time_s = frame.time_s
        if frame.time_s >= self._next_s and not frame.damaged:
            self._sample(frame.time_s, frame)

    def _sample(self, time_s: float, frame: Frame) -> None:
        self._next_s = time_s + self._step_s(time_s)
        if self._moved < _STILL:
            self._soon(lambda: self._look_again(time_s))
            return
        self._moved = 0.0
        luma = frame.luma
        thumb = thumb_of(luma)
        self._looks.offer(time_s, luma, thumb)
        self._views.offer(time_s, luma, thumb)
        if luma.shape[::-1] != self._size:
            luma = np.asarray(cv2.resize(luma, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        self._soon(lambda: self.look(time_s, luma))

    def _soon(self, task: Callable[[], None]) -> None:
        if self._beside is None:
            task()
            return
        self._due.append(self._beside.submit(task))
        if len(self._due) > _MAX_DUE:
            self._due.popleft().result()

    def _caught_up(self) -> None:
        while self._due:
            self._due.popleft().result()
        if self._beside is not None:
            self._beside.shutdown()
            self._beside = None

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """What stands still keeps its marks; what is left out is bridged."""
        if not static:
            self._longest_gap_s = max(self._longest_gap_s, end_s - start_s)
            self._moved = float("inf")
            return
        shown = self._signals.shown
        while shown is not None and not shown.damaged and self._next_s <= end_s:
            self._time_s = max(self._next_s, start_s)
            self._sample(self._time_s, shown)

    def _step_s(self, time_s: float) -> float:
        since = time_s - (self._start_s or 0.0)
        return next(step for until, step in _PACE if since < until) - 0.01

    def _look_again(self, time_s: float) -> None:
        """Nothing changed: what was there still is."""
        for track in self._tracks:
            track.note(time_s, track.scores[-1] if track.scores else 1.0, share=0.0)

    def look(self, time_s: float, luma: npt.NDArray[np.uint8]) -> None:
        """Take one picture at working size."""
        self._seen_s = time_s
        field = self._persistence
        field.feed(luma)
        fresh = field.fresh
        for track in self._tracks:
            u, v = field.turned if track.turning else field.soft
            share, score = track.share(fresh), track.score(u, v)
            track.note(time_s, score, share)
            if abs(score) >= _THERE and share > 0:
                track.compare(luma, field.scene)
            if score >= _THERE and share > 0 and track.plot is not None:
                track.plot.add(u, v, luma, fresh)
        soft = packed(field.soft)
        self._past.append(
            Past(time_s, field.scene, luma.copy(), soft, packed(field.turned), marked(fresh), coarse(soft))
        )
        self._drifts.look(self._past[-1])
        for comings in self._comings:
            comings.look(self._past)
        if field.samples % _LOOK_EVERY == 0:
            recent = field.recent()
            self._suspect(find_regions(recent, bar=SHARP_BAR) + find_regions(recent))
        elif field.samples % _TURN_EVERY == _LOOK_EVERY // 2:
            self._suspect(find_regions(field.recent(turning=True)), turning=True)
        if field.samples % _SUM_EVERY == 0:
            self._sum_up()

    def _sum_up(self) -> None:
        field = self._persistence
        self._suspect(find_regions(field.whole(), field.held(), WHOLE_BAR), whole=True)
        even = np.ones(field.shape, np.float32)
        self._suspect(find_regions(field.whole(turning=True), even, WHOLE_BAR), whole=True, turning=True)

    def _suspect(self, regions: list[Region], *, whole: bool = False, turning: bool = False) -> None:
        time_s, field = self._seen_s, self._persistence
        spread: Map | None = None

        def known(region: Region) -> Region:
            nonlocal spread
            spread = field.spread(whole=whole) if spread is None else spread
            return looked_round(region, field.count, spread)

        for sketch in regions:
            if not self._possible(sketch) or sketch.held < _MIN_HELD:
                continue
            track = find_track(self._tracks, sketch, turning=turning)
            if track is None:
                self._tracks.append(Track(sketch, time_s, since_start=whole, turning=turning))
            elif track.sighted(sketch, time_s, whole=whole):
                if track.plot is None:
                    self._follow(track, known(track.region))
                track.renew(known(sketch))
        self._tracks = [track for track in self._tracks if not track.chance()]
        if len(self._tracks) > _MAX_TRACKS:
            self._tracks.sort(key=rank, reverse=True)
            del self._tracks[_MAX_TRACKS:]
        # Of what is suspected most gives way at once to what has proved more: only the rest is looked at. Of the
        # comparisons with pictures looked back on, in a lesson before a camera, two thirds were for nothing.
        for track in self._tracks:
            if track.plot is None:
                self._follow(track, known(track.region))

    def _follow(self, track: Track, region: Region) -> None:
        """What is kept begins with the pictures looked back on."""
        track.region, track.plot = region, Plot(region.box, self._persistence.shape)
        for past in self._past:
            u, v = past.edges(turning=track.turning)
            score = track.score(u, v) / PACKED
            track.note(past.time_s, score, share=0.0)
            if abs(score) >= _THERE:
                track.compare(past.luma, past.scene)
            if score >= _THERE:
                track.plot.add(u, v, past.luma, past.fresh(), 1 / PACKED)

    def _possible(self, region: Region) -> bool:
        """Straight lines (horizons, shelves, letterbox) and frames round the whole picture are never followed."""
        _, _, w, h = region.box
        return region.breadth >= _MIN_BREADTH and w * h <= _MAX_SHARE * self._size[0] * self._size[1]

    def finish(self) -> MarksFacts:
        """The candidates, the strongest first."""
        self._caught_up()
        field = self._persistence
        self._seen_s = self._time_s
        if field.samples % _SUM_EVERY:
            self._sum_up()
        for track in self._tracks:
            track.settle()
        self._room = Room(self._looks.kept, self._size)
        found = self._facts(whole_signs(without_parts(self._tracks), WORD_GAP * self._size[0]))
        found += tuple(facts for drift in self._drifts.kept() if (facts := self._drifting(drift)))
        shown = [one for comings in self._comings for one in comings.shown]
        samples, changing = field.samples, float(np.mean(field.count >= RECENT_COUNT // 2))
        # Reading words takes more room than all the rest: what was only to find marks by makes way for it, 80 MB.
        self._past.clear()
        self._tracks.clear()
        del field, self._persistence, self._drifts, self._comings
        return_memory()
        stills, drawn = find_stills(self._looks.kept, self._aspect)
        if drawn is not None and drawn < _DRAWN:
            found += self._laid(self._views.kept)
            found += self._shown(shown)
        found = tuple(replace(mark, renewed=renewed(self._views.kept, mark.box)) for mark in found)
        return MarksFacts(
            samples=samples,
            changing=round(changing, 3),
            found=found,
            stills=stills,
            drawn=drawn,
            stands=self._room.stands,
            reader=reader_name(),
        )

    def _facts(self, tracks: list[Track]) -> tuple[MarkFacts, ...]:
        found: list[MarkFacts] = []
        for group in by_sign(tracks):
            found.extend(self._group_facts(group))
        return tuple(found[:_MAX_FOUND])

    def _group_facts(self, group: list[Track]) -> list[MarkFacts]:
        join_s = 4.0 if self._time_s - (self._start_s or 0.0) > 60 else 2.0
        join_s = max(join_s, 1.2 * self._longest_gap_s)
        start_s = self._start_s or 0.0
        shown = [(track, track.spans(join_s, start_s)) for track in group]
        shown = [(track, spans) for track, spans in shown if spans]
        together = len(shown) < 2 or at_once([spans for _, spans in shown])
        if len(shown) >= _MANY and together:
            boxes = [t.region.extent() for t, _ in shown]
            x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
            x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
            track, spans = shown[0]
            return [self._one(track, spans, MarkKind.TILED, len(shown), (x0, y0, x1 - x0, y1 - y0))]
        if together:
            return [
                self._one(track, spans, MarkKind.FIXED, len(shown), track.region.extent()) for track, spans in shown
            ]
        return [
            replace(
                self._one(track, spans, MarkKind.JUMPING, len(shown), track.region.extent()),
                alike=round(max(same_shape(track.region, o.region) for o, _ in shown if o is not track), 2),
            )
            for track, spans in shown
        ]

    def _one(
        self,
        track: Track,
        spans: tuple[tuple[float, float], ...],
        kind: MarkKind,
        places: int,
        box: Box,
    ) -> MarkFacts:
        facts = self._mark(track, kind, box, spans, track.sights, track.best_s)
        # What jumps is no part of the usual picture, wherever it is.
        room = None if kind is MarkKind.JUMPING else self._room
        held, covered = (room.passed(track) if room else None) or (None, None)
        return replace(facts, places=places, held=held, covered=covered)

    def _mark(
        self,
        found: Track | Drift | Laid,
        kind: MarkKind,
        box: Box,
        spans: tuple[tuple[float, float], ...],
        looks: int,
        shown_at_s: float,
        size: tuple[int, int] | None = None,
    ) -> MarkFacts:
        """What is said of a mark, whether it stays or moves. `size`: of the pictures it was found in."""
        region = found.region
        width, height = size or self._size
        survived, lost = found.survival()
        return MarkFacts(
            kind=kind,
            box=_share(box, width, height, _HALO_PX if size is None else _VIEW_HALO_PX),
            spans=spans[:40],
            backgrounds=found.different,
            seen=region.backgrounds,
            looks=looks,
            survived=survived,
            lost=lost,
            proof=round(found.proof(), 1),
            consistency=round(min(1.0, region.consistency), 3),
            surround=round(region.surround, 3),
            breadth=round(region.breadth, 3),
            opacity=None if region.opacity is None else round(region.opacity, 2),
            edge_px=round(region.edge_px * (self._size[0] / width) ** 2),
            crop_at_s=round(shown_at_s, 3),
            signature=signature(region, self._aspect),
        )

    def _laid(self, views: list[Look]) -> tuple[MarkFacts, ...]:
        marks = [
            self._mark(
                one, MarkKind.LAID, one.region.extent(), (one.span(),), one.unlike, one.best_s(),
                (views[0].luma.shape[1], views[0].luma.shape[0]),
            )
            for one in find_laid(views)
        ]  # fmt: skip
        told: list[MarkFacts] = []
        while marks:
            first = marks[0]
            same = [mark for mark in marks if mark is first or likeness(mark.signature, first.signature) >= ALIKE]
            marks = [mark for mark in marks if mark not in same]
            if len(same) >= _MANY:
                x0, y0 = min(m.box[0] for m in same), min(m.box[1] for m in same)
                x1, y1 = max(m.box[0] + m.box[2] for m in same), max(m.box[1] + m.box[3] for m in same)
                box = (x0, y0, round(x1 - x0, 4), round(y1 - y0, 4))
                told.append(replace(first, box=box, places=len(same)))
            else:
                told += same
        return tuple(told)

    def _shown(self, shown: list[Shown]) -> tuple[MarkFacts, ...]:
        def alike(one: Shown, other: Shown) -> bool:
            return likeness(*(signature(s.region, self._aspect) for s in (one, other))) >= ALIKE

        return tuple(
            MarkFacts(
                kind=MarkKind.SHOWN,
                box=_share(one.region.extent(), *self._size, _HALO_PX),
                spans=one.spans[:40],
                backgrounds=one.facts.moved,
                seen=one.facts.pictures,
                looks=one.facts.pictures,
                survived=one.facts.pictures,
                lost=0,
                proof=0.0,
                consistency=round(min(1.0, one.region.consistency), 3),
                surround=round(one.facts.moved / one.facts.pictures, 3),
                breadth=round(one.region.breadth, 3),
                edge_px=one.region.edge_px,
                places=one.places,
                crop_at_s=round(one.best_s, 3),
                signature=signature(one.region, self._aspect),
                coming=one.facts,
            )
            for one in grouped(shown, alike)
        )

    def _drifting(self, drift: Drift) -> MarkFacts | None:
        seen = drift.seen()
        if not seen.any():
            return None
        times = np.asarray(drift.times)
        # A finding is shown by the middle of its span: there the box must lie on the mark.
        middle = (times[seen][0] + times[seen][-1]) / 2
        best = int(np.argmin(np.where(seen, np.abs(times - middle), np.inf)))
        facts = self._mark(
            drift,
            MarkKind.DRIFTING,
            drift.box(best),
            drift.spans(max(2.0, 1.2 * self._longest_gap_s)),
            min(drift.survival()[0], MAX_SIGHTS),
            drift.times[best],
        )
        # What goes with it and what does not is known of its own frame, not of a place.
        return replace(
            facts,
            surround=round(drift.surround, 3),
            breadth=round(drift.breadth(), 3),
            travel=round(drift.travel() / self._size[0], 3),
        )


def _share(box: Box, width: int, height: int, halo_px: float) -> tuple[float, float, float, float]:
    x, y, w, h = box
    trim_x, trim_y = min(halo_px, w / 4), min(halo_px, h / 4)
    x, y, w, h = x + trim_x, y + trim_y, w - 2 * trim_x, h - 2 * trim_y
    return round(x / width, 4), round(y / height, 4), round(w / width, 4), round(h / height, 4)
