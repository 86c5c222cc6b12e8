"""The forms in which learning platforms import a course, by the names the command line gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from coursekit.bundle import cmi5, kolibri, scorm
from coursekit.bundle.plan import Plan

EXPORTS: Mapping[str, Callable[[Plan, Path], None]] = {
    "scorm12": scorm.export,
    "cmi5": cmi5.export,
    "kolibri": kolibri.export,
}
