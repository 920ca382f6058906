"""The bundle of a draw as one archive: its files as they were frozen and drawn, and what checks them (D11).

files by name -> ZIP, with check/verify.py (any Python) and check/verify.html (any browser, no network) in it
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

BUNDLE_TIME = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, byte for byte
# Read as the text that an auditor gets, not imported: nothing here may depend on how the checkers work.
CHECKERS = Path(__file__).parents[2] / "app"


@cache
def checker(name: str) -> bytes:
    """Give one of the two checkers, as an auditor gets it."""
    return (CHECKERS / name).read_bytes()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Pack the files of a bundle and both checkers into a ZIP; the checkers take it as it is."""
    checkers = {f"check/{name}": checker(name) for name in ("verify.py", "verify.html")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, **checkers}.items():
            archive.writestr(zipfile.ZipInfo(name, BUNDLE_TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
