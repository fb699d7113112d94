"""`docs/sql.md` says what is: every public relation with its columns and types, and queries that run."""

import re
from collections import defaultdict
from contextlib import closing
from itertools import product
from statistics import fmean, stdev

import pytest
from small_grids import ESD, NOON, failed, power_set, ran, report, trial

from pft_tui.events import (
    CorpusSeen,
    EnvironmentSeen,
    ImportedTrial,
    Metrics,
    TrialsImported,
    UtteranceRow,
    UtterancesSeen,
)
from pft_tui.paths import Workspace
from pft_tui.store.owner import Store
from pft_tui.store.read import query

SPEAKERS = ("0001", "0002")
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
    "ablation",
    "figure4",
    "powerset",
    "speaker_emotion",
    "learning_curves",
    "paper_table1",
    "table1_vs_paper",
    "powerset_vs_paper",
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
        curve = Metrics(spec.trial_id, [1, 2], [1, 2], {"val_macro_f1": [0.5, 0.5]}, [NOON, NOON])
        events += [curve, *ran(spec, 0.5 + number / 100)]
    with closing(Store.open(workspace)) as store:
        store.enqueue([ESD], models, trials + baselines, exclusive=True)
        report(workspace, events)
        store.ingest()
        store.take_in(TrialsImported("lab", "lab.csv", False, [imported(spec) for spec in trials[::3]], NOON))
        store.publish()
    return workspace


def imported(spec):
    """A trial like one of ours that was run elsewhere."""
    corpora = {of.model_id: sorted(of.names) for of in power_set(["iemocap", "msp_podcast"])}[spec.model_id]
    return ImportedTrial(
        trial_id=f"lab-{spec.trial_id}",
        model_id=f"lab-{spec.model_id}",
        corpora=corpora,
        method="finetune",
        protocol="paper@lab",
        encoder="random:tiny",
        downstream="esd",
        speaker=spec.speaker,
        language=spec.language,
        emotion=spec.emotion,
        k=spec.k,
        trial=spec.trial,
        seed=0,
        status="finished",
        accuracy=0.5,
        macro_f1=0.3 + spec.k / 100 + spec.trial / 10 + len(corpora) / 20,
    )


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


def query_about(text, words):
    """The worked query whose introduction has these words."""
    return text.split(words)[1].split("```sql\n")[1].split("```")[0]


def rows_about(text, published, words):
    return query(published, query_about(text, words)).rows


def trials_of(published, **wanted):
    """Finished trials with an encoder as plain dictionaries, those that were imported too."""
    table = query(published, "from trials")
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return [
        row
        for row in rows
        if row["status"] == "finished" and row["encoder"] and all(row[key] == wanted[key] for key in wanted)
    ]


def mean_by(rows, *columns):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in columns)].append(row["macro_f1"])
    return {key: fmean(values) for key, values in groups.items()}


def test_mean_and_spread_of_every_model_are_right(text, published):
    rows = rows_about(text, published, "Mean, standard deviation")
    groups = defaultdict(list)
    for row in trials_of(published, protocol="paper"):
        groups[row["corpus_set"], row["k"]].append(row["macro_f1"])
    assert len(rows) == len(groups) == 8
    for corpus_set, k, mean, sd, se, n in rows:
        values = groups[corpus_set, k]
        assert (n, mean) == (len(values), pytest.approx(fmean(values)))
        assert (sd, se) == pytest.approx((stdev(values), stdev(values) / len(values) ** 0.5))


def test_table_1_is_only_what_is_complete(text, published):
    rows = rows_about(text, published, "Table 1, as far")
    cells = mean_by(trials_of(published, protocol="paper"), "corpus_set", "k", "speaker")
    for k, corpus, f1_in, f1_ex, delta in rows:
        [other] = {"iemocap", "msp_podcast"} - {corpus}
        mine, others = (fmean(cells[name, k, speaker] for speaker in SPEAKERS) for name in (corpus, other))
        assert (f1_in, f1_ex, delta) == pytest.approx((mine, others, mine - others))
    assert [row[:2] for row in rows] == [(k, corpus) for k in (2, 8) for corpus in ("iemocap", "msp_podcast")]


def test_speakers_whom_pre_finetuning_helps_least_are_right(text, published):
    rows = rows_about(text, published, "On which speakers")
    means = mean_by(trials_of(published), "n_corpora", "speaker")
    assert dict(rows) == pytest.approx({each: means[2, each] - means[0, each] for each in SPEAKERS})
    assert [delta for _, delta in rows] == sorted(delta for _, delta in rows)


def test_the_spread_over_draws_is_right(text, published):
    groups = defaultdict(list)
    for row in trials_of(published):
        groups[row["protocol"], row["corpus_set"], row["speaker"], row["k"]].append(row["macro_f1"])
    for k, mean, cells in rows_about(text, published, "How much is due to the draw"):
        spreads = [stdev(values) for key, values in groups.items() if key[-1] == k and len(values) > 1]
        assert (mean, cells) == (pytest.approx(fmean(spreads)), len(spreads))


def test_ours_beside_theirs_is_right(text, published):
    ours = mean_by(trials_of(published, source=None), "corpus_set", "speaker", "k")
    theirs = mean_by(trials_of(published, source="lab"), "corpus_set", "speaker", "k")
    rows = rows_about(text, published, "Our trials beside imported ones")
    assert [row[0] for row in rows] == [2, 8]
    for k, cells, mine, others, delta in rows:
        both = [key for key in ours if key in theirs and key[-1] == k]
        assert cells == len(both) > 0
        assert mine == pytest.approx(fmean(ours[key] for key in both))
        assert others == pytest.approx(fmean(theirs[key] for key in both))
        assert delta == pytest.approx(mine - others)


def test_what_failed_and_what_was_drawn_are_right(text, published):
    [failure] = rows_about(text, published, "Which trials failed")
    assert failure[-1] == "it broke"
    drawn = rows_about(text, published, "What did a trial train on")
    assert {utterance for _, utterance, *_ in drawn} == {"0001_000001", "0001_000351"}
    curves = {k: len(trials_of(published, source=None, k=k)) for k in (2, 8)}
    assert rows_about(text, published, "How does validation F1 rise") == [
        (k, epoch, curves[k], 0.5) for k in (2, 8) for epoch in (1, 2)
    ]
    assert rows_about(text, published, "One learning curve") == [(1, 0.5), (2, 0.5)]
    assert rows_about(text, published, "How much speech") == [("esd", "train", "happy", 3, 7.5 / 3600)]
