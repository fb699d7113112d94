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
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout

    def open(self, *arguments):
        self._socket = f"pft-{uuid.uuid4().hex[:8]}"  # a server that was killed may still be going
        command = " ".join(f"'{part}'" for part in (*PFT, *arguments))
        session = ("new-session", "-d", "-s", "pft", *SIZE, f"cd '{self._workspace}'; {command}")
        # Whatever ends the dashboard, its last words can be read.
        self.tmux("-f", "/dev/null", *session, ";", "set-option", "remain-on-exit", "on")

    def press(self, *keys):
        self.tmux("send-keys", "-t", "pft", *keys)

    @property
    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "pft")

    @contextlib.contextmanager
    def step(self, name):
        """A part of the visit: where it fails, its name and what was on screen are said."""
        try:
            yield
        except Exception as error:
            error.add_note(f"This was the step: {name}. {self._found()}")
            raise

    def _found(self):
        """What is on screen, and what the dashboard has written down."""
        with contextlib.suppress(AssertionError):
            found = [f"On screen:\n{self.screen}"]
            for path in (
                self._workspace / ".pft/dashboard.json",
                self._workspace / ".pft/logs/dashboard.log",
            ):
                found += [f"In {path.name}:\n{path.read_text()[-4000:]}"] if path.exists() else []
            return "\n".join(found)
        return "There was no terminal any more."

    def shows(self, *words, seconds=60):
        """Wait until all the words are on screen."""
        deadline = time.monotonic() + seconds
        while missing := self._lacking(words):
            assert time.monotonic() < deadline, f"not on screen within {seconds} s: {missing}"
            time.sleep(0.2)

    def _lacking(self, words):
        screen = self.screen
        return [word for word in words if word not in screen]

    def kill(self):
        """As when the connection drops and takes the terminal with it."""
        with contextlib.suppress(AssertionError):
            self.tmux("kill-server")


@pytest.fixture
def terminal(workspace, pft):
    terminal = Terminal(workspace)
    yield terminal
    terminal.kill()
    pft(workspace, "down", "--now")


def trials(workspace, pft, *filters):
    return json.loads(pft(workspace, "jobs", "--json", "--kind", "trial", "--size", "1000", *filters).stdout)


def done(pft, workspace, *arguments):
    """Run a command that must succeed."""
    run = pft(workspace, *arguments)
    assert run.returncode == 0, f"pft {' '.join(arguments)}: {run.stdout}{run.stderr}"


def test_a_visit_to_an_experiment_that_runs(workspace, pft, terminal):
    done(pft, workspace, "queue")
    terminal.open()
    with terminal.step("what runs, with its curves"):
        terminal.shows("1 Live", "iemocap", "slots 0, 1", "validation")

    with terminal.step("the queue while everything is paused"):
        done(pft, workspace, "pause")
        terminal.press("2")
        terminal.shows("prio", "paused")
    with terminal.step("a filter, and the last job that it leaves"):
        last = max(job["number"] for job in trials(workspace, pft, "--state", "queued"))
        # At once, as a line that lags delivers them.
        terminal.press("/", *"state:queued", "Enter", "End")
        terminal.shows("/ state:queued", f"{last}  ○ queued", f"\n {last} ")
    with terminal.step("cancelling it"):
        terminal.press("x")
        terminal.shows("Yes (y)")
        terminal.press("y")
        terminal.shows("1 job cancelled")
        assert [job["number"] for job in trials(workspace, pft, "--state", "cancelled")] == [last]

    with terminal.step("to the experiment's end"):
        done(pft, workspace, "resume")
        done(pft, workspace, "wait")
        done(pft, workspace, "publish")
    with terminal.step("the trials"):
        terminal.press("3")
        terminal.shows("Pre-finetuned on", "✓")
    with terminal.step("the results"):
        terminal.press("4")
        terminal.shows("Table 1: ", "F1_in", "mandarin_as")
    with terminal.step("the trials behind a number"):
        terminal.press("Enter")
        terminal.shows("Pre-finetuned on", "· iemocap")
    with terminal.step("a question in SQL"):
        terminal.press("5")
        terminal.shows("Tables and views")
        terminal.press("F5")
        terminal.shows("rows in")

    with terminal.step("opened again where it was"):
        terminal.kill()
        terminal.open()
        terminal.shows("5 SQL", "Tables and views", "mean_f1")
        done(pft, workspace, "status")
