"""What can be taken from a screen: files, and text for the clipboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pft_tui.errors import UsageError

if TYPE_CHECKING:
    from pft_tui.tui.plot.series import Series

Way = Callable[[Path], None]
# They come with matplotlib and have all that the screens draw with; DejaVu Sans has the dots of curves.
_FONTS = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSansMono-Oblique.ttf", "DejaVuSans.ttf")


# What a file has in it, by its ending.
_CONTENTS = {
    "svg": "a picture of the screen",
    "png": "a picture of the screen",
    "csv": "the numbers, as text",
    "parquet": "the numbers, for DuckDB",
    "md": "the table, for Markdown",
    "tex": "the table, for LaTeX",
    "log": "the log, as a text",
    "figure.pdf": "the figure, for print",
    "figure.png": "the figure, for print",
}


def described(ending: str) -> str:
    """A file's ending with what is in such a file."""
    return f"{ending:<11} {_CONTENTS[ending]}"


class Exporter:
    """A screen whose content can be written to files and copied."""

    def exports(self) -> Mapping[str, Way]:
        """How what is on screen can be written, by the ending of the file; called in a thread."""
        return {}

    def copied(self) -> str:
        """What `c` copies: what is under the cursor, or what is on screen."""
        return ""


def write_png(svg: str, path: Path) -> None:
    """Write the picture of a screen that Textual drew as SVG.

    It is written in Fira Code where the machine has that, as the SVG asks for, else in DejaVu Sans Mono.
    Raises UsageError, which names the extra, where what it takes is not installed.
    """
    try:
        from matplotlib import get_data_path
        from resvg_py import svg_to_bytes
    except ImportError as error:
        hint = "pip install 'pft-tui[figures]'; SVG needs nothing more"
        raise UsageError("a picture as PNG takes resvg-py and matplotlib", hint=hint) from error
    fonts = [str(Path(get_data_path(), "fonts", "ttf", name)) for name in _FONTS]
    path.write_bytes(svg_to_bytes(svg_string=svg, font_files=fonts, monospace_family="DejaVu Sans Mono"))


def write_text(text: str, path: Path) -> None:
    """Write a text as it is."""
    path.write_text(text, encoding="utf-8")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], path: Path) -> None:
    """Write rows as CSV, as all results are written."""
    from pft_tui.reports.formats import write_csv
    from pft_tui.store.read import Table

    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(Table(tuple(columns), (), [tuple(row) for row in rows]), file)


def write_curves(series: Iterable[Series], path: Path) -> None:
    """Write curves as CSV: a row for each point, with the edges of its band where it has one."""
    rows: list[Sequence[object]] = []
    for line in series:
        nothing = [math.nan] * len(line.x)
        edges = (nothing if edge is None else edge.tolist() for edge in (line.low, line.high))
        points = zip(line.x.tolist(), line.y.tolist(), *edges, strict=True)
        rows += ([line.name, *(None if math.isnan(value) else value for value in point)] for point in points)
    write_table(("curve", "x", "y", "low", "high"), rows, path)
