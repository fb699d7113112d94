"""Results of some trials alone, by another score, or with intervals: `pft results` with its choices."""

import json
from statistics import fmean

import numpy as np
import pytest
import typer
from finished_trials import EMOTIONS, SPEAKERS, score, workspace_with
from typer.testing import CliRunner

from pft_tui.cli.results import results
from pft_tui.errors import UsageError
from pft_tui.reports.results import settings
from pft_tui.reports.subsets import facets
from pft_tui.statistics.resampling import interval_of, resampled_means, total_by_speaker
from pft_tui.store.read import held_open, query
from pft_tui.store.subset import Subset

app = typer.Typer()
app.command()(results)


def gaps(corpora, trial):
    """Scores with some missing, so that speakers have different numbers of them."""
    return None if (trial.speaker == "0001" and trial.trial and len(corpora) == 2) else score(corpora, trial)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("reading"), gaps)


def pft(workspace, *arguments):
    outcome = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.root)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_only_the_chosen_trials_count(workspace):
    output = pft(workspace, "figure2", "--speaker", "0011", "--emotion", "Sad", "-k", "8", "--json")
    [base, *_] = json.loads(output)
    trials = query(
        workspace,
        "select macro_f1 from trials where speaker = '0011' and emotion = 'Sad' and k = 8 and n_corpora = 0",
    )
    assert {row["k"] for row in json.loads(output)} == {8}
    assert base["trials"] == len(trials.rows) == 2
    assert base["mean_f1"] == pytest.approx(fmean(value for (value,) in trials.rows))


def test_a_table_says_of_which_trials_and_by_which_score(workspace):
    output = pft(workspace, "table1", "--metric", "accuracy", "--language", "English", "-k", "2", "-k", "8")
    assert "one corpus alone (in) or on all but it (ex), accuracy" in output
    assert "only language: English; k: 2, 8" in output
    assert "all 64 trials finished" in output
    assert "Acc_in" in output
    assert "F1" not in output
    weighted = pft(workspace, "figure2", "--metric", "weighted_f1", "--plot")
    assert "Figure 2: weighted F1 over" in weighted


def test_beside_the_paper_it_says_whose_numbers_the_papers_are(workspace):
    words = "the paper's numbers are of all speakers and emotions"
    assert words in pft(workspace, "powerset", "--vs-paper", "--language", "English")
    assert words not in pft(workspace, "powerset", "--vs-paper")
    assert words not in pft(workspace, "powerset", "--language", "English")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("figure2", "--speaker", "nobody"), "no trials with speaker 'nobody'"),
        (("figure2", "--language", "Dutch"), "no trials with language 'Dutch'"),
        (("figure2", "-k", "3"), "no trials with k 3"),
        (("--emotion", "Bored"), "no trials with emotion 'Bored'"),
        (("table1", "--interval"), "no standard errors"),
        (("table1", "--vs-paper", "--metric", "accuracy"), "macro F1 alone"),
    ],
)
def test_what_cannot_be_read_that_way_says_so(workspace, arguments, words):
    with pytest.raises(UsageError, match=words) as raised:
        pft(workspace, *arguments)
    assert raised.value.hint


def test_what_there_is_to_choose_from(workspace):
    there = facets(workspace)
    assert there.languages == ("English", "Mandarin")
    assert there.speakers == dict(sorted(SPEAKERS))
    assert there.emotions == EMOTIONS
    assert there.shots == (2, 8)


def by_speaker(workspace, where):
    """The 95 % interval of the mean score of the finished trials that meet a condition."""
    rows = query(
        workspace, f"select f1, speaker from comparable_trials where f1 is not null and {where}"
    ).rows
    values, speakers = zip(*rows, strict=True)
    totals = total_by_speaker(np.array(values), speakers)
    return interval_of(resampled_means(totals), len(totals.speakers))


def test_intervals_of_means_draw_whole_speakers(workspace):
    for row in json.loads(pft(workspace, "figure2", "--interval", "--json")):
        expected = by_speaker(workspace, f"k = {row['k']} and n_corpora = {row['n_corpora']}")
        assert (row["low"], row["high"]) == pytest.approx(expected)
    for row in json.loads(pft(workspace, "powerset", "--interval", "--json")):
        expected = by_speaker(workspace, f"k = {row['k']} and corpus_set = '{row['corpus_set']}'")
        assert (row["low"], row["high"]) == pytest.approx(expected)


def test_intervals_of_the_changes_by_corpus_draw_whole_speakers(workspace):
    trials = query(
        workspace, "select k, corpora, speaker, emotion, f1 from comparable_trials where f1 is not null"
    ).rows
    for row in json.loads(pft(workspace, "figure3", "--interval", "--json")):
        deltas, speakers = [], []
        for speaker, _ in SPEAKERS:
            for emotion in EMOTIONS:
                cell = [
                    each for each in trials if (each[0], each[2], each[3]) == (row["k"], speaker, emotion)
                ]
                having = fmean(each[4] for each in cell if row["corpus"] in each[1])
                deltas.append(having - fmean(each[4] for each in cell if not each[1]))
                speakers.append(speaker)
        totals = total_by_speaker(np.array(deltas), speakers)
        assert row["mean_delta"] == pytest.approx(fmean(deltas))
        assert (row["low"], row["high"]) == pytest.approx(interval_of(resampled_means(totals), 2))


def test_one_speaker_has_no_interval(workspace):
    [row, *_] = json.loads(pft(workspace, "figure2", "--interval", "--speaker", "0011", "--json"))
    assert (row["low"], row["high"]) == (None, None)
    assert "95 % from" in pft(workspace, "figure2", "--interval", "--speaker", "0011", "--no-plot")


def test_progress_is_that_of_the_chosen_trials(workspace):
    with held_open(workspace, Subset(speakers=("0001",), shots=(2,))):
        [setting] = settings(workspace, {})
    assert (setting.finished, setting.expected) == (26, 32)
