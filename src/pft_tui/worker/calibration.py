"""`python -m pft_tui.worker.calibration DEVICE THREADS`: time what an experiment consists of.

Takes a request as a line of stdin, says when it is ready, begins with the next line of stdin, and prints
what it measures. Nothing is kept: audio is noise of the lengths asked for, since the time of a trial
depends on lengths and not on what is said.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from transformers.utils import logging

from pft_tui import calibration
from pft_tui.audio.decode import decode
from pft_tui.calibration import LINE, REQUEST, Line, Request, Sample, Time, TrialShapes
from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.load import load_encoder
from pft_tui.errors import AudioError, PftError
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import ALL_EMOTIONS, FINETUNE, CorpusRef, TrialSpec
from pft_tui.training.adaptation import Start
from pft_tui.training.arithmetic import settled
from pft_tui.training.data import BATCH_SECONDS, RATE, Audio, Labelled, SpeakerData, Split, TaskData
from pft_tui.training.memory import Lengths, memory_of
from pft_tui.training.prefinetune import prefinetune
from pft_tui.training.probe import FrozenLayers, PooledSplit
from pft_tui.training.trial import TrialRunner
from pft_tui.worker.stopwatch import Clock, Stopwatch
from pft_tui.worker.trials import runner_of

ROUNDS = 4
"""Each part is measured so often, in turns with the others; the first time only warms up."""
BUDGET_SECONDS = 40.0
"""No round begins after so long, and a part that has had its first alone is taken as that came out."""
EPOCHS = 3
STEPS = 3
"""Steps in an epoch of the pre-finetuning that is timed."""
EMOTION, OTHER = "emotion", "other"


class Bench:
    """Measures what a request asks for on one device, and prints it."""

    def __init__(self, request: Request, device: torch.device) -> None:
        self._request, self._device = request, device
        self._clock = Clock(device)
        self._is_warm = False
        self._held: list[Sample] = []

    def known(self) -> Line:
        """The number of the encoder's parameters and a slot's memory, once it has been on the device."""
        encoder = self._encoder().to(self._device)
        parameters = sum(parameter.numel() for parameter in encoder.parameters())
        return Line(parameters=parameters, memory=self._memory(encoder))

    def _memory(self, encoder: Encoder) -> dict[str, int] | None:
        """What a slot needs for the trials that train an encoder, in bytes; None where there are none."""
        request = self._request
        shapes = next((each for each in request.trials if each.method == FINETUNE), None)
        if shapes is None:
            return None
        recipe, most = shapes.recipes[-1], max(request.shots)
        longest = round(max((*request.train, *request.evaluation, *request.test)) * RATE)
        evaluation, test = (
            [longest] * round(len(split) / share)
            for split, share in (
                (request.evaluation, request.evaluation_share),
                (request.test, request.test_share),
            )
        )
        lengths = Lengths([longest] * request.train_utterances, evaluation, test)
        found = memory_of(encoder, recipe, most, lengths, self._device)
        return {"total": found.total, **asdict(found)}

    def run(self) -> None:
        """Measure everything, in rounds."""
        parts = list(self._parts())
        began = time.monotonic()
        for number in range(ROUNDS):
            for name, part in parts:
                say(Line(doing=f"round {number + 1} of {ROUNDS}: {name}"))
                part()
            if not self._is_warm and time.monotonic() - began < BUDGET_SECONDS:
                self._held.clear()  # the first round was a warm-up
            self._is_warm = True
            for sample in self._held:
                say(Line(sample=sample))
            self._held.clear()
            if time.monotonic() - began > BUDGET_SECONDS:
                return

    def _parts(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is to be measured, each part with its name."""
        request = self._request
        for corpus in request.files:
            yield f"decoding {corpus}", partial(self._decode, corpus)
        if request.prefinetune is not None:
            for width in request.widths:
                yield (
                    f"pre-finetuning at {width:.1f} s",
                    partial(self._prefinetune, request.prefinetune, width),
                )
        for shapes in request.trials:
            yield f"trials by {shapes.method}", partial(self._trials, shapes)

    def _emit(self, what: str, taken: Time) -> None:
        self._held.append(Sample(what, taken))

    def _decode(self, corpus: str) -> None:
        files = self._request.files[corpus]
        start = self._clock.now()
        for path in files:
            try:
                decode(Path(path))
            except AudioError:
                continue  # as in a run, where it is counted and left out
        self._emit(calibration.decoding(corpus), (self._clock.now() - start) * (1 / len(files)))

    def _prefinetune(self, settings: PrefinetuneSettings, width: float) -> None:
        """Two short epochs on utterances of one length."""
        train = STEPS * settings.batch_size * settings.accumulation
        evaluated = max(2, round(2 * BATCH_SECONDS[self._device.type] / width))
        task = TaskData("noise", (EMOTION, OTHER), labelled([width] * train), labelled([width] * evaluated))
        watch = Stopwatch(self._clock)
        with TemporaryDirectory(prefix="pft-calibration-") as folder:
            prefinetune(
                self._encoder(),
                [task],
                settings.model_copy(update={"epochs": 2, "patience": 2}),
                seed=0,
                folder=Path(folder) / "model",
                device=self._device,
                report=watch.report,
                should_stop=watch.should_stop,
                deterministic=self._request.deterministic,
            )
            watch.close()
        for taken in watch.steps:
            self._emit(calibration.training_step(width), taken)
        for taken in watch.evaluations:
            self._emit(calibration.validation(width), taken * (1 / evaluated))
        (checkpoint,) = watch.pauses
        self._emit(calibration.CHECKPOINT, checkpoint)
        self._emit(calibration.MODEL, watch.before + watch.after - checkpoint)

    def _trials(self, shapes: TrialShapes) -> None:
        """Short trials at each k, after one more that shows what the first of a bundle costs."""
        start = self._clock.now()
        data = self._data(max(shapes.shots))
        runner = runner_of(
            shapes.method, self._encoder, data, self._device, deterministic=self._request.deterministic
        )
        made = self._clock.now() - start
        if shapes.recipes[-1].adapt == "head":
            self._encode(shapes, data)
            for index in range(len(shapes.shots)):  # what they draw is encoded
                self._trial(runner, shapes, index, epochs=1)
        first = self._trial(runner, shapes, 0, epochs=1)
        watches = [self._trial(runner, shapes, index, epochs=EPOCHS) for index in range(len(shapes.shots))]
        if first.has_epochs:
            made += first.before - watches[0].before
        self._emit(calibration.bundle(shapes.method), made)
        left_out = 1 / self._request.evaluation_share - 1
        evaluations = sorted(watches[-1].evaluations, key=lambda taken: taken.wall)
        for k, watch in zip(shapes.shots, watches, strict=True):
            for taken in watch.steps:
                self._emit(calibration.step(shapes.method), taken)
            for taken in watch.epochs:
                more = evaluations[len(evaluations) // 2] * left_out
                self._emit(calibration.epoch(shapes.method, k), taken + more)
            beside = watch.before + watch.after * (1 / self._request.test_share)
            self._emit(calibration.fixed(shapes.method, k), beside)

    def _encode(self, shapes: TrialShapes, data: SpeakerData) -> None:
        """The pass over an utterance from which probes learn, which trials and bundles do not count."""
        encoder, recipe = self._encoder().to(self._device), shapes.recipes[-1]
        precision = settled(recipe.precision, self._device, encoder.hidden_size)
        layers = FrozenLayers(Start(encoder, data, replace(recipe, precision=precision), 2, self._device))
        audio = data.evaluation.audio
        start = self._clock.now()
        PooledSplit(audio, layers)(range(len(audio)))
        taken = (self._clock.now() - start) * (1 / len(audio))
        self._emit(calibration.encoding(alone=not layers.passes.most), taken)

    def _trial(self, runner: TrialRunner, shapes: TrialShapes, index: int, *, epochs: int) -> Stopwatch:
        recipe = replace(shapes.recipes[index], epochs=epochs, patience=epochs)
        emotion = ALL_EMOTIONS if recipe.task == "multiclass" else EMOTION
        trial = TrialSpec(
            model_id=None,
            method=shapes.method,
            protocol="noise",
            recipe=recipe,
            downstream=CorpusRef("noise", ""),
            speaker="speaker",
            language=None,
            emotion=emotion,
            k=shapes.shots[index],
            trial=0,
            seed=0,
        )
        watch = Stopwatch(self._clock)
        runner.run(trial, watch.report, watch.should_stop)
        watch.close()
        return watch

    def _data(self, most: int) -> SpeakerData:
        """A speaker of whom up to `most` utterances can be drawn."""
        request = self._request
        return SpeakerData(
            split("train", list(islice(cycle(request.train), 2 * most))),
            split("evaluation", request.evaluation),
            split("test", request.test),
        )

    def _encoder(self) -> Encoder:
        spec = self._request.encoder
        return load_encoder(spec.name, revision=spec.revision, seed=spec.seed)


def noise(seconds: float, seed: int) -> Audio:
    """So many seconds of noise, int16 at 16 kHz."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, 1000.0, max(1, round(seconds * RATE))).astype(np.int16)


def split(name: str, lengths: Sequence[float]) -> Split:
    """Noise of these lengths in seconds, every other one labelled with the emotion."""
    audio = [noise(seconds, seed) for seed, seconds in enumerate(lengths)]
    labels = tuple(EMOTION if number % 2 else OTHER for number in range(len(audio)))
    return Split(tuple(f"{name}{number}" for number in range(len(audio))), audio, labels)


def labelled(lengths: Sequence[float]) -> Labelled:
    """Noise of these lengths in seconds, with two classes in turns."""
    audio = [noise(seconds, seed) for seed, seconds in enumerate(lengths)]
    return Labelled(audio, [number % 2 for number in range(len(audio))])


def say(line: Line) -> None:
    """Print a line, at once."""
    sys.stdout.write(LINE.dump_json(line, exclude_defaults=True).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Take a request, measure, and say what was found."""
    device, threads = torch.device(sys.argv[1]), int(sys.argv[2])
    request = REQUEST.validate_json(sys.stdin.readline())
    torch.set_num_threads(threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        bench = Bench(request, device)
        say(bench.known())
        say(Line(ready=True, sample=Sample(calibration.START, Time(0.0, time.process_time()))))
        if sys.stdin.readline():  # nothing comes where whoever asked has gone
            bench.run()
    except PftError as error:
        say(Line(error=error.message, hint=error.hint))


if __name__ == "__main__":
    main()
