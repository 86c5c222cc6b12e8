"""Every rung of every ladder that is laid over clips, made once a process."""

from __future__ import annotations

from functools import cache

from coursekit.bench import ladder_audio, ladder_marks, ladder_more, ladder_video


@cache
def video_rungs() -> tuple[ladder_video.Rung, ...]:
    """Every rung of the picture but those that need 1080 lines."""
    v = ladder_video
    return (
        *v.shake_rungs(),
        *v.time_rungs(),
        *v.missing_rungs(),
        *v.light_rungs(),
        *v.comb_rungs(),
        *ladder_more.shape_rungs(),
    )


@cache
def sharp_rungs() -> tuple[ladder_video.Rung, ...]:
    """Rungs for clips of 1080 lines."""
    return tuple(ladder_video.picture_rungs())


@cache
def marks_rungs() -> tuple[ladder_marks.Rung, ...]:
    """Every rung of marks."""
    m = ladder_marks
    return (*m.corner_rungs(), *m.spread_rungs(), *m.time_rungs())


@cache
def sound_rungs() -> tuple[ladder_audio.Rung, ...]:
    """Every rung of sound."""
    return (*ladder_audio.rungs(), *ladder_more.level_rungs())
