"""A small experiment to try a cluster with: `python bench/small_workspace.py FOLDER` writes all of it.

Made-up speech, a tiny encoder, one model and some dozens of trials: a minute or two on a few CPUs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pft_tui.demo.layouts import write_corpora
from pft_tui.demo.scale import Scale

SCALE = Scale(
    iemocap=30,
    msp_improv=30,
    msp_podcast=40,
    mandarin_speakers=2,
    mandarin_texts=2,
    esd_train=4,
    esd_evaluation=2,
    esd_test=2,
    shortest=0.4,
    longest=0.6,
)
SETTINGS = """\
[encoder]
name = "random:tiny"
[prefinetune]
epochs = 60
patience = 60
learning_rate = 1e-3
[finetune]
epochs = 3
learning_rate = 1e-3
[grid]
prefinetune_on = ["iemocap"]
emotions = ["happy", "sad"]
shots = [2, 4]
trials = 4
[run]
executor = "ray"
address = "auto"
devices = "cpu"
deterministic = true
"""


def main() -> None:
    """Write the corpora and `pft.toml` into a new folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    corpora = write_corpora(folder / "corpora", seed=0, scale=SCALE)
    roots = "".join(f'[corpora.{name}]\nroot = "{root}"\n' for name, root in corpora.items())
    (folder / "pft.toml").write_text(roots + SETTINGS)


if __name__ == "__main__":
    main()
