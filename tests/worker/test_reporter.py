"""What a worker's jobs report: epochs that follow one another are one line, and nothing is mixed up."""

import math

import pytest

from pft_tui.events import JobFinished, JobStarted, Metrics, RunRestarted, Spool, parse_all
from pft_tui.worker import reporter
from pft_tui.worker.reporter import Reporter


@pytest.fixture
def report(tmp_path):
    with Spool(tmp_path / "spool.jsonl") as spool:
        yield Reporter(spool, "w1")


def written(tmp_path):
    return parse_all((tmp_path / "spool.jsonl").read_bytes().splitlines())


def test_epochs_of_a_run_are_one_line(report, tmp_path):
    report.started("a", 1)
    for epoch in (1, 2, 3):
        report.metrics("a", epoch, 4 * epoch, {"loss": 1 / epoch, "val_macro_f1": math.nan})
    report.finished("a")
    started, curves, finished = written(tmp_path)
    assert isinstance(started, JobStarted)
    assert isinstance(finished, JobFinished)
    assert (curves.run_id, curves.epochs, curves.steps) == ("a", [1, 2, 3], [4, 8, 12])
    assert curves.values == {"loss": [1.0, 1 / 2, 1 / 3], "val_macro_f1": [None] * 3}
    assert started.at <= curves.at[0] <= curves.at[1] <= curves.at[2] <= finished.at


def test_another_run_other_names_and_a_restart_begin_a_line(report, tmp_path):
    report.metrics("a", 1, 1, {"loss": 1.0})
    report.metrics("b", 1, 1, {"loss": 2.0})
    report.metrics("b", 2, 2, {"loss": 3.0, "val_loss": 4.0})
    report.metrics("b", 3, 3, {"val_loss": 5.0, "loss": 6.0})
    report.restarted("b", 2)
    report.metrics("b", 3, 3, {"loss": 7.0, "val_loss": 8.0})
    report.flush()
    report.metrics("b", 4, 4, {"loss": 9.0, "val_loss": 10.0})
    report.sync()
    lines = [
        (line.run_id, line.values) if isinstance(line, Metrics) else type(line) for line in written(tmp_path)
    ]
    assert lines == [
        ("a", {"loss": [1.0]}),
        ("b", {"loss": [2.0]}),
        ("b", {"loss": [3.0, 6.0], "val_loss": [4.0, 5.0]}),
        RunRestarted,
        ("b", {"loss": [7.0], "val_loss": [8.0]}),
        ("b", {"loss": [9.0], "val_loss": [10.0]}),
    ]


def test_a_long_run_is_heard_of_while_it_lasts(report, tmp_path, monkeypatch):
    monkeypatch.setattr(reporter, "FLUSH_SECONDS", 0.0)
    for epoch in (1, 2):
        report.metrics("a", epoch, epoch, {"loss": 1.0})
    assert [line.epochs for line in written(tmp_path)] == [[1], [2]]
