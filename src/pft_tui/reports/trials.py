"""Trials one by one: which there are, by facets, and all that is known of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.store.read import Table, held_open, query

Choice = Mapping[str, Sequence[str | int]]
Point = tuple[int, float | None]
# What trials can be narrowed to, with the headers that people read.
FACETS: Mapping[str, str] = {
    "corpus_set": "Pre-finetuned on",
    "language": "Language",
    "speaker": "Speaker",
    "emotion": "Emotion",
    "k": "k",
    "protocol": "Protocol",
    "encoder": "Encoder",
    "downstream": "Fine-tuned on",
    "method": "Method",
    "status": "State",
}
# What they can be put in order by; each begins with what is asked for most.
ORDERS: Mapping[str, str] = {
    "corpora": "n_corpora, corpus_set, k, speaker, emotion, trial",
    "best first": "macro_f1 desc nulls last",
    "worst first": "macro_f1 nulls last",
    "latest first": "finished_at desc nulls last",
    "slowest first": "seconds desc nulls last",
    "k": "k, n_corpora, corpus_set, speaker, emotion, trial",
    "speaker": "speaker, emotion, k, n_corpora, corpus_set, trial",
}
LISTED = (
    *("trial_id", "status", "corpus_set", "speaker", "language", "emotion", "k", "trial"),
    *("macro_f1", "accuracy", "best_epoch", "epochs", "seconds", "protocol", "error"),
)


@dataclass(frozen=True, slots=True)
class Details:
    """A trial: its row of the view `trials`, its recipe, its drawn utterances and where it ran.

    `examples` has a row (utterance_id, label, seconds, path, text) for each drawn utterance, as far as it
    is known; `environment` is what the worker said of its machine and packages.
    """

    trial: dict[str, Any]
    recipe: dict[str, Any]
    examples: list[tuple[Any, ...]]
    environment: dict[str, str]


def trials(workspace: Workspace, choice: Choice, order: str) -> Table:
    """The trials of a choice of values by facet, all where a facet has none; the columns are LISTED.

    Raises StoreError where there is no snapshot.
    """
    where, values = _where(choice)
    sql = f"select {', '.join(LISTED)} from trials where {where} order by {ORDERS[order]}, trial_id"  # noqa: S608 - names from here
    return query(workspace, sql, values)


def facet_counts(workspace: Workspace, choice: Choice) -> dict[str, list[tuple[Any, int]]]:
    """For each facet its values and how many trials they have, given the choice in all other facets."""
    found = {}
    with held_open(workspace):
        for facet in FACETS:
            where, values = _where({name: kept for name, kept in choice.items() if name != facet})
            first = "min(n_corpora), " if facet == "corpus_set" else ""
            sql = (
                f"select {facet}, count(*) from trials where {where} and {facet} is not null "  # noqa: S608 - names from here
                f"group by all order by {first}{facet}"
            )
            found[facet] = [(value, count) for value, count in query(workspace, sql, values).rows]
    return found


def details(workspace: Workspace, trial_id: str) -> Details:
    """All that is known of a trial. Raises UsageError where there is none of that id."""
    with held_open(workspace):
        table = query(workspace, "select * from trials where trial_id = $1", [trial_id])
        if not table.rows:
            raise UsageError(
                f"there is no trial {trial_id} in the snapshot", hint="it may be newer than that"
            )
        trial = dict(zip(table.columns, table.rows[0], strict=True))
        recipe = query(
            workspace,
            "select recipe from private.trial_specs join private.recipes using (recipe_id) "
            "where trial_id = $1",
            [trial_id],
        )
        examples = query(
            workspace,
            "select drawn.id, label, seconds, path, text from (select unnest($1) as id, "
            "generate_subscripts($1, 1) as place) as drawn left join utterances on corpus = $2 "
            "and utterance_id = drawn.id order by place",
            [trial["examples"] or [], trial["downstream"]],
        )
        environment = query(
            workspace,
            "select details from environments where environment_id = $1",
            [trial["run_environment"]],
        )
    return Details(
        trial,
        json.loads(recipe.rows[0][0]) if recipe.rows else {},
        examples.rows,
        json.loads(environment.rows[0][0]) if environment.rows else {},
    )


def curves_of(workspace: Workspace, trial_ids: Sequence[str]) -> dict[str, dict[str, list[Point]]]:
    """The curves of trials, by id and by the name of the metric, in order of epochs."""
    table = query(
        workspace,
        "select run_id, name, list((epoch, value) order by epoch) from metrics "
        "where run_id in (select unnest($1)) group by all order by all",
        [list(trial_ids)],
    )
    found: dict[str, dict[str, list[Point]]] = {}
    for run_id, name, points in table.rows:
        found.setdefault(run_id, {})[name] = points
    return found


def names_of(workspace: Workspace, trial_ids: Sequence[str]) -> dict[str, str]:
    """Trials by id in the order given, each with a name that tells it from the others."""
    table = query(
        workspace,
        "select trial_id, concat_ws(' ', coalesce(corpus_set, method), speaker, emotion, 'k=' || k, "
        "'#' || trial) from trials where trial_id in (select unnest($1))",
        [list(trial_ids)],
    )
    found = dict(table.rows)
    return {trial_id: found[trial_id] for trial_id in trial_ids if trial_id in found}


@dataclass(frozen=True, slots=True)
class Group:
    """The mean curve of the trials with one value of a facet: (epoch, mean, standard error, trials)."""

    value: str | int | None
    points: list[tuple[int, float, float, int]]


def mean_curves(workspace: Workspace, choice: Choice, facet: str, name: str) -> list[Group]:
    """The mean curves of a metric over the trials of a choice, for each value of a facet.

    A trial counts as long as it went on; with one trial left the standard error is 0.
    """
    where, values = _where(choice)
    sql = (
        f"select {facet}, epoch, avg(value), coalesce(stddev_samp(value) / sqrt(count(*)), 0), count(*) "  # noqa: S608
        "from trials join metrics on metrics.run_id = trials.trial_id "
        f"where {where} and metrics.name = $metric and value is not null "
        f"group by {facet}, epoch order by any_value(n_corpora), {facet}, epoch"
    )
    groups: dict[Any, list[tuple[int, float, float, int]]] = {}
    for value, *point in query(workspace, sql, {**values, "metric": name}).rows:
        groups.setdefault(value, []).append((point[0], point[1], point[2], point[3]))
    return [Group(value, points) for value, points in groups.items()]


def _where(choice: Choice) -> tuple[str, dict[str, list[str | int]]]:
    values = {name: list(kept) for name, kept in choice.items() if kept and name in FACETS}
    conditions = ["not superseded", *(f"{name} in (select unnest(${name}))" for name in values)]
    return " and ".join(conditions), values
