"""The job that decodes a corpus and reports its utterances."""

from __future__ import annotations

from collections.abc import Callable

from pft_tui.audio.cache import build
from pft_tui.corpora.check import AudioHeader
from pft_tui.corpora.listing import read_listing
from pft_tui.corpora.reporting import corpus_events
from pft_tui.orders import Prepare
from pft_tui.paths import Workspace
from pft_tui.worker.reporter import Reporter


def prepare_corpus(
    workspace: Workspace, order: Prepare, report: Reporter, *, threads: int, should_stop: Callable[[], bool]
) -> None:
    """Decode what the audio cache of the corpus lacks, then report its utterances.

    Files that cannot be decoded are counted as problems and left out of the experiment.
    """
    report.started(order.job_id, order.attempt)
    corpus = read_listing(workspace.listing(order.corpus.name, order.corpus.digest))
    cache = build(
        workspace.audio / corpus.name,
        corpus.root,
        [item.path for item in corpus.utterances],
        threads=threads,
        progress=lambda done, total: report.progress(order.job_id, done, total, "files"),
        should_stop=should_stop,
    )
    if should_stop():
        return
    headers = {
        item.utterance_id: AudioHeader(entry.seconds, entry.sample_rate)
        for item in corpus.utterances
        if (entry := cache.entries[item.path]).problem is None
    }
    silent = len(corpus.utterances) - len(headers)
    for event in corpus_events(corpus, headers, problems=len(corpus.problems) + silent):
        report.emit(event)
    report.finished(order.job_id)
