"""Does it help to pre-finetune on the speaker's own language?

At one k, a set of corpora "has" a language if one of its corpora is in that language. The effect of a
language in a (speaker, emotion) cell is the mean difference to no pre-finetuning over all sets that have
it, less that over all sets that do not, the empty set (whose difference is zero) included. With the whole
power set this is balanced: every choice of the other corpora stands on both sides, on the one with
every choice but the empty one of the language's corpora, on the other with none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pft_tui.errors import UsageError
from pft_tui.statistics.powerset import Coverage, Powerset, Selection
from pft_tui.statistics.resampling import DEFAULT, Floats, Interval, Resampling, total_by_speaker
from pft_tui.statistics.summary import Summary, interval_of_difference, summarise

# The corpora's languages by their names; a corpus may be in several.
CorpusLanguages = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LanguageEffect:
    """What corpora in `corpus_language` bring to speakers of `speaker_language` at k.

    `delta_with` and `delta_without` are mean differences to no pre-finetuning over the sets that have the
    language and those that do not; `effect` sums up their difference in the cells. All None where sets
    are missing, as `note` says.
    """

    k: int
    corpus_language: str
    speaker_language: str
    coverage: Coverage
    note: str | None
    delta_with: float | None = None
    delta_without: float | None = None
    effect: Summary | None = None


@dataclass(frozen=True, slots=True)
class LanguageInteraction:
    """How much more corpora in `language` bring to its own speakers than to others, at k.

    `own` and `other` are the mean effects over the cells of either; `interval` is of their difference,
    `interaction`, with speakers drawn anew among each. None where one of them has no cells.
    """

    k: int
    language: str
    coverage: Coverage
    note: str | None
    own: float | None = None
    other: float | None = None
    interaction: float | None = None
    interval: Interval | None = None
    own_speakers: int = 0
    other_speakers: int = 0


def language_effects(
    powerset: Powerset, languages: CorpusLanguages, resampling: Resampling = DEFAULT
) -> list[LanguageEffect]:
    """The effect of each language of the corpora on the speakers of each language, at one k.

    Raises UsageError where `languages` does not name a corpus.
    """
    whole = powerset.whole()
    return [
        _effect(powerset.k, whole, having, speaker_language, resampling)
        for having in _languages(powerset, languages)
        for speaker_language in sorted(set(powerset.languages))
    ]


def language_interactions(
    powerset: Powerset, languages: CorpusLanguages, resampling: Resampling = DEFAULT
) -> list[LanguageInteraction]:
    """How the effect of each language differs between its own speakers and all others, at one k.

    Raises UsageError where `languages` does not name a corpus.
    """
    whole = powerset.whole()
    return [_interaction(powerset.k, whole, having, resampling) for having in _languages(powerset, languages)]


@dataclass(frozen=True, slots=True)
class _Having:
    """A language and the corpora that are in it."""

    language: str
    corpora: frozenset[str]

    def sides(self, selection: Selection) -> tuple[Floats, Floats]:
        """The cells' mean scores over the sets that have the language and over those that do not."""
        has_it = np.array([bool(members & self.corpora) for members in selection.sets])
        return selection.means[:, has_it].mean(axis=1), selection.means[:, ~has_it].mean(axis=1)


def _languages(powerset: Powerset, languages: CorpusLanguages) -> list[_Having]:
    for corpus in powerset.corpora:
        if not languages.get(corpus):
            raise UsageError(
                f"the language of corpus {corpus} is not known",
                hint=f"set `language` in section [corpora.{corpus}]",
            )
    found = sorted({language for corpus in powerset.corpora for language in languages[corpus]})
    return [
        _Having(language, frozenset(corpus for corpus in powerset.corpora if language in languages[corpus]))
        for language in found
    ]


def _effect(
    k: int, whole: Selection, having: _Having, speaker_language: str, resampling: Resampling
) -> LanguageEffect:
    result = LanguageEffect(k, having.language, speaker_language, whole.coverage, whole.coverage.gap)
    if result.note:
        return result
    of_language = np.array(whole.languages) == speaker_language
    if not of_language.any():
        return replace(result, note=f"no emotion of a speaker of {speaker_language} has scores of all sets")
    with_it, without = (side[of_language] for side in having.sides(whole))
    base = whole.means[of_language, whole.sets.index(frozenset())]
    effect = summarise(with_it - without, np.array(whole.speakers)[of_language], resampling)
    return replace(
        result,
        delta_with=float(np.mean(with_it - base)),
        delta_without=float(np.mean(without - base)),
        effect=effect,
        note="one speaker: no interval" if effect.interval is None else None,
    )


def _interaction(k: int, whole: Selection, having: _Having, resampling: Resampling) -> LanguageInteraction:
    result = LanguageInteraction(k, having.language, whole.coverage, whole.coverage.gap)
    if result.note:
        return result
    with_it, without = having.sides(whole)
    speaks_it = np.array(whole.languages) == having.language
    if speaks_it.all() or not speaks_it.any():
        return replace(result, note=f"{'all' if speaks_it.all() else 'no'} speakers are of {having.language}")
    speakers = np.array(whole.speakers)
    own, other = (
        total_by_speaker((with_it - without)[side], speakers[side]) for side in (speaks_it, ~speaks_it)
    )
    interval = interval_of_difference(own, other, resampling)
    return replace(
        result,
        own=float(own.mean),
        other=float(other.mean),
        interaction=float(own.mean - other.mean),
        interval=interval,
        own_speakers=len(own.speakers),
        other_speakers=len(other.speakers),
        note="one speaker on a side: no interval" if interval is None else None,
    )
