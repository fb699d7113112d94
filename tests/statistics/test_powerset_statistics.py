from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
import pytest
import scipy.stats
from made_trials import LANGUAGES, made_powerset, power_set, powersets_of

from pft_tui.errors import UsageError
from pft_tui.statistics.best_sets import best_sets
from pft_tui.statistics.languages import language_effects, language_interactions
from pft_tui.statistics.powerset import powersets
from pft_tui.statistics.resampling import resampled_means, total_by_speaker
from pft_tui.statistics.shapley import shapley_values, shapley_weights
from pft_tui.statistics.trials import Cell, Trial

FIVE = ("a", "b", "c", "d", "e")
SPOKEN = {
    "a": ("English",),
    "b": ("English",),
    "c": ("Mandarin",),
    "d": ("English", "Mandarin"),
    "e": ("German",),
}


def cell_means(models, k):
    """{set: {(speaker, emotion): mean}} by plain loops, over what has a score."""
    means = {}
    for members, trials in models.items():
        scores = {}
        for trial in trials:
            if trial.cell.k == k and trial.score is not None:
                scores.setdefault((trial.cell.speaker, trial.cell.emotion), []).append(trial.score)
        means[members] = {cell: sum(values) / len(values) for cell, values in scores.items()}
    return means


def shared_cells(means, sets):
    return sorted(set.intersection(*(set(means[members]) for members in sets)))


def worth(means, sets):
    cells = shared_cells(means, sets)
    return {members: np.mean([means[members][cell] for cell in cells]) for members in sets}


def shapley_by_orders(worths, corpora):
    """The mean gain of each corpus over all orders in which the corpora can be added."""
    values = dict.fromkeys(corpora, 0.0)
    orders = list(permutations(corpora))
    for order in orders:
        for place, corpus in enumerate(order):
            before = frozenset(order[:place])
            values[corpus] += (worths[before | {corpus}] - worths[before]) / len(orders)
    return values


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("options", [{}, {"missing": 0.15, "queued": 0.05, "trials": 4}])
def test_shapley_values_are_means_over_all_orders(size, options):
    corpora = FIVE[:size]
    models = made_powerset(size, corpora, speakers=5, **options)
    for powerset in powersets_of(models):
        values = shapley_values(powerset)
        worths = worth(cell_means(models, powerset.k), power_set(corpora))
        by_orders = shapley_by_orders(worths, corpora)
        assert {value.corpus: value.summary.mean for value in values} == pytest.approx(by_orders)
        gain = worths[frozenset(corpora)] - worths[frozenset()]
        assert sum(value.summary.mean for value in values) == pytest.approx(gain)


def test_two_corpora_by_hand():
    worths = {(): 0.5, ("a",): 0.6, ("b",): 0.8, ("a", "b"): 0.85}
    models = {
        frozenset(members): [Trial(Cell(s, "Angry", 2, 0, 0), "English", score) for s in ("x", "y")]
        for members, score in worths.items()
    }
    (powerset,) = powersets_of(models)
    a, b = shapley_values(powerset)
    assert a.summary.mean == pytest.approx((0.1 + 0.05) / 2)
    assert b.summary.mean == pytest.approx((0.3 + 0.25) / 2)
    assert a.summary.interval == pytest.approx((0.075, 0.075))


def test_the_weights_of_each_corpus_are_probabilities_of_its_orders():
    weights = shapley_weights(power_set(FIVE), FIVE)
    assert weights.shape == (32, 5)
    assert weights.sum(axis=0) == pytest.approx(np.zeros(5))
    assert np.where(weights > 0, weights, 0).sum(axis=0) == pytest.approx(np.ones(5))


def test_a_corpus_that_brings_nothing_is_worth_nothing_and_twins_are_worth_the_same():
    generator = np.random.default_rng(0)
    cells = [Cell(f"s{s}", "Angry", 2, 0, 0) for s in range(6)]
    noise = {cell: generator.normal(0, 0.1) for cell in cells}
    models = {
        members: [Trial(cell, "English", noise[cell] + 0.1 * len(members - {"c"})) for cell in cells]
        for members in power_set(("a", "b", "c"))
    }
    (powerset,) = powersets_of(models)
    a, b, c = (value.summary.mean for value in shapley_values(powerset))
    assert (a, b, c) == pytest.approx((0.1, 0.1, 0.0))


def test_the_interval_of_a_shapley_value_is_that_of_resampled_worths():
    corpora = ("a", "b", "c")
    models = made_powerset(4, corpora, speakers=7, ks=(2,), missing=0.1, trials=4)
    (powerset,) = powersets_of(models)
    means = cell_means(models, 2)
    cells = shared_cells(means, power_set(corpora))
    speakers = [speaker for speaker, _ in cells]
    # The draws of each speaker are shared, so worths can be resampled first and combined then.
    resampled = {
        members: resampled_means(total_by_speaker(np.array([means[members][c] for c in cells]), speakers))
        for members in power_set(corpora)
    }
    tail = scipy.stats.norm.cdf(-math.sqrt(7 / 6) * scipy.stats.t.ppf(0.975, 6))
    by_orders = shapley_by_orders(resampled, corpora)
    for value in shapley_values(powerset):
        ends = np.quantile(by_orders[value.corpus], (tail, 1 - tail))
        assert value.summary.interval == pytest.approx(tuple(ends))


def test_a_missing_set_leaves_no_value():
    models = made_powerset(1, ("a", "b", "c"))
    del models[frozenset("ac")]
    models[frozenset("b")] = [Trial(t.cell, t.language, None, "queued") for t in models[frozenset("b")]]
    for powerset in powersets_of(models):
        for value in shapley_values(powerset):
            assert value.summary is None
            assert value.note == "6 of 8 sets have scores"
            assert (value.coverage.sets, value.coverage.possible_sets) == (6, 8)


def test_sets_that_share_no_cell_leave_no_value():
    cells = [Cell(speaker, "Angry", 2, 0, 0) for speaker in "xy"]
    models = {
        frozenset(): [Trial(cells[0], "English", 0.5)],
        frozenset("a"): [Trial(cells[1], "English", 0.5)],
    }
    (powerset,) = powersets_of(models)
    (value,) = shapley_values(powerset)
    assert value.summary is None
    assert value.note == "no speaker and emotion has scores of all sets"


def test_coverage_counts_cells_and_trials():
    models = made_powerset(2, ("a", "b"), missing=0.2, queued=0.2, trials=2)
    for powerset in powersets_of(models):
        coverage = shapley_values(powerset)[0].coverage
        of_k = [trial for trials in models.values() for trial in trials if trial.cell.k == powerset.k]
        assert coverage.expected == len(of_k)
        assert coverage.trials == sum(trial.score is not None for trial in of_k)
        assert coverage.expected_cells == len({trial.cell[:2] for trial in of_k})
        assert coverage.cells == len(shared_cells(cell_means(models, powerset.k), power_set(("a", "b"))))
        assert 0 < coverage.cells < coverage.expected_cells


def test_one_speaker_has_values_without_intervals():
    models = made_powerset(3, ("a", "b"), speakers=1)
    for powerset in powersets_of(models):
        for row in (*shapley_values(powerset), *best_sets(powerset)):
            assert row.summary.interval is None
            assert row.note == "one speaker: no interval"


@pytest.mark.parametrize("options", [{}, {"missing": 0.1, "trials": 4}])
def test_the_best_set_of_each_size_is_found(options):
    models = made_powerset(7, FIVE, speakers=6, emotions=2, **options)
    for powerset in powersets_of(models):
        means = cell_means(models, powerset.k)
        best = best_sets(powerset)
        assert [found.size for found in best] == [0, 1, 2, 3, 4, 5]
        for found in best:
            sets = [frozenset(some) for some in combinations(FIVE, found.size)]
            worths = worth(means, sets)
            assert found.corpora == max(sets, key=worths.__getitem__)
            assert found.summary.mean == pytest.approx(max(worths.values()))
            assert found.coverage.sets == found.coverage.possible_sets == len(sets)
            cells = shared_cells(means, sets)
            speakers = [speaker for speaker, _ in cells]
            resampled = {
                s: resampled_means(total_by_speaker(np.array([means[s][c] for c in cells]), speakers))
                for s in sets
            }
            highest = np.max(list(resampled.values()), axis=0)
            assert found.wins == pytest.approx(np.mean(resampled[found.corpora] >= highest - 1e-12))


def test_the_best_of_an_incomplete_size_says_so():
    models = made_powerset(7, ("a", "b", "c"))
    del models[frozenset("ab")]
    (two,) = [found for found in best_sets(powersets_of(models)[0]) if found.size == 2]
    assert two.corpora in (frozenset("ac"), frozenset("bc"))
    assert two.note == "2 of 3 sets have scores"


def test_sizes_without_scores_are_left_out():
    models = made_powerset(7, ())
    models[frozenset("ab")] = [Trial(t.cell, t.language, None, "queued") for t in models[frozenset()]]
    assert [found.size for found in best_sets(powersets_of(models)[0])] == [0]


@pytest.mark.parametrize("options", [{}, {"missing": 0.1, "trials": 4}])
def test_language_effects_are_those_of_plain_loops(options):
    models = made_powerset(11, FIVE, speakers=6, emotions=2, ks=(2,), **options)
    (powerset,) = powersets_of(models)
    means = cell_means(models, 2)
    sets = power_set(FIVE)
    cells = shared_cells(means, sets)
    spoken = {t.cell.speaker: t.language for trials in models.values() for t in trials}
    effects = {(e.corpus_language, e.speaker_language): e for e in language_effects(powerset, SPOKEN)}
    assert effects.keys() == {(c, s) for c in ("English", "German", "Mandarin") for s in LANGUAGES}
    for (language, speaker_language), found in effects.items():
        deltas = {True: [], False: []}
        for members in sets:
            has_it = any(language in SPOKEN[corpus] for corpus in members)
            deltas[has_it] += [
                [means[members][c] - means[frozenset()][c] for c in cells if spoken[c[0]] == speaker_language]
            ]
        assert found.delta_with == pytest.approx(np.mean(deltas[True]))
        assert found.delta_without == pytest.approx(np.mean(deltas[False]))
        assert found.effect.mean == pytest.approx(np.mean(deltas[True]) - np.mean(deltas[False]))
        assert found.effect.speakers == 3


def test_the_effect_of_a_language_with_one_corpus_is_its_mean_gain_over_all_other_sets():
    models = made_powerset(11, FIVE, ks=(2,))
    (powerset,) = powersets_of(models)
    worths = worth(cell_means(models, 2), power_set(FIVE))
    gain = np.mean([worths[s | {"e"}] - worths[s] for s in power_set(FIVE[:4])])
    effects = [e.effect.mean for e in language_effects(powerset, SPOKEN) if e.corpus_language == "German"]
    assert np.mean(effects) == pytest.approx(gain)


def test_a_language_interacts_with_its_own_speakers():
    models = made_powerset(12, FIVE, speakers=12, ks=(2,))
    lifted = {
        members: [
            Trial(t.cell, t.language, t.score + 0.2 * ("c" in members and t.language == "Mandarin"))
            for t in trials
        ]
        for members, trials in models.items()
    }
    (before,) = [
        r for r in language_interactions(powersets_of(models)[0], SPOKEN) if r.language == "Mandarin"
    ]
    (after,) = [r for r in language_interactions(powersets_of(lifted)[0], SPOKEN) if r.language == "Mandarin"]
    effects = {
        e.speaker_language: e.effect.mean
        for e in language_effects(powersets_of(lifted)[0], SPOKEN)
        if e.corpus_language == "Mandarin"
    }
    assert (after.own, after.other) == pytest.approx((effects["Mandarin"], effects["English"]))
    assert after.interaction == pytest.approx(after.own - after.other)
    # Two of three sets that have Mandarin have c.
    assert after.interaction - before.interaction == pytest.approx(0.2 * 2 / 3)
    assert after.interval.low < after.interaction < after.interval.high
    assert (after.own_speakers, after.other_speakers) == (6, 6)


@pytest.mark.parametrize("own_speakers", [10, 40])
def test_the_interval_of_an_interaction_is_about_welchs(own_speakers):
    kept = [f"s{speaker:02}" for speaker in range(80) if speaker % 2 == 0 or speaker < 2 * own_speakers]
    models = {
        members: [trial for trial in trials if trial.cell.speaker in kept]
        for members, trials in made_powerset(13, ("a", "c"), speakers=80, emotions=1, ks=(2,)).items()
    }
    means = cell_means(models, 2)
    spoken = {t.cell.speaker: t.language for trials in models.values() for t in trials}
    effect = {
        cell[0]: (means[frozenset("c")][cell] + means[frozenset("ac")][cell]) / 2
        - (means[frozenset()][cell] + means[frozenset("a")][cell]) / 2
        for cell in means[frozenset()]
    }
    own, other = ([effect[s] for s in effect if spoken[s] == language] for language in LANGUAGES[::-1])
    welch = scipy.stats.ttest_ind(own, other, equal_var=False).confidence_interval()
    (found,) = [r for r in language_interactions(powersets_of(models)[0], SPOKEN) if r.language == "Mandarin"]
    assert (found.own_speakers, found.other_speakers) == (own_speakers, 40)
    assert found.interval == pytest.approx(tuple(welch), abs=0.05 * (welch.high - welch.low))


def test_effects_without_spread_interact_exactly():
    models = {
        members: [
            Trial(Cell(f"s{s}", "Angry", 2, 0, 0), LANGUAGES[s % 2], 0.5 + 0.25 * ("c" in members and s % 2))
            for s in range(4)
        ]
        for members in power_set(("a", "c"))
    }
    (found,) = [r for r in language_interactions(powersets_of(models)[0], SPOKEN) if r.language == "Mandarin"]
    assert found.interval == (0.25, 0.25)


def test_a_language_nobody_speaks_has_no_interaction():
    models = made_powerset(12, ("a", "e"), ks=(2,))
    results = {r.language: r for r in language_interactions(powersets_of(models)[0], SPOKEN)}
    assert results["German"].interaction is None
    assert results["German"].note == "no speakers are of German"
    assert results["English"].interaction is not None


def test_languages_need_the_whole_power_set():
    models = made_powerset(12, ("a", "e"), ks=(2,))
    del models[frozenset("a")]
    (powerset,) = powersets_of(models)
    for row in (*language_effects(powerset, SPOKEN), *language_interactions(powerset, SPOKEN)):
        assert row.note == "3 of 4 sets have scores"
    assert {effect.effect for effect in language_effects(powerset, SPOKEN)} == {None}


def test_a_corpus_of_no_known_language_is_named():
    (powerset,) = powersets_of(made_powerset(12, ("a", "z"), ks=(2,)))
    with pytest.raises(UsageError, match="language of corpus z is not known"):
        language_effects(powerset, SPOKEN)


def test_only_the_encoder_as_it_is():
    (powerset,) = powersets_of(made_powerset(12, (), ks=(2,)))
    assert shapley_values(powerset) == []
    assert language_effects(powerset, {}) == []
    assert [found.size for found in best_sets(powerset)] == [0]


def test_nothing_at_all():
    assert powersets([]) == []
