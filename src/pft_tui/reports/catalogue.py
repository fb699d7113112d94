"""What can be shown: each report is one SQL view, and one line here adds one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pft_tui.errors import UsageError

Look = Literal[
    "word",  # as it is, on the left; all others stand on the right
    "number",  # as it is
    "count",  # a whole number
    "score",  # a fraction, with four decimals as in the paper
    "delta",  # a difference of scores: with its sign, coloured
    "yes",  # yes or no
]


@dataclass(frozen=True, slots=True)
class Column:
    """How a column of a view is headed and written.

    `latex` is the header as LaTeX source, if that differs. A count with `of` counts what has finished of
    that other column, and is written `n/N` while something is missing.
    """

    header: str
    look: Look
    latex: str | None = None
    of: str | None = None


COLUMNS: Mapping[str, Column] = {
    "k": Column("k", "count", latex="$k$"),
    "n_corpora": Column("Corpora", "count"),
    "corpus": Column("Corpus", "word"),
    "corpus_set": Column("Pre-finetuned on", "word"),
    "language": Column("Language", "word"),
    "emotion": Column("Emotion", "word"),
    "trials": Column("Trials", "count", of="expected"),
    "cells": Column("Cells", "count", of="expected_cells"),
    "mean_f1": Column("Mean F1", "score"),
    "se_f1": Column("SE", "score"),
    "mean_delta": Column("Mean Δ", "delta", latex=r"Mean $\Delta$"),
    "se_delta": Column("SE", "score"),
    "f1_in": Column("F1_in", "score", latex=r"$\mathrm{F1}_{in}$"),
    "f1_ex": Column("F1_ex", "score", latex=r"$\mathrm{F1}_{ex}$"),
    "delta": Column("Δ", "delta", latex=r"$\Delta$"),
    "no_pft": Column("No PFT", "score"),
    "all_pft": Column("All PFT", "score"),
    "delta_vs_base": Column("Δ base", "delta", latex=r"$\Delta$ base"),
    "paper_delta": Column("Paper's Δ", "delta", latex=r"Paper's $\Delta$"),
    "sign_agrees": Column("Same sign", "yes"),
    "rank": Column("Rank", "count"),
    "paper_rank": Column("Paper's rank", "count"),
    "rank_agrees": Column("Same rank", "yes"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A view with its title, the columns to show and the order of its rows.

    Rows that agree in the first column of `order` form a block. While trials are missing, `trials` is shown
    in any case. `figure` is the import path of what draws the rows, if something does.
    """

    title: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    figure: str | None = None


REPORTS: Mapping[str, Report] = {
    "table1": Report(
        "Table 1: pre-finetuned on one corpus alone (in) or on all but it (ex), macro F1",
        ("k", "corpus", "f1_in", "f1_ex", "delta"),
        ("k", "corpus"),
    ),
    "figure2": Report(
        "Figure 2: macro F1 over the number of pre-finetuning corpora",
        ("k", "n_corpora", "trials", "mean_f1", "se_f1"),
        ("k", "n_corpora"),
        "pft_tui.reports.figures:figure2",
    ),
    "figure3": Report(
        "Figure 3: change of macro F1 from pre-finetuning with each corpus",
        ("k", "corpus", "cells", "mean_delta", "se_delta"),
        ("k", "corpus"),
        "pft_tui.reports.figures:figure3",
    ),
    "figure4": Report(
        "Figure 4: macro F1 without and with all pre-finetuning, by language and emotion",
        ("language", "emotion", "k", "no_pft", "all_pft", "delta"),
        ("language", "emotion", "k"),
        "pft_tui.reports.figures:figure4",
    ),
    "powerset": Report(
        "Every set of pre-finetuning corpora",
        ("corpus_set", "n_corpora", "k", "trials", "mean_f1", "se_f1", "delta_vs_base"),
        ("n_corpora", "corpus_set", "k"),
        "pft_tui.reports.heatmap:powerset",
    ),
    "table1_vs_paper": Report(
        "Table 1 beside the paper's: change of macro F1 from in to ex",
        ("k", "corpus", "delta", "paper_delta", "sign_agrees", "rank", "paper_rank", "rank_agrees"),
        ("k", "corpus"),
    ),
}


def report(name: str) -> Report:
    """The report called `name`. Raises UsageError, which lists all names, if there is none."""
    try:
        return REPORTS[name]
    except KeyError:
        known = ", ".join(REPORTS)
        raise UsageError(f"there is no table or figure called {name!r}", hint=f"there are: {known}") from None
