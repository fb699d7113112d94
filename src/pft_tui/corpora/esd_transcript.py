"""The transcripts of ESD: one file a speaker, `0001/0001.txt`, in whatever encoding it was saved."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pft_tui.corpora.utterance import Problem

LINE = re.compile(r"(?P<id>\d{4}_\d{6})\s+(?P<text>[^\t]*[^\t\s])(?:\s*\t.*)?")


class Transcripts:
    """What the speakers say, read when the first utterance of a speaker is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, dict[str, str]] = {}
        self.problems: list[Problem] = []

    def text(self, folder: str, speaker: str, language: str, utterance_id: str) -> str | None:
        """The words of an utterance, if known; `folder` is its speaker's, relative to the root."""
        if folder not in self._texts:
            self._texts[folder] = self._read(f"{folder}/{speaker}.txt", language)
        return self._texts[folder].get(utterance_id)

    def _read(self, path: str, language: str) -> dict[str, str]:
        try:
            data = (self._root / path).read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.problems.append(Problem("unreadable", path, f"the transcript: {error.strerror}"))
            return {}
        lines = [line.strip() for line in decode(data, language).splitlines()]
        matches = [LINE.fullmatch(line) for line in lines if line]
        if bad := matches.count(None):
            self.problems.append(Problem("malformed", path, f"{bad} lines of the transcript do not parse"))
        return {match["id"]: match["text"] for match in matches if match}


def decode(data: bytes, language: str) -> str:
    """The text of a transcript in UTF-8, UTF-16, GB 2312 (Mandarin) or a Western 8-bit encoding.

    UTF-16 is known by its mark or by the zero bytes that no other of these has. Bytes that are not UTF-8
    are taken for the 8-bit encoding that is usual in the language; the last resort never fails.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        return data.decode("utf-16-le", errors="replace")
    for encoding in ("utf-8-sig", "gb18030" if language == "Mandarin" else "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
