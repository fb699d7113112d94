"""What a user does to the queue: choose jobs, then see, cancel, retry, hold or hurry them; stop all work.

Each function takes the owner's connection, as `Store.change` and `Store.ask` hand it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from pft_tui.ranges import Ranges, ranges_of
from pft_tui.store.scripts import statement
from pft_tui.store.selection import Selection, choose, condition_of

Row = dict[str, Any]
OUT_OF_MEMORY = "OutOfMemoryError"
# What jobs are ordered by; those of equal place go by their numbers.
_PLACES = {
    "number": "number",
    "state": "list_position(['running', 'failed', 'queued', 'cancelled', 'finished'], state)",
    "priority": "priority",
    "attempts": "attempts",
    "started": "started_at",
    "finished": "finished_at",
    "took": "finished_at - started_at",
    "model": "(select any_value(corpus_set) from private.model_specs as of where of.model_id = job.model_id)",
    "speaker": "(select any_value(speaker) from private.bundles as of where of.bundle_id = job.bundle_id)",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the chosen jobs, in the order asked for, and how many there are in each state."""

    jobs: list[Row]
    total: int
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class Order:
    """By what jobs are ordered (see _PLACES), and whether the largest come first."""

    by: str = "number"
    descending: bool = False


FIRST_QUEUED_FIRST = Order()


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands: its state, the worker that has it or had it last, and the attempts made since it
    was queued, or queued afresh, at `queued_at` (seconds since the epoch).
    """

    state: str
    worker_id: str | None
    attempts: int
    queued_at: float


def page(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    order: Order = FIRST_QUEUED_FIRST,
    *,
    skip: int,
    limit: int,
) -> Page:
    """The chosen jobs after the first `skip`, `limit` of them at most. Times are seconds since the epoch."""
    numbers, states = _found(connection, selection, order, skip, limit)
    return Page(_rows(connection, numbers), sum(states.values()), dict(sorted(states.items())))


def numbers(
    connection: duckdb.DuckDBPyConnection, selection: Selection, order: Order, *, skip: int, limit: int
) -> Ranges:
    """The numbers of the same jobs, as ranges."""
    return ranges_of(_found(connection, selection, order, skip, limit)[0])


def numbers_of(connection: duckdb.DuckDBPyConnection, job_ids: Iterable[str]) -> Ranges:
    """The numbers of these jobs, as ranges."""
    sql = "select number from private.jobs where job_id in (select unnest($1))"
    return ranges_of(number for (number,) in connection.execute(sql, [list(job_ids)]).fetchall())


def _found(
    connection: duckdb.DuckDBPyConnection, selection: Selection, order: Order, skip: int, limit: int
) -> tuple[list[int], dict[str, int]]:
    """The numbers of a page of the chosen jobs, and how many of all of them are in each state."""
    condition, values = condition_of(connection, selection)
    chosen = (
        f"with chosen as materialized (select number, state, {_PLACES[order.by]} as place "  # noqa: S608
        f"from private.jobs as job where {condition})"
    )
    asked = {**values, "skip": skip, "limit": limit, "descending": order.descending}
    found = connection.execute(f"{chosen} {statement('find_page')}", asked).fetchall()
    states = {state: jobs for _, state, jobs in found if state is not None}
    return [number for number, state, _ in found if state is None], states


def _rows(connection: duckdb.DuckDBPyConnection, numbers: Sequence[int]) -> list[Row]:
    """The jobs of these numbers, which are a page of them: all that is known is joined to few rows."""
    if not numbers:
        return []
    bounds = {"lowest": min(numbers), "highest": max(numbers), "numbers": numbers}
    found = connection.execute(statement("page_of_jobs"), bounds)
    names = [column[0] for column in found.description or []]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
    return [rows[number] for number in numbers]


def cancel(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[str]:
    """Cancel the chosen jobs that have not ended; their ids."""
    choose(connection, selection)
    return _ids(connection.execute(statement("cancel_chosen")).fetchall())


def retry(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[str]:
    """Queue the chosen jobs that failed or were cancelled, as if they had never been tried; their ids."""
    choose(connection, selection)
    return _ids(connection.execute(statement("queue_again"), {"now": _now()}).fetchall())


def hold(connection: duckdb.DuckDBPyConnection, selection: Selection, *, held: bool) -> list[str]:
    """Hold back the chosen jobs that have not ended, or let them go; the ids of those this changed."""
    choose(connection, selection)
    return _ids(connection.execute(statement("hold_chosen"), {"held": held}).fetchall())


def prioritise(
    connection: duckdb.DuckDBPyConnection, selection: Selection, priority: int
) -> dict[int, Ranges]:
    """Give the chosen queued jobs a priority, and what they wait for at least the same.

    The numbers of the jobs that this changed, by the priority that they had.
    """
    choose(connection, selection)
    connection.execute(statement("lift_chosen"), {"priority": priority})
    former: dict[int, list[int]] = {}
    for number, before in connection.execute("select number, before from lifted_jobs").fetchall():
        former.setdefault(before, []).append(number)
    connection.execute(statement("prioritise_lifted"))
    return {before: ranges_of(jobs) for before, jobs in former.items()}


def stops(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Why free slots are not filled: the reason by `all`, `machine` or the number of a slot."""
    return dict(connection.execute("select subject, reason from private.stops").fetchall())


def set_stop(connection: duckdb.DuckDBPyConnection, subject: str, reason: str | None) -> None:
    """Say why free slots are not filled, or with None that they are again."""
    connection.execute("delete from private.stops where subject = $1", [subject])
    if reason is not None:
        connection.execute("insert into private.stops values ($1, $2)", [subject, reason])


def standing(connection: duckdb.DuckDBPyConnection, job_ids: Iterable[str]) -> dict[str, JobState]:
    """Where those of the jobs stand that are known, by id."""
    sql = (
        "select job_id, state, worker_id, attempts, epoch(queued_at) from private.jobs "
        "where job_id in (select unnest($1))"
    )
    rows = connection.execute(sql, [list(job_ids)]).fetchall()
    return {job_id: JobState(*rest) for job_id, *rest in rows}


def short_of_memory(connection: duckdb.DuckDBPyConnection, job_ids: Iterable[str]) -> list[str]:
    """Those of the jobs whose last attempt failed because a device's memory ran out."""
    sql = (
        "select job_id from private.jobs where state in ('queued', 'failed') "
        "and starts_with(error, $2) and job_id in (select unnest($1))"
    )
    return _ids(connection.execute(sql, [list(job_ids), OUT_OF_MEMORY]).fetchall())


def pardon(connection: duckdb.DuckDBPyConnection, job_ids: Iterable[str]) -> None:
    """Queue jobs again, their last attempt not counted: it failed for want of what is there now."""
    sql = (
        "update private.jobs set state = 'queued', attempts = greatest(attempts - 1, 0), worker_id = null, "
        "queued_at = $2, started_at = null, finished_at = null where state in ('queued', 'failed') "
        "and job_id in (select unnest($1))"
    )
    connection.execute(sql, [list(job_ids), _now()])


def log(connection: duckdb.DuckDBPyConnection, kind: str, subject: str | None, detail: str | None) -> None:
    """Put a line into the table `events`."""
    connection.execute("insert into events values ($1, $2, $3, $4)", [_now(), kind, subject, detail])


def _ids(rows: list[tuple[str]]) -> list[str]:
    return [job_id for (job_id,) in rows]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
