"""Running a calibration on this machine's slots, and keeping what it found."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from platform import node
from tempfile import TemporaryFile
from typing import IO

from pft_tui.calibration import LINE, REQUEST, START, Line, Request, Sample, Time
from pft_tui.errors import PftError
from pft_tui.forecast.predict import Costs
from pft_tui.scheduler.slots import Slot
from pft_tui.specs import identify
from pft_tui.worker.launch import environment

MODULE = "pft_tui.worker.calibration"
PACKAGES = ("pft-tui", "torch", "transformers")

Say = Callable[[str], None]


def key_of(request: Request, slots: Sequence[Slot]) -> str:
    """What a calibration holds for: encoder, protocol, lengths, device, and the packages that compute."""
    places = [(slot.device, slot.threads) for slot in slots]
    return identify(
        "calibration",
        REQUEST.dump_python(request, mode="json"),
        places,
        node(),
        [version(name) for name in PACKAGES],
    )


def kept(file: Path, key: str) -> Costs | None:
    """The costs that were found for the very same request, None where there are none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["key"] != key:
            return None
        times = {what: Time(**taken) for what, taken in found["times"].items()}
        return Costs(times, found["parameters"], found["memory"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(file: Path, key: str, costs: Costs) -> None:
    """Keep the costs, in place of those before."""
    times = {what: asdict(taken) for what, taken in costs.times.items()}
    beside = file.with_name(f".{file.name}.new")
    content = {"key": key, "parameters": costs.parameters, "memory": costs.memory, "times": times}
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(file)


def calibrate(request: Request, slots: Sequence[Slot], say: Say) -> Costs:
    """Time the pieces of the request in a worker on each of the slots, all at once, as they will run.

    `say` hears what is at hand. Raises PftError where a worker cannot do it.
    """
    with contextlib.ExitStack() as stack:
        # Entered first: what ends the block early ends the workers, and with them the threads that listen.
        pool = stack.enter_context(ThreadPoolExecutor(len(slots)))
        workers = [stack.enter_context(_started(slot)) for slot in slots]
        for worker in workers:
            worker.send(REQUEST.dump_json(request))
        say("loading the encoder")
        first = [worker.until_ready() for worker in workers]
        for worker in workers:
            worker.send(b"")
        hears: list[Say] = [say, *[_nothing] * (len(workers) - 1)]
        rest = list(pool.map(lambda worker, hear: worker.rest(hear), workers, hears))
    lines = [line for own in (*first, *rest) for line in own]
    samples = [line.sample for line in lines if line.sample is not None]
    memory = next((line.memory for line in lines if line.memory), None)
    return Costs.of(samples, max((line.parameters or 0 for line in lines), default=0), memory)


def _nothing(_words: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    started: float
    words: IO[bytes]

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # why it has gone is seen where it is read from
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()

    def until_ready(self) -> list[Line]:
        """What it says until it is ready; its start is timed from here."""
        lines: list[Line] = []
        for line in self._lines():
            if line.ready and line.sample is not None:
                taken = Time(time.monotonic() - self.started, line.sample.time.cpu)
                return [*lines, replace(line, sample=Sample(START, taken))]
            lines.append(line)
        raise self._gone()

    def rest(self, say: Say) -> list[Line]:
        """What it says until it has done."""
        lines: list[Line] = []
        for line in self._lines():
            if line.doing:
                say(line.doing)
            lines.append(line)
        if self.process.wait() != 0:
            raise self._gone()
        return lines

    def _lines(self) -> Iterator[Line]:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = LINE.validate_json(text)
            if line.error is not None:
                raise PftError(line.error, hint=line.hint)
            yield line

    def _gone(self) -> PftError:
        self.process.wait()
        self.words.seek(0)
        said = self.words.read().decode(errors="replace").strip().splitlines()
        return PftError(
            "the calibration's worker ended: "
            + (said[-1] if said else f"exit code {self.process.returncode}"),
            hint="`pft doctor` looks for what is wrong",
        )


@contextlib.contextmanager
def _started(slot: Slot) -> Iterator[_Worker]:
    """A worker that calibrates, ended with the block; Ctrl-C reaches it through its owner alone."""
    with TemporaryFile() as words:
        process = subprocess.Popen(  # noqa: S603 - our own module, arguments of our own making
            [sys.executable, "-m", MODULE, slot.device, str(slot.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env=environment(slot.threads),
            start_new_session=True,
        )
        try:
            yield _Worker(process, time.monotonic(), words)
        finally:
            process.kill()
            process.wait()
