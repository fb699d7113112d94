"""How long the utterances of a corpus are, from the headers of some of its files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pft_tui.corpora.check import AudioHeader, open_header
from pft_tui.corpora.load import Corpus
from pft_tui.corpora.utterance import Utterance
from pft_tui.errors import CorpusError

MOST_HEADERS = 200
"""Of so many files of a split the headers are opened."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """The number of utterances of a split, and the lengths in seconds of a fair sample of them."""

    utterances: int
    sampled: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean length in seconds."""
        return fmean(self.sampled)

    def cropped(self, seconds: float) -> Lengths:
        """The lengths once what is longer has been cut to so many seconds."""
        return Lengths(self.utterances, tuple(min(length, seconds) for length in self.sampled))


def lengths_of(corpus: Corpus, utterances: Sequence[Utterance], what: str) -> Lengths:
    """The lengths of some utterances of a corpus, which an error calls `what`.

    Raises CorpusError where none of them can be opened.
    """
    chosen = utterances
    if len(utterances) > MOST_HEADERS:
        chosen = random.Random(0).sample(list(utterances), MOST_HEADERS)  # noqa: S311 - a fair sample, no secret
    headers = [open_header(corpus.root, item.path) for item in chosen]
    sampled = tuple(header.seconds for header in headers if isinstance(header, AudioHeader))
    if not sampled:
        raise CorpusError(
            f"{corpus.name} has no usable audio in its {what}",
            hint="`pft corpora check` says what is wrong with it",
        )
    usable = round(len(utterances) * len(sampled) / len(chosen))
    return Lengths(usable, sampled)
