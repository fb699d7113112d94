"""Write the demo corpora: five releases as they lie on disk, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile

from pft_tui.demo.releases import esd, iemocap, mandarin_as, msp_improv, msp_podcast
from pft_tui.demo.rooms import record
from pft_tui.demo.scale import Scale
from pft_tui.demo.takes import Release, Take
from pft_tui.demo.voice import synthesise
from pft_tui.errors import CorpusError, UsageError

RELEASES = {
    "iemocap": iemocap,
    "msp_improv": msp_improv,
    "msp_podcast": msp_podcast,
    "mandarin_as": mandarin_as,
    "esd": esd,
}
MARKER = "demo.json"
VERSION = 1
"""To be raised whenever the same seed and scale give other files."""

Progress = Callable[[int, int], None]


def write_corpora(
    folder: Path, *, seed: int, scale: Scale | None = None, progress: Progress | None = None
) -> dict[str, Path]:
    """Write all five corpora under `folder`; returns each corpus's root, by the name of its reader.

    The same seed and scale give the same bytes. What is already there from the same seed and scale is
    kept, what is there from others is replaced. `progress` is told how many utterances of how many are
    done. Raises CorpusError if `folder` holds anything else, UsageError if `seed` is negative.
    """
    scale = scale or Scale()
    if seed < 0:
        raise UsageError(f"the seed is {seed}", hint="choose zero or more")
    roots = {name: folder / release.FOLDER for name, release in RELEASES.items()}
    marker = json.dumps({"version": VERSION, "seed": seed, "scale": asdict(scale)}, sort_keys=True)
    if _found(folder) == marker:
        return roots
    partial = folder.with_name(f".{folder.name}.partial")
    _remove(partial)
    try:
        _write(partial, seed, scale, progress)
        (partial / MARKER).write_text(marker, encoding="utf-8")
        _remove(folder)
        partial.rename(folder)
    finally:
        _remove(partial)
    return roots


def _found(folder: Path) -> str | None:
    """The marker of the demo corpora in `folder`, or None if there is nothing at all.

    What is found may be deleted to make room, so a folder with anything else in it is refused.
    """
    if not folder.exists():
        return None
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    if not names:
        return None
    if names != {MARKER, *(release.FOLDER for release in RELEASES.values())}:
        raise CorpusError(
            f"{folder} holds something else than demo corpora", hint="name a new or an empty folder"
        )
    return (folder / MARKER).read_text(encoding="utf-8")


def _write(root: Path, seed: int, scale: Scale, progress: Progress | None) -> None:
    """Plan every release, then record take by take."""
    plans = [
        (index, release.FOLDER, release.plan(np.random.default_rng([seed, index]), scale))
        for index, release in enumerate(RELEASES.values())
    ]
    total = sum(len(plan.takes) for _, _, plan in plans)
    done = 0
    for index, name, plan in plans:
        _write_texts(root / name, plan)
        for number, take in enumerate(plan.takes, start=1):
            # A generator for each take: one more take in a release changes none of the others.
            _write_take(root / name, take, scale, np.random.default_rng([seed, index, number]))
            done += 1
            if progress is not None:
                progress(done, total)


def _write_texts(root: Path, plan: Release) -> None:
    for path, content in plan.texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def _write_take(root: Path, take: Take, scale: Scale, rng: np.random.Generator) -> None:
    seconds = float(rng.uniform(scale.shortest, scale.longest))
    speech = synthesise(take.speaker, take.emotion, take.speaker.language, rng, seconds)
    path = root / take.path
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, record(speech, take.room, take.rate, rng), take.rate, subtype="PCM_16")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
