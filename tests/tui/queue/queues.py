"""Queues with models, audio and trials that wait, and what of them is on screen."""

import contextlib
import time
from itertools import product

from dashboards import opened

from pft_tui.grid import Grid
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.tui.queue.table import JobTable

ESD, IEMOCAP = CorpusRef("esd", "d1"), CorpusRef("iemocap", "d2")
SPEAKERS, EMOTIONS, SHOTS = ("0001", "0011"), ("Happy", "Sad"), (2, 8)


def small_grid():
    """Two corpora, one model to pre-finetune, and 16 trials: half from it, half from the base."""
    encoder = EncoderSpec("random:tiny", None, "f00d")
    models = (ModelSpec(encoder, (), None, 0), ModelSpec(encoder, (IEMOCAP,), PrefinetuneSettings(), 0))
    trials = tuple(
        TrialSpec(model.model_id, "finetune", "paper", Recipe(), ESD, speaker, "English", emotion, k, 0, 0)
        for model, speaker, emotion, k in product(models, SPEAKERS, EMOTIONS, SHOTS)
    )
    return Grid((ESD, IEMOCAP), models, trials)


@contextlib.asynccontextmanager
async def queue_of(workspace, **options):
    """A pilot of the Queue screen, once it shows jobs."""
    async with opened(workspace, "Queue", **options) as pilot:
        await until(pilot, lambda: table(pilot).count > 0 and table(pilot).job is not None)
        yield pilot


def table(pilot):
    """The table of jobs."""
    return pilot.app.screen_stack[0].query_one(JobTable)


def lines(pilot):
    """What stands in the table's lines on screen, below the header, without what is right of it."""
    shown = table(pilot)
    texts = [shown.render_line(y).text.rstrip() for y in range(1, shown.size.height)]
    return [text for text in texts if text]


def screen(pilot):
    """Everything on screen, as text."""
    rows = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in rows)


def said(pilot):
    """What the dashboard has notified the user of, the last first."""
    return "\n".join(note.message for note in reversed(list(pilot.app._notifications)))


async def until(pilot, condition, seconds=15):
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain; on screen:\n{screen(pilot)}"
        await pilot.pause(0.03)


async def typed(pilot, text):
    """Type a text."""
    names = {" ": "space", ":": "colon", "+": "plus", ",": "comma", "-": "minus", '"': "quotation_mark"}
    await pilot.press(*(names.get(letter, letter) for letter in text))
