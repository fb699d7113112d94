"""The store as its one owner uses it: queueing, ingest, the scheduler's questions, the snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

import duckdb

from pft_tui.events import TrialsImported
from pft_tui.paths import Workspace
from pft_tui.specs import CorpusRef, ModelSpec, TrialSpec
from pft_tui.store import pending
from pft_tui.store.connection import append, checkpoint, connect, transaction, translated
from pft_tui.store.enqueue import Asked, Queued, queue_up, would_queue
from pft_tui.store.imported import insert_imported
from pft_tui.store.ingest import CHUNK_BYTES, Ingested, read_offsets, take_in
from pft_tui.store.lock import OwnerLock, refuse_network_disk
from pft_tui.store.publish import Publication
from pft_tui.store.schema import bring_up_to_date
from pft_tui.store.scripts import statement
from pft_tui.store.spools import read_whole_lines

P = ParamSpec("P")
Answer = TypeVar("Answer")
# Nodes come and go for reasons of their own, and a trial takes minutes: so often is no chance any more.
MOST_LOSSES = 5
_GIVEN_UP = (
    f"lost {MOST_LOSSES} times with the node or machine that it was on, so it may be what brings them down; "
    "`pft retry` tries it again"
)


class Store:
    """The owner's database. One process at a time has it open, and one thread of it uses it.

    Every method raises StoreError where the database fails, and its subclass DiskFullError where there is
    no room left: what was committed stays, and after `reopen` the work goes on.
    """

    def __init__(self, workspace: Workspace, lock: OwnerLock, most_attempts: int) -> None:
        self._workspace = workspace
        self._lock = lock
        self._most_attempts = most_attempts
        self._publication: Publication | None = None
        self._unpublished = True
        self._durable: dict[str, int] = {}
        self._offsets: dict[str, int] | None = None
        self._connection = self._open()

    @classmethod
    def open(cls, workspace: Workspace, *, most_attempts: int = 2) -> Store:
        """Own the workspace's store, made where there is none yet.

        A job that failed `most_attempts` times is not tried again. Raises OwnedError where another process
        owns the store, StoreError where it is damaged or of a newer pft-tui and on a network file system.
        """
        refuse_network_disk(workspace.root)
        workspace.make_folders()
        lock = OwnerLock(workspace.owner_lock)
        try:
            return cls(workspace, lock, most_attempts)
        except BaseException:
            lock.release()
            raise

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection, recovery = connect(self._workspace.store)
        bring_up_to_date(connection, self._workspace.store)
        log: list[tuple[object, ...]] = [(_now(), "owner_started", str(os.getpid()), None)]
        if recovery:
            detail = f"the write-ahead log was cut at byte {recovery.position}"
            log.append((_now(), "log_cut", str(recovery.saved), detail))
        append(connection, "events", log)
        return connection

    def reopen(self) -> None:
        """Close the database and open it again, as has to be done after a checkpoint that failed."""
        self._connection.close()
        self._connection = self._open()

    def close(self) -> None:
        """Close the database and let others own it. A publication under way is completed first."""
        try:
            self.finish_publish(wait=True)
        finally:
            self._connection.close()
            self._lock.release()

    # Writing

    def enqueue(
        self,
        prepares: Sequence[CorpusRef],
        models: Sequence[ModelSpec],
        trials: Sequence[TrialSpec],
        *,
        exclusive: bool,
    ) -> Queued:
        """Put a grid into the queue: add what is missing, try again what failed or was cancelled.

        Jobs of the same cell under another id are superseded. With `exclusive`, queued jobs that were not
        asked for are cancelled. Raises StoreError for trials of an unknown model.
        """
        asked = Asked.of(prepares, models, trials)
        self._unpublished = True
        return queue_up(self._connection, self._workspace.store, asked, exclusive=exclusive)

    def would_enqueue(
        self, prepares: Sequence[CorpusRef], models: Sequence[ModelSpec], trials: Sequence[TrialSpec]
    ) -> Queued:
        """What `enqueue` would change; nothing is. Raises StoreError for trials of an unknown model."""
        asked = Asked.of(prepares, models, trials)
        return would_queue(self._connection, self._workspace.store, asked)

    def repeat(self, job_ids: Sequence[str]) -> None:
        """Queue finished jobs once more; results that are recorded stay as they are."""
        with transaction(self._connection, self._workspace.store):
            self._connection.execute(statement("repeat"), {"job_ids": list(job_ids), "now": _now()})
        self._unpublished = True

    def ingest(self) -> Ingested:
        """Take in what the workers have written since, a bounded share of each spool.

        Rows and read offsets are committed together: whatever happens, every line counts once.
        """
        offsets, self._offsets = self._offsets, None  # not known again before it is committed
        if offsets is None:
            offsets = self.ask(read_offsets)
        taken = take_in(
            self._connection,
            self._workspace.store,
            self._workspace.spool,
            offsets,
            most_attempts=self._most_attempts,
        )
        self._offsets = offsets
        self._unpublished |= taken.lines > 0
        return taken

    def take_in(self, imported: TrialsImported) -> int:
        """Take in trials that were run elsewhere: all of them, or none where some are known already.

        Returns how many are known already.
        """
        with transaction(self._connection, self._workspace.store):
            known = insert_imported(self._connection, imported)
        self._unpublished = True
        return known

    def retire(self, spool: str) -> bool:
        """Delete the spool file of a worker that is gone, if it has one; False where it cannot go yet.

        It can once it is read to its last whole line and a publication since has put that into the
        database file, beyond what a broken write-ahead log could take back.
        """
        path = self._workspace.spool / spool
        if not path.exists():
            return True
        if read_whole_lines(path, self._durable.get(spool, 0), CHUNK_BYTES) is not None:
            return False
        path.unlink()
        return True

    def lost(self, workers_alive: Collection[str]) -> list[str]:
        """The workers that jobs are said to run on and that are not among those alive."""
        return sorted(set(self.ask(pending.workers_with_jobs)) - set(workers_alive))

    def requeue(
        self, worker_id: str, error: str | None, *, lost: bool = False, handed: Collection[str] = ()
    ) -> tuple[int, int]:
        """Take back what was running on a worker that is gone, after its spool was read to the end.

        `error` says how it died; None that it was stopped on purpose, which counts as no attempt. Neither is
        it one where it was `lost` with its node or machine; but a job that was lost MOST_LOSSES times has
        failed, and losses count for what the worker was `handed`, too, where it had begun none of it. A trial
        loses the curve of what it had done: it will begin again. Returns how many jobs are to run again and
        how many failed.
        """
        values = {
            "worker_id": worker_id,
            "error": error,
            "lost": lost,
            "handed": list(handed),
            "given_up": f"{_GIVEN_UP}\n{error}",
            "most_attempts": self._most_attempts,
            "most_losses": MOST_LOSSES,
            "now": _now(),
        }
        with transaction(self._connection, self._workspace.store):
            rows = self._connection.execute(statement("requeue"), values).fetchall()
            begun = [job_id for job_id, kind, state in rows if kind == "trial" and state == "queued"]
            self._connection.execute("delete from metrics where run_id in (select unnest($1))", [begun])
            if error is not None:
                append(self._connection, "events", [(_now(), "worker_lost", worker_id, error)])
        self._unpublished = True
        failed = sum(state == "failed" for _, _, state in rows)
        return len(rows) - failed, failed

    def change(
        self,
        action: Callable[Concatenate[duckdb.DuckDBPyConnection, P], Answer],
        *values: P.args,
        **named: P.kwargs,
    ) -> Answer:
        """Carry out one of `actions`, all of it or nothing."""
        with transaction(self._connection, self._workspace.store):
            answer = action(self._connection, *values, **named)
        self._unpublished = True
        return answer

    # The snapshot

    def start_publish(self) -> bool:
        """Begin to publish what was committed; False where nothing was, or a publication is under way."""
        if self._publication or not self._unpublished:
            return False
        checkpoint(self._connection, self._workspace.store)
        self._durable = read_offsets(self._connection)
        self._publication = Publication(self._workspace.store, self._workspace.snapshot)
        self._unpublished = False
        return True

    def finish_publish(self, *, wait: bool = False) -> bool:
        """Put a finished copy into the snapshot's place; True where that was done now."""
        if self._publication is None:
            return False
        try:
            finished = self._publication.finish(wait=wait)
        except BaseException:
            self._publication, self._unpublished = None, True
            raise
        if finished:
            self._publication = None
        return finished

    def publish(self) -> bool:
        """Publish everything committed so far and wait for it; False where there was nothing new."""
        finished = self.finish_publish(wait=True)
        return (self.start_publish() and self.finish_publish(wait=True)) or finished

    # The scheduler's questions

    def has_few(self) -> bool:
        """Whether any of the few jobs that are no trials is queued."""
        return self.ask(pending.has_few)

    def pending_prepares(self) -> list[pending.PendingPrepare]:
        """The queued prepare jobs, most urgent first."""
        return self.ask(pending.pending_prepares)

    def pending_models(self) -> list[pending.PendingModel]:
        """The queued models, most urgent first."""
        return self.ask(pending.pending_models)

    def pending_bundles(self) -> list[pending.BundleRow]:
        """The queued trials, bundled, most urgent first."""
        return self.ask(pending.pending_bundles)

    def trials_of(self, bundle: pending.BundleRow) -> list[tuple[TrialSpec, int]]:
        """The bundle's queued trials, each with the attempts made so far."""
        return self.ask(pending.trials_of, bundle)

    def model(self, model_id: str) -> ModelSpec:
        """The model of that id. Raises StoreError where there is none."""
        return self.ask(pending.model, model_id)

    def progress(self) -> pending.Progress:
        """How many jobs of each kind there are, and in which states."""
        return self.ask(pending.progress)

    def ask(
        self,
        question: Callable[Concatenate[duckdb.DuckDBPyConnection, P], Answer],
        *values: P.args,
        **named: P.kwargs,
    ) -> Answer:
        """The answer to a question of `actions` or `pending`, which changes nothing."""
        with translated(self._workspace.store):
            return question(self._connection, *values, **named)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
