from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.errors import SpecError
from pft_tui.training.draws import draw_examples, epoch_order, shuffled

EMOTIONS = ("Angry", "Happy", "Neutral", "Sad", "Surprise")
SPLIT = [(f"0011_{number:06}", EMOTIONS[number // 30]) for number in range(150)]
LABELS = dict(SPLIT)
CELL = {"speaker": "0011", "emotion": "Sad", "k": 8, "trial": 0, "seed": 0}


def test_half_of_the_examples_are_positive_and_none_comes_twice():
    drawn = draw_examples(SPLIT, **CELL)
    assert len(set(drawn)) == 8
    assert Counter(LABELS[name] == "Sad" for name in drawn) == {True: 4, False: 4}


@given(st.permutations(SPLIT))
def test_the_draw_does_not_depend_on_the_order_of_the_utterances(utterances):
    assert draw_examples(utterances, **CELL) == draw_examples(SPLIT, **CELL)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"trial": 1}, {"emotion": "Angry"}, {"speaker": "0012"}, {"k": 10}]
)
def test_every_part_of_the_cell_changes_the_draw(change):
    other = draw_examples(SPLIT, **{**CELL, **change})
    assert not set(draw_examples(SPLIT, **CELL)) <= set(other)


def test_the_draw_is_the_same_in_every_release():
    assert draw_examples(SPLIT, **{**CELL, "k": 4}) == PINNED


PINNED = ("0011_000097", "0011_000116", "0011_000130", "0011_000147")


def test_every_utterance_is_drawn_equally_often():
    draws = [draw_examples(SPLIT, **{**CELL, "trial": trial}) for trial in range(2000)]
    counts = Counter(name for drawn in draws for name in drawn)
    positives = [counts[name] for name, label in SPLIT if label == "Sad"]
    negatives = [counts[name] for name, label in SPLIT if label != "Sad"]
    assert sum(positives) == sum(negatives) == 8000
    # Chi-square against even counts, at the 1e-6 points of 29 and 119 degrees of freedom.
    assert sum((count - 8000 / 30) ** 2 / (8000 / 30) for count in positives) < 83
    assert sum((count - 8000 / 120) ** 2 / (8000 / 120) for count in negatives) < 206


@given(st.integers(2, 64), st.integers(0, 5))
def test_all_emotions_are_spread_evenly(k, seed):
    drawn = draw_examples(SPLIT, speaker="0011", emotion="all", k=k, trial=0, seed=seed)
    counts = Counter(LABELS[name] for name in drawn)
    assert len(set(drawn)) == k
    assert {counts[emotion] for emotion in EMOTIONS} <= {k // 5, -(-k // 5)}


def test_the_seed_decides_which_labels_get_the_remainder():
    drawn = [
        draw_examples(SPLIT, speaker="0011", emotion="all", k=6, trial=trial, seed=0) for trial in range(100)
    ]
    favoured = Counter(Counter(LABELS[name] for name in names).most_common(1)[0][0] for names in drawn)
    assert set(favoured) == set(EMOTIONS)


@pytest.mark.parametrize("k", [1, 3, 65])
def test_odd_k_is_refused(k):
    with pytest.raises(SpecError, match=f"k must be even, got {k}"):
        draw_examples(SPLIT, **{**CELL, "k": k})


@pytest.mark.parametrize("emotion", ["Sad", "all"])
@pytest.mark.parametrize("k", [0, -2])
def test_k_below_two_is_refused(emotion, k):
    with pytest.raises(SpecError, match=f"at least 2, got {k}"):
        draw_examples(SPLIT, **{**CELL, "emotion": emotion, "k": k})


def test_a_pool_that_is_too_small_is_named():
    with pytest.raises(SpecError, match=r"speaker 0011, emotion Sad, k=62: 31 Sad .* 30 are available"):
        draw_examples(SPLIT, **{**CELL, "k": 62})
    few = [*SPLIT[:5], *((f"s{number}", "Sad") for number in range(40))]
    with pytest.raises(SpecError, match=r"31 not-Sad .* 5 are available"):
        draw_examples(few, **{**CELL, "k": 62})
    with pytest.raises(SpecError, match=r"emotion all, k=156: 3[12] \w+ .* 30 are available"):
        draw_examples(SPLIT, **{**CELL, "emotion": "all", "k": 156})


def test_an_emotion_without_an_example_is_named():
    with pytest.raises(
        SpecError, match=r"emotion Bored, k=2: 1 Bored training utterances .* 0 are available"
    ):
        draw_examples(SPLIT, **{**CELL, "emotion": "Bored", "k": 2})


def test_all_emotions_of_a_speaker_with_one_label_are_refused():
    with pytest.raises(SpecError, match="speaker 0011 has 1 of the two or more labels"):
        draw_examples(SPLIT[:30], **{**CELL, "emotion": "all"})


SIZES = {"esd": 400, "iemocap": 100, "msp_podcast": 1500}


def order(sampling, epoch=0, seed=0, sizes=SIZES, temperature=2.0):
    return epoch_order(sizes, sampling=sampling, temperature=temperature, seed=seed, epoch=epoch)


@pytest.mark.parametrize("sampling", ["size", "uniform", "temperature"])
def test_an_epoch_is_as_long_as_all_corpora_and_depends_on_seed_and_epoch_alone(sampling):
    assert len(order(sampling)) == 2000
    assert order(sampling) == order(sampling, sizes=dict(reversed(SIZES.items())))
    assert order(sampling) != order(sampling, epoch=1)
    assert order(sampling) != order(sampling, seed=1)


@pytest.mark.parametrize("sampling", ["size", "uniform", "temperature"])
def test_a_corpus_is_used_up_before_an_utterance_comes_again(sampling):
    for corpus, size in SIZES.items():
        indices = [index for name, index in order(sampling) if name == corpus]
        for start in range(0, len(indices), size):
            one_pass = indices[start : start + size]
            assert len(set(one_pass)) == len(one_pass)
            assert set(one_pass) <= set(range(size))


@pytest.mark.parametrize(
    ("sampling", "temperature", "weights"),
    [
        ("size", 2.0, (400, 100, 1500)),
        ("uniform", 2.0, (1, 1, 1)),
        ("temperature", 2.0, (20, 10, 1500**0.5)),
        ("temperature", 1.0, (400, 100, 1500)),
    ],
)
def test_corpora_are_drawn_with_their_probabilities(sampling, temperature, weights):
    counts = Counter(
        name for epoch in range(20) for name, _ in order(sampling, epoch, temperature=temperature)
    )
    for corpus, weight in zip(SIZES, weights, strict=True):
        expected = 40_000 * weight / sum(weights)
        assert abs(counts[corpus] - expected) < 5 * expected**0.5


def test_a_shuffled_order_holds_each_number_once():
    assert sorted(shuffled(64, 0, "0011", 3)) == list(range(64))
    assert shuffled(64, 0, "0011", 3) == shuffled(64, 0, "0011", 3) != shuffled(64, 0, "0011", 4)
