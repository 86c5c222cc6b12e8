"""Every check there is, in one list. A check that is not here does not run; a test compares this with the files."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import cast

from coursekit.rules.check import Check

CHECKS: tuple[str, ...] = (
    "probe/container",
    "probe/integrity",
    "probe/size",
    "probe/duration",
    "probe/resolution",
    "probe/frame_rate",
    "probe/codec",
    "probe/document",
    "video/shake",
    "video/jump",
    "video/flicker",
    "video/colour",
    "video/freeze",
    "video/black",
    "video/clarity",
    "video/interlace",
    "video/deformation",
    "video/watermark",
    "video/flash",
    "audio/channels",
    "audio/silence",
    "audio/loudness",
    "audio/swing",
    "audio/clipping",
    "audio/hum",
    "audio/noise",
    "audio/balance",
    "audio/sync",
    "cover/image",
    "cover/watermark",
    "course/consistency",
    "manifest/schema",
    "manifest/files",
    "manifest/coverage",
    "manifest/hours",
    "manifest/weights",
    "manifest/assessment",
    "manifest/rights",
    "manifest/experts",
    "manifest/labels",
    "filing/evidence",
)


class UnknownCheck(LookupError):
    """A profile names a check that this version does not have."""


def load_check(check_id: str) -> Check:
    """The check of this id; its module is imported only now, so a run pays for the checks it uses."""
    if check_id not in CHECKS:
        raise UnknownCheck(check_id)
    domain, name = check_id.split("/")
    return cast("Check", getattr(import_module(f"coursekit.{domain}.checks.{name}"), name))


def module_exists(check_id: str) -> bool:
    """Whether a module stands where this id's check belongs."""
    domain, name = check_id.split("/")
    return find_spec(f"coursekit.{domain}.checks.{name}") is not None
