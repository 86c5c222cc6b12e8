"""The platform's question: is this package whole, authentic and approved?

The structure is validated before a byte of payload is read, the attestations before anything is believed, and every
payload byte is read once. With a `sink` the same one read also hands the bytes on, so that an import need not read
them again: what the sink received may be kept only if the answer is `accepted`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from coursekit.bundle.keys import TrustStore
from coursekit.bundle.model import CheckedFile, Verification
from coursekit.bundle.zipread import Limits


class Recheck(StrEnum):
    """What is measured again from the package's own bytes."""

    PROBE = "probe"
    """Containers are opened and the course-level and container rules are judged anew; nothing is decoded."""


Sink = Callable[[CheckedFile], AbstractContextManager[BinaryIO] | None]
"""Called before a payload file is read: gives a stream that receives its bytes, or None to keep nothing. The
manager's exit is called with an exception when the bytes were not what the manifest says."""


def verify_package(
    path: Path,
    *,
    trust: TrustStore | None,
    recheck: Recheck | None = None,
    allow_draft: bool = False,
    bag_only: bool = False,
    limits: Limits | None = None,
    sink: Sink | None = None,
    lang: str = "zh",
) -> Verification:
    """Verify a package, folder or zip. Never raises for what the package holds: that is what the answer says."""
    raise NotImplementedError
