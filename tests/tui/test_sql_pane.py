"""Screen 5 on a real snapshot: questions, mistakes, a question that is stopped, what is kept."""

import asyncio
import csv
import json
import threading
import time

import duckdb
import pytest
from dashboards import opened
from textual.widgets import Static, TextArea, Tree

from pft_tui.store.inquiry import MOST_ROWS, Inquiry, StoppedError, WrongSqlError
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.sql.queries import Queries


async def ask(pilot, sql):
    """Type a question over what is there, and run it."""
    editor = pilot.app.screen.query_one("#editor", TextArea)
    editor.load_text(sql)
    editor.focus()
    await pilot.press("f5")
    await settled(pilot)


async def settled(pilot):
    for _ in range(200):
        await pilot.pause(0.02)
        if pilot.app.screen_stack[0]._inquiry is None:
            break
    await pilot.pause()


def said(app):
    return str(app.screen.query_one("#said", Static).content)


def test_an_answer_stands_in_the_table_as_duckdb_gives_it(finished):
    async def go():
        async with opened(finished, "SQL") as pilot:
            await ask(pilot, "select corpus_set, k, trials from powerset order by all")
            table = pilot.app.screen.query_one(LongTable)
            with duckdb.connect(str(finished.snapshot), read_only=True) as stock:
                rows = stock.sql("select corpus_set, k, trials from powerset order by all").fetchall()
            assert table.count == len(rows)
            assert [column.header for column in table.columns] == ["corpus_set", "k", "trials"]
            assert [table._cells(row) for row in range(len(rows))] == [[str(v) for v in row] for row in rows]
            assert said(pilot.app).startswith(f"{len(rows)} rows")

    asyncio.run(go())


def test_a_mistake_is_said_and_selected(finished):
    async def go():
        async with opened(finished, "SQL") as pilot:
            await ask(pilot, "select 1 as a;\n\nselect\n  k, nonsense\nfrom powerset")
            assert "nonsense" in said(pilot.app)
            editor = pilot.app.screen.query_one("#editor", TextArea)
            assert editor.selected_text == "nonsense"
            assert editor.selection.start == (3, 5)

    asyncio.run(go())


def test_a_slow_question_is_stopped_and_the_screen_answers_meanwhile(finished):
    async def go():
        async with opened(finished, "SQL") as pilot:
            editor = pilot.app.screen.query_one("#editor", TextArea)
            editor.load_text("select count(*) from range(100000000000) where range % 7 > 8")
            await pilot.press("f5")
            await pilot.pause(0.3)
            assert "asking" in said(pilot.app)
            began = time.monotonic()
            await pilot.press("escape")
            await settled(pilot)
            assert said(pilot.app) == "stopped"
            assert time.monotonic() - began < 5

    asyncio.run(go())


def test_schema_history_saved_queries_and_export(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def go():
        async with opened(finished, "SQL") as pilot:
            tree = pilot.app.screen.query_one("#schema", Tree)
            names = [str(node.label) for node in tree.root.children]
            assert {"trials", "powerset", "table1", "metrics"} <= set(names)
            await ask(pilot, "from table1")
            await pilot.press("f2", *"mine", "enter")
            await pilot.pause(0.3)
            assert (finished.root / "queries" / "mine.sql").read_text() == "from table1\n"
            await ask(pilot, "select 7 as seven")
            await pilot.press("f4", "enter")
            await pilot.pause(0.2)
            assert pilot.app.screen.query_one("#editor", TextArea).text == "select 7 as seven"
            await pilot.press("f3", "enter")
            await pilot.pause(0.2)
            assert pilot.app.screen.query_one("#editor", TextArea).text == "from table1"
            await pilot.press("escape", "e")
            await pilot.pause(0.1)
            await pilot.press("down", "down", "enter")
            await pilot.pause(0.5)
            (written,) = tmp_path.glob("pft-sql-*.csv")
            assert list(csv.reader(written.read_text().splitlines())) == [["seven"], ["7"]]

    asyncio.run(go())


def test_the_editor_comes_back_with_the_dashboard(finished):
    async def first():
        async with opened(finished, "SQL") as pilot:
            pilot.app.screen.query_one("#editor", TextArea).load_text("from models")
            await pilot.pause(1.3)  # a beat

    async def second():
        async with opened(finished, None) as pilot:
            assert pilot.app.current_mode == "SQL"
            assert pilot.app.screen.query_one("#editor", TextArea).text == "from models"

    asyncio.run(first())
    asyncio.run(second())


def test_on_a_narrow_terminal_the_tables_come_and_go(finished):
    async def go():
        async with opened(finished, "SQL", size=(80, 24)) as pilot:
            tree, editor = (pilot.app.screen.query_one(name) for name in ("#schema", "#editor"))
            assert not tree.display
            await pilot.press("f8")
            for _ in range(200):
                await pilot.pause(0.05)
                if tree.root.children:
                    break
            assert tree.display
            assert tree.has_focus
            node = next(node for node in tree.root.children if node.data == "trials")
            node.expand()
            await pilot.pause()
            tree.move_cursor(node.children[0])
            await pilot.press("enter")
            await pilot.pause(0.1)
            assert editor.has_focus
            assert editor.text.startswith(str(node.children[0].data))
            assert not tree.display

    asyncio.run(go())


def test_an_inquiry_holds_back_what_is_too_much_and_exports_all_of_it(finished, tmp_path):
    inquiry = Inquiry(finished, f"select range as n from range({MOST_ROWS + 5})")
    answer = inquiry.answer()
    assert answer.is_cut
    assert len(answer.table.rows) == MOST_ROWS
    path = tmp_path / "all.parquet"
    assert inquiry.save(path) == MOST_ROWS + 5
    assert duckdb.sql(f"select count(*), max(n) from '{path}'").fetchall() == [(MOST_ROWS + 5, MOST_ROWS + 4)]


@pytest.mark.parametrize(
    ("sql", "line", "column"),
    [
        ("selec 1", 0, 0),
        ("select 1;\nselect 2 form x y", 1, 14),
        ("create temp table t as select 1 as x;\n\nselect\n y from t", 3, 1),
        ("select " + "1 + " * 100 + "nope from range(3)" + " -- " + "more " * 50, 0, 407),
    ],
)
def test_the_place_of_a_mistake(finished, sql, line, column):
    with pytest.raises(WrongSqlError) as caught:
        Inquiry(finished, sql).answer()
    assert (caught.value.line, caught.value.column) == (line, column)


def test_stopping_before_and_while_it_runs(finished):
    inquiry = Inquiry(finished, "select count(*) from range(100000000000) a where a.range % 7 > 8")
    threading.Timer(0.2, inquiry.stop).start()
    with pytest.raises(StoppedError):
        inquiry.answer()
    early = Inquiry(finished, "select 1")
    early.stop()
    with pytest.raises(StoppedError):
        early.answer()


def test_the_history_survives_a_line_that_was_cut_short(finished):
    queries = Queries(finished)
    queries.remember("select 1")
    queries.remember("select 2")
    queries.remember("select 1")
    history = finished.private / "sql_history.jsonl"
    assert [json.loads(line) for line in history.read_text().splitlines()] == ["select 2", "select 1"]
    assert history.stat().st_mode & 0o077 == 0
    with history.open("a") as file:
        file.write('"select 3')
    assert queries.recent() == ["select 1", "select 2"]
