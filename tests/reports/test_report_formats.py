import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf, nan
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.reports.catalogue import Column
from pft_tui.reports.formats import WRITERS, Format, format_of
from pft_tui.reports.markup import latex, markdown
from pft_tui.reports.sheet import Sheet, plain_sheet
from pft_tui.reports.values import as_json, as_text, signed
from pft_tui.store.read import Table

SPECIAL = r"50% of $5 & {#_x} ~ ^ \ <a> | b"


def table(columns, *rows):
    return Table(tuple(columns), ("VARCHAR",) * len(columns), list(rows))


def written(format, columns, *rows):
    out = io.StringIO(newline="")
    WRITERS[format](table(columns, *rows), out)
    return out.getvalue()


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.integers()), max_size=5))
def test_csv_reads_back(rows):
    lines = list(csv.reader(io.StringIO(written(Format.CSV, ("word", "count"), *rows), newline="")))
    assert lines == [["word", "count"], *([word, str(count)] for word, count in rows)]


def test_csv_writes_whole_floats_and_null_as_nothing():
    assert written(Format.CSV, ("a", "b"), (0.1 + 0.2, None)) == "a,b\n0.30000000000000004,\n"


def test_csv_writes_lists_and_structs_as_json():
    rows = list(csv.reader(io.StringIO(written(Format.CSV, ("l", "s"), (["a", 1], {"x": None})))))
    assert [json.loads(cell) for cell in rows[1]] == [["a", 1], {"x": None}]


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.floats()), max_size=5))
def test_json_is_one_document_and_jsonl_one_a_line(rows):
    def expected(value):
        return None if value in (inf, -inf) or value != value else value

    objects = [{"word": word, "value": expected(value)} for word, value in rows]
    assert json.loads(written(Format.JSON, ("word", "value"), *rows)) == objects
    lines = written(Format.JSONL, ("word", "value"), *rows).split("\n")
    assert [json.loads(line) for line in lines[:-1]] == objects
    assert lines[-1] == ""


def test_json_keeps_columns_of_the_same_name():
    assert json.loads(written(Format.JSON, ("a", "a", "a_1", "a"), (1, 2, 3, 4))) == [
        {"a": 1, "a_1": 2, "a_1_1": 3, "a_2": 4}
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (nan, None),
        (inf, None),
        (Decimal("0.1"), 0.1),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(days=3), "3 days, 0:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "00ff"),
        ({"a": [nan, None]}, {"a": [None, None]}),
        ({1: True}, {"1": True}),
        (2**80, 2**80),
    ],
)
def test_values_as_json(value, expected):
    assert as_json(value) == expected
    json.dumps(as_json(value), allow_nan=False)


def test_text_cannot_drive_the_terminal():
    assert as_text("a\x1b[31mb\tc\nd") == "a\\x1b[31mb\\tc\nd"


@pytest.mark.parametrize(
    ("value", "text"), [(0.002, "+0.0020"), (-0.1184, "−0.1184"), (0.0, "0.0000"), (-0.00001, "0.0000")]
)
def test_differences_have_their_sign(value, text):
    assert signed(value, 4) == text


def test_the_name_of_a_file_says_its_format(tmp_path):
    names = {"a.csv": "csv", "a.JSON": "json", "a.ndjson": "jsonl", "a.md": "markdown", "a.tex": "latex"}
    assert {name: format_of(tmp_path / name).value for name in names} == names
    assert format_of(tmp_path / "a.txt") is Format.TABLE


def test_markdown_has_as_many_cells_whatever_is_in_them():
    text = markdown(plain_sheet(table(("p|q", "n"), (SPECIAL, 1), ("two\nlines", None))))
    lines = text.splitlines()
    assert len(lines) == 4
    for line in lines:
        assert len(re.split(r"(?<!\\)\|", line)) == 4
    assert re.sub(r"\\(.)", r"\1", re.split(r"(?<!\\)\|", lines[2])[1].strip()) == SPECIAL


def test_markdown_aligns_numbers_right_and_leaves_names_readable():
    text = markdown(
        Sheet("T", ("note",), (Column("Corpus", "word"), Column("F1", "score")), (("mandarin_as", "0.5"),))
    )
    assert text == "**T**\n\n| Corpus      |  F1 |\n| ----------- | --: |\n| mandarin_as | 0.5 |\n\nnote\n"


def plain(source):
    """What TeX would set for the commands that `latex` writes: read back with a scanner of our own."""
    commands = {
        "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
        "textless": "<", "textgreater": ">", "textbar": "|",
    }  # fmt: skip
    token = re.compile(r"\\([a-z]+)\{\}|\\([&%$#_{}])|\$([-+])\$|([^\\$&%#_{}~^<>|])")
    position, result = 0, ""
    while position < len(source):
        match = token.match(source, position)
        assert match, f"TeX would stumble at {source[position:]!r}"
        result += commands[match[1]] if match[1] else match[2] or match[3] or match[4]
        position = match.end()
    return result


@given(st.text(st.sampled_from(SPECIAL + "ab+")))
def test_latex_escapes_what_tex_would_stumble_on(text):
    source = latex(Sheet("", (), (Column("a", "word"),), ((text,),)))
    row = source.splitlines()[6]
    assert row.endswith(r" \\")
    assert plain(row.removesuffix(r" \\").strip()) == text.strip()


def test_latex_repeats_no_first_cell_but_leaves_out_none_that_differs():
    cells = (("2", "a"), ("2", "b"), ("4", "b"), ("all", "b"))
    columns = (Column("k", "count"), Column("Corpus", "word"))
    rows = re.findall(
        r"^    (\S*) & (\S+) ", latex(Sheet("", (), columns, cells, frozenset({3}))), re.MULTILINE
    )
    assert rows == [("k", "Corpus"), ("2", "a"), ("", "b"), ("4", "b"), ("all", "b")]


def test_latex_balances_and_counts():
    columns = (
        Column("k", "count", latex="$k$"),
        Column("Corpus", "word"),
        Column("Δ", "delta", latex=r"$\Delta$"),
    )
    cells = (("2", "a_b", "−0.1"), ("2", "c", "+0.2"), ("4", "a_b", "–"))
    source = latex(Sheet("Title, 100%", ("note",), columns, cells, frozenset({2})))
    assert (
        source
        == r"""\begin{table}
  \centering
  \caption{Title, 100\%. note.}
  \begin{tabular}{rlr}
    \toprule
    $k$ & Corpus & $\Delta$ \\
    \midrule
    2 & a\_b & $-$0.1 \\
     & c & $+$0.2 \\
    \midrule
    4 & a\_b & -- \\
    \bottomrule
  \end{tabular}
\end{table}
"""
    )
