"""Screen 4 on a real snapshot: every report, whatever is chosen, down to the trials behind a number."""

import asyncio
import csv
from statistics import fmean

import duckdb
import pytest
from dashboards import opened
from finished_trials import score, workspace_with
from textual.widgets import Static

from pft_tui.reports.catalogue import REPORTS
from pft_tui.reports.rows import PLACE
from pft_tui.specs import ALL_EMOTIONS
from pft_tui.store.subset import Subset
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.results.narrowing import Marks, Narrow
from pft_tui.tui.results.picture import Picture
from pft_tui.tui.results.wish import LISTED, Wish


def stock(workspace, sql):
    """What the stock client finds."""
    with duckdb.connect(str(workspace.snapshot), read_only=True) as connection:
        return connection.sql(sql).fetchall()


async def until(pilot, condition):
    """Wait for something to become true of the screen."""
    for _ in range(1000):
        await pilot.pause(0.02)
        pane = pilot.app.screen_stack[0]
        if pane.name == "Results" and pane._found is not None and condition(pane):
            await pilot.pause(0.05)
            return pane
    raise AssertionError("waited in vain")


def showing(name):
    return lambda pane: pane._found.wish.name == name


def said(pane, which="#said"):
    return str(pane.query_one(which, Static).content)


async def press(pilot, *keys):
    await pilot.press(*keys)
    await pilot.pause(0.05)


# Every report


def test_every_report_is_shown_and_drawn(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            for name in LISTED:
                if name == "languages":  # no corpus of these says its language
                    await pilot.pause(1.0)
                    pane = pilot.app.screen
                    assert "the language of corpus iemocap is not known" in said(pane, "#notes")
                    assert "set `language`" in said(pane, "#notes")
                    assert REPORTS[name].title in said(pane, "#title")
                    await press(pilot, "enter", "c", "right_square_bracket")
                    continue
                pane = await until(pilot, showing(name))
                reports = pane.query_one("#reports", LongTable)
                assert reports._cells(reports.row) == (REPORTS[name].label,)
                picture, table = pane.query_one(Picture), pane.query_one("#table", LongTable)
                assert picture.display == bool(REPORTS[name].figure)
                assert table.display != picture.display
                if pane._found.rows and picture.display:
                    assert len(picture._lines) >= 5, name
                elif pane._found.rows:
                    assert table.count == len(pane._found.rows) > 0
                await press(pilot, "right_square_bracket")
            await until(pilot, showing(LISTED[0]))
            await press(pilot, "left_square_bracket", "left_square_bracket")
            await until(pilot, showing(LISTED[-2]))

    asyncio.run(visit())


def test_a_table_has_the_numbers_of_its_view(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            pane = await until(pilot, showing("table1"))
            assert "all 128 trials finished" in said(pane, "#notes")
            table = pane.query_one("#table", LongTable)
            return [table._cells(row) for row in range(table.count)]

    rows = asyncio.run(visit())
    expected = stock(finished, "select k, corpus, f1_in, f1_ex, delta from table1 order by k, corpus")
    assert len(rows) == len(expected) == 6
    for row, (k, corpus, f1_in, f1_ex, delta) in zip(rows, expected, strict=True):
        assert row[:4] == [str(k), corpus, f"{f1_in:.4f}", f"{f1_ex:.4f}"]
        text, style = row[4]
        assert text == f"{delta:+.4f}".replace("-", "−")
        assert style


# What is chosen


def test_the_filter_leaves_the_trials_that_are_marked(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, "right_square_bracket")
            await until(pilot, showing("figure2"))
            await press(pilot, "f")
            await pilot.pause(0.3)
            assert isinstance(pilot.app.screen, Narrow)
            await press(pilot, "down", "space", "right", "right", "right", "down", "space", "enter")
            pane = await until(pilot, lambda pane: pane._found.wish.subset != Subset())
            assert pane._found.wish.subset == Subset(languages=("Mandarin",), shots=(8,))
            assert "only language: Mandarin; k: 8" in said(pane, "#notes")
            narrowed = {(row["k"], row["n_corpora"]): row["mean_f1"] for row in pane._found.rows}
            await press(pilot, "f")
            await pilot.pause(0.3)
            assert pilot.app.screen.query_one("#languages", Marks).marked == {"Mandarin"}
            await press(pilot, "escape", "x")
            pane = await until(pilot, lambda pane: pane._found.wish.subset == Subset())
            assert len(pane._found.rows) == 8
            return narrowed

    found = asyncio.run(visit())
    scores = stock(finished, "select n_corpora, macro_f1 from trials where language = 'Mandarin' and k = 8")
    assert found.keys() == {(8, count) for count in range(4)}
    for (_, count), mean in found.items():
        assert mean == pytest.approx(fmean(f1 for n_corpora, f1 in scores if n_corpora == count))


def test_scores_bands_tables_and_the_papers_numbers_by_key(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, "p")
            pane = await until(pilot, showing("table1_vs_paper"))
            assert "Paper's Δ" in [column.header for column in pane._found.sheet.columns]
            assert pane._found.rows[0]["paper_f1_in"] == 0.5048
            await press(pilot, "m")
            pane = await until(pilot, lambda pane: pane._found.wish.subset.metric == "accuracy")
            assert pane._found.wish.name == "table1"
            assert "accuracy" in said(pane, "#title")
            await press(pilot, "m", "m", "right_square_bracket", "i", "t")
            pane = await until(pilot, lambda pane: pane._found.wish.intervals and pane._found.wish.as_table)
            assert {"low", "high"} <= set(pane._found.names)
            assert "95 % intervals" in said(pane, "#notes")
            assert pane.query_one("#table", LongTable).has_focus
            await press(pilot, "t")
            pane = await until(pilot, lambda pane: not pane._found.wish.as_table)
            assert pane.query_one(Picture).has_focus
            drawn = "".join(segment.text for line in pane.query_one(Picture)._lines for segment in line)
            assert "95 % interval by speaker" in drawn

    asyncio.run(visit())


def test_what_a_report_has_not_is_said(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            pane = await until(pilot, showing("table1"))
            await press(pilot, "t", "i", "o")
            await pilot.pause(0.2)
            assert pane._found.wish == Wish()
            return [notice.message for notice in pilot.app._notifications]

    words = asyncio.run(visit())
    assert any("has no figure" in each for each in words)
    assert any("no standard errors" in each for each in words)
    assert any("one protocol" in each for each in words)


def test_one_of_several_settings_is_shown(tmp_path):
    workspace = workspace_with(tmp_path, protocols=("paper", "released"))

    async def visit():
        async with opened(workspace, "Results") as pilot:
            pane = await until(pilot, showing("table1"))
            assert pane._found.setting.protocol == "paper"
            await press(pilot, "o")
            await pilot.pause(0.3)
            await press(pilot, "down", "enter")
            pane = await until(pilot, lambda pane: pane._found.setting.protocol == "released")
            assert {row["protocol"] for row in pane._found.rows} == {"released"}

    asyncio.run(visit())


# The cursor, and what is behind a number


def test_the_cursor_reads_the_figure(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, "right_square_bracket")
            pane = await until(pilot, showing("figure2"))
            assert said(pane).startswith("k 2  Corpora 0")
            await press(pilot, "right", "right")
            assert said(pane).startswith("k 2  Corpora 2")
            await press(pilot, "up")
            assert said(pane).startswith("k 8  Corpora 2")  # higher up in the figure
            pointed = pane.query_one(Picture).row
            text = pane._found.sheet.cells[pointed]
            assert pilot.app.screen.copied() == "\t".join(text)

    asyncio.run(visit())


def test_a_figure_is_drawn_anew_for_another_size_of_the_terminal(finished):
    async def visit():
        async with opened(finished, "Results", size=(80, 24)) as pilot:
            await press(pilot, "right_square_bracket")
            pane = await until(pilot, showing("figure2"))
            picture = pane.query_one(Picture)
            for size in ((200, 60), (80, 24), (120, 40)):
                await pilot.resize_terminal(*size)
                await until(pilot, lambda _: picture.virtual_size.width == picture.outer_size.width)
                assert len(picture._lines) == picture.outer_size.height

    asyncio.run(visit())


def test_a_click_points_at_a_cell_and_a_second_one_opens_it(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, *["right_square_bracket"] * LISTED.index("powerset"))
            pane = await until(pilot, showing("powerset"))
            picture = pane.query_one(Picture)
            places = {
                segment.style.meta[PLACE]: (sum(len(before.text) for before in line[:at]), y)
                for y, line in enumerate(picture._lines)
                for at, segment in enumerate(line)
                if segment.style and PLACE in segment.style.meta
            }
            wanted = next(
                place
                for place, row in enumerate(pane._found.rows)
                if (row["corpus_set"], row["k"]) == ("iemocap+msp_podcast", 8)
            )
            x, y = places[wanted]
            await pilot.click(Picture, offset=(x + 1, y))
            await pilot.pause(0.2)
            assert said(pane).startswith("Pre-finetuned on iemocap+msp_podcast  Corpora 2  k 8")
            assert picture.row == wanted
            await pilot.click(Picture, offset=(x + 1, y), times=2)
            for _ in range(200):
                await pilot.pause(0.02)
                if pilot.app.screen_stack[0].name == "Trials":
                    break
            await pilot.pause(0.5)
            return pilot.app.screen_stack[0]._chosen

    chosen = asyncio.run(visit())
    assert (chosen["corpus_set"], chosen["k"]) == (["iemocap+msp_podcast"], [8])


def test_enter_opens_the_trials_behind_a_cell(finished):
    async def visit():
        async with opened(finished, "Results") as pilot:
            pane = await until(pilot, showing("table1"))
            assert pane._column == "f1_in"
            await press(pilot, "down", "right", "enter")
            for _ in range(200):
                await pilot.pause(0.02)
                shown = pilot.app.screen_stack[0]
                if shown.name == "Trials" and shown._table is not None and len(shown._table.rows) < 128:
                    break
            return shown._chosen, len(shown._table.rows)

    chosen, count = asyncio.run(visit())
    assert chosen == {
        "k": [2],
        "corpus_set": ["iemocap+msp_podcast"],
        "protocol": ["paper"],
        "method": ["finetune"],
        "encoder": ["tiny"],
        "downstream": ["esd"],
    }
    assert count == 8


# Over time


def test_it_opens_again_where_it_was(finished):
    async def first():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, "right_square_bracket", "m", "i")
            await until(pilot, lambda pane: pane._found.wish.intervals)
            await press(pilot, "right", "right", "up")
            pane = await until(pilot, lambda pane: True)
            await press(pilot, "q")
            return pane._wish, said(pane)

    async def second():
        async with opened(finished, None) as pilot:
            pane = await until(pilot, lambda pane: pane._found.wish.intervals)
            return pane._wish, said(pane)

    assert asyncio.run(first()) == asyncio.run(second())


def test_new_results_are_shown_as_they_come(tmp_path):
    from pft_tui.events import JobFinished, JobStarted, Spool, TrialResult
    from pft_tui.store.owner import Store

    workspace = workspace_with(tmp_path, lambda corpora, trial: score(corpora, trial) if corpora else None)
    [(trial_id,), *_] = stock(workspace, "select trial_id from trials where status = 'queued' order by k")

    async def visit():
        async with opened(workspace, "Results") as pilot:
            pane = await until(pilot, showing("table1"))
            assert "112 of 128" in said(pane, "#notes")
            store = Store.open(workspace)
            outcome = TrialResult(trial_id, 9, 5, 0.5, 0.5, 0.5, 0.5, 1.0, "cpu", [], "e1", 1.0, 2.0)
            with Spool(workspace.spool / "later.jsonl") as spool:
                spool.append([JobStarted(trial_id, "w", 1, 1.0), outcome, JobFinished(trial_id, 2.0)])
            store.ingest()
            store.publish()
            store.close()
            pane = await until(pilot, lambda pane: "113 of 128" in said(pane, "#notes"))
            drawn = pane.query_one("#table", LongTable)._cells
            await pilot.pause(1.5)
            assert pane.query_one("#table", LongTable)._cells is drawn  # nothing new: nothing done

    asyncio.run(visit())


# Files


def test_trials_that_tell_all_emotions_apart_are_said_to_be_elsewhere(tmp_path):
    multiclass = workspace_with(tmp_path, lambda *_: 0.5, emotions=[ALL_EMOTIONS])

    async def visit():
        async with opened(multiclass, "Results") as pilot:
            await until(pilot, lambda _: True)
            await press(pilot, "right_square_bracket")
            pane = await until(pilot, showing("figure2"))
            await pilot.resize_terminal(80, 24)
            await pilot.pause(0.2)
            return said(pane, "#notes")

    assert "Trials screen shows them" in asyncio.run(visit())


def test_what_is_shown_is_written(finished, tmp_path):
    async def visit():
        async with opened(finished, "Results") as pilot:
            await until(pilot, showing("table1"))
            await press(pilot, "right_square_bracket", "m")
            pane = await until(pilot, lambda pane: pane._found.wish.subset.metric == "accuracy")
            ways = pane.exports()
            for suffix, write in ways.items():
                await asyncio.to_thread(write, tmp_path / f"figure2.{suffix}")
            await press(pilot, "left_square_bracket")
            pane = await until(pilot, showing("table1"))
            return set(ways), set(pane.exports())

    figure, table = asyncio.run(visit())
    assert (figure, table) == ({"csv", "md", "tex", "figure.pdf", "figure.png"}, {"csv", "md", "tex"})
    with (tmp_path / "figure2.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {"mean_f1", "se_f1", "expected", "protocol"} <= rows[0].keys()
    assert "place" not in rows[0]
    assert "Mean Acc" in (tmp_path / "figure2.md").read_text()
    assert r"\toprule" in (tmp_path / "figure2.tex").read_text()
    assert (tmp_path / "figure2.figure.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "figure2.figure.png").read_bytes().startswith(b"\x89PNG")
