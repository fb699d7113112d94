"""The experiment by way of the daemon: part of the grid, one model more, pausing a pre-finetuning."""

import json

import pytest


@pytest.fixture
def served(workspace, pft):
    yield workspace
    pft(workspace, "down", "--now")


def jobs(workspace, pft, *filters):
    return json.loads(pft(workspace, "jobs", "--json", *filters).stdout)


def test_a_part_of_the_grid_then_a_model_more(served, pft):
    dry = pft(served, "queue", "--dry-run", "--only", "model=base,iemocap", "--only", "emotion=happy")
    assert dry.returncode == 0, dry.stderr
    assert "models: 1 asked" in dry.stdout
    unknown = pft(served, "queue", "--only", "emotion=happpy")
    assert unknown.returncode == 2
    assert "happy" in unknown.stderr

    queued = pft(served, "queue", "--json", "--only", "model=iemocap", "--only", "emotion=happy")
    assert queued.returncode == 0, queued.stderr
    counts = json.loads(queued.stdout)
    assert (counts["prepares"]["added"], counts["models"]["added"]) == (2, 1)
    waited = pft(served, "wait")
    assert waited.returncode == 0, waited.stderr
    trials = jobs(served, pft, "--kind", "trial")
    assert {(job["model"], job["emotion"], job["state"]) for job in trials} == {
        ("iemocap", "happy", "finished")
    }
    assert counts["trials"]["added"] == len(trials) > 1

    pft(served, "pause")
    speaker = trials[0]["speaker"]
    added = pft(served, "add", "--model", "mandarin_as", "--speaker", speaker, "--emotion", "sad", "-k", "2")
    assert added.returncode == 0, added.stderr
    waiting = jobs(served, pft, "--state", "queued")
    assert {job["kind"] for job in waiting} == {"prepare", "prefinetune", "trial"}
    [trial] = jobs(served, pft, "--kind", "trial", "--model", "mandarin_as")
    assert (trial["speaker"], trial["emotion"], trial["k"]) == (speaker, "sad", 2)
    reasons = {job["kind"]: job["reason"] for job in waiting}
    assert reasons["trial"].startswith("waits for the model mandarin_as")
    assert pft(served, "resume").returncode == 0
    assert pft(served, "wait").returncode == 0
    assert jobs(served, pft, "--state", "queued") == []
