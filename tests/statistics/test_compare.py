from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from made_trials import made_trials

from pft_tui.errors import UsageError
from pft_tui.statistics.compare import compare
from pft_tui.statistics.tables import comparison_table, missing_table
from pft_tui.statistics.trials import Cell, Trial

COLUMNS = [*Cell._fields, "language", "a", "b"]


def two_models(seed, **options):
    generator = np.random.default_rng(seed)
    return made_trials(generator, lift=0.05, **options), made_trials(generator, **options)


def joined(a, b):
    scores = {trial.cell: trial for trial in b}
    rows = [
        (*trial.cell, trial.language, trial.score, scores[trial.cell].score)
        for trial in a
        if trial.cell in scores and None not in (trial.score, scores[trial.cell].score)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def trials_of(scores, **cell):
    """Trials with the scores {speaker: [score, ...]}."""
    return [
        Trial(Cell(speaker, "Angry", 2, number, 0)._replace(**cell), "English", score)
        for speaker, of_speaker in scores.items()
        for number, score in enumerate(of_speaker)
    ]


def test_a_comparison_by_hand():
    a = trials_of({"x": [0.6, 0.8], "y": [0.5, 0.5], "z": [0.9]})
    b = trials_of({"x": [0.5, 0.5], "y": [0.4, 0.6], "z": [0.5]})
    (row,) = compare(a, b)
    assert (row.pairs, row.possible, row.group, row.note) == (5, 5, {}, None)
    assert row.a.mean == pytest.approx(3.3 / 5)
    assert row.b.mean == pytest.approx(2.5 / 5)
    assert row.difference.mean == pytest.approx(0.16)
    assert row.difference.sd == pytest.approx(np.std([0.1, 0.3, 0.1, -0.1, 0.4], ddof=1))
    # Sums by speaker are 0.4, 0 and 0.4: of the four choices of two signs two are as far.
    assert row.test == (pytest.approx(0.5), 0.5, True)
    assert row.p_holm == row.test.p
    assert row.wilcoxon.p == pytest.approx(0.5)
    # Means by speaker are 0.2, 0 and 0.4.
    assert row.d_z == pytest.approx(1.0)
    assert row.rank_biserial == pytest.approx(1.0)


@pytest.mark.parametrize("options", [{}, {"missing": 0.3, "queued": 0.1}, {"speakers": 7, "trials": 1}])
@pytest.mark.parametrize("by", [(), ("k",), ("emotion", "k"), ("language",)])
def test_every_number_of_every_group_is_that_of_a_data_frame(by, options):
    a, b = two_models(3, **options)
    rows = compare(a, b, by)
    frame = joined(a, b)
    frame["difference"] = frame.a - frame.b
    groups = [(dict(zip(by, key, strict=True)), part) for key, part in frame.groupby(list(by))] if by else []
    assert [row.group for row in rows] == [group for group, _ in groups] + [{}]
    for row, part in zip(rows, [part for _, part in groups] + [frame], strict=True):
        assert row.pairs == len(part)
        assert row.a.mean == pytest.approx(part.a.mean())
        assert row.b.mean == pytest.approx(part.b.mean())
        assert row.difference.mean == pytest.approx(part.difference.mean())
        assert row.difference.sd == pytest.approx(part.difference.std())
        assert row.difference.se == pytest.approx(part.difference.sem())
        speakers = part.groupby("speaker").difference
        assert row.difference.speakers == speakers.ngroups
        means = speakers.mean()
        assert row.d_z == pytest.approx(means.mean() / means.std())
        assert row.wilcoxon.p == pytest.approx(scipy.stats.wilcoxon(means, method="exact").pvalue)
        assert row.test.p == pytest.approx(flipped(part))


def flipped(part):
    """The share of sign choices with which the mean over all trials is as far from zero, trial by trial."""
    speakers = sorted(set(part.speaker))
    means = []
    for signs in product((1, -1), repeat=len(speakers)):
        of_speaker = dict(zip(speakers, signs, strict=True))
        means.append(abs((part.difference * part.speaker.map(of_speaker)).mean()))
    return np.mean(np.array(means) >= abs(part.difference.mean()) - 1e-12)


def test_the_interval_is_that_of_the_paired_differences():
    a, b = two_models(3, speakers=10, trials=4)
    (row,) = compare(a, b)
    means = (
        joined(a, b).assign(difference=lambda frame: frame.a - frame.b).groupby("speaker").difference.mean()
    )
    student = scipy.stats.t.interval(0.95, 9, loc=means.mean(), scale=scipy.stats.sem(means))
    assert row.difference.interval == pytest.approx(student, abs=0.02)
    assert row.difference.speaker_se == pytest.approx(scipy.stats.sem(means))


def test_the_other_way_round_is_the_same_with_the_other_sign():
    a, b = two_models(5, missing=0.2)
    one, other = compare(a, b)[0], compare(b, a)[0]
    assert other.difference.mean == pytest.approx(-one.difference.mean)
    assert other.difference.interval == pytest.approx(
        [-one.difference.interval[1], -one.difference.interval[0]]
    )
    assert (other.test, other.wilcoxon) == (one.test, one.wilcoxon)
    assert (other.d_z, other.rank_biserial) == pytest.approx((-one.d_z, -one.rank_biserial))


def test_holm_corrects_for_all_rows_that_are_tested():
    a, b = two_models(6, speakers=8)
    rows = compare(a, b, ("k",))
    ps = sorted(row.test.p for row in rows)
    first = min(rows, key=lambda row: row.test.p)
    assert len(ps) == 3
    assert first.p_holm == pytest.approx(min(1, 3 * ps[0]))
    assert [row.p_holm for row in compare(a, b, ("speaker",))[:-1]] == [None] * 8
    assert compare(a, b, ("speaker",))[-1].p_holm == compare(a, b)[0].test.p


def test_one_speaker_has_no_interval_and_no_test():
    a, b = two_models(1, speakers=1)
    (row,) = compare(a, b)
    assert row.difference.mean == pytest.approx((joined(a, b).a - joined(a, b).b).mean())
    assert row.difference.sd is not None
    assert (row.difference.interval, row.test, row.wilcoxon, row.p_holm, row.d_z) == (None,) * 5
    assert row.note == "one speaker: no interval and no test"


def test_a_group_without_pairs_is_still_a_row():
    a = trials_of({"x": [0.5]}) + trials_of({"x": [0.5]}, k=8)
    b = [*trials_of({"x": [0.4]}), Trial(Cell("x", "Angry", 8, 0, 0), "English", None, "running")]
    small, large, overall = compare(a, b, ("k",))
    assert (small.pairs, small.possible) == (1, 1)
    assert (large.pairs, large.possible, large.difference, large.note) == (0, 1, None, "no pair has finished")
    assert (large.missing[0].a, large.missing[0].b) == ("finished", "running")
    assert (overall.pairs, overall.possible) == (1, 2)


def test_nothing_to_compare():
    (row,) = compare([], [], ("k",))
    assert (row.pairs, row.possible, row.note) == (0, 0, "no pair has finished")


def test_equal_models_do_not_differ():
    a, _ = two_models(2)
    (row,) = compare(a, a)
    assert row.difference.mean == 0
    assert row.difference.interval == (0, 0)
    assert (row.test.p, row.wilcoxon.p, row.d_z, row.rank_biserial) == (1.0, 1.0, None, None)
    assert row.note == "all speakers differ by the same: no d_z"


def test_groups_are_the_known_ones():
    a, b = two_models(2)
    with pytest.raises(UsageError, match="cannot be grouped by 'encoder'"):
        compare(a, b, ("encoder",))


def test_rows_of_a_comparison_are_flat():
    a, b = two_models(9, missing=0.2, speakers=6)
    comparisons = compare(a, b, ("k", "language"))
    rows = comparison_table(comparisons, ("k", "language"))
    assert [(row["k"], row["language"]) for row in rows] == [
        (2, "English"),
        (2, "Mandarin"),
        (8, "English"),
        (8, "Mandarin"),
        (None, None),
    ]
    overall, row = comparisons[-1], rows[-1]
    assert row["difference"] == overall.difference.mean == pytest.approx(row["mean_a"] - row["mean_b"])
    assert (row["low"], row["high"]) == overall.difference.interval
    assert (row["low_a"], row["high_a"]) == overall.a.interval
    assert (row["low_b"], row["high_b"]) == overall.b.interval
    assert (row["se"], row["se_trials"]) == (overall.difference.speaker_se, overall.difference.se)
    assert (row["pairs"], row["possible"], row["speakers"]) == (overall.pairs, overall.possible, 6)
    assert (row["p"], row["p_smallest"], row["p_exact"]) == overall.test
    cells = missing_table(overall.missing)
    assert len(cells) == row["possible"] - row["pairs"] > 0
    assert {cell["status_a"] for cell in cells} | {cell["status_b"] for cell in cells} == {
        "finished",
        "absent",
    }


def test_rows_of_what_is_not_defined_are_empty():
    (row,) = comparison_table(compare([], []), ())
    assert {name for name, value in row.items() if value is not None} == {
        "pairs",
        "possible",
        "speakers",
        "note",
    }
