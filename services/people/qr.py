"""A QR code as a picture: for paper (SVG) and for a page that may load pictures from nowhere else (data URL)."""

from __future__ import annotations

import io

import segno


def svg(url: str) -> str:
    """The code of an address as SVG."""
    drawn = io.BytesIO()
    segno.make(url, error="m").save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()


def data_url(url: str) -> str:
    """The same as a data URL, with the quiet edge that cameras need."""
    return segno.make(url, error="m").svg_data_uri(scale=6, border=2)
