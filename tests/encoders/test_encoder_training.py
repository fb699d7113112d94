"""What an encoder does while it is trained: dropout, layerdrop, SpecAugment and a frozen CNN."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from transformers.models.wav2vec2.modeling_wav2vec2 import _compute_mask_indices

from pft_tui.encoders.augment import Spans, SpecAugment, SpecMask
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged


def with_dropout(encoder, chance=0.3):
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = chance
    return encoder


def augmented(name="random:tiny", **settings):
    """An encoder with SpecAugment on."""
    encoder = load_encoder(name)
    config = encoder.model.config
    config.apply_spec_augment = True
    config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks = 0.5, 4, 1
    for key, value in settings.items():
        setattr(config, key, value)
    encoder.augment = SpecAugment.of(config)
    return encoder.train()


@pytest.mark.parametrize("name", ["random:tiny", "random:hubert-tiny-ln", "random:data2vec-tiny"])
def test_dropout_and_layerdrop_are_those_of_transformers(name, pair, speech):
    """The same draws from the same generator, to the bit."""
    pair = pair(name)
    batch = pair.ours.normalise(Ragged.pad(speech(8_000)))
    outcomes = []
    for encoder in (pair.ours, pair.model):
        model = with_dropout(encoder).train()
        (model.model if encoder is pair.ours else model).config.layerdrop = 0.5
        torch.manual_seed(3)
        states = [model(batch).values if encoder is pair.ours else model(batch.values).last_hidden_state]
        states += [model(batch).values if encoder is pair.ours else model(batch.values).last_hidden_state]
        outcomes.append(torch.cat(states))
    assert torch.equal(*outcomes)
    assert not torch.equal(outcomes[0][0], outcomes[0][1])


def test_wavlm_never_drops_the_layer_that_makes_its_bias(speech):
    encoder = load_encoder("random:wavlm-tiny").train()
    encoder.model.config.layerdrop = 1.0
    reached = []
    for index, layer in enumerate(encoder.model.encoder.layers):
        layer.register_forward_hook(lambda *_, index=index: reached.append(index))
    encoder(Ragged.pad(speech(8_000)))
    assert reached == [0]


def test_evaluation_is_the_same_each_time_and_training_is_not(speech):
    encoder = with_dropout(augmented())
    batch = encoder.normalise(Ragged.pad(speech(16_000, 9_000)))
    assert not torch.equal(encoder(batch).values, encoder(batch).values)
    encoder.eval()
    assert torch.equal(encoder(batch).values, encoder(batch).values)


def test_one_seed_decides_all_that_is_random(speech):
    encoder = with_dropout(augmented(mask_feature_prob=0.2))
    batch = encoder.normalise(Ragged.pad(speech(16_000, 9_000)))
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        states.append(encoder(batch).values)
        np.random.default_rng().random()
    assert torch.equal(*states)


@pytest.mark.parametrize(
    ("chance", "length", "at_least"), [(0.05, 10, 2), (0.5, 4, 0), (0.2, 10, 0), (0.9, 7, 1), (0.01, 3, 0)]
)
@pytest.mark.parametrize("frames", [12, 150])
def test_as_much_is_masked_as_transformers_masks_in_an_utterance_alone(chance, length, at_least, frames):
    draws = 500
    torch.manual_seed(0)
    np.random.seed(0)
    spans = Spans(chance, length, at_least)
    ours = [spans.draw(frames, frames, None).sum().item() for _ in range(draws)]
    theirs = [
        _compute_mask_indices((1, frames), chance, length, min_masks=at_least).sum() for _ in range(draws)
    ]
    noise = np.hypot(np.std(ours), np.std(theirs)) / np.sqrt(draws)
    assert abs(np.mean(ours) - np.mean(theirs)) <= 4 * noise


def test_spans_are_whole_and_stay_inside_the_utterance():
    spans = Spans(chance=0.5, length=5, at_least=1)
    for seed in range(200):
        masked = spans.draw(23, 40, torch.Generator().manual_seed(seed))
        assert not masked[23:].any()
        runs = "".join("x" if one else " " for one in masked.tolist()).split()
        assert runs
        assert all(len(run) >= 5 for run in runs)


def test_an_utterance_shorter_than_a_span_is_not_masked():
    assert not Spans(chance=0.9, length=10, at_least=2).draw(9, 30, None).any()


def test_a_mask_sets_frames_to_the_learnt_vector_and_channels_to_zero():
    hidden = torch.ones(2, 3, 4)
    frames = torch.tensor([[True, False, False], [False, False, True]])
    channels = torch.tensor([[False, False, False, True], [False, True, False, False]])
    masked = SpecMask(frames, channels).apply(hidden, torch.full((4,), 7.0))
    assert masked[0].tolist() == [[7, 7, 7, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    assert masked[1].tolist() == [[1, 0, 1, 1], [1, 0, 1, 1], [7, 0, 7, 7]]
    assert hidden.eq(1).all()


@torch.no_grad()
def test_a_mask_that_is_given_is_what_transformers_does_with_it(pair, speech):
    pair = pair("random:tiny")
    for model in (pair.ours.model, pair.model):
        model.config.apply_spec_augment = True
    pair.ours.augment = SpecAugment.of(pair.ours.model.config)
    batch = pair.ours.normalise(Ragged.pad(speech(9_000)))
    frames = torch.zeros(1, *pair.ours.frames([9_000]), dtype=torch.bool)
    frames[0, 5:11] = True
    pair.ours.train()
    ours = pair.ours(batch, SpecMask(frames, None)).values
    theirs = pair.model(batch.values, mask_time_indices=frames).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert not torch.allclose(ours, pair.model(batch.values).last_hidden_state, atol=1e-2)


def test_masks_do_not_touch_what_an_encoder_without_spec_augment_gives(speech):
    encoder = load_encoder("random:tiny").train()
    batch = encoder.normalise(Ragged.pad(speech(9_000, 5_000)))
    assert encoder.augment is None
    assert torch.equal(encoder(batch).values, encoder.eval()(batch).values)


def test_freezing_the_cnn_freezes_what_transformers_freezes(pair, speech):
    pair = pair("random:hubert-tiny")
    pair.ours.freeze_cnn()
    pair.model.feature_extractor._freeze_parameters()
    assert {key for key, value in pair.ours.model.named_parameters() if value.requires_grad} == {
        key for key, value in pair.model.named_parameters() if value.requires_grad
    }
    assert sum(not value.requires_grad for value in pair.ours.parameters()) == 9
    pair.together(speech(6_000, 4_000)).pooled().sum().backward()
    assert all(value.grad is None for value in pair.ours.model.feature_extractor.parameters())
    assert pair.ours.model.feature_projection.projection.weight.grad is not None


@pytest.mark.parametrize("name", ["random:tiny", "random:wavlm-tiny-ln"])
def test_features_can_be_kept_and_chosen_from(name, speech):
    encoder = load_encoder(name)
    batch = encoder.normalise(Ragged.pad(speech(20_000, 5_000, 9_000)))
    kept = encoder.features(batch)
    assert kept.values.shape[:2] == (3, max(encoder.frames(batch.known)))
    chosen = encoder.contextualise(kept.rows([2, 1])).pooled()
    assert torch.allclose(chosen, encoder(batch).pooled()[[2, 1]], atol=1e-5)


@pytest.mark.parametrize(
    "name", ["random:tiny", "random:tiny-ln", "random:wavlm-tiny", "random:data2vec-tiny"]
)
def test_nothing_is_read_back_from_the_device(name):
    """Tensors on the meta device have no values, so that reading one back fails."""
    encoder = augmented(name, mask_feature_prob=0.2).to("meta")
    samples = (16_000, 9_000, 300)
    values, lengths = torch.empty(3, 16_000, device="meta"), torch.empty(3, dtype=torch.int64, device="meta")
    pooled = encoder(encoder.normalise(Ragged(values, lengths, samples))).pooled()
    assert pooled.shape == (3, encoder.hidden_size)
    encoder.eval()
    assert encoder(encoder.normalise(Ragged(values, lengths))).pooled().shape == pooled.shape
    assert Ragged.of(values, samples).rows([2, 0]).values.shape == (2, 16_000)


def test_a_copy_is_independent(speech):
    encoder = load_encoder("random:wavlm-tiny")
    batch = encoder.normalise(Ragged.pad(speech(9_000, 5_000)))
    before = encoder(batch).pooled()
    twin = copy.deepcopy(encoder)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert torch.equal(encoder(batch).pooled(), before)


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # weight norm is looped over
def test_stacked_weights_run_under_vmap(speech):
    """Trials of one architecture can be run as one, by torch.func."""
    encoders = [load_encoder("random:tiny", seed=seed) for seed in (1, 2)]
    batch = encoders[0].normalise(Ragged.pad(speech(6_000, 4_000)))
    weights, buffers = torch.func.stack_module_state(encoders)

    def pooled(weights, buffers, values, lengths):
        return torch.func.functional_call(
            encoders[0], (weights, buffers), (Ragged(values, lengths),)
        ).pooled()

    stacked = torch.vmap(pooled, (0, 0, None, None))(weights, buffers, batch.values, batch.lengths)
    for encoder, alone in zip(encoders, stacked, strict=True):
        assert torch.allclose(alone, encoder(batch).pooled(), atol=1e-5)
