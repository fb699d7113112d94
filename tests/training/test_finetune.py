from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from hums import make_trial
from sklearn.metrics import accuracy_score, f1_score
from torch import nn

from pft_tui.encoders.load import load_encoder
from pft_tui.errors import AudioError, SpecError
from pft_tui.training import data
from pft_tui.training.data import Passes, SpeakerData, Split, by_length, rows, waveforms
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.trial import group_shares

CPU, GPU = torch.device("cpu"), torch.device("cuda")
SMALL = nn.Linear(1, 1)


def ignore(epoch, step, values):
    pass


def never():
    return False


def trainer_on(data, name="random:tiny"):
    return FewShotTrainer(load_encoder(name), data, device=CPU, deterministic=True)


def result(outcome):
    return {name: getattr(outcome, name) for name in outcome.__slots__ if name != "seconds"}


def curves_of(trainer, trial):
    rows = []
    outcome = trainer.run(trial, lambda epoch, step, values: rows.append((epoch, step, dict(values))), never)
    return rows, result(outcome)


TRIALS = [
    make_trial("Sad", k=2, epochs=3),
    make_trial("Sad", k=8, epochs=3, trial=1),
    make_trial("Angry", k=6, epochs=2),
    make_trial("Happy", k=4, epochs=3, freeze_cnn=True),
    make_trial("Sad", k=4, epochs=3, padding="split"),
    make_trial("all", k=8, epochs=2),
]


def with_dropout(data):
    encoder = load_encoder("random:tiny")
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.2
    return FewShotTrainer(encoder, data, device=CPU, deterministic=True)


@pytest.mark.parametrize("make", [trainer_on, with_dropout])
def test_a_trial_alone_is_the_same_trial_among_others_bit_for_bit(speaker, make):
    packed = make(speaker)
    together = [curves_of(packed, trial) for trial in TRIALS]
    reversed_order = [curves_of(packed, trial) for trial in reversed(TRIALS)][::-1]
    assert together == reversed_order
    for trial, outcome in list(zip(TRIALS, together, strict=True))[1::2]:
        torch.manual_seed(99)
        assert curves_of(make(speaker), trial) == outcome


def test_the_callers_generator_is_left_as_it_was(speaker):
    trainer = with_dropout(speaker)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trainer.run(TRIALS[0], ignore, never)
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_each_epoch_is_reported_and_the_best_counts(speaker):
    trial = make_trial("Happy", k=14, epochs=30, patience=4)
    rows, outcome = curves_of(trainer_on(speaker), trial)
    assert [(epoch, step) for epoch, step, _ in rows] == [(n, 4 * n) for n in range(1, outcome["epochs"] + 1)]
    curve = [values["val_macro_f1"] for _, _, values in rows]
    assert outcome["best_epoch"] == 1 + int(np.argmax(curve))
    assert outcome["val_macro_f1"] == max(curve) < 1.0
    assert outcome["epochs"] == outcome["best_epoch"] + 4
    assert set(rows[0][2]) == {"train_loss", "val_loss", "val_macro_f1", "val_accuracy"}


def test_training_ends_at_a_perfect_validation_score_which_no_epoch_can_better(speaker):
    trial = make_trial("Angry", k=4, epochs=60, patience=60)
    drawn = speaker.draw(trial)
    learned_by_heart = Split(
        speaker.ids(drawn),
        [speaker.train.audio[index] for index in drawn],
        tuple(speaker.train.labels[index] for index in drawn),
    )
    rows, outcome = curves_of(trainer_on(SpeakerData(speaker.train, learned_by_heart, speaker.test)), trial)
    assert outcome["val_macro_f1"] == 1.0
    assert outcome["epochs"] == outcome["best_epoch"] == len(rows) < 60


def predictions(encoder, head, split, trial):
    """What transformers' own model, one utterance at a time, says to a split."""
    model, extractor = encoder.model.eval(), encoder.extractor
    crop = round(trial.recipe.crop_seconds * 16_000)
    audio = [samples[:crop] / 32768 for samples in split.audio]
    if trial.recipe.padding == "split":
        longest = max(len(samples) for samples in audio)
        audio = [np.pad(samples, (0, longest - len(samples))) for samples in audio]
    with torch.no_grad():
        inputs = [
            torch.tensor(extractor(samples, sampling_rate=16_000).input_values[0])[None] for samples in audio
        ]
        pooled = torch.cat([model(values.float()).last_hidden_state.mean(1) for values in inputs])
        return head(pooled).argmax(1).numpy()


@pytest.mark.parametrize(
    "trial",
    [
        make_trial("Sad", k=8),
        make_trial("Sad", k=8, padding="split"),
        make_trial("Sad", k=8, freeze_cnn=True),
        make_trial("all", k=12, crop_seconds=0.3),
    ],
    ids=["paper", "released", "frozen-cnn", "multiclass"],
)
def test_the_scores_are_those_of_the_untouched_model_in_its_best_state(speaker, trial):
    encoder = load_encoder("random:tiny")
    trainer = FewShotTrainer(encoder, speaker, device=CPU)
    outcome = trainer.run(trial, ignore, never)
    head = trainer.classifier.head
    truth = speaker.targets(speaker.test, trial.emotion)
    predicted = predictions(encoder, head, speaker.test, trial)
    assert outcome.accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert outcome.macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))
    assert outcome.weighted_f1 == pytest.approx(
        f1_score(truth, predicted, average="weighted", zero_division=0)
    )
    validated = predictions(encoder, head, speaker.evaluation, trial)
    labels = speaker.targets(speaker.evaluation, trial.emotion)
    assert outcome.val_macro_f1 == pytest.approx(
        f1_score(labels, validated, average="macro", zero_division=0)
    )


def test_cached_cnn_features_train_as_a_frozen_cnn_does(speaker):
    cached, outcome = curves_of(trainer_on(speaker), make_trial("Happy", k=8, freeze_cnn=True))
    frozen = load_encoder("random:tiny")
    frozen.freeze_cnn()
    rows, expected = curves_of(
        FewShotTrainer(frozen, speaker, device=CPU), make_trial("Happy", k=8, freeze_cnn=False)
    )
    assert outcome == expected
    for (*at, values), (*place, others) in zip(cached, rows, strict=True):
        assert at == place
        assert values == pytest.approx(others, rel=1e-4)


def test_bf16_trains_much_as_fp32_does_with_weights_in_fp32(speaker):
    curves = {}
    for precision in ("fp32", "bf16"):
        trainer = trainer_on(speaker)
        rows, _ = curves_of(trainer, make_trial("Sad", k=4, epochs=3, precision=precision))
        curves[precision] = [values["train_loss"] for _, _, values in rows]
        assert {parameter.dtype for parameter in trainer.classifier.parameters()} == {torch.float32}
    assert curves["bf16"] != curves["fp32"]
    assert curves["bf16"] == pytest.approx(curves["fp32"], rel=0.1)


def test_only_the_cnn_stays_as_it_was_where_it_is_frozen(speaker):
    encoder = load_encoder("random:tiny")
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    trainer = FewShotTrainer(encoder, speaker, device=CPU)
    for freeze in (True, False, True):
        trainer.run(make_trial("Sad", k=4, epochs=2, warmup=0.0, freeze_cnn=freeze), ignore, never)
        moved = {name for name, value in encoder.state_dict().items() if not torch.equal(value, before[name])}
        assert any("encoder.layers" in name for name in moved)
        assert any("feature_extractor" in name for name in moved) is not freeze


def test_the_same_examples_are_drawn_for_every_model(speaker):
    outcomes = [
        trainer_on(speaker, name).run(make_trial("Sad", k=4, epochs=1), ignore, never)
        for name in ("random:tiny", "random:hubert-tiny")
    ]
    assert outcomes[0].examples == outcomes[1].examples
    assert [speaker.train.labels[speaker.train.ids.index(name)] for name in outcomes[0].examples[:2]] == [
        "Sad"
    ] * 2


def test_a_trial_stops_when_asked_to(speaker):
    trainer = trainer_on(speaker)
    asked = []
    assert trainer.run(TRIALS[1], ignore, lambda: bool(asked.append(1)) or len(asked) > 5) is None
    assert len(asked) == 6
    assert curves_of(trainer, TRIALS[1]) == curves_of(trainer_on(speaker), TRIALS[1])


def test_splits_that_do_not_allow_a_trial_are_named(speaker):
    with pytest.raises(SpecError, match="without utterances in the evaluation split"):
        SpeakerData(speaker.train, Split((), [], ()), speaker.test)
    renamed = Split(speaker.test.ids, speaker.test.audio, ("Bored", *speaker.test.labels[1:]))
    with pytest.raises(SpecError, match="no training utterance is labelled Bored"):
        trainer_on(SpeakerData(speaker.train, speaker.evaluation, renamed)).run(
            make_trial("all", k=8), ignore, never
        )
    with pytest.raises(SpecError, match="k=64"):
        trainer_on(speaker).run(make_trial("Sad", k=64), ignore, never)


@pytest.mark.parametrize("samples", [np.zeros(0, np.int16), np.zeros((100, 2), np.int16)])
def test_audio_of_the_wrong_shape_is_refused_by_name(samples):
    with pytest.raises(AudioError, match=r"utterance b is of shape"):
        Split(("a", "b"), [np.ones(10, np.int16), samples], ("Sad", "Sad"))
    with pytest.raises(SpecError, match="2 ids, 1 waveforms, 2 labels"):
        Split(("a", "b"), [np.ones(10, np.int16)], ("Sad", "Sad"))


def test_audio_is_cropped_scaled_and_padded():
    audio = [np.full(8000, 16384, np.int16), np.full(24_000, 0.25, np.float32)]
    ragged = waveforms(audio, crop_seconds=1.01, device=CPU)
    assert ragged.known == (8000, 16_160)
    assert ragged.values.shape == (2, 17_600)  # to the next tenth of a second
    assert ragged.values[0, :8000].unique().tolist() == [0.5]
    assert ragged.values[0, 8000:].unique().tolist() == [0.0]
    assert ragged.values[1, :16_160].unique().tolist() == [0.25]
    assert ragged.values[1, 16_160:].unique().tolist() == [0.0]
    whole = waveforms(audio, crop_seconds=1.01, device=CPU, padding="split")
    assert whole.known == (16_160, 16_160)
    assert whole.values.shape == (2, 16_160)


def test_picked_rows_keep_their_lengths_and_are_cut_to_a_shared_width():
    audio = [np.ones(length, np.float32) for length in (900, 4000, 3300)]
    picked = rows(waveforms(audio, crop_seconds=1.0, device=CPU), [2, 0], 1600)
    assert picked.known == (3300, 900)
    assert picked.lengths.tolist() == [3300, 900]
    assert picked.values.shape == (2, 4800)
    assert picked.values.sum(1).tolist() == [3300, 900]


def test_batches_hold_every_utterance_once_and_no_more_than_their_seconds():
    lengths = np.random.default_rng(0).integers(100, 80_000, 200).tolist()
    batches = by_length([*lengths, 9_999_999], Passes.of(SMALL, CPU))
    assert sorted(index for batch in batches for index in batch) == list(range(201))
    assert batches[-1] == [200]
    for batch in batches[:-1]:
        assert len(batch) * max(lengths[index] for index in batch) <= 32 * 16_000
    assert len(batches) < 1.5 * sum(lengths) / (32 * 16_000)


def test_a_cpu_pads_little_and_a_gpu_takes_few_batches():
    group = [16_000, 68_000, 15_000, 70_000]
    assert by_length(group, Passes.of(SMALL, CPU)) == [[2, 0], [1, 3]]
    assert by_length(group, Passes.of(SMALL, GPU)) == [[2, 0, 1, 3]]
    assert by_length([15_000, 16_000, 14_000, 16_000], Passes.of(SMALL, CPU)) == [[2, 0, 1, 3]]


def test_a_large_encoder_takes_each_utterance_alone_on_a_cpu():
    group, large = [16_000, 68_000, 16_000], nn.Linear(5_000_000, 1, device="meta")
    assert by_length(group, Passes.of(large, CPU)) == [[0], [2], [1]]
    assert by_length(group, Passes.of(large, GPU)) == [[0, 2, 1]]


def test_a_large_encoder_is_evaluated_without_padding_to_the_same_scores(speaker, monkeypatch):
    trial = make_trial("Happy", k=8, epochs=3)
    small, expected = curves_of(trainer_on(speaker), trial)
    monkeypatch.setattr(data, "LARGE_WEIGHTS", 1)
    encoder, even = load_encoder("random:tiny"), []
    encoder.register_forward_pre_hook(lambda module, inputs: even.append(module.training or inputs[0].even))
    large, outcome = curves_of(FewShotTrainer(encoder, speaker, device=CPU), trial)
    assert all(even)
    assert outcome == expected
    for (*_, ours), (*_, theirs) in zip(large, small, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)


def test_batches_are_the_cheapest_of_all_cuts():
    rng = np.random.default_rng(0)
    for _ in range(20):
        lengths = rng.integers(8_000, 80_000, 7).tolist()
        ordered = sorted(lengths)
        cuts = [[0, *inner, 7] for count in range(7) for inner in combinations(range(1, 7), count)]
        cheapest = min(
            sum((end - start) * ordered[end - 1] + 32_000 for start, end in pairwise(cut))
            for cut in cuts
            if all((end - start) * ordered[end - 1] <= 32 * 16_000 for start, end in pairwise(cut))
        )
        batches = by_length(lengths, Passes.of(SMALL, CPU))
        assert sum(len(batch) * max(lengths[i] for i in batch) + 32_000 for batch in batches) == cheapest


@pytest.mark.parametrize(
    ("utterances", "batch_size", "shares"),
    [
        (4, 1, [1 / 4] * 4),
        (3, 1, [1 / 3] * 3),
        (8, 2, [1 / 8] * 8),
        (3, 2, [1 / 4, 1 / 4, 1 / 2]),
        (2, 4, [1 / 2] * 2),
    ],
)
def test_a_group_is_the_mean_over_its_batches(utterances, batch_size, shares):
    assert group_shares(utterances, batch_size) == shares
