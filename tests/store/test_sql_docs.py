"""`docs/sql.md` says what is: every public relation with its columns and types, and queries that run."""

import re
from contextlib import closing
from itertools import product

import pytest
from small_grids import ESD, NOON, failed, power_set, ran, report, trial

from pft_tui.events import CorpusSeen, EnvironmentSeen, Metrics, UtteranceRow, UtterancesSeen
from pft_tui.paths import Workspace
from pft_tui.store.owner import Store
from pft_tui.store.read import query

PUBLIC = [
    "trials",
    "models",
    "jobs",
    "metrics",
    "corpora",
    "utterances",
    "environments",
    "events",
    "comparable_trials",
    "figure2",
    "figure3",
    "table1",
    "figure4",
    "powerset",
    "speaker_emotion",
    "learning_curves",
    "paper_table1",
    "table1_vs_paper",
]


@pytest.fixture(scope="module")
def text(request):
    return (request.config.rootpath / "docs" / "sql.md").read_text()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A workspace with something in every table."""
    workspace = Workspace(tmp_path_factory.mktemp("published"))
    models = power_set(["iemocap", "msp_podcast"])
    trials = [
        trial(of, speaker, k=k, number=number)
        for of, speaker, k, number in product(models, ("0001", "0002"), (2, 8), range(2))
    ]
    baselines = [trial(None, speaker, k=k) for speaker, k in product(("0001", "0002"), (2, 8))]
    ids = [f"0001_{number:06d}" for number in (1, 351, 701)]
    rows = [
        UtteranceRow(key, f"{key}.wav", "happy", "0001", "English", "train", 2.5, 16000, None) for key in ids
    ]
    events = [
        EnvironmentSeen("e" * 16, {"torch": "2.11.0", "gpu": "H200"}, NOON),
        UtterancesSeen("esd", "d", rows, NOON),
        CorpusSeen("esd", "d", "esd", "/data/ESD", 3, 0, NOON),
        failed(trials[-1].trial_id, final=True),
    ]
    for number, spec in enumerate(trials[:-3] + baselines):
        curve = [Metrics(spec.trial_id, epoch, epoch, {"val_macro_f1": 0.5}, NOON) for epoch in (1, 2)]
        events += [*curve, *ran(spec, 0.5 + number / 100)]
    with closing(Store.open(workspace)) as store:
        store.enqueue([ESD], models, trials + baselines, exclusive=True)
        report(workspace, events)
        store.ingest()
        store.publish()
    return workspace


def documented(text, relation):
    """Columns and types in the table under the relation's heading."""
    section = text.split(f"\n### `{relation}`\n")[1].split("\n#")[0]
    return re.findall(r"^\| `(\w+)` \| (.+?) \|", section, flags=re.MULTILINE)


@pytest.mark.parametrize("relation", PUBLIC)
def test_columns_and_types_are_as_documented(text, published, relation):
    assert query(published, f"select column_name, column_type from (describe {relation})").rows == documented(
        text, relation
    )


def test_every_public_relation_is_documented(text, published):
    named = query(published, "select table_name from information_schema.tables where table_schema = 'main'")
    assert (
        {name for (name,) in named.rows}
        == set(PUBLIC)
        == set(re.findall(r"^### `(\w+)`", text, re.MULTILINE))
    )


def test_worked_queries_run_and_answer(text, published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    queries = re.findall(r"```sql\n(.*?)```", text, flags=re.DOTALL)
    assert len(queries) > 10
    for sql in queries:
        rows = query(published, sql).rows
        assert rows or "interval 1 day" in sql, sql  # the trials here ran long ago
    assert (tmp_path / "figure2.csv").read_text().startswith("k,n_corpora,trials")
