"""What workers report becomes rows: whole lines once, half ones later, bad ones never."""

import math
import time

import pytest
from small_grids import (
    ESD,
    NOON,
    failed,
    model,
    pretrained,
    ran,
    report,
    result,
    rows_of,
    started,
    trial,
)

from pft_tui.events import (
    CorpusSeen,
    EnvironmentSeen,
    JobFinished,
    JobProgress,
    JobStarted,
    Metrics,
    RunRestarted,
    UtteranceRow,
    UtterancesSeen,
)
from pft_tui.specs import prepare_id
from pft_tui.store import actions, ingest
from pft_tui.store.owner import MOST_LOSSES
from pft_tui.store.selection import Selection


@pytest.fixture
def asked(store):
    """Four queued trials of the base model, a queued model and a queued prepare."""
    base, other = model(), model("iemocap")
    trials = [trial(base, number=number) for number in range(4)]
    store.enqueue([ESD], [base, other], trials, exclusive=False)
    return trials, other


def job(store, job_id, columns="state, attempts"):
    [row] = rows_of(store, f"select {columns} from jobs where job_id = '{job_id}'")
    return row


def test_a_trial_from_start_to_result(store, workspace, asked):
    [one, *_], _ = asked
    report(workspace, [started(one.trial_id, "w7")])
    taken = store.ingest()
    assert (taken.lines, taken.bad, taken.jobs, taken.more) == (1, 0, {one.trial_id: "running"}, False)
    assert job(store, one.trial_id, "state, worker_id, attempts") == ("running", "w7", 1)
    report(workspace, [result(one, 0.625), JobFinished(one.trial_id, NOON + 13)])
    store.ingest()
    [row] = rows_of(store, f"select * from trials where trial_id = '{one.trial_id}'")
    columns = [column for (column, *_) in rows_of(store, "describe trials")]
    found = dict(zip(columns, row, strict=True))
    assert found["status"] == "finished"
    assert found["macro_f1"] == 0.625
    assert (found["epochs"], found["best_epoch"], found["val_macro_f1"]) == (30, 12, 0.5)
    assert (found["accuracy"], found["weighted_f1"], found["seconds"]) == (0.6, 0.7, 12.5)
    assert found["examples"] == ["0001_000001", "0001_000351"]
    assert (found["corpora"], found["corpus_set"], found["n_corpora"]) == ([], "base", 0)
    assert (found["attempts"], found["error"], found["superseded"]) == (1, None, False)
    assert found["started_at"].isoformat() == "2023-11-14T22:13:20"
    assert found["finished_at"].isoformat() == "2023-11-14T22:13:32.500000"
    assert store.ingest() == ingest.Ingested()


def test_a_model_from_start_to_result(store, workspace, asked):
    _, other = asked
    report(workspace, [started(other.model_id), JobProgress(other.model_id, 40, 1000, "steps", NOON)])
    store.ingest()
    assert job(store, other.model_id, "state, done, total, unit") == ("running", 40, 1000, "steps")
    report(workspace, pretrained(other)[1:])
    store.ingest()
    found = rows_of(store, "select status, epochs, best_epoch, val_loss from models where n_corpora = 1")
    assert found == [("finished", 9, 6, 0.4)]
    assert rows_of(store, "select json_extract(settings, '$.patience') from models where n_corpora = 1") == [
        ("3",)
    ]


def test_a_prepare_job_needs_no_result(store, workspace, asked):
    report(workspace, [started(prepare_id(ESD)), JobFinished(prepare_id(ESD), NOON)])
    store.ingest()
    assert job(store, prepare_id(ESD), "state, kind") == ("finished", "prepare")


def test_a_trial_that_ends_without_a_result_has_failed(store, workspace, asked):
    [one, *_], _ = asked
    report(workspace, [started(one.trial_id), JobFinished(one.trial_id, NOON)])
    store.ingest()
    assert job(store, one.trial_id, "state, error") == ("queued", "it ended without a result")


def test_a_failure_goes_back_to_the_queue_until_the_attempts_are_used_up(store, workspace, asked):
    [one, two, three, four], _ = asked
    report(workspace, [started(one.trial_id), failed(one.trial_id, "out of memory")])
    report(workspace, [started(two.trial_id), failed(two.trial_id, "no such label", final=True)])
    report(workspace, [failed(three.trial_id)])
    report(workspace, [started(four.trial_id), failed(four.trial_id), started(four.trial_id, attempt=2)])
    store.ingest()
    assert job(store, one.trial_id, "state, attempts, error, worker_id") == (
        "queued",
        1,
        "out of memory",
        None,
    )
    assert job(store, two.trial_id, "state, attempts, error") == ("failed", 1, "no such label")
    assert job(store, three.trial_id) == ("queued", 1)  # it failed before it could say that it started
    assert job(store, four.trial_id) == ("running", 2)
    [(spec, attempts)] = [
        pair
        for bundle in store.pending_bundles()
        for pair in store.trials_of(bundle)
        if pair[0].trial_id == one.trial_id
    ]
    assert (spec, attempts) == (one, 1)
    report(workspace, [started(one.trial_id, attempt=2), failed(one.trial_id, "again")])
    report(workspace, [failed(three.trial_id)])
    store.ingest()
    assert job(store, one.trial_id, "state, attempts, error") == ("failed", 2, "again")
    assert job(store, three.trial_id) == ("failed", 2)
    report(workspace, [started(four.trial_id, attempt=3), *ran(four, 0.5)[1:]])
    store.ingest()
    assert job(store, four.trial_id, "state, error") == ("finished", None)
    logged = rows_of(store, "select subject, detail from events where kind = 'job_failed' order by all")
    assert (one.trial_id, "out of memory") in logged
    assert len(logged) == 6


def test_the_first_of_two_results_is_kept(store, workspace, asked):
    [one, *_], other = asked
    report(workspace, [result(one, 0.1), result(one, 0.2), *pretrained(other), *pretrained(other)])
    report(workspace, [result(one, 0.3), *pretrained(other)])
    store.ingest()
    report(workspace, [result(one, 0.4), *pretrained(other), failed(one.trial_id, final=True)])
    store.ingest()
    for late in (failed(one.trial_id, final=True), started(one.trial_id, attempt=2)):
        report(workspace, [late])
        store.ingest()
    assert rows_of(store, "select macro_f1 from trials where macro_f1 is not null") == [(0.1,)]
    assert rows_of(store, "select count(*), count(val_loss) from models") == [(2, 1)]
    assert job(store, one.trial_id, "state") == ("finished",)


def test_a_late_result_counts_and_a_late_failure_does_not_revive_a_cancelled_trial(store, workspace, asked):
    [one, two, *_], _ = asked
    store.enqueue([], [], [], exclusive=True)
    report(workspace, [started(one.trial_id), result(one, 0.5), started(two.trial_id), failed(two.trial_id)])
    store.ingest()
    assert job(store, one.trial_id, "state") == ("finished",)
    assert job(store, two.trial_id, "state, reason") == ("cancelled", "no longer in the grid")


def test_metrics_are_rows_and_what_is_no_number_is_null(store, workspace):
    values = {"loss": [0.5], "val_macro_f1": [None], "grad_norm": [math.inf], "odd": [math.nan]}
    path = report(workspace, [Metrics("run", [1], [10], values, [NOON])])
    path.write_bytes(
        path.read_bytes() + b'{"type":"metrics","run_id":"run","epochs":[2],"steps":[20],"values":'
        b'{"loss":[NaN],"x":[1e999]},"at":[1700000000]}\n'
    )
    store.ingest()
    found = rows_of(store, 'select run_id, epoch, step, name, value, "at" from metrics order by epoch, name')
    assert [row[3:5] for row in found] == [
        ("grad_norm", None),
        ("loss", 0.5),
        ("odd", None),
        ("val_macro_f1", None),
        ("loss", None),
        ("x", None),
    ]
    assert found[1][:3] == ("run", 1, 10)
    assert found[1][5].isoformat() == "2023-11-14T22:13:20"


def test_a_stretch_of_curves_is_a_row_for_each_value(store, workspace):
    curves = {"loss": [0.5, None, 0.125], "Verlust äöü 損失 🙂": [1.0, 2.0, math.nan], "": [3.0, 4.0, 5.0]}
    report(workspace, [Metrics("läuft 🙂", [1, 2, 3], [4, 8, 12], curves, [NOON, NOON + 0.25, NOON + 0.5])])
    report(workspace, [Metrics("none", [], [], {"loss": []}, []), Metrics("none", [1], [1], {}, [NOON])])
    assert store.ingest().bad == 0
    found = rows_of(store, 'select run_id, name, epoch, step, value, epoch("at") from metrics')
    expected = [
        ("läuft 🙂", name, epoch, 4 * epoch, None if value is None or math.isnan(value) else value, at)
        for name, values in curves.items()
        for epoch, value, at in zip((1, 2, 3), values, (NOON, NOON + 0.25, NOON + 0.5), strict=True)
    ]
    assert found == expected


def test_a_restarted_run_forgets_its_later_epochs(store, workspace):
    def epochs(run, first, last):
        return [
            Metrics(run, [epoch], [epoch], {"loss": [float(epoch)]}, [NOON]) for epoch in range(first, last)
        ]

    report(workspace, [*epochs("a", 1, 6), *epochs("b", 1, 4)])
    store.ingest()
    stretch = Metrics("a", [9, 2, 10], [9, 2, 10], {"loss": [9.0, 2.0, 10.0]}, [NOON] * 3)
    report(workspace, [*epochs("a", 6, 9), stretch, RunRestarted("a", 3, NOON), *epochs("a", 4, 6)])
    store.ingest()
    found = rows_of(
        store, "select run_id, list(epoch order by epoch) from metrics group by run_id order by all"
    )
    assert found == [("a", [1, 2, 2, 3, 4, 5]), ("b", [1, 2, 3])]


def test_a_half_line_waits_for_its_other_half(store, workspace, asked):
    [one, two, *_], _ = asked
    path = report(workspace, [*ran(one, 0.5), *ran(two, 0.6)])
    whole = path.read_bytes()
    cut = len(whole) - len(whole.splitlines()[-1]) // 2
    path.write_bytes(whole[:cut])
    assert store.ingest().lines == 5
    assert store.ingest().lines == 0
    path.write_bytes(whole)
    assert store.ingest().lines == 1
    assert rows_of(store, "select count(macro_f1) from trials") == [(2,)]


GARBAGE = [
    b"what is this",
    b"",
    b"\xff\xfe\x00",
    b'{"type":"unheard_of","at":1}',
    b'{"type":"job_finished"}',
    b'{"type":"job_finished","job_id":"x","at":NaN}',
    b'{"type":"job_finished","job_id":"\\ud800","at":1}',
    b'{"type":"job_started","job_id":"x","worker_id":"w","attempt":1,"at":1e300}',
    b'{"type":"metrics","run_id":"r","epoch":1,"step":1,"values":{"x":1},"at":1}',
    b'{"type":"metrics","run_id":"r","epochs":[' + b"9" * 30 + b'],"steps":[1],"values":{"x":[1]},"at":[1]}',
    b'{"type":"metrics","run_id":"r","epochs":[1],"steps":[1],"values":{"x":[1,2]},"at":[1]}',
    b'{"type":"metrics","run_id":"r","epochs":[1],"steps":[1],"values":{"x":[1]},"at":[]}',
    b'{"type":"metrics","run_id":"r","epochs":[1],"steps":[1],"values":{"x":[1]},"at":[Infinity]}',
    b'{"type":"trial_result","trial_id":"t","epochs":1e30,"best_epoch":1,"val_macro_f1":null,"accuracy":1}',
    b'{"type":"job_progress","job_id":"x","done":1,"total":' + b"9" * 30 + b',"unit":"s","at":1}',
]


def test_lines_that_are_no_events_are_logged_and_skipped(store, workspace, asked):
    [one, two, *_], _ = asked
    path = report(workspace, ran(one, 0.5), "odd")
    garbage = b"".join(line + b"\n" for line in GARBAGE)
    path.write_bytes(path.read_bytes() + garbage)
    report(workspace, ran(two, 0.5))
    taken = store.ingest()
    assert (taken.lines, taken.bad) == (6 + len(GARBAGE), len(GARBAGE))
    assert rows_of(store, "select count(macro_f1) from trials") == [(2,)]
    [(subject, detail)] = rows_of(store, "select subject, detail from events where kind = 'bad_lines'")
    assert subject == "odd.jsonl"
    assert detail == f"{len(GARBAGE)} of the lines after byte 0, the first being 'what is this'"


def test_utterances_whose_numbers_no_column_holds_are_skipped(store, workspace):
    row = UtteranceRow("u", "u.wav", "sad", None, None, None, 1.0, 10**30, None)
    report(workspace, [UtterancesSeen("esd", "d", [row], NOON)])
    assert store.ingest().bad == 1


def test_a_long_spool_is_read_in_bounded_shares(store, workspace, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK_BYTES", 1000)
    long_line = Metrics("long", [1], [1], {f"name{number}": [1.0] for number in range(200)}, [NOON])
    events = [Metrics("short", [epoch], [epoch], {"loss": [1.0]}, [NOON]) for epoch in range(50)]
    report(workspace, [*events[:25], long_line, *events[25:]])
    calls = 0
    while store.ingest().more:
        calls += 1
    assert calls > 4
    found = rows_of(store, "select run_id, count(*) from metrics group by run_id order by run_id")
    assert found == [("long", 200), ("short", 50)]


def seen(name, digest, ids, label="happy"):
    rows = [
        UtteranceRow(key, f"{key}.wav", label, "0001", "English", "train", 2.5, 16000, None) for key in ids
    ]
    half = len(rows) // 2
    return [UtterancesSeen(name, digest, rows[:half], NOON), UtterancesSeen(name, digest, rows[half:], NOON)]


def whole(name, digest, number):
    return CorpusSeen(name, digest, "esd", "/data/esd", number, 1, NOON, {"happy": number})


def test_a_reading_of_a_corpus_replaces_the_one_before_once_it_is_whole(store, workspace):
    report(
        workspace,
        [
            *seen("esd", "d1", "abcd"),
            whole("esd", "d1", 4),
            *seen("emodb", "d9", "xy"),
            whole("emodb", "d9", 2),
        ],
    )
    store.ingest()
    report(workspace, seen("esd", "d2", "cde", "sad"))
    store.ingest()
    counts = "select corpus, count(*), any_value(label) from utterances group by corpus order by corpus"
    assert rows_of(store, counts) == [("emodb", 2, "happy"), ("esd", 4, "happy")]
    report(workspace, [*seen("esd", "d2", "cde", "sad"), whole("esd", "d2", 3)])  # begun again after a crash
    store.ingest()
    assert rows_of(store, counts) == [("emodb", 2, "happy"), ("esd", 3, "sad")]
    known = "select corpus, digest, reader, utterances, problems, report from corpora order by corpus"
    assert rows_of(store, known) == [
        ("emodb", "d9", "esd", 2, 1, '{"happy": 2}'),
        ("esd", "d2", "esd", 3, 1, '{"happy": 3}'),
    ]
    columns = "utterance_id, path, speaker, language, split, seconds, sample_rate, text"
    assert rows_of(store, f"select {columns} from utterances where utterance_id = 'c'") == [
        ("c", "c.wav", "0001", "English", "train", 2.5, 16000, None)
    ]


def test_two_readings_in_one_batch_leave_the_last(store, workspace):
    report(
        workspace,
        [
            *seen("esd", "d1", "ab"),
            whole("esd", "d1", 2),
            *seen("esd", "d2", "bc"),
            whole("esd", "d2", 2),
            *seen("esd", "d3", "q"),
        ],
    )
    store.ingest()
    assert rows_of(store, "select list(utterance_id order by utterance_id) from utterances") == [
        (["b", "c"],)
    ]


def test_environments_are_kept_once(store, workspace):
    details = {"torch": "2.11.0", "": "empty key", "GPU": "H200", "gpu": "lower case"}
    report(workspace, [EnvironmentSeen("env", details, NOON), EnvironmentSeen("env", details, NOON + 5)])
    store.ingest()
    report(workspace, [EnvironmentSeen("env", details, NOON + 9)])
    store.ingest()
    found = rows_of(store, "select environment_id, details ->> 'torch', details ->> 'GPU' from environments")
    assert found == [("env", "2.11.0", "H200")]


def test_what_ran_on_a_lost_worker_goes_back_or_fails(store, workspace, asked):
    [one, two, three, _], _ = asked
    curves = [Metrics(of.trial_id, [1], [1], {"loss": [0.5]}, [NOON]) for of in (one, two, three)]
    report(workspace, [started(one.trial_id, "w1"), *ran(two, 0.5), started(three.trial_id, "w2"), *curves])
    store.ingest()
    assert store.lost({"w2"}) == ["w1"]
    assert store.lost({"w1", "w2"}) == []
    assert store.requeue("w1", "killed by signal 9") == (1, 0)
    assert job(store, one.trial_id, "state, attempts, error") == ("queued", 1, "killed by signal 9")
    kept = rows_of(store, "select run_id from metrics")
    assert sorted(kept) == sorted([(two.trial_id,), (three.trial_id,)])
    report(workspace, [started(one.trial_id, "w3", 2)])
    store.ingest()
    assert store.requeue("w3", "killed again") == (0, 1)
    assert job(store, one.trial_id, "state, attempts, error") == ("failed", 2, "killed again")
    assert job(store, three.trial_id) == ("running", 1)
    assert rows_of(store, "select subject, detail from events where kind = 'worker_lost' order by all") == [
        ("w1", "killed by signal 9"),
        ("w3", "killed again"),
    ]


def test_being_stopped_on_purpose_is_no_attempt(store, workspace, asked):
    [one, *_], _ = asked
    for _ in range(4):
        report(workspace, [started(one.trial_id, "w1")])
        store.ingest()
        assert store.requeue("w1", None) == (1, 0)
    assert job(store, one.trial_id, "state, attempts, error") == ("queued", 0, None)


def lose(store, workspace, job_id, *, times, epoch=None):
    """A job begins, gains an epoch if one is named, and is lost with its node; so many times."""
    for _ in range(times):
        began = time.time()
        report(workspace, [JobStarted(job_id, "w1", 1, began)])
        if epoch:
            report(workspace, [Metrics(job_id, [epoch], [epoch], {"loss": [0.5]}, [began])])
        store.ingest()
        store.requeue("w1", "its node is lost", lost=True)


def test_what_is_lost_with_its_node_makes_no_attempt_but_is_given_up_in_the_end(store, workspace, asked):
    [one, *_], _ = asked
    lose(store, workspace, one.trial_id, times=MOST_LOSSES - 1)
    assert job(store, one.trial_id, "state, attempts, error") == ("queued", 0, "its node is lost")
    lose(store, workspace, one.trial_id, times=1, epoch=3)  # a trial begins anew, whatever it has done
    state, attempts, error = job(store, one.trial_id, "state, attempts, error")
    assert (state, attempts) == ("failed", 0)
    assert "lost 5 times" in error
    assert "pft retry" in error
    assert error.endswith("\nits node is lost")
    assert rows_of(store, "select count(*) from events where kind = 'worker_lost'") == [(MOST_LOSSES,)]
    store.change(actions.retry, Selection(states=("failed",)))
    lose(store, workspace, one.trial_id, times=MOST_LOSSES - 1)
    assert job(store, one.trial_id) == ("queued", 0)


def test_a_model_that_gains_epochs_may_be_lost_as_often_as_it_likes(store, workspace, asked):
    _, other = asked
    for epoch in range(1, 4):
        lose(store, workspace, other.model_id, times=1, epoch=epoch)
        lose(store, workspace, other.model_id, times=MOST_LOSSES - 2)
    assert job(store, other.model_id) == ("queued", 0)
    lose(store, workspace, other.model_id, times=1)
    assert job(store, other.model_id) == ("failed", 0)


def test_losses_before_anything_began_count_for_all_that_was_handed(store, workspace, asked):
    """Loading what a bundle needs may bring a node down as well."""
    [one, two, three, _], _ = asked
    for worker in range(MOST_LOSSES):
        handed = [one.trial_id, two.trial_id]
        store.requeue(f"w{worker}", "its node is lost", lost=True, handed=handed)
    assert [job(store, each.trial_id)[0] for each in (one, two, three)] == ["failed", "failed", "queued"]


def test_a_spool_goes_when_a_publication_holds_all_its_lines(store, workspace, asked):
    [one, two, *_], _ = asked
    path = report(workspace, ran(one, 0.5), "gone")
    assert not store.retire("gone.jsonl")
    store.ingest()
    assert not store.retire("gone.jsonl")  # in the write-ahead log alone
    store.publish()
    path.write_bytes(path.read_bytes() + b'{"type":"job_fin')
    assert store.retire("gone.jsonl")
    assert not path.exists()
    # Should the file stand there again, as after a power cut, what was read of it stays read.
    report(workspace, [*ran(one, 0.5), *ran(two, 0.9)], "gone")
    store.ingest()
    assert rows_of(store, "select count(macro_f1), max(macro_f1) from trials") == [(2, 0.9)]
    assert rows_of(store, "select count(*) from private.trial_results") == [(2,)]
