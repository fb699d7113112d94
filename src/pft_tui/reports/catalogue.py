"""What can be shown: each report is one SQL view or one statistic, and an entry here adds one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from pft_tui.errors import UsageError
from pft_tui.registry import near_miss

Look = Literal[
    "word",  # as it is, on the left; all others stand on the right
    "number",  # as it is
    "count",  # a whole number
    "score",  # a fraction, with four decimals as in the paper
    "delta",  # a difference of scores: with its sign, coloured
    "yes",  # yes or no
    "share",  # a fraction, in per cent
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
    "speaker": Column("Speaker", "word"),
    "emotion": Column("Emotion", "word"),
    "trials": Column("Trials", "count", of="expected"),
    "cells": Column("Cells", "count", of="expected_cells"),
    "mean_f1": Column("Mean F1", "score"),
    "se_f1": Column("SE", "score"),
    "mean_delta": Column("Mean Δ", "delta", latex=r"Mean $\Delta$"),
    "se_delta": Column("SE", "score"),
    "f1_in": Column("F1_in", "score", latex=r"$\mathrm{F1}_{in}$"),
    "f1_all": Column("F1_all", "score", latex=r"$\mathrm{F1}_{all}$"),
    "f1_ex": Column("F1_ex", "score", latex=r"$\mathrm{F1}_{ex}$"),
    "delta": Column("Δ", "delta", latex=r"$\Delta$"),
    "no_pft": Column("No PFT", "score"),
    "all_pft": Column("All PFT", "score"),
    "delta_vs_base": Column("Δ base", "delta", latex=r"$\Delta$ base"),
    "paper_f1_in": Column("Paper's F1_in", "score", latex=r"Paper's $\mathrm{F1}_{in}$"),
    "paper_f1_ex": Column("Paper's F1_ex", "score", latex=r"Paper's $\mathrm{F1}_{ex}$"),
    "paper_f1": Column("Paper's F1", "score"),
    "paper_delta": Column("Paper's Δ", "delta", latex=r"Paper's $\Delta$"),
    "difference": Column("Ours − paper's", "delta"),
    "sign_agrees": Column("Same sign", "yes"),
    "rank": Column("Rank", "count"),
    "paper_rank": Column("Paper's rank", "count"),
    "rank_agrees": Column("Same rank", "yes"),
    "name": Column("Metric", "word"),
    "epoch": Column("Epoch", "count"),
    "value": Column("Value", "score"),
    "is_best": Column("Kept", "yes"),
    "shapley": Column("Shapley value", "delta"),
    "effect": Column("Effect", "delta"),
    "corpus_language": Column("Corpora in", "word"),
    "speaker_language": Column("Speakers of", "word"),
    "delta_with": Column("Δ with", "delta", latex=r"$\Delta$ with"),
    "delta_without": Column("Δ without", "delta", latex=r"$\Delta$ without"),
    "se": Column("SE", "score"),
    "low": Column("95 % from", "score"),
    "high": Column("to", "score"),
    "wins": Column("Best in", "share"),
    "speakers": Column("Speakers", "count"),
    "note": Column("Note", "word"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A view with its title, the columns to show and the order of its rows, which names them.

    `label` is its name in a list. Rows that agree in the first column of `order` form a block. While trials
    are missing, `trials` is shown in any case, and `note` where there is any. Import paths: `figure` is
    what draws the rows in a terminal and `plot` for print, `statistic` what computes them where they are no
    view's, `summary` what says in words what they come to. `vs_paper` is the report that has the published
    numbers beside these. `takes` is what must have finished trials for there to be rows.
    """

    label: str
    title: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    figure: str | None = None
    statistic: str | None = None
    summary: str | None = None
    plot: str | None = None
    vs_paper: str | None = None
    takes: str = "the encoder as it is and models pre-finetuned from it"


REPORTS: Mapping[str, Report] = {
    "table1": Report(
        "Table 1",
        "Table 1: pre-finetuned on one corpus alone (in) or on all but it (ex), macro F1",
        ("k", "corpus", "f1_in", "f1_ex", "delta"),
        ("k", "corpus"),
        vs_paper="table1_vs_paper",
        takes="a model of one corpus alone and one of all the others",
    ),
    "figure2": Report(
        "Figure 2",
        "Figure 2: macro F1 over the number of pre-finetuning corpora",
        ("k", "n_corpora", "trials", "mean_f1", "se_f1"),
        ("k", "n_corpora"),
        "pft_tui.reports.figures:figure2",
        plot="pft_tui.reports.plots:figure2",
    ),
    "figure3": Report(
        "Figure 3",
        "Figure 3: change of macro F1 from pre-finetuning with each corpus",
        ("k", "corpus", "cells", "mean_delta", "se_delta"),
        ("k", "corpus"),
        "pft_tui.reports.bars:figure3",
        plot="pft_tui.reports.plots:figure3",
    ),
    "figure4": Report(
        "Figure 4",
        "Figure 4: macro F1 without and with all pre-finetuning, by language and emotion",
        ("language", "emotion", "k", "no_pft", "all_pft", "delta"),
        ("language", "emotion", "k"),
        "pft_tui.reports.figures:figure4",
        plot="pft_tui.reports.plots:figure4",
    ),
    "powerset": Report(
        "Power set",
        "Every set of pre-finetuning corpora",
        ("corpus_set", "n_corpora", "k", "trials", "mean_f1", "se_f1", "delta_vs_base"),
        ("n_corpora", "corpus_set", "k"),
        "pft_tui.reports.heatmap:powerset",
        plot="pft_tui.reports.plots:powerset",
        vs_paper="powerset_vs_paper",
    ),
    "ablation": Report(
        "Ablation",
        "What leaving each corpus out of all costs, macro F1",
        ("k", "corpus", "f1_all", "f1_ex", "delta"),
        ("k", "corpus"),
        "pft_tui.reports.bars:ablation",
        takes="a model of all corpora and one of all but one",
    ),
    "speaker_emotion": Report(
        "Speakers",
        "Macro F1 without and with all pre-finetuning, by speaker and emotion",
        ("speaker", "language", "emotion", "k", "no_pft", "all_pft", "delta"),
        ("speaker", "emotion", "k"),
        "pft_tui.reports.heatmap:speaker_emotion",
    ),
    "learning_curves": Report(
        "Learning curves",
        "Learning curves of the models in pre-finetuning",
        ("corpus_set", "name", "epoch", "value", "is_best"),
        ("n_corpora", "corpus_set", "name", "epoch"),
        "pft_tui.reports.curves:losses_of_models",
        plot="pft_tui.reports.plots:learning_curves",
        takes="models pre-finetuned in this workspace",
    ),
    "table1_vs_paper": Report(
        "Table 1 vs paper",
        "Table 1 beside the paper's",
        (
            *("k", "corpus", "f1_in", "paper_f1_in", "f1_ex", "paper_f1_ex", "delta", "paper_delta"),
            *("difference", "sign_agrees", "rank_agrees"),
        ),
        ("k", "corpus"),
        summary="pft_tui.reports.paper:agreement",
        takes="the paper's corpora, known by their readers, at the paper's k",
    ),
    "powerset_vs_paper": Report(
        "Power set vs paper",
        "The power set beside the paper's numbers, macro F1",
        ("corpus_set", "n_corpora", "k", "trials", "mean_f1", "se_f1", "paper_f1", "difference"),
        ("n_corpora", "corpus_set", "k"),
    ),
    "shapley": Report(
        "Shapley values",
        "What each corpus adds to macro F1 (Shapley value), by speaker",
        ("k", "corpus", "shapley", "se", "low", "high", "speakers", "note"),
        ("k", "corpus"),
        "pft_tui.reports.bars:shapley",
        statistic="pft_tui.reports.statistic:shapley",
    ),
    "best_sets": Report(
        "Best sets",
        "The best set of pre-finetuning corpora of each size",
        ("k", "n_corpora", "corpus_set", "mean_f1", "se", "low", "high", "wins", "note"),
        ("k", "n_corpora"),
        "pft_tui.reports.heatmap:best_sets",
        statistic="pft_tui.reports.statistic:best_sets",
    ),
    "languages": Report(
        "Languages",
        "What corpora in a language bring to speakers of each language",
        (
            *("k", "corpus_language", "speaker_language", "delta_with", "delta_without"),
            *("effect", "low", "high", "note"),
        ),
        ("k", "corpus_language", "speaker_language"),
        "pft_tui.reports.bars:languages",
        statistic="pft_tui.reports.statistic:languages",
    ),
}


def report(name: str) -> Report:
    """The report called `name`. Raises UsageError, which names the nearest one or all, if there is none."""
    try:
        return REPORTS[name]
    except KeyError:
        hint = near_miss(name, REPORTS)
        raise UsageError(f"there is no table or figure called {name!r}", hint=hint) from None


def named(target: str) -> object:
    """What the import path `module:attribute` names, imported now."""
    module, _, attribute = target.partition(":")
    found: object = getattr(import_module(module), attribute)
    return found
