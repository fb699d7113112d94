"""Files for elsewhere: data, tables for papers, figures for print, and all of it as one page."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import cast

from pft_tui.errors import StoreError, UsageError
from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import REPORTS, named, report
from pft_tui.reports.files import REPORT, FileFormat, write_whole
from pft_tui.reports.formats import Format
from pft_tui.reports.html import page
from pft_tui.reports.plots import MEDIA, Plot, drawn
from pft_tui.reports.results import Wanted, of_setting, rows_of, settings, why_empty
from pft_tui.reports.show import Output, show_report
from pft_tui.store.copy import DataFormat, copy_out, copy_rows

Say = Callable[[str], None]


_DATA: dict[FileFormat, DataFormat] = {
    FileFormat.PARQUET: "parquet",
    FileFormat.CSV: "csv",
    FileFormat.JSONL: "jsonl",
}


def export(workspace: Workspace, name: str, path: Path, form: FileFormat, wanted: Wanted, say: Say) -> None:
    """Write a table, view, report or figure, or with `report` the page of all of them, to a file.

    The file is put in place when it is whole. Raises UsageError where there is nothing of that name or not
    in that format, StoreError where the file cannot be written, as where a pipe has its name.
    """
    if (name == REPORT) != (form is FileFormat.HTML):
        raise UsageError(f"{name} cannot be written as {form}", hint=f"html is the format of {REPORT!r}")
    if path.exists() and not path.is_file():
        raise StoreError(f"{path} cannot be written: it is no file", hint="name another --output")
    if form in _DATA:
        rows = _data(workspace, name, path, _DATA[form], wanted)
        say(f"wrote {path}: {rows:,} row{'s' * (rows != 1)}")
        return
    if form is FileFormat.HTML:
        data = page(workspace, wanted).encode()
    elif form in MEDIA:
        data = _figure(workspace, name, form, wanted)
    else:
        data = _text(workspace, name, form, wanted, say)
    write_whole(path, data)
    say(f"wrote {path}")


def _data(workspace: Workspace, name: str, path: Path, form: DataFormat, wanted: Wanted) -> int:
    if not (name in REPORTS and REPORTS[name].statistic):
        return copy_out(workspace, name, path, form, wanted)
    table = rows_of(workspace, name, REPORTS[name], wanted)
    if not table.rows:
        raise UsageError(f"{name} has no rows yet", hint=why_empty(workspace, REPORTS[name]))
    return copy_rows(table, path, form)


def _figure(workspace: Workspace, name: str, form: FileFormat, wanted: Wanted) -> bytes:
    chosen = report(name)
    if not chosen.plot:
        there = ", ".join(name for name, entry in REPORTS.items() if entry.plot)
        raise UsageError(f"{name} has no figure", hint=f"there are: {there}")
    table = rows_of(workspace, name, chosen, wanted)
    found = [(setting, of_setting(table, setting)) for setting in settings(workspace, wanted)]
    found = [(setting, rows) for setting, rows in found if rows]
    if not found:
        raise UsageError(f"{name} has no rows yet", hint=why_empty(workspace, chosen))
    if len(found) > 1:
        there = "; ".join(setting.caption for setting, _ in found)
        raise UsageError(
            f"a figure shows one setting, and there are {len(found)}: {there}",
            hint="choose one with --protocol, --encoder and --downstream",
        )
    ((setting, rows),) = found
    return drawn(cast(Plot, named(chosen.plot)), rows, setting.caption, form)


def _text(workspace: Workspace, name: str, form: FileFormat, wanted: Wanted, say: Say) -> bytes:
    text = StringIO()
    output = Output(text, Format(form), say)
    show_report(workspace, name, wanted, output)
    return text.getvalue().encode()
