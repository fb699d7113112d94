"""How long every view and every table on screen takes, at 33,600 trials and 10 million metric rows.

    python bench/views.py [FOLDER]

The workspace is made in FOLDER (by default a temporary one; 300 MB) unless it is there already. Prints
Markdown, with how busy the machine was.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from pathlib import Path

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.reports.catalogue import REPORTS
from pft_tui.reports.formats import Format
from pft_tui.reports.show import Output, show_overview, show_report
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec
from pft_tui.store.owner import Store
from pft_tui.store.read import connect, held_open
from pft_tui.store.schema import VIEWS

CORPORA = ("iemocap", "mandarin_as", "msp_improv", "msp_podcast")
EMOTIONS = ("angry", "happy", "neutral", "sad", "surprise")
SHOTS = (2, 4, 8, 16, 24, 32, 64)
SPEAKERS = [(f"{number:04d}", "Mandarin" if number <= 10 else "English") for number in range(1, 21)]
METRIC_ROWS = 10_000_000
CURVES = ("loss", "val_loss", "val_accuracy", "val_macro_f1")
REPEATS = 15
FILL = f"""
insert into private.trial_results
select
    trial_id, 74, 40, random(), random(), random(), random(), 0.1, 'cuda:0',
    [speaker || '_000001', speaker || '_000351'], 'e', timestamp '2025-01-01', timestamp '2025-01-01'
from private.trial_specs
join private.bundles using (bundle_id);

insert into private.model_results
select model_id, 20, 17, random(), 3000, 'cuda:0', 'e', timestamp '2025-01-01', timestamp '2025-01-01'
from private.model_specs
where n_corpora > 0;

insert into corpora
select unnest({list(CORPORA)}) as corpus, corpus, '/', 'd', 1, 0, '{{}}', timestamp '2025-01-01';

insert into utterances (corpus, utterance_id, path, label, language)
select corpus, 'u', 'u.wav', 'angry', if(corpus = 'mandarin_as', 'Mandarin', 'English')
from corpora;

update private.jobs set state = 'finished', attempts = 1;

insert into metrics
with runs as (
    select model_id as run_id, 20 as epochs, 0 as place from private.model_specs where n_corpora > 0
    union all
    select trial_id, 75, row_number() over () from private.trial_specs
)
select run_id, epoch, epoch * 10, name, random(), timestamp '2025-01-01' + to_seconds(place)
from runs, unnest({list(CURVES)}) as names (name), range(1, 76) as epochs_of (epoch)
where epoch <= epochs
order by place, epoch
limit {METRIC_ROWS};
"""


def make_workspace(folder: Path) -> Workspace:
    """The whole grid of the paper, finished, with curves, and published."""
    workspace = Workspace(folder)
    if workspace.snapshot.exists():
        return workspace
    folder.mkdir(parents=True, exist_ok=True)
    workspace.settings_file.touch()
    models = [
        ModelSpec(
            EncoderSpec("facebook/wav2vec2-base", None, "f00d"),
            tuple(CorpusRef(name, "d") for name in chosen),
            PrefinetuneSettings() if chosen else None,
            seed=0,
        )
        for size in range(len(CORPORA) + 1)
        for chosen in combinations(CORPORA, size)
    ]
    esd, recipe = CorpusRef("esd", "d"), Recipe()
    trials = [
        TrialSpec(model.model_id, "finetune", "paper", recipe, esd, speaker, language, emotion, k, number, 0)
        for model, (speaker, language), emotion, k, number in product(
            models, SPEAKERS, EMOTIONS, SHOTS, range(3)
        )
    ]
    store = Store.open(workspace)
    store.enqueue([], models, trials, exclusive=False)
    store._connection.execute(FILL)
    store.publish()
    store.close()
    return workspace


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock time, best and median, and median time of all processors together; in ms."""

    best: float
    median: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.best:.0f} | {self.median:.0f} | {self.cpu:.0f}"


def cost_of(work: Callable[[], object]) -> Cost:
    """What `work` costs over REPEATS calls, after one call to warm up."""
    work()
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return Cost(min(walls), statistics.median(walls), statistics.median(cpus))


def measure(workspace: Workspace) -> None:
    """Print what every view and every table on screen costs."""
    with connect(workspace) as connection:
        trials, metrics = (connection.sql(f"from {name}").shape[0] for name in ("trials", "metrics"))
        megabytes = workspace.snapshot.stat().st_size / 1e6
        size = f"{trials:,} trials, {metrics:,} metric rows, {megabytes:.0f} MB"
        print(f"{size}; load of the machine {os.getloadavg()[0]:.1f}\n")
        print("| view | rows | best ms | median ms | CPU ms |\n|---|---:|---:|---:|---:|")
        private = connection.sql(
            "select view_name from duckdb_views() where schema_name = 'private'"
        ).fetchall()
        for name in VIEWS:
            if (name,) not in private:
                rows = connection.sql(f"from {name}").shape[0]
                cost = cost_of(lambda: connection.sql(f"from {name}").to_arrow_table())  # noqa: B023
                print(f"| `{name}` | {rows:,} | {cost} |")
        run_id = connection.sql("select trial_id from trials limit 1 offset 20000").fetchall()[0][0]
        curve = f"select name, epoch, value from metrics where run_id = '{run_id}'"
        cost = cost_of(lambda: connection.sql(curve).to_arrow_table())
        print(f"| one trial's curves, of `metrics` | {connection.sql(curve).shape[0]:,} | {cost} |")
    print("\n| on screen | best ms | median ms | CPU ms |\n|---|---:|---:|---:|")
    with held_open(workspace):  # what opening it takes is the same for all
        for name in (None, *REPORTS):
            command = f"pft results {name or ''}".strip()
            try:
                print(f"| `{command}` | {cost_of(partial(show, workspace, name))} |")
            except UsageError as error:
                print(f"| `{command}` | {error.message} | | |")


def show(workspace: Workspace, name: str | None) -> None:
    """What `pft results` does once Python has started."""
    output = Output(io.StringIO(), Format.TABLE, str, plot=False)
    if name is None:
        show_overview(workspace, {}, output)
    else:
        show_report(workspace, name, {}, output)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(make_workspace(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(make_workspace(Path(folder)))
