"""Run by the Python that holds openedx-scorm-xblock: gives it a zip as Studio does, prints what became of it.

python accept_scorm.py MEDIA_FOLDER PACKAGE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest import mock

import django
from django.conf import settings

settings.configure(MEDIA_ROOT=sys.argv[1], MEDIA_URL="/media/", USE_TZ=True, SECRET_KEY="x", TIME_ZONE="UTC")
django.setup()

from openedxscorm.scormxblock import ScormXBlock  # noqa: E402
from xblock.field_data import DictFieldData  # noqa: E402


def main() -> None:
    """Submit the package in the Studio form."""
    runtime = mock.Mock()
    runtime.service.return_value = mock.Mock(get_settings_bucket=lambda block: {})
    block = ScormXBlock(runtime, DictFieldData({}), mock.Mock())
    block.location = mock.Mock(block_id="block", org="org", course="course", block_type="scorm")
    with Path(sys.argv[2]).open("rb") as package:
        form = {
            "display_name": "x",
            "width": "800",
            "height": "450",
            "has_score": "0",
            "weight": "1",
            "enable_navigation_menu": "1",
            "enable_fullscreen_button": "0",
            "navigation_menu_width": "200",
            "popup_on_launch": "0",
            "file": mock.Mock(file=package),
        }
        answer = block.studio_submit(mock.Mock(method="POST", params=form), "")
    found = {
        "answer": json.loads(answer.body),
        "version": block.scorm_version,
        "first": block.index_page_path,
        "menu": block.navigation_menu,
        "warnings": block.package_warnings,
    }
    print(json.dumps(found, ensure_ascii=False))


main()
