"""Fine-tuning with the Trainer of transformers: as the paper's released code does it, and well tuned."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from engine_data import EMOTION, wav
from sklearn.metrics import f1_score
from torch import Tensor, nn
from transformers import (
    AutoFeatureExtractor,
    AutoModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from pft_tui.specs import TrialSpec
from pft_tui.training.data import RATE, SpeakerData, Split

Item = dict[str, Any]
GROUP = 4
"""Utterances of a step: those that the released code accumulates."""


class Pooled(nn.Module):
    """A model of transformers and a linear head over the mean of its hidden states."""

    def __init__(self, folder: Path, *, freeze_cnn: bool) -> None:
        super().__init__()
        self.model = AutoModel.from_pretrained(folder)
        if freeze_cnn:
            self.model.feature_extractor.requires_grad_(False)
        self.head = nn.Linear(self.model.config.hidden_size, 2)

    def forward(self, input_values: Tensor, labels: Tensor, attention_mask: Tensor | None = None) -> Item:
        """Loss and logits (B, 2) of waveforms (B, T); with a mask (B, T) the mean is of what it leaves."""
        hidden = self.model(input_values, attention_mask=attention_mask).last_hidden_state
        if attention_mask is None:
            pooled = hidden.mean(1)
        else:
            frames = self.model._get_feature_vector_attention_mask(hidden.shape[1], attention_mask)
            pooled = hidden.masked_fill(~frames.bool()[..., None], 0).sum(1) / frames.sum(1)[:, None]
        logits = self.head(pooled)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class Released:
    """The released way: everything anew for each trial, one utterance at a time, a checkpoint every epoch.

    With `pad` every utterance is filled up with zeros to the longest of its split, as in the released
    code; without, the arithmetic is what the protocol `paper` asks for.
    """

    def __init__(
        self, data: SpeakerData, encoder: Path, audio: Path, scratch: Path, *, device: str, pad: bool
    ) -> None:
        self._data, self._encoder, self._audio = data, encoder, audio
        self._scratch, self._device, self._pad = scratch, device, pad

    def run(self, trial: TrialSpec) -> int:
        """Train and test; the epochs that were gone through."""
        data = self._data
        trainer = Trainer(
            model=Pooled(self._encoder, freeze_cnn=trial.recipe.freeze_cnn),
            args=_arguments(
                trial,
                self._scratch / "released",
                self._device,
                per_device_train_batch_size=1,
                gradient_accumulation_steps=GROUP,
                per_device_eval_batch_size=1,
                save_strategy="epoch",
                save_total_limit=1,
                load_best_model_at_end=True,
                metric_for_best_model="macro_f1",
            ),
            train_dataset=self._read(data.train, data.draw(trial), trial),
            eval_dataset=self._read(data.evaluation, range(len(data.evaluation.ids)), trial),
            compute_metrics=_macro_f1,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.predict(self._read(data.test, range(len(data.test.ids)), trial))
        shutil.rmtree(self._scratch / "released")
        return int(trainer.state.epoch)

    def _read(self, split: Split, indices: Sequence[int], trial: TrialSpec) -> list[Item]:
        audio = [soundfile.read(wav(self._audio, split.ids[index]), dtype="float32")[0] for index in indices]
        audio = [samples[: round(trial.recipe.crop_seconds * RATE)] for samples in audio]
        if self._pad:
            longest = max(map(len, audio))
            audio = [np.pad(samples, (0, longest - len(samples))) for samples in audio]
        targets = self._data.targets(split, trial.emotion)
        return _items(self._encoder, audio, [targets[index] for index in indices])


class Tuned:
    """A well-tuned Trainer: everything in memory, groups and evaluation in padded batches, no disk.

    `batch` utterances go together where that is the fastest, be it one alone; a step is one of four.
    """

    def __init__(
        self,
        data: SpeakerData,
        encoder: Path,
        scratch: Path,
        *,
        freeze_cnn: bool,
        device: str,
        batch: int,
        bf16: bool,
    ) -> None:
        self._data, self._scratch, self._device = data, scratch, device
        self._batch, self._bf16 = batch, bf16
        self._module = Pooled(encoder, freeze_cnn=freeze_cnn)
        self._initial = _state(self._module)
        self._train, self._evaluation, self._test = (
            _items(encoder, _floats(split), data.targets(split, EMOTION))
            for split in (data.train, data.evaluation, data.test)
        )

    def run(self, trial: TrialSpec) -> int:
        """Train and test; the epochs that were gone through."""
        data, best = self._data, BestState()
        together = max(count for count in (1, 2, GROUP) if count <= self._batch)
        self._module.load_state_dict(self._initial)
        self._module.head.reset_parameters()
        trainer = Trainer(
            model=self._module,
            args=_arguments(
                trial,
                self._scratch / "tuned",
                self._device,
                per_device_train_batch_size=together,
                gradient_accumulation_steps=GROUP // together,
                per_device_eval_batch_size=self._batch,
                save_strategy="no",
                bf16=self._bf16,
            ),
            data_collator=_padded,
            train_dataset=[self._train[index] for index in data.draw(trial)],
            eval_dataset=_by_length(self._evaluation),
            compute_metrics=_macro_f1,
            callbacks=[best],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        self._module.load_state_dict(best.state)
        trainer.predict(_by_length(self._test))
        return int(trainer.state.epoch)


class BestState(TrainerCallback):
    """Keeps the state with the best macro F1 in memory."""

    def __init__(self) -> None:
        self.state: dict[str, Tensor] = {}
        self._macro_f1 = -1.0

    def on_evaluate(self, *_: object, model: nn.Module, metrics: dict[str, float], **__: object) -> None:
        """Called by the Trainer after every validation."""
        if metrics["eval_macro_f1"] > self._macro_f1:
            self._macro_f1, self.state = metrics["eval_macro_f1"], _state(model)


def _arguments(trial: TrialSpec, folder: Path, device: str, **others: Any) -> TrainingArguments:  # noqa: ANN401 - as the Trainer has them
    recipe = trial.recipe
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,
        max_grad_norm=recipe.clip_norm,
        eval_strategy="epoch",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        use_cpu=device == "cpu",
        remove_unused_columns=False,
        dataloader_pin_memory=device != "cpu",
        **others,
    )


def _state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def _floats(split: Split) -> list[Any]:
    return [samples / np.float32(32768) for samples in split.audio]


def _items(encoder: Path, audio: Sequence[Any], targets: Sequence[int]) -> list[Item]:
    extractor = AutoFeatureExtractor.from_pretrained(encoder)
    return [
        {"input_values": extractor(samples, sampling_rate=RATE).input_values[0], "labels": target}
        for samples, target in zip(audio, targets, strict=True)
    ]


def _by_length(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: len(item["input_values"]))


def _padded(items: Sequence[Item]) -> dict[str, Tensor]:
    waveforms = [torch.as_tensor(item["input_values"]) for item in items]
    masks = [torch.ones(len(samples), dtype=torch.long) for samples in waveforms]
    return {
        "input_values": nn.utils.rnn.pad_sequence(waveforms, batch_first=True),
        "attention_mask": nn.utils.rnn.pad_sequence(masks, batch_first=True),
        "labels": torch.tensor([item["labels"] for item in items]),
    }


def _macro_f1(prediction: Any) -> dict[str, float]:  # noqa: ANN401 - a type of the Trainer's
    predicted = prediction.predictions.argmax(1)
    return {"macro_f1": f1_score(prediction.label_ids, predicted, average="macro", zero_division=0)}
