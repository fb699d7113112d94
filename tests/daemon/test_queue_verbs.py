"""The user's hand on the queue: jobs, pause, resume, cancel, retry, priority, logs, publish, doctor."""

import json
import os
import pty
import subprocess
from collections import Counter
from typing import get_args

import pytest
from noop_grids import PFT, enqueue, finished, noop_grid, processes, sql, wait_done, wait_until

from pft_tui.cli.choose import Kind, State
from pft_tui.daemon import requests
from pft_tui.daemon.client import RefusedError, ask, ensure_running, is_running
from pft_tui.daemon.handover import write_grid


@pytest.fixture
def paused(daemon):
    """A daemon with 40 queued trials, paused: numbers 1 to 40, of speakers 0000 to 0003 in turn."""
    ask(daemon, "pause")
    enqueue(daemon, noop_grid(40))
    return daemon


def listed(workspace, limit=1000, **selection):
    return ask(workspace, "jobs", jobs=selection, limit=limit)["jobs"]


def numbers(workspace, **selection):
    return [job["number"] for job in listed(workspace, **selection)]


def test_jobs_are_chosen_by_number_range_id_and_filters(paused):
    everything = listed(paused)
    assert [job["number"] for job in everything] == list(range(1, 41))
    assert {job["reason"] for job in everything} == {"paused"}
    assert numbers(paused, numbers=[[3, 5], [9, 9]]) == [3, 4, 5, 9]
    assert numbers(paused, speakers=["0001"]) == list(range(2, 41, 4))
    assert numbers(paused, speakers=["0001"], numbers=[[1, 9]]) == [2, 6]
    assert numbers(paused, states=["failed"]) == []
    assert numbers(paused, kinds=["trial"], shots=[2], emotions=["happy"]) == list(range(1, 41))
    assert numbers(paused, ids=[everything[7]["id"][:10]]) == [8]
    assert numbers(paused, ids=[everything[7]["id"], everything[2]["id"][:12]], shots=[2]) == [3, 8]
    assert numbers(paused, ids=[everything[7]["id"]], shots=[4]) == []
    often = Counter(job["id"][:2] for job in everything).most_common(1)[0]
    assert often[1] > 1, "of 40 ids no two begin alike: take more"
    with pytest.raises(RefusedError, match=f"several jobs begin with {often[0]}"):
        listed(paused, ids=[often[0]])
    with pytest.raises(RefusedError, match="there is no job"):
        listed(paused, ids=["ffffffffffffffff"])


def test_pages_are_parts_of_the_whole(paused):
    pages = [ask(paused, "jobs", skip=skip, limit=15) for skip in (0, 15, 30, 45)]
    assert [len(page["jobs"]) for page in pages] == [15, 15, 10, 0]
    assert [job["number"] for page in pages for job in page["jobs"]] == list(range(1, 41))
    assert {page["total"] for page in pages} == {40}


def test_jobs_are_chosen_by_words_and_left_out_by_number(paused):
    assert numbers(paused, words=["0001", "HAPPY"]) == list(range(2, 41, 4))
    assert numbers(paused, words=["0001", "sad"]) == []
    assert numbers(paused, words=[listed(paused)[7]["id"][:10]]) == [8]
    assert numbers(paused, without=[[1, 30], [35, 40]]) == [31, 32, 33, 34]
    ask(paused, "hold", jobs={"numbers": [[4, 6]]})
    assert numbers(paused, states=["paused"]) == [4, 5, 6]
    assert len(numbers(paused, states=["queued"])) == 40
    assert [job["held"] for job in listed(paused)[2:7]] == [False, True, True, True, False]


def test_jobs_come_in_the_order_asked_for(paused):
    ask(paused, "priority", jobs={"numbers": [[10, 11]]}, priority=7)
    ask(paused, "cancel", jobs={"numbers": [[20, 20]]})

    def first(count, **order):
        return [job["number"] for job in ask(paused, "jobs", limit=count, **order)["jobs"]]

    assert first(3, descending=True) == [40, 39, 38]
    assert first(3, by="priority", descending=True) == [10, 11, 1]
    assert first(2, by="speaker", descending=True) == [4, 8]
    assert first(40, by="state")[-1] == 20
    assert ask(paused, "jobs", by="priority", skip=38, limit=9)["jobs"][0]["number"] == 10
    assert ask(paused, "numbers", by="priority", skip=36, limit=4) == [[10, 11], [39, 40]]
    with pytest.raises(RefusedError, match="by: Input should be"):
        ask(paused, "jobs", by="colour")


def test_values_are_those_of_the_jobs(paused):
    speakers = ["0000", "0001", "0002", "0003"]
    assert ask(paused, "values") == {"model": [], "speaker": speakers, "emotion": ["happy"], "k": [2]}


def test_a_change_says_what_it_changed(paused):
    ask(paused, "cancel", jobs={"numbers": [[3, 4]]})
    cancelled = ask(paused, "cancel", jobs={"numbers": [[1, 6], [9, 9]]})
    assert cancelled == {"changed": 5, "numbers": [[1, 2], [5, 6], [9, 9]]}
    ask(paused, "priority", jobs={"numbers": [[11, 12]]}, priority=3)
    raised = ask(paused, "priority", jobs={"numbers": [[10, 13]]}, priority=4)
    assert raised == {"changed": 4, "former": {"3": [[11, 12]], "0": [[10, 10], [13, 13]]}}


def test_a_dry_run_says_what_queueing_would_do_and_does_nothing(paused):
    ask(paused, "cancel", jobs={"numbers": [[1, 5]]})
    before = listed(paused)
    token = write_grid(paused, noop_grid(50))
    trials = ask(paused, "enqueue", token=token, dry_run=True)["trials"]
    assert (trials["added"], trials["again"], trials["under_way"]) == (10, 5, 35)
    assert listed(paused) == before
    assert enqueue(paused, noop_grid(50))["trials"] == trials
    assert len(listed(paused)) == 50


def test_a_pause_outlives_the_daemon_and_resume_ends_it(paused):
    ask(paused, "down", now=True)
    wait_until(lambda: not processes(paused, "pft_tui.daemon"))
    ensure_running(paused)
    status = ask(paused, "status")
    assert status["stops"] == {"all": "paused"}
    assert status["trials"]["queued"] == 40
    assert not status["done"]
    ask(paused, "resume")
    assert wait_done(paused)["trials"]["finished"] == 40


def test_pause_lets_the_trial_end_and_gives_the_rest_back(daemon):
    enqueue(daemon, noop_grid(8000))
    wait_until(lambda: finished(daemon) > 20)
    ask(daemon, "pause")
    wait_until(lambda: not processes(daemon, "pft_tui.worker"))
    trials = wait_until(lambda: (now := ask(daemon, "status")["trials"])["running"] == 0 and now)
    assert 20 < trials["finished"] < 8000
    assert trials["queued"] == 8000 - trials["finished"]
    ask(daemon, "publish")
    assert sql(daemon, "select max(attempts) from trials") == [(1,)]
    # What was begun was ended: no curve is without its result.
    begun = "select count(distinct run_id) from metrics"
    assert sql(daemon, begun) == sql(daemon, "select count(*) from trials where macro_f1 is not null")


def test_a_paused_slot_takes_no_work_while_the_other_does(daemon):
    ask(daemon, "pause", slot=0)
    enqueue(daemon, noop_grid(300))
    status = wait_done(daemon)
    assert status["trials"]["finished"] == 300
    assert [slot["state"] for slot in status["slots"]] == ["paused", "idle"]
    assert {job["worker"].split("-")[1] for job in listed(daemon)} == {"1"}
    with pytest.raises(RefusedError, match="no slot 7"):
        ask(daemon, "pause", slot=7)


def test_held_jobs_wait_and_the_others_run(paused):
    assert ask(paused, "hold", jobs={"numbers": [[1, 10]]})["changed"] == 10
    ask(paused, "resume")
    assert wait_done(paused)["trials"]["finished"] == 30
    assert {job["reason"] for job in listed(paused, states=["queued"])} == {"paused"}
    ask(paused, "release", jobs={"numbers": [[1, 40]]})
    assert wait_done(paused)["trials"]["finished"] == 40


def test_cancelled_jobs_do_not_run_until_they_are_retried(paused):
    assert ask(paused, "cancel", jobs={"speakers": ["0002"]})["changed"] == 10
    ask(paused, "resume")
    wait_done(paused)
    assert Counter(job["state"] for job in listed(paused)) == {"finished": 30, "cancelled": 10}
    assert {job["reason"] for job in listed(paused, states=["cancelled"])} == {"cancelled by the user"}
    assert ask(paused, "retry", jobs={"states": ["cancelled"]})["changed"] == 10
    wait_done(paused)
    assert Counter(job["state"] for job in listed(paused)) == {"finished": 40}
    ask(paused, "publish")
    assert sql(paused, "select distinct count(*) from metrics group by run_id") == [(60,)]


def test_cancelling_reaches_what_a_worker_has_in_hand(daemon):
    enqueue(daemon, noop_grid(8000))
    wait_until(lambda: finished(daemon) > 20)
    ask(daemon, "cancel", jobs={})
    status = wait_done(daemon)
    assert status["trials"]["queued"] == status["trials"]["running"] == 0
    assert status["trials"]["finished"] < 8000
    before = finished(daemon)
    enqueue(daemon, noop_grid(8000 + 10))  # cancelled jobs are queued again with the grid
    wait_until(lambda: finished(daemon) > before)


def test_a_higher_priority_runs_first(workspace):
    ensure_running(workspace, ["run.cpu_slots=1"])
    ask(workspace, "pause")
    enqueue(workspace, noop_grid(40))
    assert ask(workspace, "priority", jobs={"numbers": [[31, 40]]}, priority=5)["changed"] == 10
    ask(workspace, "resume")
    wait_done(workspace)
    order = [job["number"] for job in sorted(listed(workspace), key=lambda job: job["started_at"])]
    assert set(order[:10]) == set(range(31, 41))


def test_the_commands_speak_as_the_conventions_say(paused, pft):
    shown = pft("jobs", "--size", "5", "--json")
    assert [job["number"] for job in json.loads(shown.stdout)] == [1, 2, 3, 4, 5]
    assert "page 1 of 8: 40 queued" in shown.stderr
    assert "paused" in pft("jobs", "3").stdout
    refused = pft("cancel", "1-5", input="")
    assert refused.returncode == 2
    assert "5 jobs" in refused.stderr
    assert pft("cancel").returncode == 2
    assert "--failed" in pft("retry").stderr
    assert "nothing to cancel" in pft("cancel", "99").stderr
    assert pft("pause").stderr == "paused: what runs ends first\n"
    assert pft("cancel", "1-5", "--yes").stderr == "5 jobs changed\n"
    assert json.loads(pft("retry", "1", "--json").stdout) == {"changed": 1, "numbers": [[1, 1]]}
    assert pft("jobs", "nonsense").returncode == 2
    assert "'runing' is not one of 'queued'" in pft("jobs", "--state", "runing").stderr
    assert pft("jobs", "--emotion", "hapy").stderr == "no job has the emotion hapy (did you mean 'happy'?)\n"
    assert pft("jobs", "--emotion", "happy", "--state", "failed").stderr == "no job is like that\n"
    assert pft("resume").stderr == "work goes on\n"
    assert pft("publish").stderr.endswith("pft.duckdb is up to date\n")
    assert pft("wait").returncode == 0
    assert "serves" in pft("logs").stdout
    assert "finished" in pft("logs", "7").stderr
    found = json.loads(pft("doctor", "--json").stdout)
    assert all(item["ok"] for item in found), found


def test_states_and_kinds_are_those_of_the_daemon():
    assert [*State] == [*get_args(requests.State)]
    assert [*Kind] == [*get_args(requests.Kind)]


def test_cancel_asks_on_a_terminal(paused):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(paused.root)
        os.execv(PFT[0], [*PFT, "cancel", "--all"])
    said = b""
    while b"Cancel 40 jobs?" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"n\n")
    os.waitpid(child, 0)
    os.close(terminal)
    assert ask(paused, "status")["trials"]["queued"] == 40


def test_what_fails_says_why_and_can_be_retried(workspace, pft):
    """Trials whose corpus has no listing fail for good; `wait` says so with exit code 1."""
    ensure_running(workspace, ["run.cpu_slots=1"])
    enqueue(workspace, noop_grid(4, method="constant"))
    waited = pft("wait", timeout=120)
    assert waited.returncode == 1
    assert "4 jobs failed" in waited.stderr
    assert "no listing" in pft("logs", "1").stdout
    assert "no listing" in pft("jobs", "--state", "failed").stdout
    ask(workspace, "pause")
    assert json.loads(pft("retry", "--failed", "--json").stdout)["changed"] == 4
    assert ask(workspace, "status")["trials"]["queued"] == 4


def test_logs_follow_what_is_added(daemon):
    with subprocess.Popen(
        [*PFT, "logs", "-f"], cwd=daemon.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert "serves" in following.stdout.readline()
        ask(daemon, "cancel", jobs={})
        assert "cancel: 0 jobs" in following.stdout.readline()
        following.terminate()


def test_doctor_finds_what_others_could_read(daemon, pft):
    daemon.private.chmod(0o755)
    checked = pft("doctor")
    assert checked.returncode == 1
    assert "BAD  privacy" in checked.stdout
    (daemon.root / "pft.toml").write_text("[nonsense]\n")
    assert "nonsense" in pft("doctor").stdout


def test_doctor_finds_reports_that_were_not_understood(daemon, pft):
    """As a worker writes them that an older version has started, and that a newer one has adopted."""
    old = b'{"type":"metrics","run_id":"r","epoch":1,"step":1,"values":{"loss":0.5},"at":1}\n'
    (daemon.spool / "cpu-0-old.jsonl").write_bytes(2 * old)
    heard = "select count(*) from events where kind = 'bad_lines'"
    wait_until(lambda: ask(daemon, "publish") and sql(daemon, heard) == [(1,)])
    checked = pft("doctor")
    assert checked.returncode == 1
    assert "BAD  reports: lines that were not understood, and are lost: 2 of cpu-0-old;" in checked.stdout
    ask(daemon, "down", now=True)
    wait_until(lambda: not is_running(daemon))
    ensure_running(daemon)
    ask(daemon, "publish")
    assert "ok   reports: all lines were understood" in pft("doctor").stdout
