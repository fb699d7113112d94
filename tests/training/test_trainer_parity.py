"""The engine against transformers' Trainer: the same losses, weights, best epoch and stop."""

from __future__ import annotations

import pytest
import torch
from hums import make_trial
from sklearn.metrics import f1_score
from torch import nn
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments

from pft_tui.encoders.load import load_encoder
from pft_tui.training.draws import seed_of, shuffled
from pft_tui.training.head import new_head
from pft_tui.training.inputs import Inputs
from pft_tui.training.trial import Problem, cell_of, fit
from pft_tui.training.weights import FlatWeights
from pft_tui.training.whole import Classifier

CPU = torch.device("cpu")
TRIAL = make_trial(emotion="Happy", k=14, epochs=30, patience=5, learning_rate=1e-3)


class OneByOne(nn.Module):
    """The untouched model of transformers with a linear head, on one utterance at a time."""

    def __init__(self):
        super().__init__()
        encoder = load_encoder("random:tiny")
        self.model = encoder.model
        self.extractor = encoder.extractor
        self.head = new_head(encoder.hidden_size, 2, seed_of("head", *cell_of(TRIAL)))

    def forward(self, input_values, labels):
        logits = self.head(self.model(input_values).last_hidden_state.mean(1))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def dataset(module, data, split, indices):
    targets = data.targets(split, TRIAL.emotion)
    return [
        {
            "input_values": module.extractor(split.audio[index] / 32768, sampling_rate=16_000).input_values[
                0
            ],
            "labels": targets[index],
        }
        for index in indices
    ]


class SameOrder(Trainer):
    """A Trainer that meets the examples in the order that the engine meets them in."""

    def _get_train_sampler(self, train_dataset=None):
        return EpochOrder()


class EpochOrder:
    def __init__(self):
        self.epoch = 0

    def __len__(self):
        return TRIAL.k

    def __iter__(self):
        self.epoch += 1
        return iter(shuffled(TRIAL.k, *cell_of(TRIAL), self.epoch))


class Recorder(TrainerCallback):
    def __init__(self):
        self.weights, self.losses, self.macro_f1 = [], [], []

    def on_step_end(self, args, state, control, model=None, **kwargs):
        self.weights.append(flat(model))

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            self.losses.append(logs["loss"])

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        self.macro_f1.append(metrics["eval_macro_f1"])


def flat(module):
    """All weights but those that the outputs do not depend on: Adam makes steps of their rounding errors."""
    return torch.cat(
        [value.detach().flatten() for name, value in module.named_parameters() if "k_proj.bias" not in name]
    )


def distance(one, other):
    return torch.linalg.vector_norm(one - other)


def macro_f1(prediction):
    predicted = prediction.predictions.argmax(1)
    return {"macro_f1": f1_score(prediction.label_ids, predicted, average="macro", zero_division=0)}


def train_with_transformers(data, folder):
    module, recorder = OneByOne(), Recorder()
    drawn = data.draw(TRIAL)
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=TRIAL.recipe.epochs,
        learning_rate=TRIAL.recipe.learning_rate,
        warmup_steps=TRIAL.recipe.warmup,
        weight_decay=TRIAL.recipe.weight_decay,
        max_grad_norm=TRIAL.recipe.clip_norm,
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=4,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        logging_steps=1,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    trainer = SameOrder(
        model=module,
        args=arguments,
        train_dataset=dataset(module, data, data.train, drawn),
        eval_dataset=dataset(module, data, data.evaluation, range(len(data.evaluation.ids))),
        compute_metrics=macro_f1,
        callbacks=[recorder, EarlyStoppingCallback(TRIAL.recipe.patience)],
    )
    trainer.train()
    return trainer, recorder


def train_with_the_engine(data):
    encoder = load_encoder("random:tiny")
    head = new_head(encoder.hidden_size, 2, seed_of("head", *cell_of(TRIAL)))
    classifier = Classifier(encoder, head, from_features=False)
    weights, inputs, drawn = (
        FlatWeights(classifier),
        Inputs(encoder, TRIAL.recipe, CPU, None),
        data.draw(TRIAL),
    )

    def labelled(split):
        targets = torch.tensor(data.targets(split, TRIAL.emotion))
        return [(batch, targets[indices]) for indices, batch in inputs.batches(split.audio)]

    problem = Problem(
        classes=2,
        examples=inputs.picker([data.train.audio[index] for index in drawn]),
        labels=torch.tensor(data.targets(data.train, TRIAL.emotion))[drawn],
        evaluation=labelled(data.evaluation),
        test=labelled(data.test),
    )
    before_steps, epochs = [], []
    fitted = fit(
        classifier,
        weights,
        problem,
        TRIAL.recipe,
        cell_of(TRIAL),
        lambda epoch, step, values: epochs.append(values),
        lambda: before_steps.append(flat(classifier)),
    )
    return fitted, before_steps, epochs, flat(classifier)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_the_engine_trains_as_transformers_trainer_does(speaker, tmp_path):
    fitted, before_steps, epochs, best = train_with_the_engine(speaker)
    trainer, recorder = train_with_transformers(speaker, tmp_path)

    assert len(recorder.weights) >= 20
    for ours, theirs in zip(before_steps[2:], recorder.weights[1:-1], strict=True):
        assert distance(ours, theirs) < 1e-4 * distance(theirs, before_steps[0])

    their_steps = torch.tensor(recorder.losses).view(-1, 4)
    their_epochs = their_steps @ torch.tensor([4.0, 4.0, 4.0, 2.0]) / TRIAL.k
    assert [values["train_loss"] for values in epochs] == pytest.approx(their_epochs.tolist(), rel=1e-4)

    assert fitted.epochs == trainer.state.epoch < TRIAL.recipe.epochs
    assert fitted.best_epoch * 4 == trainer.state.best_global_step
    assert [values["val_macro_f1"] for values in epochs] == pytest.approx(recorder.macro_f1)
    assert distance(best, flat(trainer.model)) < 1e-4 * distance(best, before_steps[0])
