from __future__ import annotations

import random
from collections import Counter
from itertools import product

import numpy as np
import pytest
import scipy.stats

from pft_tui.statistics.resampling import (
    Resampling,
    interval_of,
    resampled_means,
    total_by_speaker,
)
from pft_tui.statistics.summary import interval_of_difference, speaker_se, summarise, summarise_columns

UNEQUAL = {"a": [0.1, 0.5, 0.9], "b": [0.2], "c": [0.7, 0.8]}


def flat(by_speaker):
    pairs = [(value, speaker) for speaker, values in by_speaker.items() for value in values]
    return np.array([value for value, _ in pairs]), [speaker for _, speaker in pairs]


def normal_speakers(seed, speakers=20, trials=10):
    generator = np.random.default_rng(seed)
    effects = np.repeat(generator.normal(0, 1, speakers), trials)
    names = [f"s{number:02}" for number in range(speakers) for _ in range(trials)]
    return effects + generator.normal(0, 0.5, speakers * trials), names


def test_totals_are_sums_and_counts_by_speaker_in_any_order_of_rows():
    values, speakers = flat(UNEQUAL)
    order = np.random.default_rng(0).permutation(len(values))
    totals = total_by_speaker(values[order], [speakers[place] for place in order])
    assert totals.speakers == ("a", "b", "c")
    assert totals.sums == pytest.approx([1.5, 0.2, 1.5])
    assert totals.counts.tolist() == [3, 1, 2]
    assert totals.speaker_means == pytest.approx([0.5, 0.2, 0.75])
    assert totals.mean == pytest.approx(3.2 / 6)


def test_columns_are_summed_alike():
    values, speakers = flat(UNEQUAL)
    both = total_by_speaker(np.column_stack((values, 2 * values)), speakers)
    means = resampled_means(both, Resampling(resamples=50))
    assert means.shape == (50, 2)
    assert means[:, 1] == pytest.approx(2 * means[:, 0])
    assert both.speaker_means[:, 0] == pytest.approx([0.5, 0.2, 0.75])
    assert means[:, 0] == pytest.approx(
        resampled_means(total_by_speaker(values, speakers), Resampling(resamples=50))
    )


def test_resamples_have_the_distribution_of_all_draws_of_speakers():
    values, speakers = flat(UNEQUAL)
    everything = Counter()
    for draw in product(UNEQUAL, repeat=3):
        drawn = [value for speaker in draw for value in UNEQUAL[speaker]]
        everything[round(sum(drawn) / len(drawn), 9)] += 1 / 27
    means = resampled_means(total_by_speaker(values, speakers), Resampling(resamples=40_000))
    seen = Counter(round(mean, 9) for mean in means.tolist())
    assert seen.keys() == everything.keys()
    for mean, probability in everything.items():
        assert seen[mean] / 40_000 == pytest.approx(probability, abs=0.01)


def test_resamples_are_those_of_a_loop_over_speakers():
    generator = np.random.default_rng(5)
    by_speaker = {f"s{s}": generator.normal(s, 1, 1 + s * 3).tolist() for s in range(9)}
    ours = resampled_means(total_by_speaker(*flat(by_speaker)), Resampling(resamples=20_000))
    draw = random.Random(1)
    theirs = []
    for _ in range(4_000):
        values = [v for s in draw.choices(list(by_speaker), k=len(by_speaker)) for v in by_speaker[s]]
        theirs.append(sum(values) / len(values))
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(ours, share) == pytest.approx(np.quantile(theirs, share), abs=0.12)


def test_with_as_many_trials_each_the_interval_is_scipys_of_the_speakers_means():
    values, speakers = normal_speakers(2)
    means = values.reshape(20, 10).mean(axis=1)
    tail = scipy.stats.norm.cdf(-np.sqrt(20 / 19) * scipy.stats.t.ppf(0.975, 19))
    theirs = scipy.stats.bootstrap(
        (means,), np.mean, confidence_level=1 - 2 * tail, method="percentile", n_resamples=50_000, rng=3
    ).confidence_interval
    ours = summarise(values, speakers, Resampling(resamples=50_000)).interval
    assert ours == pytest.approx(tuple(theirs), abs=0.02)


def test_the_interval_is_about_students_for_normal_speakers():
    # One half of the widening is for the standard deviation, the other for Student's quantile.
    widths = []
    for seed in range(20):
        values, speakers = normal_speakers(seed, speakers=8)
        interval = summarise(values, speakers).interval
        means = values.reshape(8, 10).mean(axis=1)
        student = 2 * scipy.stats.t.ppf(0.975, 7) * scipy.stats.sem(means)
        widths.append((interval.high - interval.low) / student)
    assert np.mean(widths) == pytest.approx(1, abs=0.05)


def test_the_interval_covers_the_truth_19_times_of_20():
    covered = 0
    for seed in range(600):
        values, speakers = normal_speakers(seed + 1_000, speakers=20, trials=3)
        interval = summarise(values, speakers, Resampling(resamples=1_000)).interval
        covered += interval.low <= 0 <= interval.high
    assert 0.925 <= covered / 600 <= 0.975


def test_the_interval_depends_on_data_and_seed_alone():
    values, speakers = normal_speakers(4)
    first = summarise(values, speakers).interval
    order = np.random.default_rng(1).permutation(len(values))
    again = summarise(values[order], [speakers[place] for place in order]).interval
    assert again == pytest.approx(first, abs=1e-12)
    assert summarise(values, speakers).interval == first
    assert summarise(values, speakers, Resampling(seed=1)).interval != first


def test_streams_draw_independently():
    totals = total_by_speaker(*normal_speakers(4))
    one, other = (resampled_means(totals, stream=stream) for stream in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def test_the_interval_of_a_difference_is_about_welchs_for_normal_speakers():
    widths = []
    for seed in range(20):
        one, other = normal_speakers(seed, speakers=8), normal_speakers(seed + 100, speakers=10)
        totals = [total_by_speaker(*group) for group in (one, other)]
        interval = interval_of_difference(*totals)
        means = [group.speaker_means for group in totals]
        welch = scipy.stats.ttest_ind(*means, equal_var=False).confidence_interval()
        widths.append((interval.high - interval.low) / (welch.high - welch.low))
    assert np.mean(widths) == pytest.approx(1, abs=0.02)


def test_groups_that_are_alike_are_still_drawn_by_themselves():
    totals = total_by_speaker(*normal_speakers(4))
    interval = interval_of_difference(totals, totals)
    own = summarise(*normal_speakers(4)).interval
    assert interval.low < 0 < interval.high
    assert interval.high - interval.low == pytest.approx(np.sqrt(2) * (own.high - own.low), rel=0.1)


def test_two_speakers_have_an_interval_and_one_has_none():
    two = summarise(np.array([0.1, 0.3]), ["a", "b"])
    assert two.interval == pytest.approx((0.1, 0.3))
    one = summarise(np.array([0.1, 0.3]), ["a", "a"])
    assert one.interval is None
    assert one.speaker_se is None
    assert interval_of(np.array([0.2, 0.2]), 1) is None


def test_a_summary_is_mean_spread_and_errors():
    values, speakers = normal_speakers(7)
    summary = summarise(values, speakers)
    assert summary.mean == pytest.approx(sum(values) / 200)
    assert (summary.n, summary.speakers) == (200, 20)
    assert summary.sd == pytest.approx(scipy.stats.tstd(values))
    assert summary.se == pytest.approx(scipy.stats.sem(values))
    assert summary.speaker_se == pytest.approx(scipy.stats.sem(values.reshape(20, 10).mean(axis=1)))


def test_the_error_by_speaker_is_the_spread_of_resamples_with_unequal_trials():
    generator = np.random.default_rng(8)
    by_speaker = {f"s{s:02}": generator.normal(s % 5, 1, 5 + s % 7).tolist() for s in range(60)}
    totals = total_by_speaker(*flat(by_speaker))
    spread = np.std(resampled_means(totals, Resampling(resamples=20_000)))
    assert speaker_se(totals) == pytest.approx(spread * np.sqrt(60 / 59), rel=0.03)


def test_a_single_value_has_no_spread():
    summary = summarise(np.array([0.4]), ["a"])
    assert (summary.mean, summary.n, summary.sd, summary.se) == (0.4, 1, None, None)


def test_columns_are_summed_up_as_each_by_itself():
    values = np.random.default_rng(9).normal(size=(12, 3))
    speakers = [f"s{row % 5}" for row in range(12)]
    together = summarise_columns(values, speakers)
    for column, summary in zip(values.T, together, strict=True):
        alone = summarise(column, speakers)
        assert summary.interval == pytest.approx(alone.interval)
        assert (summary.mean, summary.sd) == pytest.approx((alone.mean, alone.sd))
        assert (summary.se, summary.speaker_se) == pytest.approx((alone.se, alone.speaker_se))


def test_nothing_cannot_be_summed_up():
    with pytest.raises(ValueError, match="no values"):
        summarise(np.array([]), [])
