"""A picture of every screen in three sizes and two themes, compared with the one that was looked at.

After a change that is meant, `pytest tests/tui/test_pictures.py --snapshot-update` draws them anew: look
at them.
"""

import dataclasses
import time
from types import SimpleNamespace

import pytest
from finished_trials import score, workspace_with

from pft_tui import __version__
from pft_tui.events import JobStarted, Metrics, Spool
from pft_tui.reports.trials import trials
from pft_tui.store.owner import Store
from pft_tui.tui.app import Dashboard
from pft_tui.tui.feed import Feed
from pft_tui.tui.live.machine import Load, Monitor
from pft_tui.units import GIB

NOW = 100.0
SIZES = {"small": (80, 24), "medium": (120, 40), "large": (200, 60)}
LEFT_OUT = 7


class Still(Feed):
    """A feed in which time stands still: the snapshot, told as a daemon with two slots would tell it."""

    def pulse(self):
        pulse = super().pulse()
        overview = {**pulse.overview, "rate": 0.25, "left": 4 * LEFT_OUT}
        return dataclasses.replace(
            pulse, at=NOW, as_of=None, source="daemon", status=self.status(), overview=overview, notice=None
        )

    def status(self):
        running = self.ask("jobs", jobs={"states": ["running"]})["jobs"]
        jobs = [job["id"] for job in running]
        return {
            "running": True,
            "version": __version__,
            "pid": 4711,
            "since": 0.0,
            "workspace": "/work",
            "ending": False,
            "stops": {},
            "obstacle": None,
            "done": False,
            **self.ask("overview")["progress"],
            "slots": [
                {
                    "slot": slot,
                    "device": f"cuda:{slot}",
                    "state": "busy",
                    "worker": f"w{slot}",
                    "pid": 4712 + slot,
                    "job": jobs[slot],
                    "jobs_left": 3,
                }
                for slot in range(2)
            ],
        }


def busy(_monitor, devices):
    """What the machine does, always the same."""
    loads = [Load("cpu", "16 cores", 35.0, 20 * GIB, 128 * GIB)]
    names = [device for device in dict.fromkeys(devices) if device != "cpu"]
    return loads + [Load(name, "H200", 88.0, 31 * GIB, 141 * GIB, 61, 540.0, 700.0) for name in names]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """A grid that is nearly through: two trials run, and each has a curve."""
    left_out = set()

    def scored(corpora, trial):
        if len(left_out) < LEFT_OUT and len(corpora) == 3:
            left_out.add(trial.trial_id)
            return None
        return score(corpora, trial)

    workspace = workspace_with(tmp_path_factory.mktemp("pictures"), scored)
    rows = trials(workspace, {}, "k").rows
    queued = sorted(row[0] for row in rows if row[1] == "queued")
    store = Store.open(workspace)
    with Spool(workspace.spool / "later.jsonl") as spool:
        for place, row in enumerate(rows):
            epochs = range(1, 9 + place % 5)
            values = {
                "val_macro_f1": [0.8 - 0.5 / epoch for epoch in epochs],
                "train_loss": [1 / epoch for epoch in epochs],
                "val_loss": [1.2 / epoch + 0.02 * epoch for epoch in epochs],
            }
            times = [90.0 + epoch for epoch in epochs]
            if row[0] in queued[:2]:
                spool.append([JobStarted(row[0], f"w{queued.index(row[0])}", 1, 90.0)])
            spool.append([Metrics(row[0], list(epochs), list(epochs), values, times)])
    while store.ingest().more:
        pass
    store.publish()
    store.close()
    return workspace


@pytest.fixture
def still(experiment, monkeypatch):
    """A dashboard of the experiment in which nothing changes by itself."""
    monkeypatch.setattr(Monitor, "read", busy)
    monkeypatch.setattr("pft_tui.store.inquiry.time", SimpleNamespace(perf_counter=lambda: 0.0))
    monkeypatch.setattr("pft_tui.tui.app.Memory.save", lambda *_: None)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield lambda screen: Dashboard(experiment, Still(experiment), screen)
    monkeypatch.delenv("TZ")
    time.tzset()


def settled(theme, *keys):
    """What is done before the picture is taken: wait, press, wait until nothing changes any more."""

    async def run(pilot):
        app = pilot.app
        app.theme = theme
        await quiet(pilot)
        for key in keys:
            await pilot.press(key)
            await quiet(pilot)

    return run


async def quiet(pilot):
    """Wait until nothing has been at work for a while."""
    app, idle, deadline = pilot.app, 0, time.monotonic() + 60
    while idle < 6:
        assert time.monotonic() < deadline, [worker.name for worker in app.workers]
        await pilot.pause(0.05)
        is_idle = app.pulse is not None and all(worker.is_finished for worker in app.workers)
        idle = idle + 1 if is_idle else 0


@pytest.mark.parametrize("theme", ["pft-dark", "pft-light"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", ["Live", "Queue", "Trials", "Results", "SQL"])
def test_screen(snap_compare, still, screen, size, theme):
    keys = {"SQL": ["f5"], "Results": ["right_square_bracket"]}.get(screen, [])
    assert snap_compare(still(screen), terminal_size=SIZES[size], run_before=settled(theme, *keys))
