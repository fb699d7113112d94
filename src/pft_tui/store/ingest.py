"""From the workers' spools into the store: rows and read offsets in one transaction, so exactly once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from pft_tui.events import CorpusSeen, Metrics, UtteranceRow, UtterancesSeen, parse_all
from pft_tui.store.batch import Batch, JobChange, Row, row_of
from pft_tui.store.connection import append, transaction
from pft_tui.store.imported import insert_imported
from pft_tui.store.scripts import statement
from pft_tui.store.spools import Chunk, read_whole_lines, spool_files

CHUNK_BYTES = 8 << 20
_JOB, _UTTERANCE = row_of(JobChange), row_of(UtteranceRow)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one call took in: whole lines, how many of them were no events, and the jobs they spoke of.

    `jobs` are their states by their ids. `more` says that a spool holds more than one call reads: call again
    soon.
    """

    lines: int = 0
    bad: int = 0
    jobs: Mapping[str, str] = field(default_factory=dict)
    more: bool = False


def take_in(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    offsets: dict[str, int],
    *,
    most_attempts: int,
) -> Ingested:
    """Read all spools in `folder` behind their `offsets` and commit what they say, with the new offsets.

    `offsets` are those of `read_offsets`, and are moved with the commit. Lines that are no events are skipped
    and logged. Raises StoreError where that cannot be committed, and it may be that it was all the same: read
    the offsets anew.
    """
    chunks = [
        chunk
        for spool in spool_files(folder)
        if (chunk := read_whole_lines(spool, offsets.get(spool.name, 0), CHUNK_BYTES))
    ]
    if not chunks:
        return Ingested()
    batch = Batch()
    bad = sum(_fold(chunk, batch) for chunk in chunks)
    moved = {chunk.spool: chunk.end for chunk in chunks}
    with transaction(connection, path):
        jobs = _write(connection, batch, most_attempts)
        _move_offsets(connection, moved)
    offsets.update(moved)
    return Ingested(
        lines=sum(len(chunk.lines) for chunk in chunks),
        bad=bad,
        jobs=jobs,
        more=any(chunk.more for chunk in chunks),
    )


def read_offsets(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many bytes of each spool file, by its name, are in the store."""
    return dict(connection.execute("select spool, read_to from private.spool_offsets").fetchall())


def _move_offsets(connection: duckdb.DuckDBPyConnection, moved: dict[str, int]) -> None:
    spools, ends = list(moved), list(moved.values())
    connection.execute("delete from private.spool_offsets where list_contains($1, spool)", [spools])
    connection.execute("insert into private.spool_offsets select unnest($1), unnest($2)", [spools, ends])


def _fold(chunk: Chunk, batch: Batch) -> int:
    """Fold a chunk's events into the batch; how many of its lines were none."""
    bad = []
    for number, event in enumerate(parse_all(chunk.lines)):
        if event is None:
            bad.append(number)
        else:
            batch.add(event)
    if bad:
        # `pft doctor` adds the numbers up: they come first.
        first = chunk.lines[bad[0]][:80].decode(errors="replace")
        detail = f"{len(bad)} of the lines after byte {chunk.start}, the first being {first!r}"
        batch.log.append((time.time(), "bad_lines", chunk.spool, detail))
    return len(bad)


def _write(connection: duckdb.DuckDBPyConnection, batch: Batch, most_attempts: int) -> dict[str, str]:
    """Write the batch's rows; the states of its jobs after that."""
    jobs = dict.fromkeys(batch.jobs, "finished")  # what is finished already stays as it is
    if batch.restarts:
        with _staged(connection, "fresh_restarts", batch.restarts):
            connection.execute(statement("forget_restarted_epochs"))
    if batch.metrics:
        columns = _columns(list(chain.from_iterable(batch.metrics.values())))
        connection.register("fresh_metrics", columns)
        connection.execute(statement("insert_fresh_metrics"))
        connection.unregister("fresh_metrics")
    if batch.trial_results:
        with _staged(connection, "fresh_trial_results", batch.trial_results.values()):
            connection.execute(statement("insert_fresh_trial_results"))
    if batch.model_results:
        with _staged(connection, "fresh_model_results", batch.model_results.values()):
            connection.execute(statement("insert_fresh_model_results"))
    if batch.jobs:
        with _staged(connection, "fresh_jobs", map(_JOB, batch.jobs.values())):
            changed = connection.execute(statement("apply_job_changes"), {"most_attempts": most_attempts})
            jobs |= changed.fetchall()
    if batch.environments:
        with _staged(connection, "fresh_environments", batch.environments.values()):
            connection.execute(statement("insert_fresh_environments"))
    if batch.log:
        with _staged(connection, "fresh_events", batch.log):
            connection.execute(statement("insert_fresh_events"))
    _write_readings(connection, batch.readings)
    for imported in batch.imports:
        insert_imported(connection, imported)
    return jobs


@contextmanager
def _staged(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> Iterator[None]:
    """Rows in a temporary table, for the statements of the block."""
    append(connection, table, rows)
    yield
    connection.execute(f"delete from {table}")  # noqa: S608 - a name from here


def _columns(metrics: Sequence[Metrics]) -> dict[str, NDArray[Any]]:
    """The metrics as columns with a row for each value; NaN is none."""
    curves = [(part, name, values) for part in metrics for name, values in part.values.items()]
    lengths = [len(values) for _, _, values in curves]

    def repeated(words: list[str]) -> NDArray[Any]:
        return np.repeat(np.array(words, dtype=object), lengths)

    def flat(parts: Iterable[Iterable[float | None]], kind: type) -> NDArray[Any]:
        return np.array(list(chain.from_iterable(parts)), dtype=kind)

    return {
        "run_id": repeated([part.run_id for part, _, _ in curves]),
        "epoch": flat((part.epochs for part, _, _ in curves), np.int64),
        "step": flat((part.steps for part, _, _ in curves), np.int64),
        "name": repeated([name for _, name, _ in curves]),
        "value": flat((values for _, _, values in curves), np.float64),
        "seconds": flat((part.at for part, _, _ in curves), np.float64),
    }


def _write_readings(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[UtterancesSeen | CorpusSeen]
) -> None:
    for reading in readings:
        if isinstance(reading, UtterancesSeen):
            rows = ((reading.corpus, reading.digest, *_UTTERANCE(row)) for row in reading.rows)
            append(connection, "private.utterances_seen", rows)
        else:
            with _staged(connection, "fresh_corpora", [_corpus_row(reading)]):
                connection.execute(statement("replace_corpus"))


def _corpus_row(seen: CorpusSeen) -> tuple[object, ...]:
    report = json.dumps(seen.report)
    return (
        seen.corpus,
        seen.reader,
        seen.root,
        seen.digest,
        seen.utterances,
        seen.problems,
        report,
        seen.at,
    )
