"""Bars, sparks, models, jobs and devices as text, and the curves of runs, against what they should say."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.scheduler.slots import gpus
from pft_tui.tui.live.bars import bar_of, gauge, spark
from pft_tui.tui.live.devices import devices_text
from pft_tui.tui.live.grid import dots_of, models_text, summary
from pft_tui.tui.live.jobs import columns_for, row_of, words_of
from pft_tui.tui.live.machine import Load, Monitor
from pft_tui.tui.live.runs import Runs, losses, scores
from pft_tui.tui.signs import FILLS

CORPORA = ["iemocap", "mandarin_as", "msp_improv", "msp_podcast"]


def counts(finished=0, failed=0, running=0, queued=0):
    return {
        "finished": finished, "failed": failed, "running": running, "queued": queued,
        "total": finished + failed + running + queued,
    }  # fmt: skip


def model(names, *, state="finished", is_prefinetuned=True, done=None, steps=None, **trials):
    name = "+".join(names) or "base"
    return {
        "id": f"{len(name):016x}", "model": name, "encoder": "tiny", "n_corpora": len(names),
        "is_prefinetuned": is_prefinetuned and bool(names), "state": state, "done": done, "steps": steps,
        "unit": "epochs", **counts(**trials),
    }  # fmt: skip


def job(number=7, **others):
    return {
        "id": f"{number:016x}", "number": number, "kind": "trial", "state": "running", "model": "iemocap",
        "corpus": None, "speaker": "0011", "emotion": "Angry", "k": 8, "trial": 2, "attempts": 1,
        "done": None, "total": None, "unit": None, "started_at": 100.0, "finished_at": None, "error": None,
        **others,
    }  # fmt: skip


@given(st.lists(st.integers(0, 50_000), min_size=4, max_size=4), st.integers(4, 120))
def test_a_bar_has_its_width_and_hides_nothing(numbers, width):
    named = dict(zip(FILLS, numbers, strict=True))
    found = Counter(bar_of(named, width).plain)
    assert sum(found.values()) == width
    total = sum(numbers)
    for state, count in named.items():
        cells = found[FILLS[state][0]]
        assert (cells > 0) == (count > 0) or not total
        if total:
            assert abs(cells - count / total * width) <= 4


def test_a_bar_of_nothing_is_one_that_waits():
    assert bar_of({}, 5).plain == "─────"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "────"), (0.5, "━━──"), (1, "━━━━"), (7, "━━━━"), (-1, "────")]
)
def test_a_gauge(share, text):
    assert gauge(share, 4).plain == text


def test_sparks():
    assert spark([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert spark([5, 5], 8) == "▁▁"
    assert spark([0, None, float("nan"), 1], 8) == "▁  █"
    assert spark([0, 50, 100], 8, low=0, high=100) == "▁▅█"
    assert spark([None], 4) == " "
    assert spark([], 4) == ""
    assert spark([0, 0, 7, 7], 2) == "▁█"


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=200),
    st.integers(1, 30),
)
def test_a_spark_is_never_longer_than_its_room(values, width):
    assert len(spark(values, width)) == min(len(values), width)


def test_corpora_as_dots():
    assert dots_of("base", CORPORA) == "····"
    assert dots_of("iemocap+msp_improv", CORPORA) == "●·●·"
    assert dots_of("elsewhere", CORPORA) == "elsewhere"
    assert dots_of(None, CORPORA) == ""


def overview(trials, **others):
    nothing = counts()
    progress = {"trials": trials, "models": nothing, "prepares": nothing}
    return {"progress": progress, "models": [], "rate": None, "left": None, **others}


def test_the_summary_says_how_far_how_fast_and_how_long():
    text = summary(overview(counts(50, 3, 2, 45), rate=2.5, left=18.0), 80).plain.split("\n")
    assert text[0].endswith(" 50 of 100 trials  50.0 %")
    assert {len(line) for line in text[:1]} == {80}
    assert text[1] == "2.5 trials/s   18 s left   ╍ 2 running   × 3 failed   ─ 45 waiting"
    slow = summary(overview(counts(1, 0, 0, 1), rate=0.05, left=20.0), 80).plain
    assert "3.0 trials/min" in slow


def test_the_summary_of_an_empty_grid_divides_by_nothing():
    assert "0 of 0 trials  0.0 %" in summary(overview(counts()), 60).plain


SIXTEEN = [
    model(
        [name for place, name in enumerate(CORPORA) if number >> place & 1],
        finished=number,
        queued=16 - number,
    )
    for number in range(16)
]


@pytest.mark.parametrize(
    ("width", "lines"), [(78, 5), (78, 30), (48, 40), (198, 5), (20, 40), (20, 3), (78, 1)]
)
@pytest.mark.parametrize("rows", [SIXTEEN, SIXTEEN[:1], SIXTEEN * 4, []])
def test_models_keep_to_their_room_and_none_is_hidden_unsaid(width, lines, rows):
    text = models_text(rows, width, lines).plain.split("\n")
    assert max(map(len, text)) <= max(width, 20)
    shown = sum(line.count("%") + line.count("/16") for line in text)
    left_out = sum(int(line.split()[1]) for line in text if line.startswith("and "))
    assert shown + left_out == len(rows)


def test_each_model_says_what_it_does():
    rows = [
        model([], finished=5, queued=5),
        model(["iemocap"], state="running", done=12, steps=50, queued=10),
        model(["msp_improv"], state="queued", queued=10),
        model(["iemocap", "msp_improv"], state="failed", queued=10),
        {**model([], finished=10), "id": None, "model": "constant"},
    ]
    legend, *text = models_text(rows, 48, 20).plain.split("\n")
    assert legend == "●· iemocap   ·● msp_improv"
    assert text[0].startswith("·· ━━━━")
    assert text[0].endswith("─ 5/10")
    assert text[1].startswith("●· ━━━")
    assert text[1].endswith("─ 12/50 ep")
    assert text[2].split() == ["·●", "waits"]
    assert text[3].split() == ["●●", "×", "failed"]
    assert text[4].startswith("constant ━━━")


def test_a_device_says_how_busy_it_is_and_who_sits_on_it():
    gib = 1 << 30
    loads = [
        Load("cpu", "16 cores", 37.0, 8 * gib, 128 * gib),
        Load("cuda:0", "H200", 97.0, 12 * gib, 141 * gib, 61, 412.4, 700.0),
        Load("cuda:1", "H200", None, None, None, 91),
    ]
    slots = [
        {"slot": 0, "device": "cuda:0", "state": "busy", "node": None},
        {"slot": 1, "device": "cuda:0", "state": "paused", "node": None},
        {"slot": 2, "device": "cuda:0", "state": "busy", "node": "elsewhere"},
    ]
    cpu, first, second, node = devices_text(loads, slots, Monitor(), 160, 9).plain.split("\n")
    assert "37 %" in cpu
    assert "RAM 8.0/128 GiB" in cpu
    assert "slot" not in cpu
    for words in ("cuda:0", "97 %", "mem 12.0/141 GiB", "61 °C", "412/700 W", "slots 0, 1 paused", "H200"):
        assert words in first
    assert "91 °C!" in second
    assert "%" not in second
    assert node.split() == ["elsewhere", "slot", "2"]
    assert all(len(line) <= 40 for line in devices_text(loads, slots, Monitor(), 40, 9).plain.split("\n"))
    at_80_columns = devices_text(loads, slots, Monitor(), 78, 9).plain.split("\n")
    assert at_80_columns[1].endswith("slots 0, 1 paused")
    few = devices_text(loads, [], Monitor(), 80, 2).plain.split("\n")
    assert few[1] == "and 2 more devices, 97 % busy on average"


def test_the_machine_itself_is_read():
    monitor = Monitor()
    (first,) = monitor.read(["cpu", "cpu"])
    time.sleep(0.2)
    with ThreadPoolExecutor() as elsewhere:
        (second,) = elsewhere.submit(monitor.read, ["cpu"]).result()
    assert first.utilisation is None
    assert 0 < second.utilisation <= 100
    assert 0 < second.used < second.total
    assert monitor.history("cpu") == [None, second.utilisation]


@pytest.mark.gpu
@pytest.mark.skipif(not gpus(), reason="there is no GPU")
def test_a_gpu_says_all_there_is_to_say():
    _, gpu = Monitor().read(["cuda:0"])
    assert 0 <= gpu.utilisation <= 100
    assert 0 < gpu.used < gpu.total
    assert 0 < gpu.temperature < 120
    assert 0 < gpu.power <= 1.2 * gpu.power_limit
    assert gpu.name


def test_a_gpu_that_is_not_there_has_no_numbers(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    _, gpu = Monitor().read(["cuda:3"])
    assert (gpu.device, gpu.utilisation, gpu.used) == ("cuda:3", None, None)


@pytest.mark.parametrize("width", [78, 100, 200])
def test_a_row_has_a_cell_for_each_column_and_fits(width):
    columns = columns_for(width)
    assert sum(column.width + 2 for column in columns) == width
    assert len(row_of(job(), None, {}, CORPORA, columns, 130.0)) == len(columns)


def test_jobs_in_words():
    assert words_of(job(), CORPORA, 40) == "iemocap 0011 Angry k=8 #2"
    assert words_of(job(), CORPORA, 24) == "●··· 0011 Angry k=8 #2"
    learnt = job(kind="prefinetune", speaker=None, emotion=None, k=None, trial=None)
    assert words_of(learnt, CORPORA, 40) == "prefinetune iemocap"
    assert words_of(job(kind="prepare", model=None, corpus="esd"), CORPORA, 40) == "prepare esd"


def text_of(cell):
    return cell if isinstance(cell, str) else cell[0]


@pytest.mark.parametrize(
    ("state", "mark"), [("running", "3"), ("finished", "✓"), ("failed", "✗"), ("cancelled", "–")]
)
def test_a_job_shows_its_slot_or_how_it_ended(state, mark):
    one = job(state=state, finished_at=None if state == "running" else 223.4)
    cells = row_of(one, None, {one["id"]: 3}, CORPORA, columns_for(120), 130.0)
    assert text_of(cells[0]) == mark
    assert text_of(cells[-1]) == ("30 s" if state == "running" else "2:03")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0.4 s"), (59, "59 s"), (61, "1:01"), (3725, "1:02:05"), (None, "")]
)
def test_times(seconds, text):
    started = None if seconds is None else 1000.0
    one = job(state="finished", started_at=started, finished_at=1000.0 + (seconds or 0))
    assert text_of(row_of(one, None, {}, CORPORA, columns_for(120), 9e9)[-1]) == text


class Told:
    """Stands for the feed: it has the rows of one run, and remembers what it was asked."""

    def __init__(self):
        self.rows, self.asked = [], []

    def ask(self, name, *, runs):
        assert name == "curves"
        self.asked.append(runs)
        return [
            {"run_id": run, **row} for run, after in runs.items() for row in self.rows if row["epoch"] > after
        ]

    def tell(self, epoch, **values):
        self.rows += [{"epoch": epoch, "step": epoch, "name": n, "value": v} for n, v in values.items()]


@pytest.fixture
def told():
    return Told()


def brought(runs, *jobs):
    runs.take(runs.ask(jobs))
    return runs.of(jobs[0]["id"])


def test_only_what_is_new_is_asked_for(told):
    runs, one = Runs(told), job()
    told.tell(1, train_loss=0.9, val_macro_f1=0.3)
    assert brought(runs, one).curve("train_loss") == [0.9]
    told.tell(2, train_loss=0.7, val_macro_f1=0.5)
    run = brought(runs, one)
    assert (run.curve("train_loss"), run.last("val_macro_f1"), run.epoch) == ([0.9, 0.7], 0.5, 2)
    assert told.asked == [{one["id"]: -1}, {one["id"]: 1}]
    ended = {**one, "state": "finished"}
    told.tell(3, train_loss=0.6)
    assert brought(runs, ended).curve("train_loss") == [0.9, 0.7, 0.6]
    brought(runs, ended)
    assert len(told.asked) == 3


def test_another_attempt_begins_anew(told):
    runs = Runs(told)
    told.tell(1, train_loss=0.9)
    told.tell(2, train_loss=0.8)
    brought(runs, job())
    told.rows.clear()
    told.tell(1, train_loss=0.5)
    assert brought(runs, job(attempts=2, started_at=200.0)).curve("train_loss") == [0.5]


def test_an_answer_that_was_overtaken_is_dropped(told):
    runs = Runs(told)
    told.tell(1, train_loss=0.9)
    late = runs.ask([job()])
    told.tell(2, train_loss=0.8)
    brought(runs, job())
    runs.take(late)
    assert runs.of(job()["id"]).curve("train_loss") == [0.9, 0.8]


def test_runs_that_are_no_longer_shown_are_forgotten(told):
    runs = Runs(told)
    runs.take(runs.ask([job(1), job(2)]))
    runs.forget_all_but([job(2)["id"]])
    assert runs.of(job(1)["id"]) is None
    assert runs.of(job(2)["id"]) is not None


def test_the_curves_of_a_trial_and_its_best_epoch(told):
    for epoch, score in enumerate((0.2, 0.6, 0.6, None), 1):
        told.tell(epoch, train_loss=1 / epoch, val_loss=2 / epoch, val_macro_f1=score, val_accuracy=0.5)
    run = brought(Runs(told), job())
    assert run.best_epoch == 2
    assert [line.name for line in losses(run, training=False)] == ["train", "validation"]
    assert losses(run, training=False)[0].y.tolist() == [1, 1 / 2, 1 / 3, 1 / 4]
    (score,) = scores(run)
    assert score.name == "macro F1"
    assert score.best == 2
    assert score.y.tolist()[:3] == [0.2, 0.6, 0.6]


def test_the_curves_of_a_model_have_one_for_each_task(told):
    for epoch, loss in enumerate((0.9, 0.4, 0.5), 1):
        values = {"train_loss": 1.0, "val_loss": loss, "learning_rate": 0.1}
        for corpus in CORPORA[:2]:
            values |= {f"{name}/{corpus}": loss for name in ("train_loss", "val_loss", "val_macro_f1")}
        told.tell(epoch, **values)
    run = brought(Runs(told), job(kind="prefinetune"))
    assert run.best_epoch == 2
    in_validation, in_training = (losses(run, training=training) for training in (False, True))
    assert [line.name for line in in_validation] == ["train", "validation", "iemocap", "mandarin_as"]
    assert [line.best for line in in_validation] == [None, 2, None, None]
    assert in_training[2].y.tolist() == in_validation[2].y.tolist()
    assert [line.name for line in scores(run)] == ["iemocap", "mandarin_as"]


def test_a_model_of_one_corpus_shows_its_loss_once(told):
    told.tell(1, train_loss=1.0, val_loss=0.9, **{"train_loss/iemocap": 1.0, "val_loss/iemocap": 0.9})
    run = brought(Runs(told), job(kind="prefinetune"))
    assert [line.name for line in losses(run, training=False)] == ["train", "validation"]
