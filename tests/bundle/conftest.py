"""What the tests of packages share."""

from __future__ import annotations

import pytest

from tests.bundle.packed import Packed, make_packed


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """A small course, audited and packed once."""
    return make_packed(tmp_path_factory.mktemp("packed"))
