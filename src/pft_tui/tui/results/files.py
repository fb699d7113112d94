"""What is shown of the results, as files: for other programs, papers and print. It blocks; for threads."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import cast

from pft_tui.reports.catalogue import named
from pft_tui.reports.formats import Format, format_of, write_csv
from pft_tui.reports.markup import latex, markdown
from pft_tui.reports.plots import Plot, drawn
from pft_tui.reports.results import of_setting
from pft_tui.store.read import Table
from pft_tui.tui.results.findings import Findings

SHEETS = ("csv", "md", "tex")
FIGURES = ("pdf", "png")


def write_sheet(found: Findings, suffix: str, path: Path) -> None:
    """The table: every column as CSV, those that people read as Markdown or LaTeX."""
    text = StringIO()
    if format_of(path) is Format.CSV:
        assert found.setting is not None
        rows = [tuple(row.values()) for row in of_setting(found.table, found.setting)]
        write_csv(Table(found.table.columns, found.table.types, rows), text)
    else:
        text.write(latex(found.sheet) if suffix == "tex" else markdown(found.sheet))
    path.write_text(text.getvalue(), encoding="utf-8")


def write_figure(found: Findings, suffix: str, path: Path) -> None:
    """The figure for print. Raises UsageError, which names the extra, where matplotlib is not installed."""
    plot = cast(Plot, named(found.wish.shown.plot or ""))
    path.write_bytes(drawn(plot, found.rows, " ".join(found.sheet.notes), suffix, found.wish.reading))
