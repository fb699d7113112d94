"""What the scheduler asks: which work waits, for what, and how far everything is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import duckdb

from pft_tui.errors import StoreError
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, Method, ModelSpec, TrialSpec
from pft_tui.store.enqueue import MODEL_SPEC
from pft_tui.store.scripts import statement


@dataclass(frozen=True, slots=True)
class PendingPrepare:
    """A corpus whose audio is to be decoded; `attempts` were made so far."""

    job_id: str
    corpus: CorpusRef
    attempts: int
    priority: int


@dataclass(frozen=True, slots=True)
class PendingModel:
    """A model to be pre-finetuned; `waits_for` says what has to come first, None where nothing has."""

    model: ModelSpec
    attempts: int
    priority: int
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class BundleRow:
    """The queued trials of one model (None for the methods without an encoder), speaker and priority.

    `waits_for` says what has to come first, None where nothing has; `trials` is their number.
    """

    bundle_id: str
    model_id: str | None
    speaker: str
    method: Method
    protocol: str
    downstream: CorpusRef
    trials: int
    priority: int
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers of jobs of one kind that are neither cancelled nor superseded."""

    total: int = 0
    finished: int = 0
    failed: int = 0
    running: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far everything is."""

    prepares: Count
    models: Count
    trials: Count


def has_few(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any of the few jobs that are no trials is queued."""
    sql = "select count(*) from private.jobs where kind <> 'trial' and state = 'queued'"
    [(few,)] = connection.execute(sql).fetchall()
    return bool(few)


def pending_prepares(connection: duckdb.DuckDBPyConnection) -> list[PendingPrepare]:
    """The queued prepare jobs, most urgent first."""
    rows = connection.execute(statement("pending_prepares")).fetchall()
    return [
        PendingPrepare(job_id, CorpusRef(name, digest), attempts, priority)
        for job_id, name, digest, attempts, priority in rows
    ]


def pending_models(connection: duckdb.DuckDBPyConnection) -> list[PendingModel]:
    """The queued models, most urgent first, those of few corpora before those of many."""
    rows = connection.execute(statement("pending_models")).fetchall()
    return [PendingModel(MODEL_SPEC.validate_json(spec), *rest) for spec, *rest in rows]


def pending_bundles(connection: duckdb.DuckDBPyConnection) -> list[BundleRow]:
    """The queued trials, bundled; most urgent first, models of few corpora before those of many."""
    rows = connection.execute(statement("pending_bundles")).fetchall()
    return [
        BundleRow(
            bundle_id=bundle_id,
            model_id=model_id,
            speaker=speaker,
            method=method,
            protocol=protocol,
            downstream=CorpusRef(name, digest),
            trials=trials,
            priority=priority,
            waits_for=waits_for,
        )
        for (
            bundle_id,
            model_id,
            speaker,
            method,
            protocol,
            name,
            digest,
            trials,
            priority,
            waits_for,
        ) in rows
    ]


def trials_of(connection: duckdb.DuckDBPyConnection, bundle: BundleRow) -> list[tuple[TrialSpec, int]]:
    """The bundle's queued trials, each with the attempts made so far, most urgent first."""
    # Two questions, joined here: DuckDB takes longer to plan a join than to answer them.
    queued = connection.execute(statement("queued_of_bundle"), [bundle.bundle_id]).fetchall()
    known = connection.execute(statement("trials_of_bundle"), [bundle.bundle_id]).fetchall()
    specs = {trial_id: (place, spec) for place, (trial_id, *spec) in enumerate(known)}
    rows = sorted((-priority, *specs[trial_id], attempts) for trial_id, priority, attempts in queued)
    return [
        (
            TrialSpec(
                model_id=bundle.model_id,
                method=bundle.method,
                protocol=bundle.protocol,
                recipe=_recipe(recipe),
                downstream=bundle.downstream,
                speaker=bundle.speaker,
                language=language,
                emotion=emotion,
                k=k,
                trial=trial,
                seed=seed,
            ),
            attempts,
        )
        for _, _, (recipe, language, emotion, k, trial, seed), attempts in rows
    ]


@lru_cache(maxsize=64)
def _recipe(text: str) -> Recipe:
    return Recipe(**json.loads(text))


def model(connection: duckdb.DuckDBPyConnection, model_id: str) -> ModelSpec:
    """The model of that id. Raises StoreError where there is none."""
    row = connection.execute(
        "select spec from private.model_specs where model_id = $1", [model_id]
    ).fetchone()
    if row is None:
        raise StoreError(f"no model {model_id} in the store", hint="`select * from models` lists them")
    return MODEL_SPEC.validate_json(row[0])


def workers_with_jobs(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The workers that jobs are said to run on."""
    rows = connection.execute(
        "select distinct worker_id from private.jobs where state = 'running'"
    ).fetchall()
    return [worker_id for (worker_id,) in rows]


def progress(connection: duckdb.DuckDBPyConnection) -> Progress:
    """How many jobs of each kind there are, and in which states."""
    rows = connection.execute(statement("progress")).fetchall()
    counts = {kind: Count(*numbers) for kind, *numbers in rows}
    none = Count()
    return Progress(counts.get("prepare", none), counts.get("prefinetune", none), counts.get("trial", none))
