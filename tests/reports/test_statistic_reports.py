"""Reports that compare with the paper or are computed from trials, by numbers that are known beforehand."""

import csv
import json

import pytest
import typer
from finished_trials import CORPORA, SHOTS, WORTH, score, workspace_with
from typer.testing import CliRunner

from pft_tui.cli.results import results
from pft_tui.errors import UsageError
from pft_tui.reports.paper import agreement

app = typer.Typer()
app.command()(results)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("complete"), protocols=("paper", "released"))


@pytest.fixture(scope="module")
def without_a_set(tmp_path_factory):
    def scored(corpora, trial):
        return None if corpora == ("iemocap",) and trial.k == 8 else score(corpora, trial)

    return workspace_with(tmp_path_factory.mktemp("halfway"), scored)


def pft(workspace, *arguments):
    outcome = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.root)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.stdout, outcome.stderr


def as_json(workspace, *arguments):
    return json.loads(pft(workspace, *arguments, "--protocol", "paper", "--json")[0])


def brings(corpus, k):
    """What a corpus adds to macro F1 in `finished_trials`, whatever other corpora there are."""
    return WORTH[corpus] * 8 / (6 + k)


def test_table_1_beside_the_paper(workspace, request):
    path = request.config.rootpath / "data" / "paper_table1.csv"
    paper = {(int(row["k"]), row["corpus"]): row for row in csv.DictReader(path.read_text().splitlines())}
    rows = as_json(workspace, "table1", "--vs-paper")
    assert [(row["k"], row["corpus"]) for row in rows] == [(k, name) for k in SHOTS for name in CORPORA]
    ours = {}
    for row in rows:
        k, corpus = row["k"], row["corpus"]
        others = [other for other in CORPORA if other != corpus]
        ours[k, corpus] = brings(corpus, k) - sum(brings(other, k) for other in others)
        published = float(paper[k, corpus]["delta"])
        assert row["delta"] == pytest.approx(ours[k, corpus])
        assert row["difference"] == pytest.approx(ours[k, corpus] - published)
        assert (row["paper_f1_in"], row["paper_delta"]) == (float(paper[k, corpus]["f1_in"]), published)
    signs = sum((ours[key] > 0) == (float(paper[key]["delta"]) > 0) for key in ours)
    ranks = 0
    for k in SHOTS:
        by_ours = sorted(CORPORA, key=lambda corpus: -ours[k, corpus])
        by_paper = sorted(CORPORA, key=lambda corpus: -float(paper[k, corpus]["delta"]))
        ranks += sum(one == other for one, other in zip(by_ours, by_paper, strict=True))
    said = f"the sign of Δ is the paper's in {signs} of 6 rows, the rank among the corpora in {ranks} of 6"
    assert 0 < signs < 6
    shown, _ = pft(workspace, "table1", "--vs-paper")
    assert shown.count(said) == 2  # once for each protocol
    assert said in pft(workspace, "table1", "--vs-paper", "--json")[1]


def test_a_rank_without_rivals_does_not_count():
    rows = [
        {"k": 2, "sign_agrees": True, "rank_agrees": False},
        {"k": 2, "sign_agrees": False, "rank_agrees": False},
        {"k": 64, "sign_agrees": True, "rank_agrees": True},
    ]
    assert agreement(rows) == [
        "the sign of Δ is the paper's in 2 of 3 rows, the rank among the corpora in 0 of 2"
    ]
    assert agreement(rows[2:]) == ["the sign of Δ is the paper's in 1 of 1 rows"]
    assert agreement([]) == []


def test_only_table_1_stands_beside_the_paper(workspace):
    with pytest.raises(UsageError, match="the paper's figure2 is not known as numbers"):
        pft(workspace, "figure2", "--vs-paper")


def test_what_corpora_add_is_their_shapley_value(workspace):
    rows = as_json(workspace, "shapley")
    assert [(row["k"], row["corpus"]) for row in rows] == [(k, name) for k in SHOTS for name in CORPORA]
    for row in rows:
        assert row["shapley"] == pytest.approx(brings(row["corpus"], row["k"]))
        assert row["protocol"] == "paper"
    shown, _ = pft(workspace, "shapley")
    assert shown.count("What each corpus adds to macro F1") == 2
    assert "msp_podcast        +0.1000" in shown


def test_a_value_that_needs_a_missing_set_is_a_dash_with_its_reason(without_a_set):
    rows = as_json(without_a_set, "shapley")
    assert {(row["k"], row["shapley"] is None, row["note"]) for row in rows} == {
        (2, False, None),
        (8, True, "7 of 8 sets have scores"),
    }
    shown, _ = pft(without_a_set, "shapley")
    assert "7 of 8 sets have scores" in shown
    assert "120 of 128 trials finished" in shown


def test_the_best_set_of_each_size(workspace):
    rows = as_json(workspace, "best_sets")
    ranked = sorted(CORPORA, key=lambda corpus: -WORTH[corpus])
    for k in SHOTS:
        names = [row["corpus_set"] for row in rows if row["k"] == k]
        assert names == ["base", *("+".join(sorted(ranked[:size])) for size in (1, 2, 3))]
    base = {row["k"]: row["mean_f1"] for row in rows if row["n_corpora"] == 0}
    for row in rows:
        members = ranked[: row["n_corpora"]]
        assert row["mean_f1"] == pytest.approx(
            base[row["k"]] + sum(brings(each, row["k"]) for each in members)
        )


def test_languages_need_those_of_the_corpora(workspace):
    with pytest.raises(UsageError, match="the language of corpus iemocap is not known"):
        pft(workspace, "languages")


def test_statistics_in_every_format(workspace):
    assert pft(workspace, "shapley", "--format", "csv")[0].startswith("k,corpus,shapley,se,low,high")
    assert r"\toprule" in pft(workspace, "best_sets", "--format", "latex")[0]
    with pytest.raises(UsageError, match="no trials with protocol 'other'"):
        pft(workspace, "shapley", "--protocol", "other")
