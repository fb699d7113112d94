"""From the workers' spools into the store: rows and read offsets in one transaction, so exactly once."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb

from pft_tui.events import CorpusSeen, UtteranceRow, UtterancesSeen, parse
from pft_tui.store.batch import Batch, JobChange, row_of
from pft_tui.store.connection import append, transaction, translated
from pft_tui.store.imported import insert_imported
from pft_tui.store.scripts import statement
from pft_tui.store.spools import Chunk, read_whole_lines, spool_files

CHUNK_BYTES = 8 << 20
_JOB, _UTTERANCE = row_of(JobChange), row_of(UtteranceRow)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one call took in: whole lines, how many of them were no events, and the jobs they spoke of.

    `more` says that a spool holds more than one call reads: call again soon.
    """

    lines: int = 0
    bad: int = 0
    jobs: tuple[str, ...] = ()
    more: bool = False


def take_in(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, *, most_attempts: int
) -> Ingested:
    """Read all spools in `folder` behind their offsets and commit what they say, with the new offsets.

    Lines that are no events are skipped and logged. Raises StoreError where that cannot be committed;
    the offsets then stay where they were.
    """
    with translated(path):
        offsets = read_offsets(connection)
    chunks = [
        chunk
        for spool in spool_files(folder)
        if (chunk := read_whole_lines(spool, offsets.get(spool.name, 0), CHUNK_BYTES))
    ]
    if not chunks:
        return Ingested()
    batch = Batch()
    bad = sum(_fold(chunk, batch) for chunk in chunks)
    with transaction(connection, path):
        _write(connection, batch, most_attempts)
        append(connection, "fresh_offsets", ((chunk.spool, chunk.end) for chunk in chunks))
        connection.execute(statement("move_offsets"))
        connection.execute(statement("clear_fresh"))
    return Ingested(
        lines=sum(len(chunk.lines) for chunk in chunks),
        bad=bad,
        jobs=tuple(batch.jobs),
        more=any(chunk.more for chunk in chunks),
    )


def read_offsets(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many bytes of each spool file, by its name, are in the store."""
    return dict(connection.execute("select spool, read_to from private.spool_offsets").fetchall())


def _fold(chunk: Chunk, batch: Batch) -> int:
    """Fold a chunk's events into the batch; how many of its lines were none."""
    bad = []
    for number, line in enumerate(chunk.lines):
        event = parse(line)
        if event is None or not batch.add(event):
            bad.append(number)
    if bad:
        first = chunk.lines[bad[0]][:80].decode(errors="replace")
        detail = f"{len(bad)} of the lines after byte {chunk.start}, the first being {first!r}"
        batch.log.append((time.time(), "bad_lines", chunk.spool, detail))
    return len(bad)


def _write(connection: duckdb.DuckDBPyConnection, batch: Batch, most_attempts: int) -> None:
    if batch.restarts:
        append(connection, "fresh_restarts", batch.restarts)
        connection.execute(statement("forget_restarted_epochs"))
    if batch.metrics:
        append(connection, "fresh_metrics", chain.from_iterable(batch.metrics.values()))
        connection.execute(statement("insert_fresh_metrics"))
    if batch.trial_results or batch.model_results:
        append(connection, "fresh_trial_results", batch.trial_results.values())
        append(connection, "fresh_model_results", batch.model_results.values())
        connection.execute(statement("insert_fresh_results"))
    if batch.jobs:
        append(connection, "fresh_jobs", map(_JOB, batch.jobs.values()))
        connection.execute(statement("apply_job_changes"), {"most_attempts": most_attempts})
    if batch.environments or batch.log:
        append(connection, "fresh_environments", batch.environments.values())
        append(connection, "fresh_events", batch.log)
        connection.execute(statement("insert_fresh_sights"))
    _write_readings(connection, batch.readings)
    for imported in batch.imports:
        insert_imported(connection, imported)


def _write_readings(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[UtterancesSeen | CorpusSeen]
) -> None:
    for reading in readings:
        if isinstance(reading, UtterancesSeen):
            rows = ((reading.corpus, reading.digest, *_UTTERANCE(row)) for row in reading.rows)
            append(connection, "private.utterances_seen", rows)
        else:
            append(connection, "fresh_corpora", [_corpus_row(reading)])
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
