"""Who is for training, evaluation and testing, drawn from a seed.

A draw depends on the ids and the seed alone: items are ranked by a hash of (seed, id), and the ranking is
cut. It is the same on every machine, in any order of reading, and an utterance more or less moves only
those at the cuts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b

from pft_tui.corpora.utterance import SPLITS
from pft_tui.errors import CorpusError

Fractions = tuple[float, float, float]
"""Shares of train, evaluation and test; they add up to one."""

UNKNOWN_SPEAKER = ""


def by_utterance(ids: Collection[str], fractions: Fractions, seed: int) -> dict[str, str]:
    """The split of each utterance, speakers and labels regardless.

    Sizes are exact to rounding: of n utterances the first round(n * train) in the ranking are for
    training, the next up to round(n * (train + evaluation)) for evaluation, the rest for testing.
    """
    ranked = sorted(ids, key=lambda item: _rank(seed, item))
    train, evaluation, _ = fractions
    cuts = (0, round(len(ranked) * train), round(len(ranked) * (train + evaluation)), len(ranked))
    return {
        item: split
        for split, start, stop in zip(SPLITS, cuts[:-1], cuts[1:], strict=True)
        for item in ranked[start:stop]
    }


def by_speaker(speakers: Mapping[str, str | None], fractions: Fractions, seed: int) -> dict[str, str]:
    """The split of each utterance (id -> speaker given), so that no speaker is in two of them.

    Speakers are taken in their ranking; each goes where the share of utterances is furthest below the
    one asked for, relative to it. Every split that is asked for gets a speaker. Utterances of unknown
    speakers count as one speaker's. Raises CorpusError where there are fewer speakers than splits.
    """
    sizes = Counter(speaker or UNKNOWN_SPEAKER for speaker in speakers.values())
    asked = {split: share for split, share in zip(SPLITS, fractions, strict=True) if share > 0}
    if len(sizes) < len(asked):
        raise CorpusError(
            f"a split by speaker needs at least {len(asked)} speakers, and {len(sizes)} are known",
            hint='use split = "utterance"',
        )
    filled = dict.fromkeys(asked, 0)
    split_of: dict[str, str] = {}
    for speaker in sorted(sizes, key=lambda item: _rank(seed, item)):
        # Ties, as at the start, go to train, then evaluation, then test.
        split = min(asked, key=lambda name: filled[name] / asked[name])
        filled[split] += sizes[speaker]
        split_of[speaker] = split
    return {item: split_of[speaker or UNKNOWN_SPEAKER] for item, speaker in speakers.items()}


def check_fractions(fractions: Sequence[float]) -> str | None:
    """What is wrong with shares of train, evaluation and test, or None."""
    if len(fractions) != len(SPLITS) or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        return "must be three shares that add up to 1"
    return None if fractions[0] > 0 else "leaves nothing for training"


def _rank(seed: int, item: str) -> bytes:
    return blake2b(f"{seed}\0{item}".encode(), digest_size=16).digest()
