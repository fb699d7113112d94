"""The daemon itself: the scheduler's steps, and answers between them."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from pft_tui import __version__
from pft_tui.daemon import requests
from pft_tui.daemon.handover import take_grid
from pft_tui.daemon.replies import reply
from pft_tui.errors import FAILED, PftError, UsageError
from pft_tui.paths import Workspace
from pft_tui.scheduler.scheduler import ALL, Scheduler
from pft_tui.scheduler.seat import Seat
from pft_tui.scheduler.upkeep import queue_grid
from pft_tui.store import actions
from pft_tui.store.owner import Store

_LOG = logging.getLogger(__name__)
Answer = dict[str, Any]


class Service:
    """Answers requests about one workspace, whose store and scheduler it drives.

    `is_over` says that it is to end, the workers' jobs going back to the queue.
    """

    def __init__(self, workspace: Workspace, store: Store, scheduler: Scheduler) -> None:
        self.is_over = False
        self._workspace = workspace
        self._store = store
        self._scheduler = scheduler
        self._since = time.time()

    def answer(self, line: bytes) -> bytes:
        """The answer to a line, whatever it holds: `{"ok": ...}` or `{"error": ...}`, and a newline."""
        try:
            answer: Answer = {"ok": self._perform(requests.parse(line))}
        except PftError as error:
            answer = refusal(error)
        except Exception as error:  # noqa: BLE001 - a request that fails harms nobody else
            _LOG.exception("a request failed: %r", line[:200])
            answer = refusal(PftError(f"the daemon failed: {error}", hint="its log says more"))
        return json.dumps(answer, separators=(",", ":")).encode() + b"\n"

    def step(self) -> None:
        """Let the scheduler do what is to be done; what keeps it from working is logged once."""
        before = self._scheduler.obstacle
        try:
            self._scheduler.step()
        except PftError as error:
            _LOG.error("paused: %s", error)
            self._scheduler.set_stop(ALL, f"paused: {error}")
        if self._scheduler.obstacle != before:
            _LOG.info("%s", self._scheduler.obstacle or "work goes on")
        self.is_over |= self._scheduler.is_halted and not self._scheduler.crew.workers()

    def _perform(self, request: requests.AnyRequest) -> Any:  # noqa: ANN401 - plain JSON data
        match request:
            case requests.Status():
                return self._status()
            case requests.Enqueue():
                return self._enqueue(request)
            case requests.Pause() | requests.Resume():
                return self._pause(request)
            case requests.Publish():
                return {"published": self._store.publish()}
            case requests.Down():
                return self._down(now=request.now)
            case requests.Prioritise():
                return self._prioritise(request)
            case requests.Hold() | requests.Release() | requests.Cancel() | requests.Retry():
                return self._change(request)
            case _:
                return self._store.ask(reply, request)

    def _status(self) -> Answer:
        progress, scheduler = self._store.progress(), self._scheduler
        return {
            "running": True,
            "version": __version__,
            "pid": os.getpid(),
            "since": self._since,
            "workspace": str(self._workspace.root),
            "ending": scheduler.is_halted or self.is_over,
            "stops": scheduler.stops,
            "obstacle": scheduler.obstacle,
            "done": scheduler.is_done,
            "prepares": asdict(progress.prepares),
            "models": asdict(progress.models),
            "trials": asdict(progress.trials),
            "slots": [self._slot(seat) for seat in scheduler.crew.seats],
        }

    def _slot(self, seat: Seat) -> Answer:
        state = "busy" if seat.jobs or seat.lent_to else "idle"
        if seat.stopping:
            state = "stopping"
        elif self._scheduler.is_paused(seat):
            state = "paused"
        return {
            "slot": seat.slot.index,
            "device": seat.device,
            "node": seat.worker.node if seat.worker else seat.slot.node,
            "state": state,
            "worker": seat.worker.worker_id if seat.worker else None,
            "pid": seat.worker.pid if seat.worker else None,
            "job": next(iter(seat.running), None),
            "jobs_left": len(seat.jobs),
            "lent_to": seat.lent_to.slot.index if seat.lent_to else None,
        }

    def _enqueue(self, request: requests.Enqueue) -> Answer:
        grid = take_grid(self._workspace, request.token)
        if request.dry_run:
            return asdict(self._store.would_enqueue(grid.corpora, grid.models, grid.trials))
        queued = queue_grid(self._workspace, self._store, grid, exclusive=False)
        self._scheduler.look_again()
        _LOG.info("queued %d new trials, %d again", queued.trials.added, queued.trials.again)
        return asdict(queued)

    def _pause(self, request: requests.Pause | requests.Resume) -> Answer:
        slots = [seat.slot.index for seat in self._scheduler.crew.seats]
        if request.slot is not None and request.slot not in slots:
            raise UsageError(f"there is no slot {request.slot}", hint=f"slots: {', '.join(map(str, slots))}")
        subject = ALL if request.slot is None else str(request.slot)
        if isinstance(request, requests.Resume):
            # To go on means all of it: a slot that was paused by itself, too.
            for known in [subject] if request.slot is not None else [ALL, *self._scheduler.stops]:
                self._scheduler.set_stop(known, None)
            return {"slots": slots if request.slot is None else [request.slot]}
        self._scheduler.set_stop(subject, "paused")
        for seat in self._scheduler.crew.seats:
            if self._scheduler.is_paused(seat):
                self._scheduler.crew.stop(seat, now=request.now)
        return {"slots": slots if request.slot is None else [request.slot]}

    def _change(
        self,
        request: requests.Hold | requests.Release | requests.Cancel | requests.Retry,
    ) -> Answer:
        selection = request.jobs.selection
        changed: Collection[str]
        match request:
            case requests.Hold():
                changed = self._store.change(actions.hold, selection, held=True)
                self._scheduler.withdraw(changed, now=request.now)
            case requests.Release():
                changed = self._store.change(actions.hold, selection, held=False)
            case requests.Cancel():
                changed = self._store.change(actions.cancel, selection)
                self._scheduler.withdraw(changed, now=True)
            case requests.Retry():
                changed = self._store.change(actions.retry, selection)
        self._scheduler.look_again()
        _LOG.info("%s: %d jobs", request.do, len(changed))
        return {"changed": len(changed), "numbers": self._store.ask(actions.numbers_of, changed)}

    def _prioritise(self, request: requests.Prioritise) -> Answer:
        former = self._store.change(actions.prioritise, request.jobs.selection, request.priority)
        self._scheduler.look_again()
        changed = sum(last - first + 1 for ranges in former.values() for first, last in ranges)
        _LOG.info("priority: %d jobs", changed)
        return {"changed": changed, "former": former}

    def _down(self, *, now: bool) -> Answer:
        _LOG.info("told to end%s", " now" if now else ", after the trials at hand")
        self._scheduler.is_halted = True
        self.is_over |= now
        self._scheduler.crew.stop_all(now=now)
        return {"pid": os.getpid()}


def refusal(error: PftError) -> Answer:
    """An error as data."""
    return {
        "error": {
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code or FAILED,
        }
    }
