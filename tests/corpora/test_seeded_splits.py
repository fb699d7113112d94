import hashlib
import os
import random
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pft_tui.corpora.splits import by_speaker, by_utterance
from pft_tui.errors import CorpusError

IDS = [f"utterance {number}" for number in range(1000)]
PAPER = (0.8, 0.1, 0.1)


def test_sizes_are_80_10_10():
    assert Counter(by_utterance(IDS, PAPER, 0).values()) == {"train": 800, "evaluation": 100, "test": 100}


def test_the_ranking_is_the_documented_hash():
    def digest(item):
        return hashlib.blake2b(b"7\0" + item.encode(), digest_size=16).hexdigest()

    splits = by_utterance(IDS, PAPER, 7)
    assert {item for item in IDS if splits[item] == "train"} == set(sorted(IDS, key=digest)[:800])
    assert {item for item in IDS if splits[item] == "test"} == set(sorted(IDS, key=digest)[900:])


def test_order_does_not_matter_but_the_seed_does():
    shuffled = random.Random(1).sample(IDS, len(IDS))
    assert by_utterance(shuffled, PAPER, 3) == by_utterance(IDS, PAPER, 3)
    one, other = by_utterance(IDS, PAPER, 3), by_utterance(IDS, PAPER, 4)
    assert 600 < sum(one[item] == other[item] for item in IDS) < 720  # 660 = .8 * .8 + 2 * .1 * .1


def test_one_utterance_less_moves_only_those_at_the_cuts():
    before, after = by_utterance(IDS, PAPER, 0), by_utterance(IDS[1:], PAPER, 0)
    assert sum(before[item] != after[item] for item in IDS[1:]) <= 2


def test_splits_do_not_depend_on_the_hash_seed_of_the_process():
    code = (
        "from pft_tui.corpora.splits import *\n"
        "ids = {f'u{n}' for n in range(50)}\n"
        "print(sorted(by_utterance(ids, (.8, .1, .1), 0).items()),"
        " sorted(by_speaker({i: i[-1] for i in ids}, (.8, .1, .1), 0).items()))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@given(
    st.dictionaries(st.integers(0, 500).map(str), st.integers(0, 12).map(str), min_size=1),
    st.integers(0, 5),
)
def test_speakers_are_never_shared_and_every_split_has_one(speakers, seed):
    if len(set(speakers.values())) < 3:
        with pytest.raises(CorpusError, match="at least 3 speakers"):
            by_speaker(speakers, PAPER, seed)
        return
    splits = by_speaker(speakers, PAPER, seed)
    assert splits.keys() == speakers.keys()
    assert len({(speaker, splits[item]) for item, speaker in speakers.items()}) == len(set(speakers.values()))
    assert set(splits.values()) == {"train", "evaluation", "test"}


def test_ten_equal_speakers_are_split_8_1_1():
    speakers = {f"{speaker}-{number}": str(speaker) for speaker in range(10) for number in range(20)}
    for seed in range(10):
        assert Counter(by_speaker(speakers, PAPER, seed).values()) == {
            "train": 160,
            "evaluation": 20,
            "test": 20,
        }


def test_utterances_of_unknown_speakers_stay_together():
    speakers = {str(number): None if number % 2 else str(number) for number in range(40)}
    splits = by_speaker(speakers, PAPER, 0)
    assert len({splits[item] for item, speaker in speakers.items() if speaker is None}) == 1


def test_a_split_that_nobody_asks_for_stays_empty():
    speakers = {str(number): str(number) for number in range(20)}
    assert Counter(by_speaker(speakers, (0.5, 0.5, 0.0), 0).values()) == {"train": 10, "evaluation": 10}
    assert Counter(by_utterance(list(speakers), (1.0, 0.0, 0.0), 0).values()) == {"train": 20}
