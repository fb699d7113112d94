"""A corpus as events, for the store's tables `corpora` and `utterances`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from pft_tui.corpora.check import AudioHeader
from pft_tui.corpora.load import Corpus
from pft_tui.events import CorpusSeen, Event, UtteranceRow, UtterancesSeen

ROWS_PER_EVENT = 500


def corpus_events(
    corpus: Corpus,
    headers: Mapping[str, AudioHeader],
    *,
    problems: int,
    report: dict[str, object] | None = None,
) -> Iterator[Event]:
    """Every utterance of a corpus, then the corpus itself.

    `headers` has the utterances (by id) whose audio can be read; `problems` counts what is wrong with
    the corpus, and `report` says it in full where it was checked.
    """
    for start in range(0, len(corpus.utterances), ROWS_PER_EVENT):
        rows = [
            UtteranceRow(
                item.utterance_id,
                item.path,
                item.label,
                item.speaker,
                item.language,
                item.split,
                header.seconds if (header := headers.get(item.utterance_id)) else None,
                header.sample_rate if header else None,
                item.text,
            )
            for item in corpus.utterances[start : start + ROWS_PER_EVENT]
        ]
        yield UtterancesSeen(corpus.name, corpus.digest, rows, time.time())
    yield CorpusSeen(
        corpus=corpus.name,
        digest=corpus.digest,
        reader=corpus.reader,
        root=str(corpus.root),
        utterances=len(corpus.utterances),
        problems=problems,
        at=time.time(),
        report=report or {},
    )
