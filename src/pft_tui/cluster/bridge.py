"""`python -m pft_tui.cluster.bridge WORKSPACE ADDRESS`: the one process that talks to Ray.

It obeys JSON lines on stdin and answers on stdout. What Ray does to processes whose cluster goes away, it
does to this one; its owner starts another, which finds the hosts by name and goes on where this one was.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import Signals
from typing import Any, Literal

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pft_tui.cluster import library
from pft_tui.cluster.charge import Charge, Placement
from pft_tui.cluster.host import Host
from pft_tui.cluster.link import Link
from pft_tui.cluster.messages import (
    COMMANDS,
    WORDS,
    Command,
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
    Word,
)
from pft_tui.cluster.nodes import alive_nodes, connect, node_names
from pft_tui.paths import Workspace

_LOG = logging.getLogger(__name__)
MOST_LINE_BYTES = 1 << 20
LOOK_SECONDS = 3.0
ANSWER_SECONDS = 20.0
# So long after its last process a node may be taken to be alive: Ray's own patience, and some more.
MISSED_SECONDS = 20.0


class Bridge:
    """Starts hosts, finds those that are there, and keeps a link to each."""

    def __init__(self, workspace: Workspace, say: Callable[[Word], None]) -> None:
        self._workspace = workspace
        self._say = say
        self._links: dict[str, Link] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._library: ActorHandle[Any] | None = None
        self._nodes: list[Node] = []

    async def serve(self, commands: asyncio.StreamReader) -> None:
        """Obey until told to end (then all hosts are let go) or nobody is left to obey."""
        workers = [name for name in ray.util.list_named_actors() if name != library.NAME]
        self._nodes = alive_nodes()
        self._say(Connected(self._nodes, workers))
        for worker_id in workers:
            with contextlib.suppress(ValueError):
                self._follow(worker_id, ray.get_actor(worker_id))
        while line := await commands.readline():
            command = COMMANDS.validate_json(line)
            if command.do == "end":
                for link in self._links.values():
                    link.dismiss()
                if self._library is not None:
                    ray.kill(self._library)
                return
            self._obey(command)

    async def watch(self) -> None:
        """Say which nodes there are whenever that changes. Ends where this process is no part of any cluster.

        A head that was started anew knows nothing of those who were there before, and says nothing to them.
        """
        here = ray.get_runtime_context().get_node_id()
        with contextlib.suppress(TimeoutError, RuntimeError, RayError):
            while here in await self._seen_nodes():
                await asyncio.sleep(LOOK_SECONDS)

    async def _seen_nodes(self) -> set[str]:
        """The ids of the nodes that are alive, as they are made known."""
        nodes = await asyncio.wait_for(asyncio.to_thread(alive_nodes), ANSWER_SECONDS)
        if nodes != self._nodes:
            self._nodes = nodes
            self._say(Nodes(nodes))
        return {node.node_id for node in nodes}

    def _obey(self, command: Command) -> None:
        match command:
            case Start():
                self._start(command.charge)
            case Deliver() if link := self._links.get(command.worker_id):
                link.deliver()
            case Signal() if link := self._links.get(command.worker_id):
                link.signal(Signals(command.number))
            case SetAside() if link := self._links.get(command.worker_id):
                link.is_set_aside.set()
            case _:
                pass  # it has gone, and that has been said

    def _start(self, charge: Charge) -> None:
        # Detached: it outlives this process, and whoever comes next finds it by name.
        options = {"name": charge.worker_id, "lifetime": "detached", "max_restarts": 0}
        self._follow(charge.worker_id, ray.remote(Host).options(**options, **charge.resources).remote(charge))

    def _follow(self, worker_id: str, host: ActorHandle[Any]) -> None:
        link = self._links[worker_id] = Link(self._workspace, worker_id, host)
        task = asyncio.create_task(self._see_through(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, link: Link) -> None:
        end: Literal["died", "lost", "starved"] = "died"
        try:
            if not await link.follow(self._placed) and link.node_id:
                if link.is_starved:
                    end = "starved"
                elif await self._is_lost(link.node_id):
                    end = "lost"
        except Exception:  # noqa: BLE001 - whatever it is, its owner must hear that the worker is gone
            _LOG.exception("cannot follow the worker %s", link.worker_id)
        self._say(Gone(link.worker_id, end))
        if end == "starved":
            await link.replace_host()
        if link.is_set_aside.is_set():
            await link.hold()
        link.dismiss()
        del self._links[link.worker_id]

    async def _is_lost(self, node_id: str) -> bool:
        """Whether a node is no more. One that ends takes its processes down some time before it is missed."""
        deadline = time.monotonic() + MISSED_SECONDS
        while node_id in await self._seen_nodes():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(1.0)
        return True

    def _open_library(self) -> None:
        """Have one actor here, on the workspace's own machine, that knows its files."""
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._library = (
            ray.remote(library.Library)
            .options(
                name=library.NAME,
                lifetime="detached",
                get_if_exists=True,
                num_cpus=0,
                max_concurrency=4,
                scheduling_strategy=here,
            )
            .remote(self._workspace.root)
        )

    def _placed(self, charge: Charge, placement: Placement) -> None:
        if self._library is None and not charge.shared:
            self._open_library()
        self._say(Placed(charge, placement, node_names().get(placement.node_id, placement.node_id)))


def main() -> None:
    """Connect and serve. One bridge at a time serves a workspace: the next waits until this one is gone."""
    parser = argparse.ArgumentParser(prog="python -m pft_tui.cluster.bridge")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("address")
    asked = parser.parse_args()
    workspace = Workspace(asked.workspace)
    with _words_alone_on_stdout() as say, workspace.bridge_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            connect(asked.address, workspace.root)
        except ConnectionError as error:
            say(Refused(str(error)))
            return
        asyncio.run(_serve(workspace, say))
        sys.stdout.flush()
        os._exit(0)  # what Ray's own threads still do is of no use to anybody


async def _serve(workspace: Workspace, say: Callable[[Word], None]) -> None:
    commands = asyncio.StreamReader(limit=MOST_LINE_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    bridge = Bridge(workspace, say)
    watch = asyncio.create_task(_end_without_cluster(bridge))
    await bridge.serve(commands)
    watch.cancel()


async def _end_without_cluster(bridge: Bridge) -> None:
    """End this process, as Ray itself often does, where it is no part of any cluster any more."""
    await bridge.watch()
    os._exit(1)


@contextlib.contextmanager
def _words_alone_on_stdout() -> Iterator[Callable[[Word], None]]:
    """What says words on stdout; whatever else Ray prints there goes to stderr, which is a log."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as stdout:
        os.dup2(2, 1)

        def say(word: Word) -> None:
            with contextlib.suppress(BrokenPipeError):
                stdout.write(WORDS.dump_json(word) + b"\n")

        yield say


if __name__ == "__main__":
    main()
