"""A short pre-finetuning on two corpora of hums."""

from __future__ import annotations

import torch
from hums import two_tasks

from pft_tui.encoders.load import load_encoder
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.training.prefinetune import prefinetune

CPU = torch.device("cpu")
SETTINGS = PrefinetuneSettings(epochs=3, learning_rate=2e-3, batch_size=4, precision="fp32")


def run(folder, settings=SETTINGS, tasks=None, **options):
    rows = []
    options = {"seed": 0, "should_stop": lambda: False, **options}
    result = prefinetune(
        load_encoder("random:tiny"),
        tasks or two_tasks(),
        settings,
        folder=folder,
        device=CPU,
        report=lambda epoch, step, values: rows.append((epoch, step, dict(values))),
        deterministic=True,
        **options,
    )
    return result, rows
