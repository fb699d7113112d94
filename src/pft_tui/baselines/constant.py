"""The best constant prediction: one class for every utterance, the one that the evaluation split favours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from pft_tui.specs import TrialSpec
from pft_tui.training.data import SpeakerData
from pft_tui.training.metrics import Scores, scores
from pft_tui.training.trial import Report, TrialOutcome


class ConstantBaseline:
    """Predicts the class whose constant prediction has the best macro F1 on the evaluation split.

    Of equals it takes the first in the order of `SpeakerData.classes`. It draws no training utterances
    and trains nothing, so that all trials of a speaker and emotion have the same outcome.
    """

    def __init__(self, data: SpeakerData) -> None:
        self._data = data

    def run(
        self,
        trial: TrialSpec,
        report: Report,  # noqa: ARG002 - there are no epochs to report
        should_stop: Callable[[], bool],
    ) -> TrialOutcome | None:
        """The outcome of a trial, at once; None where `should_stop` says so."""
        if should_stop():
            return None
        started, data = time.perf_counter(), self._data
        classes = len(data.classes(trial.emotion))
        evaluation, test = (data.targets(split, trial.emotion) for split in (data.evaluation, data.test))
        candidates = [_always(choice, evaluation, classes).macro_f1 for choice in range(classes)]
        choice = int(np.argmax(candidates))
        result = _always(choice, test, classes)
        return TrialOutcome(
            epochs=0,
            best_epoch=0,
            val_macro_f1=candidates[choice],
            accuracy=result.accuracy,
            macro_f1=result.macro_f1,
            weighted_f1=result.weighted_f1,
            seconds=time.perf_counter() - started,
            examples=(),
        )


def _always(choice: int, truth: Sequence[int], classes: int) -> Scores:
    counts = np.zeros((classes, classes))
    counts[:, choice] = np.bincount(truth, minlength=classes)
    return scores(counts)
