"""Trials as the rows of a table, and what they are in order of."""

from __future__ import annotations

from pft_tui.store.read import Table
from pft_tui.tui.longtable import Cell, Column, Row, fitting
from pft_tui.tui.signs import SIGNS
from pft_tui.tui.words import duration, score

_HEADERS = (
    *("", "Pre-finetuned on", "k", "#", "F1", "Acc"),
    *("Emotion", "Speaker", "Language", "Best", "Took", "Protocol"),
)
_NUMBERS = {2, 3, 4, 5, 9, 10}
_MOST_WIDTH = 48
_SAMPLE = 500  # rows that columns are as wide as


def columns_for(table: Table) -> list[Column]:
    """The columns for the trials of `reports.trials.trials`."""
    places = range(0, len(table.rows), len(table.rows) // _SAMPLE + 1)
    return fitting(_HEADERS, (cells_of(table, row) for row in places), _NUMBERS, _MOST_WIDTH)


def cells_of(table: Table, row: int) -> Row:
    """A trial's cells; one that failed says why in the place of how it ran."""
    (
        _, status, corpus_set, speaker, language, emotion, k, trial,
        macro_f1, accuracy, best_epoch, epochs, seconds, protocol, error,
    ) = table.rows[row]  # fmt: skip
    cells: list[Cell] = [SIGNS[status], corpus_set or "–", str(k), str(trial)]
    cells += [score(macro_f1), score(accuracy), emotion, speaker, language or "–"]
    if error and status == "failed":
        return [*cells, "", "", (error.partition("\n")[0], SIGNS["failed"][1])]
    cells += ["" if best_epoch is None else f"{best_epoch}/{epochs}"]
    return [*cells, "" if seconds is None else duration(seconds), (protocol, "dim")]


def order_words(order: str) -> str:
    """An order as a sentence has it: `best first`, `by speaker`."""
    return order if order.endswith("first") else f"by {order}"


def facet_words(title: str) -> str:
    """A facet's title as a sentence has it: `speaker`, `what they were pre-finetuned on`."""
    words = title[0].lower() + title[1:]
    return f"what they were {words}" if words.endswith(" on") else words
