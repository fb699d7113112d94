import io
from collections import Counter
from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from pft_tui.reports.catalogue import Column
from pft_tui.reports.layout import laid_out
from pft_tui.reports.sheet import Sheet
from pft_tui.reports.terminal import console_for, show_sheet

COLUMNS = (Column("name", "word"), Column("F1", "score"), Column("Δ", "delta"))


def lines(sheet, width=None):
    return "".join(segment.text for segment in laid_out(sheet, width)).splitlines()


def sheet(*cells, columns=COLUMNS, blocks=()):
    return Sheet("", (), columns, tuple(cells), frozenset(blocks))


def test_words_stand_left_and_numbers_right():
    assert lines(sheet(("a", "0.5", "+0.1"), ("longer", "10.25", "–"), blocks={1})) == [
        "name       F1     Δ",
        "──────  ─────  ────",
        "a         0.5  +0.1",
        "──────  ─────  ────",
        "longer  10.25     –",
    ]


def test_a_long_text_wraps_between_words():
    text = "the speech of the first session is quite long"
    assert [line.rstrip() for line in lines(sheet((text, "0.5", "+0.1")), 30)[2:]] == [
        "the speech of the    0.5  +0.1",
        "first session is",
        "quite long",
    ]


def test_a_row_that_does_not_fit_becomes_a_list():
    assert lines(sheet(("averylongidentifier", "0.5", "+0.1")), 20) == [
        "row 1",
        "  name  averylongide",
        "        ntifier",
        "  F1    0.5",
        "  Δ     +0.1",
    ]


word = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=30)
cell = st.lists(word, min_size=1, max_size=8).map(" ".join)


@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=4), st.integers(12, 90))
def test_nothing_is_cut_and_nothing_is_too_wide(cells, width):
    text = lines(sheet(*cells), width)
    assert all(cell_len(line) <= width for line in text)
    asked = Counter(char for row in cells for value in row for char in value if char != " ")
    assert Counter("".join(text)) >= asked


def test_without_a_width_every_cell_is_on_one_line():
    long = " ".join(["word"] * 500)
    assert lines(sheet((long, "0.5", "–")))[2].startswith(long)


def test_chinese_keeps_columns_in_line():
    columns = (Column("text", "word"), Column("n", "count"))
    ends = {cell_len(line) for line in lines(sheet(("你好", "1"), ("hello", "22"), columns=columns))}
    assert ends == {9}


def printed(text, **options):
    out = io.StringIO()
    show_sheet(sheet(("a", "0.5", text)), Console(file=out, force_terminal=True, width=80, **options))
    return out.getvalue()


def test_a_gain_and_a_loss_differ_in_colour_and_without(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    gain, loss = (printed(sign + "0.1", color_system="truecolor") for sign in "+−")
    assert "38;2;86;180;233" in gain
    assert "38;2;230;159;0" in loss
    monkeypatch.setenv("NO_COLOR", "1")
    gain, loss = (printed(sign + "0.1", color_system="truecolor") for sign in "+−")
    assert "38;" not in gain + loss
    assert gain.replace("+", "−") == loss


def test_into_a_pipe_goes_plain_text_as_wide_as_it_is():
    out = io.StringIO()
    show_sheet(sheet(("word " * 60, "0.5", "+0.1")), console_for(out))
    assert "\x1b" not in out.getvalue()
    assert len(out.getvalue().splitlines()) == 3


def test_ten_thousand_rows_are_a_matter_of_a_second():
    rows = [(f"speaker {number}", f"{number / 7}", f"+{number}") for number in range(10_000)]
    started = process_time()
    assert len(lines(sheet(*rows), 80)) == 10_002
    assert process_time() - started < 3
