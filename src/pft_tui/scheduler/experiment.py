"""The experiment of a workspace: its corpora read and listed, its grid expanded."""

from __future__ import annotations

from collections.abc import Callable

from pft_tui.corpora.listing import write_listing
from pft_tui.corpora.load import Corpus, CorpusOptions, load_corpus
from pft_tui.grid import Grid, corpora_of, expand
from pft_tui.paths import Workspace
from pft_tui.settings import CorpusSettings, Settings


def corpus_options(name: str, settings: CorpusSettings) -> CorpusOptions:
    """How the corpus of a section is to be read."""
    return CorpusOptions(
        root=settings.root,
        reader=settings.reader or name,
        labels=settings.labels,
        parts=settings.parts,
        keep=tuple(settings.keep),
        merge=dict(settings.merge),
        split=settings.split,
        split_fractions=settings.split_fractions,
        split_seed=settings.split_seed,
        language=settings.language,
        extra=dict(settings.extra),
    )


def read_corpus(workspace: Workspace, name: str, settings: CorpusSettings) -> Corpus:
    """Read a corpus from disk and write its listing, which workers go by."""
    corpus = load_corpus(name, corpus_options(name, settings))
    write_listing(workspace.listing(name, corpus.digest), corpus)
    return corpus


def read_experiment(
    workspace: Workspace, settings: Settings, progress: Callable[[str], None] = lambda _name: None
) -> Grid:
    """The grid of the settings, the corpora that it needs read and listed in the workspace.

    `progress` hears the name of each corpus before it is read.
    """
    workspace.make_folders()
    corpora = {}
    for name in corpora_of(settings):
        progress(name)
        corpora[name] = read_corpus(workspace, name, settings.corpora[name])
    return expand(settings, corpora)
