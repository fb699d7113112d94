"""Screen 3 on a real snapshot: facets, order, one trial in full, curves laid over each other."""

import asyncio
import csv
from collections import Counter

import duckdb
import pytest
from dashboards import opened
from textual.widgets import Static

from pft_tui.reports.trials import FACETS, ORDERS, details, facet_counts, mean_curves, trials
from pft_tui.tui.longtable import LongTable
from pft_tui.tui.plot.series import curve
from pft_tui.tui.plot.widget import CurvePlot
from pft_tui.tui.queue.job import JobScreen
from pft_tui.tui.trials.curves import CurvesScreen
from pft_tui.tui.trials.one import TrialScreen


def rows_of(workspace):
    """All trials as dictionaries, by the stock client."""
    with duckdb.connect(str(workspace.snapshot), read_only=True) as stock:
        found = stock.sql("from trials")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def shown(app, which="#trials"):
    return app.screen_stack[0].query_one(which, LongTable)


async def arrived(pilot, screen):
    for _ in range(100):
        await pilot.pause(0.05)
        if isinstance(pilot.app.screen, screen):
            break
    await pilot.pause(0.4)


@pytest.mark.parametrize(
    "choice",
    [{}, {"k": [2]}, {"corpus_set": ["base", "iemocap"], "emotion": ["Sad"]}, {"speaker": ["nobody"]}],
)
def test_trials_and_counts_are_those_of_a_count_by_hand(finished, choice):
    def passes(row, but=None):
        return all(row[facet] in values for facet, values in choice.items() if facet != but)

    rows = rows_of(finished)
    assert {row[0] for row in trials(finished, choice, "k").rows} == {
        row["trial_id"] for row in rows if passes(row)
    }
    counts = facet_counts(finished, choice)
    for facet in FACETS:
        assert dict(counts[facet]) == Counter(row[facet] for row in rows if passes(row, facet)), facet


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_has_every_trial(finished, order):
    table = trials(finished, {}, order)
    assert len({row[0] for row in table.rows}) == len(rows_of(finished))
    if order == "best first":
        scores = [row[table.columns.index("macro_f1")] for row in table.rows]
        assert scores == sorted(scores, reverse=True)


def test_facets_narrow_and_widen_and_come_back(finished):
    total = len(rows_of(finished))

    async def first():
        async with opened(finished, "Trials") as pilot:
            assert shown(pilot.app).count == total
            await pilot.press("f")
            lines = pilot.app.screen._lines
            target = next(i for i, line in enumerate(lines) if (line.facet, line.value) == ("k", 8))
            shown(pilot.app, "#facets").row = target
            await pilot.press("space")
            await pilot.pause(0.5)
            assert shown(pilot.app).count == total // 2
            await pilot.press("f", "down", "down")
            await pilot.pause(1.3)
            return pilot.app.screen.copied()

    async def second(trial_id):
        async with opened(finished, None) as pilot:
            await pilot.pause(0.5)
            assert shown(pilot.app).count == total // 2
            assert pilot.app.screen.copied() == trial_id
            await pilot.press("x")
            await pilot.pause(0.5)
            assert shown(pilot.app).count == total
            assert pilot.app.screen.copied() == trial_id

    asyncio.run(second(asyncio.run(first())))


def test_one_trial_in_full_and_marked_ones_over_each_other(finished):
    async def go():
        async with opened(finished, "Trials") as pilot:
            await pilot.press("enter")
            await arrived(pilot, TrialScreen)
            trial = details(finished, pilot.app.screen._trial_id).trial
            known = str(pilot.app.screen.query_one("#known", Static).content)
            assert f"{trial['macro_f1']:.4f}" in known
            assert trial["trial_id"] in known
            await pilot.press("l")
            await arrived(pilot, JobScreen)
            await pilot.press("escape")
            await arrived(pilot, TrialScreen)
            await pilot.press("escape", "space", "space", "o")
            await arrived(pilot, CurvesScreen)
            assert len(pilot.app.screen.query_one(CurvePlot).series) == 2

    asyncio.run(go())


def test_eight_can_be_marked_and_no_more(finished):
    async def go():
        async with opened(finished, "Trials") as pilot:
            await pilot.press(*["space"] * 9)
            await pilot.pause(0.2)
            assert len(pilot.app.screen._marked) == 8
            await pilot.press("up", "up", "space")
            assert len(pilot.app.screen._marked) == 7

    asyncio.run(go())


def test_mean_curves_are_the_means(with_curves):
    workspace, values = with_curves
    groups = mean_curves(workspace, {"k": [2]}, "corpus_set", "val_macro_f1")
    by_hand = {}
    for row in rows_of(workspace):
        if row["k"] == 2:
            for epoch, value in values[row["trial_id"]]:
                by_hand.setdefault((row["corpus_set"], epoch), []).append(value)
    found = {(group.value, epoch): (mean, n) for group in groups for epoch, mean, _, n in group.points}
    assert found.keys() == by_hand.keys()
    for key, numbers in by_hand.items():
        assert found[key][0] == pytest.approx(sum(numbers) / len(numbers))
        assert found[key][1] == len(numbers)
    two = next(group for group in groups if group.value == "base").points[0]
    numbers = by_hand["base", two[0]]
    mean = sum(numbers) / len(numbers)
    spread = (sum((n - mean) ** 2 for n in numbers) / (len(numbers) - 1)) ** 0.5
    assert two[2] == pytest.approx(spread / len(numbers) ** 0.5)


def test_group_means_on_screen(with_curves):
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, "Trials") as pilot:
            await pilot.press("m", "enter")
            await arrived(pilot, CurvesScreen)
            plot = pilot.app.screen.query_one(CurvePlot)
            assert len(plot.series) == 8
            assert all(series.low is not None for series in plot.series)

    asyncio.run(go())


def test_curves_beyond_the_eighth_are_counted(with_curves):
    workspace, _ = with_curves
    line = curve("one", [1, 2, 3], [0.1, 0.2, 0.3])

    async def go():
        async with opened(workspace, "Trials") as pilot:
            said = []
            for count in (8, 9):
                screen = CurvesScreen("Mean curves", lambda _, count=count: [line] * count)
                await pilot.app.push_screen(screen)
                await pilot.pause(0.3)
                plot = screen.query_one(CurvePlot)
                assert len(plot.series) == 8
                said.append(plot.render_line(0).text)
                await pilot.press("escape")
            return said

    eight, nine = asyncio.run(go())
    assert "of 9" not in eight
    assert "the first 8 of 9" in nine


def test_keys_that_come_at_once_go_where_the_first_leads(finished):
    async def go():
        async with opened(finished, "Trials", size=(80, 24)) as pilot:
            for _ in range(100):
                await pilot.pause(0.05)
                if shown(pilot.app, "#facets").count:
                    break
            for key in ("f", "down", "space"):  # as a terminal sends what was typed ahead
                pilot.app.simulate_key(key)
            for _ in range(100):
                await pilot.pause(0.05)
                if pilot.app.screen._chosen:
                    break
            return pilot.app.screen._chosen, pilot.app.screen._marked

    assert asyncio.run(go()) == ({"corpus_set": ["base"]}, [])


def test_the_list_is_exported_whole(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def go():
        async with opened(finished, "Trials") as pilot:
            await pilot.press("e", "down", "down", "enter")
            await pilot.pause(0.5)

    asyncio.run(go())
    (path,) = tmp_path.glob("pft-trials-*.csv")
    written = list(csv.DictReader(path.read_text().splitlines()))
    assert {row["trial_id"] for row in written} == {row["trial_id"] for row in rows_of(finished)}
