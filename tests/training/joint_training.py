"""Pre-finetunings by several processes: the tiny encoder, with or without dropout."""

from __future__ import annotations

import json
from functools import partial

import torch
from hums import two_tasks
from prefinetuning import SETTINGS
from safetensors import safe_open

from pft_tui.encoders.load import load_encoder
from pft_tui.training.checkpoint import CHECKPOINT
from pft_tui.training.prefinetune import prefinetune
from pft_tui.training.ranks import ALONE
from pft_tui.training.together import train_together

CPU = torch.device("cpu")


def train(folder, settings, dropout, ranks, device, report, should_stop=lambda: False):
    """Pre-finetune the tiny encoder, noting in the folder what each rank's first dropout has dropped."""
    encoder = load_encoder("random:tiny")
    layers = [module for module in encoder.modules() if isinstance(module, torch.nn.Dropout)]
    for module in layers:
        module.p = dropout

    def note(_module, inputs, output):
        masks = folder.with_name(f"dropped-{ranks.rank}-of-{ranks.size}")
        if dropout and not masks.exists():
            masks.write_text(json.dumps((output.flatten()[:200] == 0).tolist()))

    layers[0].register_forward_hook(note)
    return prefinetune(
        encoder,
        two_tasks(),
        settings,
        seed=0,
        folder=folder,
        device=device,
        report=report,
        should_stop=should_stop,
        deterministic=True,
        ranks=ranks,
    )


def epochs_done(folder):
    """How many epochs the checkpoint in a folder has seen."""
    if not (folder / CHECKPOINT).exists():
        return 0
    with safe_open(folder / CHECKPOINT, framework="pt") as file:
        return json.loads(file.metadata()["progress"])["epoch"]


def run_with(size, folder, settings=SETTINGS, *, dropout=0.0, stop_after=None, devices=None):
    """The result and the rows of a pre-finetuning by so many processes, stopped after so many epochs.

    On a CPU, unless `devices` are named.
    """
    rows = []

    def report(epoch, step, values):
        rows.append((epoch, step, dict(values)))

    def should_stop():
        return stop_after is not None and epochs_done(folder) >= stop_after

    devices = devices or ["cpu"] * size
    if size == 1:
        device = torch.device(devices[0])
        return train(folder, settings, dropout, ALONE, device, report, should_stop), rows
    work = partial(train, folder, settings, dropout)
    result = train_together(work, devices, threads=1, report=report, should_stop=should_stop)
    return result, rows
