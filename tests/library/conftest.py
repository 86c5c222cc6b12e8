"""What the tests of the library share: packages made once, in two versions and from two studios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.build import plan_package
from coursekit.bundle.keys import SigningKey, TrustStore, new_key
from coursekit.library.take import Policy
from tests.bundle.packed import MANIFEST, Packed, make_packed, trusting


@dataclass(frozen=True)
class Parcels:
    """Packages, and the policy of a platform that trusts both studios."""

    packed: Packed
    other_key: SigningKey
    trust: TrustStore
    first: Path
    """The course."""
    later: Path
    """The same course with a point reworded and approved for longer: another edition."""
    second: Path
    """Another course with the same media."""
    stolen: Path
    """The course under the other studio's key."""
    draft: Path
    unknown: Path
    """Signed by nobody the platform knows."""

    @property
    def policy(self) -> Policy:
        """What the platform takes in."""
        return Policy(self.trust, lang="en")


@pytest.fixture(scope="session")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Parcels:
    """Made once."""
    return make_parcels(tmp_path_factory.mktemp("parcels"))


def make_parcels(root: Path) -> Parcels:
    """All of them, in `root`."""
    packed = make_packed(root)
    other = new_key()
    manifest = packed.course / "course.yaml"

    def pack(name: str, change: Callable[[str], str], key: SigningKey, *, draft: bool = False) -> Path:
        manifest.write_text(change(MANIFEST), encoding="utf-8")
        try:
            plan = plan_package(packed.course, replace(packed.settings), draft=draft)
        finally:
            manifest.write_text(MANIFEST, encoding="utf-8")
        return write_bag_zip(plan, root / "out" / name, (key,)).path

    return Parcels(
        packed,
        other,
        trusting(packed.key, other),
        packed.zip,
        pack(
            "later.zip", lambda m: m.replace("2099-12-31", "2100-06-30").replace("测量绝缘", "正确测量绝缘"), packed.key
        ),
        pack("second.zip", lambda m: m.replace("dg-4-2026", "dg-5-2026").replace("四级", "五级"), other),
        pack("stolen.zip", lambda m: m.replace("title: 接线", "title: 别的"), other),
        pack("DRAFT.zip", lambda m: m.replace("dg-4-2026", "dg-draft"), packed.key, draft=True),
        pack("unknown.zip", lambda m: m.replace("title: 接线", "title: 又一个"), new_key()),
    )
