"""What a worker says in its log."""

import io
import re

import pytest

from pft_tui.events import ModelResult, Spool, TrialResult
from pft_tui.worker import diary
from pft_tui.worker.diary import MOST_A_SECOND, Diary, result_in_words
from pft_tui.worker.reporter import Reporter


@pytest.fixture
def clock(monkeypatch):
    """The time of day, to be set."""
    now = [1_000.0]
    monkeypatch.setattr(diary.time, "time", lambda: now[0])
    return now


def lines_of(out):
    return [line.split(" ", 2)[2] for line in out.getvalue().splitlines()]


def test_a_second_has_so_many_lines_and_the_next_one_says_how_many_were_left_out(clock):
    out = io.StringIO()
    said = Diary(out)
    for number in range(MOST_A_SECOND + 5):
        said.say(f"line {number}")
    said.say("a failure", in_any_case=True)
    clock[0] += 1
    said.say("later")
    *first, failure, later = lines_of(out)
    assert first == [f"line {number}" for number in range(MOST_A_SECOND)]
    assert failure == "a failure (5 lines before this one left out)"
    assert later == "later"


def test_a_full_disk_is_no_matter():
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        said = Diary(full)
        said.say("what does not fit")
        with pytest.raises(OSError, match="No space left"):
            full.close()


def test_what_a_job_comes_to():
    trial = TrialResult("t", 17, 12, 0.7, 0.8, 0.7123, 0.7, 1.46, "cpu", [], "e", 0.0, 1.0)
    model = ModelResult("m", 20, 17, 0.31, 3000.2, "cpu", "e", 0.0, 1.0)
    assert result_in_words(trial) == ": macro F1 0.7123, best epoch 12 of 17, 1.5 s"
    assert result_in_words(model) == ": validation loss 0.3100, best epoch 17 of 20, 3000 s"
    assert result_in_words(None) == ""


def test_a_worker_s_jobs_are_in_its_log(tmp_path, capsys):
    with Spool(tmp_path / "spool.jsonl") as spool:
        report = Reporter(spool, "w1")
        report.started("3fa9", 2)
        report.failed("3fa9", "the file a.wav is empty", final=True)
        report.started("77c0", 1)
        report.finished("77c0")
    said = [re.sub(r"^\S+ \S+ ", "", line) for line in capsys.readouterr().err.splitlines()]
    assert said == [
        "3fa9 began, attempt 2",
        "3fa9 failed: the file a.wav is empty",
        "77c0 began",
        "77c0 has ended",
    ]
