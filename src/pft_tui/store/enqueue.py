"""Putting models and trials into the queue: what is missing is added, what failed is tried again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from pft_tui.errors import StoreError
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, Method, ModelSpec, TrialSpec, identify, prepare_id
from pft_tui.store.connection import append, transaction, translated
from pft_tui.store.scripts import statement

Row = tuple[object, ...]
# What others wait for goes first; a larger number means sooner.
PRIORITIES = {"prepare": 20, "prefinetune": 10, "base": 0, "trial": 0}
MODEL_SPEC: TypeAdapter[ModelSpec] = TypeAdapter(ModelSpec)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the jobs of one kind, in numbers of jobs.

    Of those asked for: `added` are new, `again` had failed or been cancelled, `finished` and `under_way`
    (queued or running) were left alone. Of the others: `superseded` stand in the same cell as one asked
    for, `cancelled` were queued and are no longer wanted.
    """

    added: int = 0
    again: int = 0
    finished: int = 0
    under_way: int = 0
    superseded: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class Queued:
    """What queueing changed, for each kind of job (models without corpora are no jobs)."""

    prepares: Tally
    models: Tally
    trials: Tally


@dataclass(frozen=True, slots=True)
class Asked:
    """A grid, each of its jobs once."""

    prepares: dict[str, CorpusRef]
    models: dict[str, ModelSpec]
    trials: dict[str, TrialSpec]

    @classmethod
    def of(
        cls, prepares: Sequence[CorpusRef], models: Sequence[ModelSpec], trials: Sequence[TrialSpec]
    ) -> Asked:
        """The jobs by their ids."""
        return cls(
            {prepare_id(corpus): corpus for corpus in prepares},
            {model.model_id: model for model in models},
            {trial.trial_id: trial for trial in trials},
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the trials of one model and one speaker have in common."""

    model_id: str | None
    method: Method
    protocol: str
    downstream: str
    digest: str
    speaker: str
    language: str | None

    @classmethod
    def of(cls, trial: TrialSpec) -> Bundle:
        """The bundle that a trial is handed out in."""
        corpus = trial.downstream
        return cls(
            trial.model_id,
            trial.method,
            trial.protocol,
            corpus.name,
            corpus.digest,
            trial.speaker,
            trial.language,
        )


def queue_up(connection: duckdb.DuckDBPyConnection, path: Path, asked: Asked, *, exclusive: bool) -> Queued:
    """Add what is missing, queue again what failed or was cancelled, supersede what it replaces.

    With `exclusive`, queued jobs that were not asked for are cancelled. Raises StoreError for trials of a
    model that is neither asked for nor known.
    """
    with transaction(connection, path):
        return _queue_up(connection, asked, exclusive=exclusive)


def would_queue(connection: duckdb.DuckDBPyConnection, path: Path, asked: Asked) -> Queued:
    """What `queue_up` would change, found by doing it and taking it back. Raises StoreError as it does."""
    with translated(path):
        connection.begin()
        try:
            return _queue_up(connection, asked, exclusive=False)
        finally:
            connection.rollback()


def _queue_up(connection: duckdb.DuckDBPyConnection, asked: Asked, *, exclusive: bool) -> Queued:
    now = {"now": datetime.now(UTC).replace(tzinfo=None)}
    _stage(connection, asked)
    _refuse_unknown_models(connection)
    connection.execute(statement("insert_asked_specs"))
    found = connection.execute(statement("count_asked_jobs")).fetchall()
    connection.execute(statement("insert_asked_jobs"), now)
    connection.execute(statement("unsupersede_asked_jobs"))
    connection.execute("create or replace temp table chosen_jobs as select job_id from asked_jobs")
    connection.execute(statement("queue_again"), now)
    connection.execute(statement("find_outdated_jobs"))
    superseded = connection.execute(statement("supersede_outdated_jobs")).fetchall()
    cancelled = connection.execute(statement("cancel_unasked_jobs")).fetchall() if exclusive else []
    connection.execute(statement("clear_asked"))
    return _queued(found, superseded, cancelled)


def _stage(connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
    for table, rows in (
        ("asked_prepares", _prepare_rows(asked)),
        ("asked_models", map(_model_row, asked.models.values())),
        ("asked_model_corpora", _model_corpora_rows(asked)),
        ("asked_jobs", _work_rows(asked)),
    ):
        append(connection, table, rows)
    _stage_trials(connection, asked)


def _prepare_rows(asked: Asked) -> Iterator[Row]:
    return ((job_id, corpus.name, corpus.digest) for job_id, corpus in asked.prepares.items())


def _model_corpora_rows(asked: Asked) -> Iterator[Row]:
    models = asked.models.items()
    return ((model_id, corpus.name, corpus.digest) for model_id, model in models for corpus in model.corpora)


def _stage_trials(connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
    recipe_ids: dict[Recipe, str] = {}
    bundle_ids: dict[Bundle, str] = {}
    trial_rows, job_rows = [], []
    for trial_id, trial in asked.trials.items():
        bundle = Bundle.of(trial)
        if trial.recipe not in recipe_ids:
            recipe_ids[trial.recipe] = identify("recipe", asdict(trial.recipe))
        if bundle not in bundle_ids:
            bundle_ids[bundle] = identify("bundle", asdict(bundle))
        recipe_id, bundle_id = recipe_ids[trial.recipe], bundle_ids[bundle]
        trial_rows.append((trial_id, bundle_id, recipe_id, trial.emotion, trial.k, trial.trial, trial.seed))
        job_rows.append((trial_id, "trial", PRIORITIES["trial"], trial.model_id, bundle_id))
    recipe_rows = ((recipe_id, json.dumps(asdict(recipe))) for recipe, recipe_id in recipe_ids.items())
    append(connection, "asked_recipes", recipe_rows)
    append(connection, "asked_bundles", ((key, *astuple(bundle)) for bundle, key in bundle_ids.items()))
    append(connection, "asked_trials", trial_rows)
    append(connection, "asked_jobs", job_rows)


def _work_rows(asked: Asked) -> Iterator[Row]:
    """Rows of `asked_jobs` for what comes before the trials."""
    for job_id in asked.prepares:
        yield job_id, "prepare", PRIORITIES["prepare"], None, None
    for model_id, model in asked.models.items():
        kind = "prefinetune" if model.corpora else "base"
        yield model_id, kind, PRIORITIES[kind], model_id, None


def _model_row(model: ModelSpec) -> Row:
    encoder = model.encoder
    return (
        model.model_id,
        encoder.name,
        encoder.revision,
        encoder.fingerprint,
        list(model.names),
        model.corpus_set,
        model.seed,
        MODEL_SPEC.dump_json(model).decode(),
    )


def _refuse_unknown_models(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(statement("find_unknown_model")).fetchone()
    if row is not None:
        raise StoreError(f"trials of a model that is not known: {row[0]}", hint="queue the model with them")


def _queued(
    found: list[tuple[str, int, int, int, int]],
    superseded: list[tuple[str]],
    cancelled: list[tuple[str]],
) -> Queued:
    counts = {kind: numbers for kind, *numbers in found}
    replaced = Counter(kind for (kind,) in superseded)
    unwanted = Counter(kind for (kind,) in cancelled)

    def tally(kind: str) -> Tally:
        added, again, finished, under_way = counts.get(kind, (0, 0, 0, 0))
        return Tally(added, again, finished, under_way, replaced[kind], unwanted[kind])

    return Queued(tally("prepare"), tally("prefinetune"), tally("trial"))
