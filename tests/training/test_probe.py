"""The linear probe against one that is written plainly, on transformers' own hidden states."""

from __future__ import annotations

import pytest
import torch
from hums import make_trial
from sklearn.metrics import accuracy_score, f1_score
from torch import nn
from transformers import get_linear_schedule_with_warmup

from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.training import data
from pft_tui.training.draws import seed_of, shuffled
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.head import new_head
from pft_tui.training.trial import cell_of

CPU = torch.device("cpu")
PROBE = {"adapt": "head", "freeze_cnn": True, "learning_rate": 3e-2, "batch_size": 8, "accumulation": 1}
TRIAL = make_trial("Happy", k=14, epochs=15, patience=15, **PROBE)


def pooled(encoder, samples):
    """(layers + 1, width): the means of what transformers gives for one utterance alone."""
    values = encoder.extractor(samples / 32768, sampling_rate=16_000).input_values[0]
    with torch.no_grad():
        states = encoder.model(torch.tensor(values)[None].float(), output_hidden_states=True).hidden_states
    return torch.stack([layer[0].mean(0) for layer in states])


class PlainProbe(nn.Module):
    def __init__(self, layers, width):
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))
        self.head = new_head(width, 2, seed_of("head", *cell_of(TRIAL)))

    def forward(self, states):
        shares = torch.exp(self.weights) / torch.exp(self.weights).sum()
        return self.head(sum(share * layer for share, layer in zip(shares, states, strict=True)))


def probed_plainly(data, encoder):
    """The losses and validation scores of each epoch, and the best state's predictions of the test split."""
    drawn, targets = data.draw(TRIAL), data.targets(data.train, TRIAL.emotion)
    train = [(pooled(encoder, data.train.audio[index]), targets[index]) for index in drawn]
    module = PlainProbe(*train[0][0].shape)
    optimiser = torch.optim.AdamW(module.parameters(), lr=TRIAL.recipe.learning_rate, weight_decay=0.0)
    steps = 2 * TRIAL.recipe.epochs
    schedule = get_linear_schedule_with_warmup(optimiser, -(-steps // 10), steps)

    def predicted(split):
        with torch.no_grad():
            return [int(module(pooled(encoder, samples)).argmax()) for samples in split.audio]

    truth, losses, scores, kept = data.targets(data.evaluation, TRIAL.emotion), [], [], []
    for epoch in range(1, TRIAL.recipe.epochs + 1):
        order, summed = shuffled(TRIAL.k, *cell_of(TRIAL), epoch), 0.0
        for group in (order[:8], order[8:]):
            optimiser.zero_grad()
            for index in group:
                states, target = train[index]
                loss = nn.functional.cross_entropy(module(states)[None], torch.tensor([target]))
                (loss / len(group)).backward()
                summed += loss.item()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        losses.append(summed / TRIAL.k)
        scores.append(f1_score(truth, predicted(data.evaluation), average="macro", zero_division=0))
        if scores[-1] == max(scores) > max(scores[:-1], default=-1.0):
            kept = predicted(data.test)
        if scores[-1] == 1.0:
            break
    return losses, scores, kept


def run(trainer, trial):
    rows = []
    outcome = trainer.run(trial, lambda epoch, step, values: rows.append((step, dict(values))), lambda: False)
    return rows, {name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"}


def test_the_probe_learns_what_a_plain_one_learns_utterance_by_utterance(speaker):
    losses, scores, kept = probed_plainly(speaker, load_encoder("random:tiny"))
    rows, outcome = run(FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU), TRIAL)
    assert len(losses) >= 5
    assert losses[-1] < 0.9 * losses[0]
    assert [values["train_loss"] for _, values in rows] == pytest.approx(losses, rel=1e-4)
    assert [values["val_macro_f1"] for _, values in rows] == pytest.approx(scores)
    truth = speaker.targets(speaker.test, TRIAL.emotion)
    assert outcome["macro_f1"] == pytest.approx(f1_score(truth, kept, average="macro", zero_division=0))
    assert outcome["accuracy"] == pytest.approx(accuracy_score(truth, kept))


def test_a_probe_alone_is_the_same_probe_in_a_bundle_bit_for_bit(speaker):
    trials = [
        make_trial("Sad", k=2, epochs=9, **PROBE),
        make_trial("Angry", k=4, epochs=2),  # trains the encoder that the next ones find as it was
        make_trial("Happy", k=16, epochs=9, trial=1, **PROBE),
        make_trial("all", k=8, epochs=9, **PROBE),
    ]
    packed = FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU, deterministic=True)
    together = [run(packed, trial) for trial in trials]
    again = [run(packed, trial) for trial in reversed(trials)][::-1]
    alone = [
        run(FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU, deterministic=True), trial)
        for trial in trials
    ]
    assert together == again == alone


def test_each_utterance_is_encoded_at_most_once_and_the_encoder_stays_as_it_was(speaker, monkeypatch):
    encoder = load_encoder("random:tiny")
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    heard, encoded = [], []
    convolve, encode = encoder.features, encoder.pooled_layers
    monkeypatch.setattr(encoder, "features", lambda batch: heard.extend(batch.known) or convolve(batch))
    monkeypatch.setattr(encoder, "pooled_layers", lambda batch: encoded.extend(batch.known) or encode(batch))
    trainer = FewShotTrainer(encoder, speaker, device=CPU)
    for number in range(6):
        run(trainer, make_trial("Sad", k=20, trial=number, epochs=2, **PROBE))
    splits = (speaker.train, speaker.evaluation, speaker.test)
    lengths = [len(samples) for split in splits for samples in split.audio]
    assert sorted(heard) == sorted(lengths)
    assert sorted(encoded) == sorted(encoder.frames(lengths))
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    learned = [parameter.numel() for parameter in trainer.classifier.parameters()]
    assert sum(learned) == encoder.layers + 1 + 2 * encoder.hidden_size + 2


def test_a_large_encoder_takes_each_utterance_alone_and_only_those_that_are_drawn(speaker, monkeypatch):
    monkeypatch.setattr(data, "LARGE_WEIGHTS", 1)
    encoder, batches = load_encoder("random:tiny"), []
    encode = encoder.pooled_layers
    monkeypatch.setattr(encoder, "pooled_layers", lambda batch: batches.append(batch.known) or encode(batch))
    trials = [make_trial("Sad", k=4, trial=number, epochs=2, **PROBE) for number in range(3)]
    trainer = FewShotTrainer(encoder, speaker, device=CPU)
    together = [run(trainer, trial) for trial in trials]
    drawn = {index for trial in trials for index in speaker.draw(trial)}
    heard = [len(speaker.train.audio[index]) for index in drawn]
    heard += [len(samples) for split in (speaker.evaluation, speaker.test) for samples in split.audio]
    assert sorted(batches) == sorted((frames,) for frames in encoder.frames(heard))
    assert together[2] == run(FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU), trials[2])
    in_batches = FewShotTrainer(load_encoder("random:tiny"), speaker, device=CPU)
    monkeypatch.undo()
    rows, _ = run(in_batches, trials[2])
    assert [values["train_loss"] for _, values in rows] == pytest.approx(
        [values["train_loss"] for _, values in together[2][0]], rel=1e-4
    )


@pytest.mark.parametrize(
    "name", ["random:tiny", "random:wavlm-tiny", "random:data2vec-tiny", "random:hubert-tiny"]
)
def test_pooled_layers_are_the_means_of_transformers_hidden_states(name, speaker):
    encoder = load_encoder(name)
    audio = speaker.test.audio[::5]
    batch = Ragged.pad([torch.tensor(samples / 32768).float() for samples in audio])
    with torch.no_grad():
        found = encoder.pooled_layers(encoder.features(encoder.normalise(batch)))
    expected = torch.stack([pooled(encoder, samples) for samples in audio])
    assert found.shape == (len(audio), encoder.layers + 1, encoder.hidden_size)
    assert (found - expected).abs().max() < 1e-4 * expected.std()
