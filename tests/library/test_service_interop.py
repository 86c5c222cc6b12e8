"""A tus client that nobody here wrote speaks with the service."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.bundle.foreign import environment
from tests.library.conftest import Parcels
from tests.library.test_service import Open, running

__all__ = ["running"]
pytestmark = pytest.mark.interop


def test_the_tus_projects_own_client_uploads_breaks_off_and_resumes(running: Open, parcels: Parcels) -> None:
    python, site = environment("tus"), running()
    command = [str(python), str(Path(__file__).with_name("send_tus.py")), f"http://127.0.0.1:{site.port}", site.token]
    done = subprocess.run(
        [*command, str(parcels.first)], capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    place = done.stdout.strip().removeprefix(f"http://127.0.0.1:{site.port}")
    told = site.result(place)
    assert (told["name"], told["result"]["outcome"]) == ("课程.zip", "imported")
