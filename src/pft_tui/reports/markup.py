"""Sheets for papers and notes: Markdown tables, and LaTeX tables in the style of booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pft_tui.reports.sheet import Sheet
from pft_tui.reports.values import DASH, MINUS

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "Δ": r"$\Delta$",
        "±": r"$\pm$",
        MINUS: "$-$",
        "+": "$+$",
        DASH: "--",
        "\n": " ",
    }
)
# An underscore inside a word means nothing in Markdown, so that names of corpora stay readable.
_MARKDOWN_SPECIAL = re.compile(r"[\\|*`\[\]<>&]|(?<!\w)_|_(?!\w)")


def markdown(sheet: Sheet) -> str:
    """A pipe table between its title and its notes, columns lined up; numbers are aligned right."""
    headers = [_markdown_text(column.header) for column in sheet.columns]
    rows = [[_markdown_text(cell) for cell in row] for row in sheet.cells]
    widths = [max(3, *map(len, column)) for column in zip(headers, *rows, strict=True)]
    left = [column.look == "word" for column in sheet.columns]
    rules = [
        "-" * width if word else "-" * (width - 1) + ":" for width, word in zip(widths, left, strict=True)
    ]
    lines = [_piped(cells, widths, left) for cells in (headers, rules, *rows)]
    title = [f"**{_markdown_text(sheet.title)}**", ""] if sheet.title else []
    notes = [line for note in sheet.notes for line in ("", _markdown_text(note))]
    return "\n".join([*title, *lines, *notes]) + "\n"


def latex(sheet: Sheet) -> str:
    """A `table` that needs `\\usepackage{booktabs}`: a rule between blocks, whose first cell stands once.

    The notes follow the title in the caption.
    """
    caption = " ".join(f"{part.translate(_LATEX)}." for part in (sheet.title, *sheet.notes) if part)
    header = [column.latex or column.header.translate(_LATEX) for column in sheet.columns]
    alignment = "".join("l" if column.look == "word" else "r" for column in sheet.columns)
    body: list[str] = []
    for place, row in enumerate(sheet.cells):
        if place in sheet.blocks:
            body.append(r"\midrule")
        repeats = bool(sheet.blocks) and place not in sheet.blocks and row[:1] == sheet.cells[place - 1][:1]
        body.append(
            _latex_row(["" if repeats else row[0].translate(_LATEX), *(c.translate(_LATEX) for c in row[1:])])
        )
    lines = [
        r"\begin{table}",
        r"  \centering",
        *([rf"  \caption{{{caption}}}"] if caption else []),
        rf"  \begin{{tabular}}{{{alignment}}}",
        *(f"    {line}" for line in (r"\toprule", _latex_row(header), r"\midrule", *body, r"\bottomrule")),
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _markdown_text(text: str) -> str:
    return _MARKDOWN_SPECIAL.sub(lambda match: f"\\{match[0]}", text).replace("\n", "<br>")


def _piped(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    padded = (
        cell.ljust(width) if word else cell.rjust(width)
        for cell, width, word in zip(cells, widths, left, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
