"""The files that results are written to: their formats, and how they are put in place."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import beside

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


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, put in place when it is whole; what is no file, such as a pipe, is written to as it is.

    Raises StoreError where it cannot be written: an older file is then left as it was.
    """
    is_pipe = path.exists() and not path.is_file()
    target = path if is_pipe else beside(path)
    try:
        target.write_bytes(data)
        target.replace(path)
    except OSError as error:
        if not is_pipe:
            target.unlink(missing_ok=True)
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", hint="name another --output"
        ) from error
