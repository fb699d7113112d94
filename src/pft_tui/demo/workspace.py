"""The demo's workspace: the paper's grid at a size for two CPU cores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pft_tui.errors import UsageError
from pft_tui.paths import SETTINGS_FILE
from pft_tui.settings import load_settings

SETTINGS = """\
# The settings of `pft demo`: the paper's experiment, small enough for two CPU cores. `pft init` writes a
# file with every key explained.

{corpora}
[encoder]
name = "random:tiny"            # a fresh wav2vec 2.0 of two layers; the paper's is "facebook/wav2vec2-base"

[prefinetune]
epochs = 4
learning_rate = 2e-3            # an encoder from scratch learns at a higher rate than a trained one

[finetune]
protocol = "paper"
epochs = 6
patience = 3
learning_rate = 2e-3

[grid]
downstream = "esd"
shots = [2, 4, 8]
trials = 2
seed = {seed}
"""


def require_own(folder: Path) -> None:
    """Raise UsageError where `folder` is a workspace of other corpora: its grid is not the demo's to run."""
    file = folder / SETTINGS_FILE
    if not file.exists():
        return
    speech = (folder / "corpora").resolve()
    corpora = load_settings(file).corpora
    if corpora and not any(corpus.root.resolve().is_relative_to(speech) for corpus in corpora.values()):
        raise UsageError(
            f"{file} is not the demo's: its corpora are others ({', '.join(corpora)})",
            hint="give the demo a folder of its own: `pft demo DIR`",
        )


def write_settings(folder: Path, roots: Mapping[str, Path], seed: int) -> None:
    """Write the demo's `pft.toml`, unless there is one already (somebody may have changed it)."""
    file = folder / SETTINGS_FILE
    if file.exists():
        return
    corpora = "\n".join(
        f'[corpora.{name}]\nroot = "{root.relative_to(folder)}"\n' for name, root in sorted(roots.items())
    )
    file.write_text(SETTINGS.format(corpora=corpora, seed=seed), encoding="utf-8")
