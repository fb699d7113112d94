"""One model trained by several processes of this machine, each on a device of its own."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

import torch
from torch import distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from pft_tui.training.ranks import Ranks
from pft_tui.training.trial import Report

Result = TypeVar("Result")
Work = Callable[[Ranks, torch.device, Report], Result]
"""What each process does: train on its device, as one of the ranks, and report."""

POLL_SECONDS = 0.1
LOOPBACK, LOOPBACK_INTERFACE = "127.0.0.1", "lo"
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class RankError(RuntimeError):
    """A process died while it trained a model with others."""


def train_together(
    work: Work[Result],
    devices: Sequence[str],
    *,
    threads: int,
    report: Report,
    should_stop: Callable[[], bool],
) -> Result | None:
    """What `work` gives, done by as many processes as there are `devices`, each with so many `threads`.

    `work` is pickled. `report` is called here with what the ranks report. None where `should_stop`, asked
    several times a second, said so. Raises what any of them raised, or RankError where one died; the
    others are killed then. None of them is left afterwards, or when this process ends, however it does.
    """
    store = _meeting_point()
    with _started(work, devices, store.port, threads) as members:
        waiting = {member.words: member for member in members}
        results: dict[int, Result] = {}
        while waiting:
            if should_stop():
                return None
            for words in wait(list(waiting), POLL_SECONDS):
                assert isinstance(words, Connection)
                member = waiting[words]
                match member.word():
                    case _Epoch(epoch, step, values):
                        report(epoch, step, values)
                    case _Done(result):
                        results[member.ranks.rank] = result
                        del waiting[words]
                    case Exception() as error:
                        raise error
    return results[0]


@dataclass(frozen=True, slots=True)
class _Epoch:
    epoch: int
    step: int
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Done(Generic[Result]):
    result: Result


@dataclass(frozen=True, slots=True)
class _Member:
    """One of the processes, and the end of the pipe on which it is heard."""

    ranks: Ranks
    device: str
    process: SpawnProcess
    words: Connection

    def word(self) -> object:
        """The next that it says, which is there; RankError where it has died."""
        try:
            return self.words.recv()
        except EOFError:
            self.process.join()
            code = self.process.exitcode or 0
            how = (
                f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            )
            return RankError(f"rank {self.ranks.rank} of {self.ranks.size}, on {self.device}, {how}")


def _meeting_point() -> TCPStore:
    """Where the ranks find each other, on this machine alone."""
    listener = socket.create_server((LOOPBACK, 0))
    port = listener.getsockname()[1]
    return TCPStore(
        LOOPBACK, port, is_master=True, wait_for_workers=False, master_listen_fd=listener.detach()
    )


@contextmanager
def _started(
    work: Work[Result], devices: Sequence[str], port: int, threads: int
) -> Iterator[Sequence[_Member]]:
    context = multiprocessing.get_context("spawn")
    members: list[_Member] = []
    try:
        for rank, device in enumerate(devices):
            ranks = Ranks(rank, len(devices))
            ours, theirs = context.Pipe(duplex=False)
            arguments = (work, ranks, device, port, threads, os.getpid(), theirs)
            process = context.Process(target=_train, args=arguments, daemon=True)
            process.start()
            theirs.close()
            members.append(_Member(ranks, device, process, ours))
        yield members
    finally:
        # Whatever they still do is of no use; a collective that a dead rank has left would never end.
        for member in members:
            member.process.kill()
        for member in members:
            member.process.join()
            member.process.close()
            member.words.close()


def _train(
    work: Work[Result], ranks: Ranks, device: str, port: int, threads: int, parent: int, words: Connection
) -> None:
    """Be one of the processes."""
    _end_with(parent)
    torch.set_num_threads(threads)

    def report(epoch: int, step: int, values: Mapping[str, float]) -> None:
        words.send(_Epoch(epoch, step, dict(values)))

    try:
        _join(ranks, torch.device(device), port)
        words.send(_Done(work(ranks, torch.device(device), report)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the ranks were started
        traceback.print_exc(file=sys.stderr)
        words.send(_portable(error))


def _end_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it is gone."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


def _join(ranks: Ranks, device: torch.device, port: int) -> None:
    """Become one of torch.distributed's default process group: NCCL among GPUs, Gloo among CPUs."""
    for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        os.environ.setdefault(name, LOOPBACK_INTERFACE)
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        store=TCPStore(LOOPBACK, port, is_master=False),
        rank=ranks.rank,
        world_size=ranks.size,
        device_id=device if on_gpu else None,
    )


def _portable(error: Exception) -> Exception:
    """The error itself, or one with its words where it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, made just now
    except Exception:  # noqa: BLE001 - an exception may do anything when it is copied
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
