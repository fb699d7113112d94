"""What a prediction goes by: the lengths of what models and trials hear, and how it is to be timed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from pft_tui.calibration import Request, TrialShapes
from pft_tui.corpora.load import Corpus
from pft_tui.corpora.utterance import EVALUATION, TEST, TRAIN, Utterance
from pft_tui.forecast.lacking import Lacking
from pft_tui.forecast.lengths import Lengths, lengths_of
from pft_tui.grid import Grid
from pft_tui.protocols import Recipe
from pft_tui.settings import Settings
from pft_tui.specs import Method, ModelSpec
from pft_tui.training.draws import draw_examples

TIMED_SECONDS = {"cpu": 32.0, "cuda": 320.0}
"""Of a speaker's evaluation and test splits so much audio is timed: a batch or more."""
TIMED_FILES = 12
"""Files of a corpus that are decoded."""
SOME_BUNDLES = 3
"""So many bundles tell how many utterances one draws."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Lengths, not cropped: by corpus to learn from, and by split of the downstream speakers.

    `drawn` is how many training utterances the trials of a bundle draw, each counted once, on average.
    """

    train: Mapping[str, Lengths]
    evaluation: Mapping[str, Lengths]
    speaker: Mapping[str, Lengths]
    drawn: float


def inputs_of(lacking: Lacking, corpora: Mapping[str, Corpus], downstream: str) -> Inputs:
    """The lengths that what is lacking will meet. Raises CorpusError where no audio of a split is usable."""
    learned = {ref.name for model in lacking.models for ref in model.corpora}
    found: dict[str, dict[str, Lengths]] = {TRAIN: {}, EVALUATION: {}}
    for name in sorted(learned):
        for split, lengths in found.items():
            lengths[name] = _lengths(corpora[name], split)
    speakers = {trial.speaker for trial in lacking.trials}
    each = {
        split: _per_speaker(corpora[downstream], split, speakers)
        for split in (TRAIN, EVALUATION, TEST)
        if speakers
    }
    drawn = _drawn(lacking, corpora[downstream]) if speakers else 0.0
    return Inputs(found[TRAIN], found[EVALUATION], each, drawn)


def _drawn(lacking: Lacking, corpus: Corpus) -> float:
    """The training utterances that trials of a bundle draw, from some of the bundles."""
    bundles: dict[tuple[str | None, str], set[tuple[str, int, int, int]]] = {}
    for trial in lacking.trials:
        cells = bundles.setdefault((trial.model_id, trial.speaker), set())
        cells.add((trial.emotion, trial.k, trial.trial, trial.seed))
    some = random.Random(0).sample(sorted(bundles, key=str), min(SOME_BUNDLES, len(bundles)))  # noqa: S311
    counts = []
    for model_id, speaker in some:
        pool = [
            (item.utterance_id, item.label)
            for item in corpus.utterances
            if item.split == TRAIN and item.speaker == speaker
        ]
        drawn: set[str] = set()
        for emotion, k, number, seed in bundles[model_id, speaker]:
            drawn.update(draw_examples(pool, speaker=speaker, emotion=emotion, k=k, trial=number, seed=seed))
        counts.append(len(drawn))
    return fmean(counts)


def _lengths(corpus: Corpus, split: str) -> Lengths:
    items = [item for item in corpus.utterances if item.split == split]
    return lengths_of(corpus, items, f"{split} split")


def _per_speaker(corpus: Corpus, split: str, speakers: set[str]) -> Lengths:
    """The lengths in a split of all speakers, and how many utterances one has in the middle."""
    items = [item for item in corpus.utterances if item.split == split and item.speaker in speakers]
    counts = [sum(item.speaker == speaker for item in items) for speaker in sorted(speakers)]
    return Lengths(round(median(counts)), lengths_of(corpus, items, f"{split} split").sampled)


def request_of(
    grid: Grid,
    settings: Settings,
    lacking: Lacking,
    corpora: Mapping[str, Corpus],
    inputs: Inputs,
    device: str,
) -> Request:
    """What is to be timed on a device for what is lacking."""
    crop = _crop_seconds(lacking)
    spoken = {split: lengths.cropped(crop) for split, lengths in inputs.speaker.items()}
    evaluation, evaluation_share = _timed(spoken.get(EVALUATION), device)
    test, test_share = _timed(spoken.get(TEST), device)
    return Request(
        encoder=grid.models[0].encoder,
        deterministic=settings.run.deterministic,
        trials=_shapes(lacking),
        shots=tuple(sorted({trial.k for trial in lacking.trials})),
        train=spoken[TRAIN].sampled if spoken else (),
        train_utterances=spoken[TRAIN].utterances if spoken else 0,
        evaluation=evaluation,
        test=test,
        evaluation_share=evaluation_share,
        test_share=test_share,
        prefinetune=settings.prefinetune if lacking.models else None,
        widths=_widths(lacking.models, inputs, settings),
        files={
            name: tuple(str(corpora[name].root / item.path) for item in _some(items))
            for name, items in lacking.files.items()
        },
    )


def _crop_seconds(lacking: Lacking) -> float:
    return max((trial.recipe.crop_seconds for trial in lacking.trials), default=0.0)


def _timed(lengths: Lengths | None, device: str) -> tuple[tuple[float, ...], float]:
    """As many of the lengths as are timed, and their share of what a speaker has."""
    if lengths is None:
        return (), 1.0
    most = TIMED_SECONDS[device.partition(":")[0]]
    count = max(2, min(lengths.utterances, len(lengths.sampled), int(most / lengths.mean)))
    return lengths.sampled[:count], count / max(count, lengths.utterances)


def _shapes(lacking: Lacking) -> tuple[TrialShapes, ...]:
    recipes = {(trial.method, trial.k): trial.recipe for trial in lacking.trials}
    return tuple(
        shapes_of(method, {k: recipe for (name, k), recipe in recipes.items() if name == method})
        for method in sorted({name for name, _ in recipes})
    )


def shapes_of(method: Method, recipes: Mapping[int, Recipe]) -> TrialShapes:
    """The trials of a method to time, of which those with each k can be put together.

    An epoch is steps on whole groups of utterances and a last one on what is left: timed are epochs of
    one such last step, and one of three whole groups, which gives a step.
    """
    lasts = {last_of(k, recipe): recipe for k, recipe in recipes.items()}
    longest = recipes[max(recipes)]
    chosen = [*sorted(lasts.items()), (even(3 * group_of(longest)), longest)]
    return TrialShapes(method, tuple(k for k, _ in chosen), tuple(recipe for _, recipe in chosen))


def group_of(recipe: Recipe) -> int:
    """The utterances of one step of the optimiser."""
    return recipe.batch_size * recipe.accumulation


def last_of(k: int, recipe: Recipe) -> int:
    """The size of the last step of an epoch over k utterances, as one that can be drawn for a trial."""
    return even((k - 1) % group_of(recipe) + 1)


def even(k: int) -> int:
    """The next number of utterances of which half can be positive."""
    return k + k % 2


def _widths(models: Sequence[ModelSpec], inputs: Inputs, settings: Settings) -> tuple[float, ...]:
    """A short and a long width of batches of pre-finetuning, in seconds; one where all are alike."""
    if not models:
        return ()
    crop = settings.prefinetune.crop_seconds
    lengths = [length for each in inputs.train.values() for length in each.cropped(crop).sampled]
    if len(lengths) < 2:
        return (round(lengths[0], 1),)
    low, *_, high = (max(0.1, round(cut, 1)) for cut in quantiles(lengths, n=10))
    return (low, high) if high > low else (high,)


def _some(items: Sequence[Utterance]) -> list[Utterance]:
    return random.Random(0).sample(list(items), min(TIMED_FILES, len(items)))  # noqa: S311 - a fair sample
