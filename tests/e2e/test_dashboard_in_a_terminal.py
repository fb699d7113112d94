"""The dashboard as a person has it: in a real terminal, over an experiment that runs."""

import contextlib
import json
import os
import shutil
import subprocess
import time
import uuid

import pytest
from noop_grids import PFT

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="takes tmux")
# The terminal's own size counts: readline and pytest's workers name one that is not its.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
SIZE = ("-x", "120", "-y", "40")


class Terminal:
    """A tmux session with `pft` in it: keys go in, and what is on screen is read."""

    def __init__(self, workspace):
        self._workspace = workspace
        self._socket = ""

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=ENVIRONMENT,
        ).stdout

    def open(self, *arguments):
        self._socket = f"pft-{uuid.uuid4().hex[:8]}"  # a server that was killed may still be going
        command = " ".join(f"'{part}'" for part in (*PFT, *arguments))
        self.tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", "pft", *SIZE, f"cd '{self._workspace}'; {command}"
        )

    def press(self, *keys):
        self.tmux("send-keys", "-t", "pft", *keys)

    @property
    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "pft")

    def shows(self, *words, seconds=60):
        """Wait until all the words are on screen; the screen then."""
        deadline = time.monotonic() + seconds
        while not all(word in (screen := self.screen) for word in words):
            assert time.monotonic() < deadline, f"{words} not in\n{screen}"
            time.sleep(0.2)
        return screen

    def kill(self):
        """As when the connection drops and takes the terminal with it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux("kill-server")


@pytest.fixture
def terminal(workspace, pft):
    terminal = Terminal(workspace)
    yield terminal
    terminal.kill()
    pft(workspace, "down", "--now")


def trials(workspace, pft, *filters):
    return json.loads(pft(workspace, "jobs", "--json", "--kind", "trial", "--size", "1000", *filters).stdout)


def test_a_visit_to_an_experiment_that_runs(workspace, pft, terminal):
    assert pft(workspace, "queue").returncode == 0
    terminal.open()
    terminal.shows("1 Live", "iemocap", "slots 0, 1", "validation")

    assert pft(workspace, "pause").returncode == 0
    terminal.press("2")
    terminal.shows("prio", "paused")
    last = max(job["number"] for job in trials(workspace, pft, "--state", "queued"))
    terminal.press("/", *"state:queued", "Enter")
    terminal.shows("/ state:queued")
    terminal.press("End")
    terminal.shows(f"{last}  ○ queued", f"\n {last} ")
    terminal.press("x")
    terminal.shows("Yes (y)")
    terminal.press("y")
    deadline = time.monotonic() + 30
    while not trials(workspace, pft, "--state", "cancelled"):
        assert time.monotonic() < deadline, terminal.screen
        time.sleep(0.3)
    assert [job["number"] for job in trials(workspace, pft, "--state", "cancelled")] == [last]

    assert pft(workspace, "resume").returncode == 0
    assert pft(workspace, "wait").returncode == 0
    pft(workspace, "publish")
    terminal.press("3")
    terminal.shows("Pre-finetuned on", "✓")
    terminal.press("4")
    terminal.shows("Table 1: ", "F1_in", "mandarin_as")
    terminal.press("Enter")
    terminal.shows("Pre-finetuned on", "· iemocap")
    terminal.press("5")
    terminal.shows("Tables and views")
    terminal.press("F5")
    terminal.shows("rows in")

    terminal.kill()
    terminal.open()
    terminal.shows("5 SQL", "Tables and views", "mean_f1")
    assert pft(workspace, "status").returncode == 0
