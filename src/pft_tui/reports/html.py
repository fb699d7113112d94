"""All results as one HTML page: no other file, no script, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import cast

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import REPORTS, Report, named
from pft_tui.reports.plots import Plot, available, drawn
from pft_tui.reports.results import Setting, Wanted, notes_on, of_setting, progress, rows_of, settings
from pft_tui.reports.rows import Row
from pft_tui.reports.sheet import Sheet, sheet_of
from pft_tui.store.read import Table, held_open

MOST_OPEN_ROWS = 40  # longer tables are folded

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #222; background: #fff }
h2 { margin-top: 3rem; border-bottom: 2px solid #222 }
h3 { margin: 2rem 0 .3rem }
img { max-width: 100%; background: #fff }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; border-block: 2px solid }
thead { border-bottom: 1px solid }
tr.block { border-top: 1px solid #aaa }
th, td { padding: .1rem .8rem; text-align: right }
th.word, td.word { text-align: left }
p.note, footer { color: #666; margin: .2rem 0 }
div.wide { overflow-x: auto }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #191919 } h2 { border-color: #ddd }
  p.note, footer { color: #aaa } }
"""


def page(workspace: Workspace, wanted: Wanted) -> str:
    """Every report of every setting with the wanted names, with its figure where matplotlib is installed."""
    with held_open(workspace):
        return _page(workspace, wanted)


def _page(workspace: Workspace, wanted: Wanted) -> str:
    there = settings(workspace, wanted)
    tables: dict[str, Table | UsageError] = {}
    for name, report in REPORTS.items():
        try:
            tables[name] = rows_of(workspace, name, report, wanted)
        except UsageError as error:  # a statistic that is not defined here
            tables[name] = error
    published = datetime.fromtimestamp(workspace.snapshot.stat().st_mtime, UTC)
    parts = [f"<h1>{escape(workspace.root.resolve().name)}</h1>"]
    parts += [f'<p class="note">As of {published:%Y-%m-%d %H:%M:%S} UTC.</p>']
    if not available():
        parts.append(
            '<p class="note">The figures are left out: matplotlib is not installed'
            " (<code>pip install 'pft-tui[figures]'</code>).</p>"
        )
    parts += [f"<p>{line}</p>" for line in _progress(workspace)]
    for setting in there:
        parts.append(f"<h2>{escape(setting.caption)}</h2>")
        for name, report in REPORTS.items():
            parts += _section(report, tables[name], setting)
    title = escape(workspace.root.resolve().name)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n<footer>Written by pft-tui.</footer>\n</body></html>\n"
    )


def _progress(workspace: Workspace) -> Iterator[str]:
    for kind in progress(workspace):
        failed = f", {kind.failed:,} failed" if kind.failed else ""
        yield f"{escape(kind.kind)}: {kind.finished:,} of {kind.total:,} finished{failed}"


def _section(report: Report, table: Table | UsageError, setting: Setting) -> Iterator[str]:
    """A report of one setting; nothing where it has no rows."""
    if isinstance(table, UsageError):
        yield f'<h3>{escape(report.title)}</h3><p class="note">{escape(str(table))}</p>'
        return
    rows = of_setting(table, setting)
    if not rows:
        return
    yield f"<h3>{escape(report.title)}</h3>"
    for note in notes_on(report, setting, rows):
        yield f'<p class="note">{escape(note)}</p>'
    if report.plot and available():
        yield _figure(report.plot, rows, setting, report.title)
    yield from _table(sheet_of(report, rows))


def _figure(target: str, rows: Sequence[Row], setting: Setting, title: str) -> str:
    picture = drawn(cast(Plot, named(target)), rows, setting.caption, "svg")
    data = b64encode(picture).decode()
    return f'<p><img alt="{escape(title)}" src="data:image/svg+xml;base64,{data}"></p>'


def _table(sheet: Sheet) -> Iterator[str]:
    kinds = ['class="word"' if column.look == "word" else "" for column in sheet.columns]
    heads = "".join(
        f"<th {kind}>{escape(column.header)}</th>" for kind, column in zip(kinds, sheet.columns, strict=True)
    )
    block = 'class="block"'
    folded = len(sheet.cells) > MOST_OPEN_ROWS
    if folded:
        yield f"<details><summary>{len(sheet.cells):,} rows</summary>"
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>'
    for place, row in enumerate(sheet.cells):
        cells = "".join(f"<td {kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        yield f"<tr {block if place in sheet.blocks else ''}>{cells}</tr>"
    yield "</tbody></table></div>" + ("</details>" if folded else "")
