"""Queueing a grid: what is added, tried again, superseded and cancelled; what the scheduler then sees."""

from contextlib import closing

import pytest
from small_grids import (
    ENCODER,
    ESD,
    corpus,
    failed,
    model,
    power_set,
    pretrained,
    ran,
    report,
    rows_of,
    started,
    trial,
)

from pft_tui.errors import StoreError
from pft_tui.events import JobFinished
from pft_tui.protocols import Recipe
from pft_tui.specs import CorpusRef, EncoderSpec, prepare_id
from pft_tui.store.enqueue import Tally
from pft_tui.store.owner import Store
from pft_tui.store.pending import Count

NAMES = ["iemocap", "msp_podcast"]


def small_grid(**recipe):
    models = power_set(NAMES)
    trials = [
        trial(of, speaker, k=k, recipe=Recipe(**recipe))
        for of in models
        for speaker in ("0001", "0011")
        for k in (2, 4)
    ]
    return [corpus(name) for name in NAMES] + [ESD], models, trials


def test_a_grid_is_added_once(store):
    grid = small_grid()
    first = store.enqueue(*grid, exclusive=False)
    assert (first.prepares, first.models, first.trials) == (Tally(added=3), Tally(added=3), Tally(added=16))
    again = store.enqueue(*grid, exclusive=True)
    assert (again.prepares, again.models, again.trials) == (
        Tally(under_way=3),
        Tally(under_way=3),
        Tally(under_way=16),
    )
    for relation, rows in (("jobs", 22), ("trials", 16), ("models", 4)):
        assert rows_of(store, f"select count(*) from {relation}") == [(rows,)]


def test_a_spec_that_stands_twice_in_a_grid_is_one_job(store):
    prepares, models, trials = small_grid()
    queued = store.enqueue(prepares * 2, models * 2, trials * 2, exclusive=False)
    assert queued.trials.added == 16
    assert rows_of(store, "select count(*) from trials") == [(16,)]


def test_specs_come_back_equal(store):
    encoder = EncoderSpec("facebook/wav2vec2-base", "main", "f" * 16, seed=3)
    odd = model(*NAMES, encoder=encoder, learning_rate=1.2345678901234567e-5, sampling="temperature", seed=7)
    trials = [
        trial(odd, "0001", k=64, number=2, recipe=Recipe(learning_rate=1 / 3, padding="split"), seed=11),
        trial(odd, "0001", "sad", k=2, language=None, recipe=Recipe(task="multiclass")),
    ]
    store.enqueue([], [odd], trials, exclusive=False)
    assert store.model(odd.model_id) == odd
    assert store.model(odd.model_id).model_id == odd.model_id
    asked = [pair for bundle in store.pending_bundles() for pair in store.trials_of(bundle)]
    assert sorted(asked, key=lambda pair: pair[0].k) == [(trials[1], 0), (trials[0], 0)]
    assert {spec.trial_id for spec, _ in asked} == {spec.trial_id for spec in trials}


def test_a_model_that_is_not_known_is_an_error(store):
    with pytest.raises(StoreError, match="no model 0000"):
        store.model("0000")


def test_trials_of_an_unknown_model_are_refused_and_nothing_is_queued(store):
    prepares, models, trials = small_grid()
    with pytest.raises(StoreError, match="not known"):
        store.enqueue(prepares, models[:1], trials, exclusive=False)
    assert rows_of(store, "select count(*) from jobs") == [(0,)]
    assert store.enqueue(prepares, models, trials, exclusive=False).trials.added == 16


def test_a_base_model_is_finished_and_no_job(store):
    base = model()
    store.enqueue([], [base], [trial(base)], exclusive=False)
    assert rows_of(store, "select status, corpora, corpus_set, n_corpora from models") == [
        ("finished", [], "base", 0)
    ]
    assert rows_of(store, "select kind from jobs") == [("trial",)]
    assert store.pending_models() == []
    assert store.progress().models == Count()
    assert [bundle.waits_for for bundle in store.pending_bundles()] == [None]


def test_failed_and_cancelled_jobs_are_queued_again_and_finished_ones_left_alone(store, workspace):
    prepares, models, trials = small_grid()
    store.enqueue(prepares, models, trials, exclusive=False)
    report(
        workspace, [*ran(trials[0], 0.9), started(trials[1].trial_id), failed(trials[1].trial_id, final=True)]
    )
    report(workspace, [started(trials[2].trial_id, "w2")])
    store.ingest()
    unwanted = store.enqueue(prepares, models, trials[:8], exclusive=True).trials
    assert unwanted == Tally(again=1, finished=1, under_way=6, cancelled=8)
    assert rows_of(store, "select distinct reason from jobs where state = 'cancelled'") == [
        ("no longer in the grid",)
    ]
    again = store.enqueue(prepares, models, trials, exclusive=True).trials
    assert again == Tally(again=8, finished=1, under_way=7)
    assert store.progress().trials == Count(total=16, finished=1, failed=0, running=1, queued=14)
    columns = "state, attempts, error, worker_id, started_at, finished_at"
    job = rows_of(store, f"select {columns} from jobs where job_id = '{trials[1].trial_id}'")
    assert job == [("queued", 0, None, None, None, None)]


def test_jobs_wait_for_what_comes_before_them(store, workspace):
    prepares, models, trials = small_grid()
    store.enqueue(prepares, models, trials, exclusive=False)
    assert {item.corpus.name for item in store.pending_prepares()} == {"iemocap", "msp_podcast", "esd"}
    waits = {item.model.corpus_set: item.waits_for for item in store.pending_models()}
    assert waits == {
        "iemocap": "waits for the audio of iemocap",
        "msp_podcast": "waits for the audio of msp_podcast",
        "iemocap+msp_podcast": "waits for the audio of iemocap; waits for the audio of msp_podcast",
    }
    report(workspace, [JobFinished(prepare_id(ref), 1.0) for ref in (corpus("iemocap"), ESD)])
    store.ingest()
    waits = {item.model.corpus_set: item.waits_for for item in store.pending_models()}
    assert waits == {
        "iemocap": None,
        "msp_podcast": "waits for the audio of msp_podcast",
        "iemocap+msp_podcast": "waits for the audio of msp_podcast",
    }
    bundles = {(item.model_id, item.speaker): item for item in store.pending_bundles()}
    assert len(bundles) == 8
    assert all(item.trials == 2 for item in bundles.values())
    assert bundles[models[0].model_id, "0001"].waits_for is None
    assert bundles[models[1].model_id, "0001"].waits_for == "waits for the model iemocap"
    report(workspace, [*pretrained(models[1]), failed(models[2].model_id, final=True)])
    store.ingest()
    bundles = {(item.model_id, item.speaker): item for item in store.pending_bundles()}
    assert bundles[models[1].model_id, "0011"].waits_for is None
    assert bundles[models[2].model_id, "0011"].waits_for == "the model msp_podcast failed"
    reasons = dict(rows_of(store, "select reason, count(*) from jobs where kind = 'trial' group by reason"))
    assert reasons == {
        "waits for a free slot": 8,
        "the model msp_podcast failed": 4,
        "waits for the model iemocap+msp_podcast": 4,
    }


def test_a_store_of_an_older_schema_learns_what_needs_what(workspace):
    needs = "select * from private.needs order by all"
    with closing(Store.open(workspace)) as store:
        store.enqueue(*small_grid(), exclusive=False)
        before = rows_of(store, needs)
        store._connection.execute("drop table private.needs")
        store._connection.execute("alter table private.jobs drop column losses")
        store._connection.execute("update private.meta set schema_version = 3")
    with closing(Store.open(workspace)) as store:
        assert rows_of(store, needs) == before
        assert {what for _, _, what in before} > {"the audio of esd", "the model iemocap+msp_podcast"}
        assert rows_of(store, "select distinct losses from private.jobs") == [(0,)]


def test_what_others_wait_for_is_most_urgent(store):
    store.enqueue(*small_grid(), exclusive=False)
    [prepare] = {item.priority for item in store.pending_prepares()}
    [pretraining] = {item.priority for item in store.pending_models()}
    [trials] = {item.priority for item in store.pending_bundles()}
    assert prepare > pretraining > trials


def test_another_recipe_supersedes_the_same_cells(store, workspace):
    prepares, models, old = small_grid()
    store.enqueue(prepares, models, old, exclusive=False)
    report(workspace, ran(old[0], 0.4))
    report(workspace, [started(old[1].trial_id)], "running")
    store.ingest()
    _, _, new = small_grid(epochs=7)
    queued = store.enqueue(prepares, models, new[:8], exclusive=False).trials
    assert queued == Tally(added=8, superseded=8)
    states = dict(rows_of(store, "select state, count(*) from jobs where superseded group by state"))
    assert states == {"finished": 1, "running": 1, "cancelled": 6}
    assert store.progress().trials == Count(total=16, queued=16)
    back = store.enqueue(prepares, models, old, exclusive=False).trials
    assert back == Tally(again=6, finished=1, under_way=9, superseded=8)
    assert rows_of(store, "select count(*) from comparable_trials") == [(16,)]
    assert rows_of(store, "select count(f1) from comparable_trials") == [(1,)]


def test_a_superseded_trial_that_fails_is_not_tried_again(store, workspace):
    prepares, models, old = small_grid()
    store.enqueue(prepares, models, old, exclusive=False)
    report(workspace, [started(old[0].trial_id)])
    store.ingest()
    store.enqueue(prepares, models, small_grid(epochs=7)[2], exclusive=False)
    report(workspace, [failed(old[0].trial_id)])
    store.ingest()
    assert rows_of(store, f"select state, reason from jobs where job_id = '{old[0].trial_id}'") == [
        ("cancelled", "superseded by another setting")
    ]


@pytest.mark.parametrize("change", [{"epochs": 5}, {"learning_rate": 1e-5}])
def test_another_model_supersedes_the_one_on_the_same_corpora_and_all_its_trials(store, change):
    prepares, models, trials = small_grid()
    store.enqueue(prepares, models, trials, exclusive=False)
    other = [model(*old.names, **change) for old in models]
    assert other[0] == models[0]  # the settings of pre-finetuning say nothing of the base model
    queued = store.enqueue(prepares, other, [trial(of) for of in other], exclusive=False)
    assert queued.models == Tally(added=3, superseded=3)
    # The base model's trials stay; of each other model one is replaced, the three others go with it.
    assert queued.trials == Tally(added=3, under_way=1, superseded=12)


def test_another_fingerprint_supersedes_the_base_model_and_another_seed_does_not(store):
    base = model()
    store.enqueue([], [base], [trial(base)], exclusive=False)
    seeded = model("iemocap")
    store.enqueue([], [seeded, model("iemocap", seed=1)], [], exclusive=False)
    assert rows_of(store, "select count(*) from models where superseded") == [(0,)]
    changed = model(encoder=EncoderSpec(ENCODER.name, None, "1" * 16))
    store.enqueue([], [changed], [trial(changed)], exclusive=False)
    superseded = rows_of(store, "select model_id from models where superseded")
    assert superseded == [(base.model_id,)]


def test_baselines_have_no_model_and_are_superseded_like_others(store):
    store.enqueue([], [], [trial(None), trial(None, method="compare2016")], exclusive=False)
    queued = store.enqueue([], [], [trial(None, recipe=Recipe(epochs=3))], exclusive=False)
    assert queued.trials == Tally(added=1, superseded=1)
    assert rows_of(
        store, "select distinct model_id, corpora, corpus_set, n_corpora, encoder from trials"
    ) == [(None, None, None, None, None)]
    assert rows_of(store, "select count(*) from comparable_trials") == [(0,)]
    [kept, other] = sorted(store.pending_bundles(), key=lambda bundle: bundle.method)
    assert (kept.method, kept.model_id, kept.trials) == ("compare2016", None, 1)
    assert store.trials_of(other) == [(trial(None, recipe=Recipe(epochs=3)), 0)]


def test_protocols_downstream_corpora_and_seeds_have_cells_of_their_own(store):
    base = model()
    store.enqueue([], [base], [trial(base)], exclusive=False)
    assert store.enqueue([], [base], [trial(base, seed=1)], exclusive=False).trials == Tally(added=1)
    others = [trial(base, protocol="released", recipe=Recipe(padding="split"))]
    others += [trial(base, downstream=CorpusRef("emodb", "d"))]
    assert store.enqueue([], [base], others, exclusive=False).trials == Tally(added=2)
    newer = [trial(base, downstream=CorpusRef("esd", "another digest"))]
    assert store.enqueue([], [base], newer, exclusive=False).trials == Tally(added=1, superseded=1)


def test_the_papers_whole_grid(store):
    """33,600 trials, as the paper ran them: counted, bundled and asked for again."""
    refs = [corpus(name) for name in ("iemocap", "mandarin_as", "msp_improv", "msp_podcast")]
    models = power_set([ref.name for ref in refs])
    trials = [
        trial(of, f"{speaker:04d}", emotion, k, number)
        for of in models
        for speaker in range(1, 21)
        for emotion in ("neutral", "happy", "angry", "sad", "surprise")
        for k in (2, 4, 8, 16, 24, 32, 64)
        for number in range(3)
    ]
    assert store.enqueue([*refs, ESD], models, trials, exclusive=True).trials == Tally(added=33_600)
    assert store.enqueue([*refs, ESD], models, trials, exclusive=True).trials == Tally(under_way=33_600)
    bundles = store.pending_bundles()
    assert len(bundles) == 320
    assert {bundle.trials for bundle in bundles} == {105}
    assert store.progress().trials == Count(total=33_600, queued=33_600)
    assert len(store.trials_of(bundles[-1])) == 105
