"""Workers on the nodes of a Ray cluster, beside one here that prepares the corpora."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Sequence
from importlib.util import find_spec
from signal import SIGKILL, Signals

from pft_tui.cluster.charge import Charge
from pft_tui.cluster.messages import (
    Connected,
    Deliver,
    Gone,
    Node,
    Nodes,
    Placed,
    Refused,
    SetAside,
    Signal,
    Start,
)
from pft_tui.orders import AFTER_THIS_TRIAL, Order, send
from pft_tui.paths import Workspace
from pft_tui.scheduler.bridge import Bridge
from pft_tui.scheduler.cluster_slots import GPU, ClusterError, ClusterSlots, check
from pft_tui.scheduler.executor import LocalExecutor
from pft_tui.scheduler.slots import Slot
from pft_tui.scheduler.worker_files import Worker, WorkerFiles
from pft_tui.settings.model import RunSettings

CONNECT_SECONDS = 40.0
PLACED_SECONDS = 30.0
POLL_SECONDS = 0.05
# A worker that was told to die, and of which nothing more is heard, is given up after so long.
GIVE_UP_SECONDS = 30.0
AGAIN_SECONDS = 30.0
# A worker yet to be placed that no slot has asked for so long is not waited for any more.
WITHDRAW_SECONDS = 10.0


class ClusterExecutor(WorkerFiles):
    """Workers on whatever nodes Ray puts them; a process of its own, the bridge, talks to Ray.

    Where the bridge or the whole cluster goes away, workers count as alive until a new bridge has found
    out which of them are. Corpora are prepared by a worker on this machine, where their files are.
    """

    idle_seconds = 60.0

    def __init__(self, workspace: Workspace, settings: RunSettings) -> None:
        """Connect to the cluster. Raises ClusterError where that fails."""
        super().__init__(workspace)
        if find_spec("ray") is None:
            raise ClusterError("run.executor = 'ray' needs Ray", hint="pip install 'pft-tui[ray]'")
        check(settings)
        self._settings = settings
        self._local = LocalExecutor(workspace, deterministic=settings.deterministic)
        self._bridge = Bridge(workspace, settings.address)
        self._nodes: list[Node] | None = None
        self._is_known = False
        self._why = "the cluster does not answer"
        self._again_at = 0.0
        self._wanted: dict[int, str] = {}
        self._asked: dict[int, float] = {}
        self._placed: dict[str, Placed] = {}
        self._spare: dict[str, float] = {}
        self._alive: set[str] = set()
        self._told: dict[str, Signals] = {}
        self._killed: dict[str, float] = {}
        self._set_aside: dict[str, str] = {}
        self._lost: set[str] = set()
        self._starved: dict[str, str] = {}
        self._layout = ClusterSlots(settings, self._connect())

    def slots(self) -> list[Slot]:
        """One slot here to prepare corpora, and as many as were asked for, or have room, on the cluster."""
        return self._layout.on(self._nodes or [], self._set_aside.values())

    def new_slots(self) -> list[Slot] | None:
        """The slots as the nodes are now, None where their number is fixed or the cluster does not answer."""
        self._listen()  # here, too, since this is asked for even while no slot has or wants a worker
        return self.slots() if self._layout.follows_nodes and self._nodes is not None else None

    def lacks(self, slot: Slot) -> str | None:
        """What has to be waited for: a node with room, which Ray is asked for."""
        if slot.work == "preparing":
            return None
        self._listen()
        if self._spare:
            return None
        if self._nodes is None:
            return f"waits for the Ray cluster: {self._why}"
        if time.monotonic() < self._again_at:
            return f"no worker can be started on the cluster: {self._why}"
        self._asked[slot.index] = time.monotonic()
        if slot.index not in self._wanted:
            worker_id = self._wanted[slot.index] = f"ray-{slot.index}-{secrets.token_hex(4)}"
            self.inbox(worker_id).touch(mode=0o600)
            self._bridge.tell(Start(self._charge(worker_id, slot)))
        return "waits for room on a node of the cluster"

    def start(self, slot: Slot) -> Worker:
        """Give the slot a worker that Ray has found room for; for preparing, start one here."""
        if slot.work == "preparing":
            return self._local.start(slot)
        worker_id = next(iter(self._spare))
        return self._claim(worker_id, slot.index)

    def order(self, worker: Worker, order: Order) -> None:
        """Append an order to the worker's inbox, from where it is passed on."""
        send(order, self.inbox(worker.worker_id))
        if worker.node is not None:
            self._bridge.tell(Deliver(worker.worker_id))

    def is_alive(self, worker: Worker) -> bool:
        """Whether the worker may still report something."""
        if worker.node is None:
            return self._local.is_alive(worker)
        self._listen()
        killed = self._killed.get(worker.worker_id)
        if killed is not None and time.monotonic() - killed > GIVE_UP_SECONDS:
            self._drop(worker.worker_id)
        return worker.worker_id in self._alive

    def was_lost(self, worker: Worker) -> bool:
        """Whether a worker that is gone went down with its node or with the cluster."""
        return worker.worker_id in self._lost

    def was_starved(self, worker: Worker) -> bool:
        """Whether Ray has ended a worker that is gone since the memory of its node ran out."""
        return worker.worker_id in self._starved

    def strays(self) -> Sequence[Worker]:
        """Workers that an earlier owner started and that still run, here and on the cluster."""
        deadline = time.monotonic() + PLACED_SECONDS
        while self._wanted and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            self._listen()
        self._wanted.clear()
        found = [self._claim(worker_id, index) for index, worker_id in enumerate(sorted(self._spare), 1)]
        return [*self._local.strays(), *found]

    def would_start(self, worker: Worker, slot: Slot) -> bool:
        """Whether a worker was started as one for this slot would be now."""
        if worker.node is None:
            return slot.work == "preparing" and self._local.would_start(worker, slot)
        return self._placed[worker.worker_id].charge == self._charge(worker.worker_id, slot)

    def signal(self, worker: Worker, number: Signals) -> None:
        """Send a worker a signal; all processes of its group where that is to kill it."""
        if worker.node is None:
            self._local.signal(worker, number)
            return
        if worker.worker_id not in self._alive:
            return
        if number == SIGKILL:
            self._killed[worker.worker_id] = time.monotonic()
        self._send(worker.worker_id, number)

    def set_aside(self, worker: Worker) -> None:
        """Let nobody else have the worker's share of its device when it is gone."""
        if worker.node is None:
            return
        starved_on = self._starved.get(worker.worker_id)
        self._set_aside[worker.worker_id] = starved_on or self._placed[worker.worker_id].placement.node_id
        self._bridge.tell(SetAside(worker.worker_id))

    def forget(self, worker_id: str) -> None:
        """Delete what a worker that is gone was ordered."""
        super().forget(worker_id)
        self._lost.discard(worker_id)
        self._starved.pop(worker_id, None)

    def close(self) -> None:
        """Give all nodes back."""
        self._bridge.close()

    # The cluster

    def _connect(self) -> list[Node]:
        deadline = time.monotonic() + CONNECT_SECONDS
        while self._nodes is None:
            before = self._why
            self._listen()
            if self._why != before or time.monotonic() > deadline:
                self._bridge.close()
                raise ClusterError(
                    f"no Ray cluster at run.address = {self._settings.address!r}: {self._why}",
                    hint="`ray start` makes this machine part of one; docs/cluster.md says how",
                )
            time.sleep(POLL_SECONDS)
        return self._nodes

    def _charge(self, worker_id: str, slot: Slot) -> Charge:
        on_gpu = slot.device == GPU
        return Charge(
            worker_id,
            device="cuda:0" if on_gpu else "cpu",
            share=1 / self._layout.workers_per_gpu if on_gpu else 0.0,
            threads=slot.threads,
            deterministic=self._settings.deterministic,
            root=str(self._workspace.root),
            shared=self._settings.shared_workspace,
        )

    def _claim(self, worker_id: str, slot: int) -> Worker:
        del self._spare[worker_id]
        self._alive.add(worker_id)
        placed = self._placed[worker_id]
        where = placed.placement
        device = "cpu" if where.gpu is None else f"cuda:{where.gpu}"
        named = f"{device} of {placed.node}"
        return Worker(worker_id, where.pid, where.started, named, slot, placed.node)

    # What is heard of it

    def _listen(self) -> None:
        for word in self._bridge.words():
            match word:
                case Connected():
                    self._take_stock(word)
                case Placed():
                    self._welcome(word)
                case Nodes():
                    self._look_over(word.nodes)
                case Gone():
                    self._part_with(word)
                case Refused():
                    self._nodes, self._why = None, word.why
        self._give_back()

    def _give_back(self) -> None:
        """Do without workers that have had no work for a while, and those to come that no slot asks for."""
        for worker_id, since in self._spare.items():
            if time.monotonic() - since > self.idle_seconds and worker_id not in self._told:
                self._send(worker_id, AFTER_THIS_TRIAL)
        for slot, since in list(self._asked.items()):
            if time.monotonic() - since > WITHDRAW_SECONDS:
                self._withdraw(slot)

    def _take_stock(self, there: Connected) -> None:
        """A bridge is connected: who is not there any more is gone, and who is was perhaps not told all."""
        if not self._is_known:  # all of them may be adopted
            self._wanted = {-at: worker_id for at, worker_id in enumerate(there.workers, 1)}
        self._is_known = True
        self._look_over(there.nodes)
        for worker_id in {*self._placed, *self._wanted.values()} - set(there.workers):
            with contextlib.suppress(OSError), self.log(worker_id).open("a", encoding="utf-8") as log:
                log.write("lost on the cluster, which was away for a while and does not know it any more\n")
            self._lost.add(worker_id)
            self._drop(worker_id)
        for worker_id, number in self._told.items():
            self._bridge.tell(Signal(worker_id, number))

    def _welcome(self, placed: Placed) -> None:
        worker_id = placed.charge.worker_id
        self._placed[worker_id] = placed
        if worker_id in self._wanted.values():
            self._expect_no_more(worker_id)
            self._spare[worker_id] = time.monotonic()
        elif worker_id not in self._alive and worker_id not in self._spare:  # given up, and yet it lives
            self._send(worker_id, SIGKILL)

    def _look_over(self, nodes: list[Node]) -> None:
        self._nodes = nodes
        there = {node.node_id for node in nodes}
        self._set_aside = {worker: node for worker, node in self._set_aside.items() if node in there}

    def _withdraw(self, slot: int) -> None:
        """Let a worker go that has found no room yet, so that Ray asks for no node for its sake."""
        del self._asked[slot]
        if worker_id := self._wanted.pop(slot, None):
            self._send(worker_id, SIGKILL)

    def _part_with(self, gone: Gone) -> None:
        worker_id = gone.worker_id
        if gone.end == "lost":
            self._lost.add(worker_id)
        elif gone.end == "starved" and worker_id in self._placed:
            self._starved[worker_id] = self._placed[worker_id].placement.node_id
        if worker_id in self._wanted.values():  # it never came to run, and neither would the next
            self._why = self.last_words(worker_id) or self._why
            self._again_at = time.monotonic() + AGAIN_SECONDS
        self._drop(worker_id)

    def _drop(self, worker_id: str) -> None:
        """Forget a worker; if no slot had it, its inbox, too."""
        if worker_id not in self._alive:
            self.forget(worker_id)
        self._alive.discard(worker_id)
        self._expect_no_more(worker_id)
        for known in (self._placed, self._spare, self._told, self._killed):
            known.pop(worker_id, None)

    def _expect_no_more(self, worker_id: str) -> None:
        """A worker has come to run, or never will."""
        self._wanted = {slot: wanted for slot, wanted in self._wanted.items() if wanted != worker_id}

    def _send(self, worker_id: str, number: Signals) -> None:
        self._told[worker_id] = number
        self._bridge.tell(Signal(worker_id, number))
