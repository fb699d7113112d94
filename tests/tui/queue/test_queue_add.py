"""Adding jobs: by the form, and what the grid lacks."""

import asyncio
from itertools import product

import numpy as np
import pytest
import soundfile
from queues import said, screen, table, until

from pft_tui.daemon.client import ask, ensure_running
from pft_tui.tui.queue.add import AddForm

SETTINGS = """
[corpora.few]
root = "few"
reader = "manifest"
[corpora.many]
root = "many"
reader = "manifest"
[encoder]
name = "random:tiny"
[grid]
downstream = "few"
shots = [2]
trials = 1
"""


@pytest.fixture
def corpora(workspace):
    """A paused daemon over two small corpora with audio."""
    workspace.settings_file.write_text(workspace.settings_file.read_text() + SETTINGS)
    for name in ("few", "many"):
        folder = workspace.root / name
        folder.mkdir()
        cells = product(("ann", "bob"), ("happy", "sad"), ("train", "evaluation", "test"), range(2))
        rows = ["path,label,speaker,language,split"]
        for speaker, label, split, number in cells:
            path = f"{speaker}-{label}-{split}-{number}.wav"
            soundfile.write(folder / path, np.zeros(1600, np.float32), 16_000)
            rows.append(f"{path},{label},{speaker},English,{split}")
        (folder / "table.csv").write_text("\n".join(rows) + "\n")
    ensure_running(workspace)
    ask(workspace, "pause")
    return workspace


def test_a_form_adds_trials_after_showing_how_many(corpora):
    async def use():
        async with queue_of_empty(corpora) as pilot:
            await pilot.press("a")
            await until(pilot, lambda: isinstance(pilot.app.screen, AddForm))
            form = pilot.app.screen
            await until(pilot, lambda: form.names("speakers"))
            assert form.names("model") == ["base", "many"]
            assert list(form.names("emotions")) == ["happy", "sad"]
            await pilot.press("ctrl+u", *"ma")
            await until(pilot, lambda: form.query_one("#add-model")._suggestion == "many")
            await pilot.press("right", "down", *"cid", "down", *"happy,s")
            await until(pilot, lambda: form.query_one("#add-emotions")._suggestion == "happy,sad")
            await pilot.press("right", "enter")
            await until(pilot, lambda: "'cid' is not among the speakers" in screen(pilot))
            await pilot.press("up", "ctrl+u", *"ann", "enter")
            await until(pilot, lambda: "trials: 2 added" in screen(pilot))
            assert "models: 1 added" in screen(pilot)
            assert ask(corpora, "jobs", limit=0)["total"] == 0
            await pilot.press("y")
            await until(pilot, lambda: table(pilot).count == 5)
            found = ask(corpora, "jobs", jobs={"kinds": ["trial"]})["jobs"]
            assert [(job["model"], job["speaker"], job["emotion"]) for job in found] == [
                ("many", "ann", "happy"),
                ("many", "ann", "sad"),
            ]

    asyncio.run(use())


def test_what_the_grid_lacks_is_counted_first_and_queued_once(corpora):
    async def use():
        async with queue_of_empty(corpora) as pilot:
            await pilot.press("A")
            await until(pilot, lambda: "trials: 8 added" in screen(pilot))
            await pilot.press("n")
            assert ask(corpora, "jobs", limit=0)["total"] == 0
            await pilot.press("A")
            await until(pilot, lambda: "Queue this?" in screen(pilot))
            await pilot.press("y")
            await until(pilot, lambda: table(pilot).count == 11)
            await pilot.press("A")
            await until(pilot, lambda: "There is nothing to add" in said(pilot))

    asyncio.run(use())


def queue_of_empty(workspace):
    """A pilot of the Queue screen over a queue that may have nothing in it yet."""
    from dashboards import opened

    return opened(workspace, "Queue")
