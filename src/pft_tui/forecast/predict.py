"""From what is lacking and what its pieces were measured to cost, to how long all of it takes."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from pft_tui import calibration
from pft_tui.calibration import Sample, Time
from pft_tui.corpora.utterance import EVALUATION, TEST, TRAIN
from pft_tui.forecast.inputs import Inputs, group_of, last_of
from pft_tui.forecast.lacking import Epochs, Lacking, Past
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import ModelSpec

FEWEST_RUNS = 10
"""Finished trials of a method and k, from which the epochs of others follow."""
DRAWN_BATCHES = 200
ERRORS = 2.0
"""Standard errors on either side of a mean that was found."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The median of all measurements of each thing, the encoder's size in parameters, a slot's memory."""

    times: Mapping[str, Time]
    parameters: int
    memory: Mapping[str, int] | None = None

    @property
    def start(self) -> Time:
        """What a worker takes until it can compute."""
        return self.times[calibration.START]

    @classmethod
    def of(cls, samples: Sequence[Sample], parameters: int, memory: Mapping[str, int] | None = None) -> Costs:
        """The costs that measurements come to."""
        found: dict[str, list[Time]] = {}
        for sample in samples:
            found.setdefault(sample.what, []).append(sample.time)
        return cls(
            {
                what: Time(median(time.wall for time in times), median(time.cpu for time in times))
                for what, times in found.items()
            },
            parameters,
            memory,
        )


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is expected, and what it lies between."""

    low: float
    expected: float
    high: float

    @classmethod
    def of_epochs(cls, most: int, patience: int, found: Epochs | None) -> Range:
        """The epochs of one run: as finished runs say, or else the geometric middle of what is possible.

        A run takes at least `patience` + 1 epochs (unless its first are perfect) and `most` at the most.
        """
        low, high = min(most, patience + 1), most
        if found is None:
            return cls(low, math.sqrt(low * high), high)
        margin = ERRORS * found.error
        return cls(max(1.0, found.mean - margin), found.mean, min(high, found.mean + margin))


@dataclass(frozen=True, slots=True)
class Part:
    """Jobs of one kind that are alike: how many, their epochs, and the time of all of them on one slot."""

    kind: str
    name: str
    jobs: int
    epochs: Range | None
    low: Time
    expected: Time
    high: Time


@dataclass(frozen=True, slots=True)
class Total:
    """How long all parts take on the slots there are, in seconds."""

    low: float
    expected: float
    high: float


def parts_of(
    lacking: Lacking, inputs: Inputs, costs: Costs, past: Past, settings: PrefinetuneSettings
) -> list[Part]:
    """The parts of what is lacking: decoding by corpus, pre-finetuning by model, trials by method and k."""
    return [
        *(_decoding(name, len(items), costs) for name, items in lacking.files.items()),
        *(_model(model, settings, inputs, costs, past) for model in lacking.models),
        *_trials(lacking, inputs, costs, past),
    ]


def total_of(parts: Sequence[Part], slots: int, costs: Costs, *, together: int = 1) -> Total:
    """The time until all is done: shared evenly among the slots, or the longest chain where that is longer.

    Corpora are decoded first, and the trials from a model wait for it. A model has `together` slots, and is
    done in that part of the time.
    """

    def seconds(bound: str) -> float:
        works: dict[str, list[float]] = {"prepare": [0.0], "prefinetune": [0.0], "trials": [0.0]}
        for part in parts:
            works[part.kind].append(getattr(part, bound).wall)
        even = sum(sum(work) for work in works.values()) / slots
        chain = max(works["prepare"]) + max(works["prefinetune"]) / together
        return costs.start.wall + max(even, chain)

    return Total(seconds("low"), seconds("expected"), seconds("high"))


def _decoding(name: str, files: int, costs: Costs) -> Part:
    time = costs.times[calibration.decoding(name)] * files
    return Part("prepare", name, files, None, time, time, time)


def _model(model: ModelSpec, settings: PrefinetuneSettings, inputs: Inputs, costs: Costs, past: Past) -> Part:
    names = model.names
    epoch = _training(names, settings, inputs, costs) + costs.times[calibration.CHECKPOINT]
    for name in names:
        lengths = inputs.evaluation[name].cropped(settings.crop_seconds)
        epoch += _at_width(calibration.validation, lengths.mean, costs) * lengths.utterances
    epochs = Range.of_epochs(settings.epochs, settings.patience, past.models)
    once = costs.times[calibration.MODEL]
    return Part(
        "prefinetune",
        model.corpus_set,
        1,
        epochs,
        once + epoch * epochs.low,
        once + epoch * epochs.expected,
        once + epoch * epochs.high,
    )


def _training(names: Sequence[str], settings: PrefinetuneSettings, inputs: Inputs, costs: Costs) -> Time:
    """The steps of one epoch: as many utterances as the corpora hold, drawn from them as the settings say."""
    lengths = [inputs.train[name].cropped(settings.crop_seconds) for name in names]
    group = settings.batch_size * settings.accumulation
    exponent = {"size": 1.0, "uniform": 0.0, "temperature": 1.0 / settings.temperature}[settings.sampling]
    weights = [each.utterances**exponent for each in lengths]
    rng = random.Random(0)  # noqa: S311 - a fair sample, no secret
    widths = [
        max(rng.choice(each.sampled) for each in rng.choices(lengths, weights, k=settings.batch_size))
        for _ in range(DRAWN_BATCHES)
    ]
    steps = sum(each.utterances for each in lengths) / group
    return _at_width(calibration.training_step, fmean(widths), costs) * steps


def _at_width(what: object, width: float, costs: Costs) -> Time:
    """The cost of something at a width in seconds, on the line through the widths that were timed."""
    assert callable(what)
    prefix = what(0.0).removesuffix("0")
    timed = sorted(
        (float(name.removeprefix(prefix)), time)
        for name, time in costs.times.items()
        if name.startswith(prefix)
    )
    (short, low), (long, high) = timed[0], timed[-1]
    if long == short:
        return low * (width / short)
    share = (width - short) / (long - short)
    # Below the line's own zero nothing can be: a width far outside of what was timed is taken in proportion.
    return Time(
        max(low.wall * width / long, low.wall + share * (high.wall - low.wall)),
        max(low.cpu * width / long, low.cpu + share * (high.cpu - low.cpu)),
    )


def _trials(lacking: Lacking, inputs: Inputs, costs: Costs, past: Past) -> list[Part]:
    recipes = {(trial.method, trial.k): trial.recipe for trial in lacking.trials}
    bundles, counts = lacking.bundles(), lacking.trials_by_shots()
    by_method = Counter(trial.method for trial in lacking.trials)
    parts = []
    for (method, k), recipe in sorted(recipes.items()):
        count = counts[method, k]
        found = (past.trials or {}).get((method, k))
        epochs = Range.of_epochs(
            recipe.epochs, recipe.patience, found if found and found.runs >= FEWEST_RUNS else None
        )
        last, trained = last_of(k, recipe), calibration.epoch(method, last_of(k, recipe)) in costs.times
        bundle = costs.times[calibration.bundle(method)]
        if recipe.adapt == "head":
            bundle += _encoding(inputs, costs)
        shared = bundle * (bundles[method] / by_method[method])
        once = costs.times[calibration.fixed(method, last)] + shared
        epoch = epoch_of(method, k, recipe, costs) if trained else Time()
        low, expected, high = (
            (once + epoch * number) * count for number in (epochs.low, epochs.expected, epochs.high)
        )
        name = f"k = {k}" if method == "finetune" else f"{method}, k = {k}"
        parts.append(Part("trials", name, count, epochs if trained else None, low, expected, high))
    return parts


def _encoding(inputs: Inputs, costs: Costs) -> Time:
    """The passes over all utterances that the probes of a bundle learn from and are measured on."""
    alone = costs.times.get(calibration.encoding(alone=True))
    each = alone or costs.times[calibration.encoding(alone=False)]
    train = inputs.drawn if alone else inputs.speaker[TRAIN].utterances
    return each * (train + inputs.speaker[EVALUATION].utterances + inputs.speaker[TEST].utterances)


def epoch_of(method: str, k: int, recipe: Recipe, costs: Costs) -> Time:
    """An epoch of a trial: its last step with the evaluation as timed, the others as a whole step each."""
    group, last = group_of(recipe), last_of(k, recipe)
    others = max(0, -(-k // group) - -(-last // group))
    timed = costs.times[calibration.epoch(method, last)]
    return timed + costs.times[calibration.step(method)] * others if others else timed
