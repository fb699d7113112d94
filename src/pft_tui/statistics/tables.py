"""The statistics as flat rows, from rows of the database: what reports and commands show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TypeVar

from pft_tui.statistics.best_sets import BestSet, best_sets
from pft_tui.statistics.compare import Comparison
from pft_tui.statistics.languages import (
    CorpusLanguages,
    LanguageEffect,
    LanguageInteraction,
    language_effects,
    language_interactions,
)
from pft_tui.statistics.pairing import Missing
from pft_tui.statistics.powerset import ModelScores, Powerset, powersets
from pft_tui.statistics.resampling import DEFAULT, Interval, Resampling
from pft_tui.statistics.shapley import ShapleyValue, shapley_values
from pft_tui.statistics.summary import Summary
from pft_tui.statistics.trials import Cell, Row

SETTING = ("protocol", "method", "encoder", "downstream")
BASE = "base"

# The rows that the tables of sets of corpora are made from: one per (setting, k, set of corpora), its `cells`
# being those of ModelScores. Few rows with lists are read several times as fast as a row for each trial.
POWERSET_CELLS = """
select
    k,
    corpora,
    list(row(speaker, emotion, language, sum_f1, trials, expected)) as cells,
    unnest(setting)
from private.cell_sums
group by setting, k, corpora
"""
# The languages of each corpus, as (corpus, languages).
CORPUS_LANGUAGES = """
select corpus, list_sort(list(distinct language)) as languages
from utterances
where language is not null
group by corpus
"""

MISSING_COLUMNS = (*Cell._fields, "language", "status_a", "status_b")

FlatRow = dict[str, object]
Result = TypeVar("Result", ShapleyValue, BestSet, LanguageEffect, LanguageInteraction)


def comparison_table(comparisons: Sequence[Comparison], by: Sequence[str]) -> list[FlatRow]:
    """A row for each comparison; the row over all groups has None in the columns `by`."""
    return [{**{name: row.group.get(name) for name in by}, **_compared(row)} for row in comparisons]


def missing_table(missing: Iterable[Missing]) -> list[FlatRow]:
    """A row of MISSING_COLUMNS for each cell that is no pair, with how the trials of A and B stand."""
    return [
        dict(zip(MISSING_COLUMNS, (*each.cell, each.language, each.a, each.b), strict=True))
        for each in missing
    ]


def shapley_table(rows: Iterable[Row], resampling: Resampling = DEFAULT) -> list[FlatRow]:
    """The Shapley value of each corpus: a row for each (setting, k, corpus).

    `rows` are those of POWERSET_CELLS. Columns: k, corpus, shapley, se, low, high, speakers; then how
    much is there (see Coverage), a note, and the setting.
    """
    return _table(
        rows,
        lambda powerset: shapley_values(powerset, resampling),
        lambda value: {"k": value.k, "corpus": value.corpus, **_summed("shapley", value.summary)},
    )


def best_set_table(rows: Iterable[Row], resampling: Resampling = DEFAULT) -> list[FlatRow]:
    """The best set of each size: a row for each (setting, k, n_corpora); `rows` as in `shapley_table`.

    Columns: k, n_corpora, corpus_set, mean_f1, se, low, high, speakers, wins; then as in `shapley_table`.
    """
    return _table(
        rows,
        lambda powerset: best_sets(powerset, resampling),
        lambda best: {
            "k": best.k,
            "n_corpora": best.size,
            "corpus_set": "+".join(sorted(best.corpora)) or BASE,
            **_summed("mean_f1", best.summary),
            "wins": best.wins,
        },
    )


def language_table(
    rows: Iterable[Row], languages: CorpusLanguages, resampling: Resampling = DEFAULT
) -> list[FlatRow]:
    """What corpora in a language bring: a row for each (setting, k, language of corpora, of speakers).

    `rows` as in `shapley_table`; `languages` are those of each corpus. Columns: k, corpus_language,
    speaker_language, delta_with, delta_without, effect, se, low, high, speakers; then as there. Raises
    UsageError where a corpus has no language.
    """
    return _table(
        rows,
        lambda powerset: language_effects(powerset, languages, resampling),
        lambda effect: {
            "k": effect.k,
            "corpus_language": effect.corpus_language,
            "speaker_language": effect.speaker_language,
            "delta_with": effect.delta_with,
            "delta_without": effect.delta_without,
            **_summed("effect", effect.effect),
        },
    )


def interaction_table(
    rows: Iterable[Row], languages: CorpusLanguages, resampling: Resampling = DEFAULT
) -> list[FlatRow]:
    """How much more a language brings to its own speakers: a row for each (setting, k, language).

    Arguments as in `language_table`. Columns: k, language, own, other, interaction, low, high,
    own_speakers, other_speakers; then as in `shapley_table`.
    """
    return _table(
        rows,
        lambda powerset: language_interactions(powerset, languages, resampling),
        lambda result: {
            "k": result.k,
            "language": result.language,
            "own": result.own,
            "other": result.other,
            "interaction": result.interaction,
            **_ends(result.interval),
            "own_speakers": result.own_speakers,
            "other_speakers": result.other_speakers,
        },
    )


def _table(
    rows: Iterable[Row],
    analyse: Callable[[Powerset], list[Result]],
    flatten: Callable[[Result], FlatRow],
) -> list[FlatRow]:
    """What `analyse` finds at each k of each setting, flattened, with coverage, note and setting."""
    by_setting: dict[tuple[str, ...], list[ModelScores]] = defaultdict(list)
    for row in rows:
        setting = tuple(row[name] for name in SETTING)
        by_setting[setting].append(ModelScores(row["k"], frozenset(row["corpora"]), row["cells"]))
    return [
        {
            **flatten(result),
            **asdict(result.coverage),
            "note": result.note,
            **dict(zip(SETTING, setting, strict=True)),
        }
        for setting in sorted(by_setting)
        for powerset in powersets(by_setting[setting])
        for result in analyse(powerset)
    ]


def _compared(row: Comparison) -> FlatRow:
    return {
        "pairs": row.pairs,
        "possible": row.possible,
        "speakers": row.difference.speakers if row.difference else 0,
        **_side("a", row.a),
        **_side("b", row.b),
        **_summed("difference", row.difference, speakers=False),
        "sd": row.difference.sd if row.difference else None,
        "se_trials": row.difference.se if row.difference else None,
        "p": row.test.p if row.test else None,
        "p_holm": row.p_holm,
        "p_smallest": row.test.smallest if row.test else None,
        "p_exact": row.test.exact if row.test else None,
        "wilcoxon_p": row.wilcoxon.p if row.wilcoxon else None,
        "d_z": row.d_z,
        "rank_biserial": row.rank_biserial,
        "note": row.note,
    }


def _side(name: str, summary: Summary | None) -> FlatRow:
    ends = _ends(summary.interval if summary else None)
    return {
        f"mean_{name}": summary.mean if summary else None,
        **{f"{end}_{name}": value for end, value in ends.items()},
    }


def _summed(name: str, summary: Summary | None, *, speakers: bool = True) -> FlatRow:
    """The mean as `name`, its standard error and interval by speaker, and the number of speakers."""
    count: FlatRow = {"speakers": summary.speakers if summary else 0} if speakers else {}
    return {
        name: summary.mean if summary else None,
        "se": summary.speaker_se if summary else None,
        **_ends(summary.interval if summary else None),
        **count,
    }


def _ends(interval: Interval | None) -> FlatRow:
    return dict(zip(("low", "high"), interval or (None, None), strict=True))
