"""The audio that a job needs, from listings and audio caches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pft_tui.audio.cache import AudioCache
from pft_tui.audio.decode import Samples
from pft_tui.corpora.listing import read_listing
from pft_tui.corpora.load import Corpus
from pft_tui.corpora.utterance import Utterance
from pft_tui.errors import CorpusError
from pft_tui.paths import Workspace
from pft_tui.specs import CorpusRef


class CorpusAudio:
    """A prepared corpus: its utterances that can be heard, by split."""

    def __init__(self, workspace: Workspace, ref: CorpusRef) -> None:
        self.corpus: Corpus = read_listing(workspace.listing(ref.name, ref.digest))
        self._cache = AudioCache(workspace.audio / ref.name)

    def utterances(self, split: str, speaker: str | None = None) -> list[Utterance]:
        """The utterances of a split (of one speaker, if named) whose audio could be decoded, in order of id.

        Raises CorpusError where there is none.
        """
        found = [
            item
            for item in self.corpus.utterances
            if item.split == split and speaker in (None, item.speaker) and item.path in self._cache
        ]
        if not found:
            whose = f"speaker {speaker} of " if speaker else ""
            raise CorpusError(
                f"{whose}{self.corpus.name} has no usable audio in its {split} split",
                hint="`pft corpora check` says what is wrong with it",
            )
        return found

    def samples(self, utterances: Sequence[Utterance]) -> list[Samples]:
        """The samples of utterances at 16 kHz, each of shape (samples,), memory-mapped."""
        return [self._cache[item.path] for item in utterances]


@lru_cache(maxsize=64)
def corpus_audio(workspace: Workspace, ref: CorpusRef) -> CorpusAudio:
    """The prepared corpus, read once in this process."""
    return CorpusAudio(workspace, ref)
