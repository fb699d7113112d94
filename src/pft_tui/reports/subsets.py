"""Which trials results can be narrowed to, and how a choice of them is put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.store.read import query
from pft_tui.store.subset import Metric, Subset

# What a score is called in a sentence, and in the header of a column.
METRICS: Mapping[Metric, tuple[str, str]] = {
    "macro_f1": ("macro F1", "F1"),
    "accuracy": ("accuracy", "Acc"),
    "weighted_f1": ("weighted F1", "wF1"),
}


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that the comparable trials have, sorted; `speakers` are names with their languages."""

    languages: tuple[str, ...]
    speakers: Mapping[str, str]
    emotions: tuple[str, ...]
    shots: tuple[int, ...]


def facets(workspace: Workspace) -> Facets:
    """What the published trials can be narrowed to. Raises StoreError where there is no snapshot."""
    answer = query(
        workspace,
        "select distinct grouping_id(language, speaker, emotion, k), language, speaker, emotion, k"
        " from comparable_trials group by grouping sets ((language, speaker), (emotion), (k)) order by all",
    )
    speakers = {row[2]: row[1] or "" for row in answer.rows if row[2] is not None}
    return Facets(
        tuple(sorted({language for language in speakers.values() if language})),
        dict(sorted(speakers.items())),
        tuple(row[3] for row in answer.rows if row[3] is not None),
        tuple(row[4] for row in answer.rows if row[4] is not None),
    )


def check(workspace: Workspace, subset: Subset) -> None:
    """Raise UsageError, which names what there is, for a value that no trial has."""
    if subset == Subset(metric=subset.metric):
        return
    there = facets(workspace)
    _known("language", subset.languages, there.languages)
    _known("speaker", subset.speakers, there.speakers)
    _known("emotion", subset.emotions, there.emotions)
    _known("k", subset.shots, there.shots)


def _known(name: str, wanted: Iterable[str | int], there: Iterable[str | int]) -> None:
    known = list(there)
    for value in wanted:
        if value not in known:
            raise UsageError(
                f"no trials with {name} {value!r}", hint=f"there are: {', '.join(map(str, known))}"
            )


def narrowed(subset: Subset) -> list[str]:
    """What the subset leaves, a phrase for each facet it narrows; nothing for all trials."""
    named = {
        "language": subset.languages,
        "speakers": subset.speakers,
        "emotions": subset.emotions,
        "k": subset.shots,
    }
    return [f"{name}: {', '.join(map(str, values))}" for name, values in named.items() if values]


def in_title(text: str, metric: Metric) -> str:
    """A sentence that speaks of macro F1, speaking of the metric instead."""
    words, _ = METRICS[metric]
    return text.replace("macro F1", words).replace("Macro F1", words[0].upper() + words[1:])


def in_header(text: str, metric: Metric) -> str:
    """The header of a column that speaks of F1, speaking of the metric instead."""
    return text.replace("F1", METRICS[metric][1])
