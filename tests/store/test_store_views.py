"""Each view against its definition in plain Python, on random grids in every state of completeness."""

import random
from dataclasses import replace
from itertools import product

import plain_tables
import pytest
from plain_tables import Run, agree
from small_grids import (
    NOON,
    corpus,
    failed,
    model,
    power_set,
    ran,
    report,
    rows_of,
    started,
    trial,
)

from pft_tui.events import CorpusSeen, Metrics, ModelResult
from pft_tui.protocols import Recipe
from pft_tui.specs import EncoderSpec

SETTING = ("protocol", "method", "encoder", "downstream")
# For each view: the columns that name a row beside the setting, and those that tell something of it.
VIEWS = {
    "figure2": (("k", "n_corpora"), "trials, mean_f1, se_f1, expected"),
    "figure3": (("k", "corpus"), "cells, mean_delta, se_delta, expected_cells, trials, expected"),
    "table1": (("k", "corpus"), "f1_in, f1_ex, delta, cells, expected_cells, trials, expected"),
    "ablation": (("k", "corpus"), "f1_all, f1_ex, delta, cells, expected_cells, trials, expected"),
    "figure4": (("language", "emotion", "k"), "no_pft, all_pft, delta, trials, expected"),
    "speaker_emotion": (
        ("speaker", "emotion", "k"),
        "language, no_pft, all_pft, delta, trials, expected",
    ),
    "powerset": (("corpus_set", "k"), "n_corpora, trials, mean_f1, se_f1, delta_vs_base, pairs, expected"),
}
OTHER_ENCODER = EncoderSpec("random:base", None, "b" * 16)


def table_of(store, view):
    key, values = VIEWS[view]
    rows = rows_of(store, f"select {', '.join(SETTING + key)}, {values} from {view}")
    return {(row[:4], *row[4 : 4 + len(key)]): row[4 + len(key) :] for row in rows}


def check_all(store, runs):
    for view in VIEWS:
        assert agree(table_of(store, view), getattr(plain_tables, view)(runs)), view


def random_conditions(rng, models, speakers, emotions=("happy", "sad"), **changes):
    """Model and trial of random conditions: some absent, the others of one to four trials."""
    for of, speaker, emotion, k in product(models, speakers, emotions, (2, 8)):
        language = "English" if speaker < "0011" else "Mandarin"
        for number in range(rng.choice((0, 1, 2, 2, 4))):
            yield of, trial(of, speaker, emotion, k, number, language=language, **changes)


def play(store, workspace, rng, conditions, *, finished):
    """Queue the trials with others that must not count, let some end; the runs that a table should know."""
    outdated = [replace(spec, recipe=Recipe(epochs=3)) for _, spec in conditions if rng.random() < 0.2]
    unwanted = [replace(spec, speaker="9999") for _, spec in conditions[:10]]
    beside = [trial(None, number=number) for number in range(4)]
    models = list({of.model_id: of for of, _ in conditions}.values())
    beside += [trial(models[-1], emotion="all", number=number) for number in range(4)]
    store.enqueue([], models, outdated + unwanted, exclusive=False)
    noise = [event for spec in outdated[::2] + beside for event in ran(spec, rng.random())]
    runs, events = [], []
    for of, spec in conditions:
        f1 = rng.random() if rng.random() < finished else None
        if f1 is not None:
            events += ran(spec, f1)
        elif rng.random() < 0.5:
            events += [started(spec.trial_id), failed(spec.trial_id, final=rng.random() < 0.5)]
        setting = (spec.protocol, spec.method, of.encoder.name, spec.downstream.name)
        where = (spec.speaker, spec.language, spec.emotion, spec.k, spec.trial)
        runs.append(Run(setting, frozenset(of.names), *where, f1))
    store.enqueue([], models, [spec for _, spec in conditions] + beside, exclusive=True)
    report(workspace, noise + events)
    store.ingest()
    states = dict(rows_of(store, "select status, count(*) from trials group by status"))
    assert states["cancelled"] > 0
    return runs


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d", "e"]], ids=len)
@pytest.mark.parametrize("finished", [0.4, 1.0], ids=["incomplete", "complete"])
def test_views_agree_with_plain_python(store, workspace, names, finished):
    rng = random.Random(len(names))
    conditions = list(random_conditions(rng, power_set(names), ["0001", "0012", "0013"]))
    runs = play(store, workspace, rng, conditions, finished=finished)
    check_all(store, runs)
    assert table_of(store, "figure3")


@pytest.mark.parametrize("finished", [0.02, 0.5])
def test_views_of_one_speaker_and_a_grid_with_gaps(store, workspace, finished):
    rng = random.Random(5)
    models = [of for of in power_set(["a", "b", "c"]) if of.corpus_set not in ("a+b", "c", "a+c")]
    conditions = list(random_conditions(rng, models, ["0001"]))
    check_all(store, play(store, workspace, rng, conditions, finished=finished))


def test_settings_never_mix(store, workspace):
    rng = random.Random(7)
    here, there = power_set(["a", "b"]), power_set(["a", "c", "d"], encoder=OTHER_ENCODER)
    conditions = [
        *random_conditions(rng, here, ["0001", "0011"]),
        *random_conditions(rng, here, ["0001"], protocol="released", recipe=Recipe(padding="split")),
        *random_conditions(rng, there, ["0001", "0002"]),
        *random_conditions(rng, here, ["0001"], downstream=corpus("emodb")),
    ]
    check_all(store, play(store, workspace, rng, conditions, finished=0.7))
    settings = rows_of(store, f"select distinct {', '.join(SETTING)} from figure2 order by all")
    assert settings == [
        ("paper", "finetune", "random:base", "esd"),
        ("paper", "finetune", "random:tiny", "emodb"),
        ("paper", "finetune", "random:tiny", "esd"),
        ("released", "finetune", "random:tiny", "esd"),
    ]


def test_a_base_model_alone_has_its_lines_and_no_others(store, workspace):
    rng = random.Random(1)
    conditions = list(random_conditions(rng, [model()], ["0001", "0011"]))
    check_all(store, play(store, workspace, rng, conditions, finished=0.8))
    assert rows_of(store, "select count(*) from table1 union all select count(*) from figure3") == [
        (0,),
        (0,),
    ]
    assert rows_of(store, "select count(*), count(all_pft) from figure4")[0][1] == 0


def test_nothing_finished_is_an_empty_table_and_no_error(store):
    models = power_set(["a", "b"])
    for queued in ([], [trial(of) for of in models]):
        store.enqueue([], models, queued, exclusive=False)
        for view in (*VIEWS, "table1_vs_paper", "powerset_vs_paper"):
            assert rows_of(store, f"select * from {view}") == []


@pytest.fixture
def five_rows(store, workspace):
    """Five finished trials of one cell: base 0.5 and 0.7, iemocap 0.8, msp_podcast 0.6, both 0.9."""
    base, one, other, both = power_set(["iemocap", "msp_podcast"])
    outcomes = [
        (trial(base, number=0), 0.5),
        (trial(base, number=1), 0.7),
        (trial(one), 0.8),
        (trial(other), 0.6),
        (trial(both), 0.9),
    ]
    store.enqueue([], [base, one, other, both], [spec for spec, _ in outcomes], exclusive=False)
    report(workspace, [event for spec, f1 in outcomes for event in ran(spec, f1)])
    store.ingest()
    return store


def rounded(rows):
    return [tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in rows]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (
            "k, n_corpora, trials, mean_f1, se_f1, expected from figure2",
            [(2, 0, 2, 0.6, 0.1, 2), (2, 1, 2, 0.7, 0.1, 2), (2, 2, 1, 0.9, None, 1)],
        ),
        (
            "k, corpus, cells, mean_delta, se_delta, expected_cells, trials, expected from figure3",
            [(2, "iemocap", 1, 0.25, None, 1, 4, 4), (2, "msp_podcast", 1, 0.15, None, 1, 4, 4)],
        ),
        (
            "k, corpus, f1_in, f1_ex, delta, cells, expected_cells, trials, expected from table1",
            [(2, "iemocap", 0.8, 0.6, 0.2, 1, 1, 2, 2), (2, "msp_podcast", 0.6, 0.8, -0.2, 1, 1, 2, 2)],
        ),
        (
            "language, emotion, k, no_pft, all_pft, delta, trials, expected from figure4",
            [("English", "happy", 2, 0.6, 0.9, 0.3, 3, 3)],
        ),
        (
            "corpus_set, n_corpora, k, trials, mean_f1, se_f1, delta_vs_base, pairs, expected from powerset",
            [
                ("base", 0, 2, 2, 0.6, 0.1, 0.0, 2, 2),
                ("iemocap", 1, 2, 1, 0.8, None, 0.3, 1, 1),
                ("msp_podcast", 1, 2, 1, 0.6, None, 0.1, 1, 1),
                ("iemocap+msp_podcast", 2, 2, 1, 0.9, None, 0.4, 1, 1),
            ],
        ),
        (
            "k, corpus, reader, sign_agrees, rank, paper_rank, rank_agrees, paper_delta, difference"
            " from table1_vs_paper",
            [
                (2, "iemocap", "iemocap", False, 1, 2, False, -0.1184, 0.3184),
                (2, "msp_podcast", "msp_podcast", True, 2, 1, False, -0.0122, -0.1878),
            ],
        ),
    ],
    ids=["figure2", "figure3", "table1", "figure4", "powerset", "table1_vs_paper"],
)
def test_five_rows_by_hand(five_rows, columns, rows):
    assert rounded(rows_of(five_rows, f"select {columns}")) == rows


def test_learning_curves_are_those_of_the_settings_models(store, workspace):
    base, one, other, both = power_set(["a", "b"])
    trials = [trial(of, speaker) for of in (base, one, both) for speaker in ("0001", "0002")]
    store.enqueue([], [base, one, other, both], trials, exclusive=False)
    curves = {one: [0.9, 0.4, 0.6], other: [0.8], both: [0.7, None]}
    events = [
        Metrics(of.model_id, [epoch], [epoch * 10], {"val_loss": [value], "loss": [2.0]}, [NOON])
        for of, values in curves.items()
        for epoch, value in enumerate(values, start=1)
    ]
    events += [Metrics(trials[0].trial_id, [1], [1], {"val_macro_f1": [0.5]}, [NOON])]
    result = ModelResult(one.model_id, 3, 2, 0.4, 77.0, "cpu", "e" * 16, NOON, NOON + 77)
    report(workspace, [*events, result])
    store.ingest()
    assert rows_of(
        store,
        "select corpus_set, n_corpora, model_id, epoch, step, value, is_best, protocol from learning_curves"
        " where name = 'val_loss'",
    ) == [
        ("a", 1, one.model_id, 1, 10, 0.9, False, "paper"),
        ("a", 1, one.model_id, 2, 20, 0.4, True, "paper"),
        ("a", 1, one.model_id, 3, 30, 0.6, False, "paper"),
        ("a+b", 2, both.model_id, 1, 10, 0.7, None, "paper"),
        ("a+b", 2, both.model_id, 2, 20, None, None, "paper"),
    ]
    assert rows_of(store, "select distinct name from learning_curves order by all") == [
        ("loss",),
        ("val_loss",),
    ]


def test_the_paper_is_matched_by_reader_whatever_a_corpus_is_called(store, workspace):
    names = {"our_iemocap": "iemocap", "mandarin_as": "mandarin_as", "podcast": "msp_podcast", "rest": "esd"}
    seen = [CorpusSeen(name, "d", reader, "/data", 1, 0, NOON) for name, reader in names.items()]
    deltas = {"our_iemocap": -0.3, "mandarin_as": 0.2, "podcast": 0.1, "rest": 0.4}
    models = [of for of in power_set(list(names)) if len(of.names) in (1, 3)]
    events, trials = [], []
    for of, k in product(models, (2, 16)):
        spec = trial(of, k=k)
        [odd] = of.names if len(of.names) == 1 else set(names) - set(of.names)
        trials.append(spec)
        events += ran(spec, 0.5 + (deltas[odd] if len(of.names) == 1 else 0.0))
    store.enqueue([], models, trials, exclusive=False)
    report(workspace, seen + events)
    store.ingest()
    found = rows_of(
        store,
        "select corpus, reader, k, delta, paper_delta, sign_agrees, rank, paper_rank, rank_agrees"
        " from table1_vs_paper order by corpus",
    )
    assert rounded(found) == [
        ("mandarin_as", "mandarin_as", 2, 0.2, -0.0633, False, 1, 2, False),
        ("our_iemocap", "iemocap", 2, -0.3, -0.1184, True, 3, 3, True),
        ("podcast", "msp_podcast", 2, 0.1, -0.0122, False, 2, 1, False),
    ]


def test_the_papers_sets_are_those_of_the_same_readers(store, workspace):
    ours = ["iemocap", "mandarin_as", "our_improv", "msp_podcast", "emodb"]
    seen = [
        CorpusSeen(name, "d", "msp_improv" if name == "our_improv" else name, "/data", 1, 0, NOON)
        for name in ours
    ]
    models = power_set(sorted(ours))
    trials = [trial(of, k=8) for of in models]
    store.enqueue([], models, trials, exclusive=False)
    report(workspace, [*seen, *(event for spec in trials for event in ran(spec, 0.75))])
    store.ingest()
    found = rows_of(
        store, "select corpus_set, paper_f1, difference from powerset_vs_paper where paper_f1 is not null"
    )
    assert rounded(sorted(found)) == [
        ("iemocap", 0.5816, 0.1684),
        ("iemocap+mandarin_as+msp_podcast", 0.7783, -0.0283),
        ("iemocap+mandarin_as+our_improv", 0.7549, -0.0049),
        ("iemocap+msp_podcast+our_improv", 0.7862, -0.0362),
        ("mandarin_as", 0.704, 0.046),
        ("mandarin_as+msp_podcast+our_improv", 0.7747, -0.0247),
        ("msp_podcast", 0.764, -0.014),
        ("our_improv", 0.6021, 0.1479),
    ]
    assert rows_of(store, "select count(*) from powerset_vs_paper") == [(32,)]


def test_the_papers_numbers_are_those_of_the_data_folder(store, request):
    path = request.config.rootpath / "data" / "paper_table1.csv"
    columns = "k, corpus, f1_in, f1_ex, delta"
    published = rows_of(store, f"select {columns} from paper_table1 order by k, corpus")
    assert published == rows_of(store, f"select {columns} from read_csv('{path}') order by k, corpus")
    assert len(published) == 13
    for _, _, f1_in, f1_ex, delta in published:
        assert delta == pytest.approx(f1_in - f1_ex, abs=1.5e-4)
