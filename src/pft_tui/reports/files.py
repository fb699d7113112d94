"""Which files results can be exported to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pft_tui.errors import UsageError

REPORT = "report"  # what the page of all results is asked for by


class FileFormat(StrEnum):
    """What `pft export` writes."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    LATEX = "latex"
    SVG = "svg"
    PDF = "pdf"
    PNG = "png"
    HTML = "html"


SUFFIXES = {
    FileFormat.PARQUET: ".parquet",
    FileFormat.CSV: ".csv",
    FileFormat.JSONL: ".jsonl",
    FileFormat.MARKDOWN: ".md",
    FileFormat.LATEX: ".tex",
    FileFormat.SVG: ".svg",
    FileFormat.PDF: ".pdf",
    FileFormat.PNG: ".png",
    FileFormat.HTML: ".html",
}


def format_of(path: Path) -> FileFormat:
    """The format that a file's name asks for. Raises UsageError where it asks for none."""
    for form, suffix in SUFFIXES.items():
        if path.suffix.lower() == suffix:
            return form
    raise UsageError(f"{path.name} names no format", hint=f"it may end in {', '.join(SUFFIXES.values())}")
