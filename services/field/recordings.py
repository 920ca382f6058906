"""What is heard, watched or read rather than looked at: voice, video, papers. Known by their first bytes, kept as is.

first bytes -> media type, if this kind takes it -> the original is served under that type and no other
"""

from __future__ import annotations

from inspection.errors import InvalidInputError

LOOK = 16  # bytes that tell a format
_WORDS = {
    "voice": "录音应为手机录制的 M4A、MP3、AMR、AAC、WAV 或 WebM。",
    "video": "视频应为手机录制的 MP4、MOV、3GP 或 WebM。",
    "file": "文件应为 PDF，或 Word、Excel、PPT（DOCX、XLSX、PPTX）。",
}
_ISO, _WEBM = (4, b"ftyp"), (0, b"\x1a\x45\xdf\xa3")
# (where, bytes) -> media type, by kind. MPEG audio and AAC frames begin with eleven or twelve set bits.
_HEADS: dict[str, dict[tuple[int, bytes], str]] = {
    "voice": {
        (0, b"#!AMR"): "audio/amr",
        _ISO: "audio/mp4",
        (0, b"ID3"): "audio/mpeg",
        (0, b"\xff\xfb"): "audio/mpeg",
        (0, b"\xff\xf3"): "audio/mpeg",
        (0, b"\xff\xf1"): "audio/aac",
        (8, b"WAVE"): "audio/wav",
        (0, b"OggS"): "audio/ogg",
        _WEBM: "audio/webm",
    },
    "video": {_ISO: "video/mp4", _WEBM: "video/webm"},
    "file": {(0, b"%PDF-"): "application/pdf", (0, b"PK\x03\x04"): "application/zip"},
}
KINDS = tuple(_HEADS)


def media_type(kind: str, head: bytes) -> str:
    """What the first bytes say a file of this kind is; InvalidInputError for anything that is not taken."""
    for (at, mark), media in _HEADS[kind].items():
        if head[at : at + len(mark)] == mark:
            return media
    raise InvalidInputError(what="证据文件", why=_WORDS[kind])


# How a file of each media type is called where it lies in a folder.
SUFFIXES = {
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "application/zip": "zip",  # DOCX, XLSX, PPTX: which of them, only what is inside tells
}
