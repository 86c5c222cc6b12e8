"""Run by the Python that holds tuspy, the tus project's own client: uploads a file in pieces, twice from the start.

python send_tus.py SITE TOKEN FILE
"""

from __future__ import annotations

import sys

from tusclient import client


def main() -> None:
    """Send half in one run, the rest in another, as a sender does whose computer was switched off."""
    site, token, path = sys.argv[1:]
    speaker = client.TusClient(f"{site}/uploads", headers={"Authorization": f"Bearer {token}"})
    first = speaker.uploader(path, chunk_size=40_000, metadata={"filename": "课程.zip"}, upload_checksum=True)
    for _ in range(3):
        first.upload_chunk()
    again = client.TusClient(f"{site}/uploads", headers={"Authorization": f"Bearer {token}"})
    second = again.uploader(path, url=first.url, chunk_size=50_000)
    assert second.offset == 120_000, second.offset
    second.upload()
    print(first.url)


main()
