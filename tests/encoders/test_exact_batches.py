"""The gate: a batch of any lengths gives each utterance what transformers gives that utterance alone."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged

ENCODERS = [
    "random:tiny",
    "random:tiny-ln",
    "random:hubert-tiny",
    "random:hubert-tiny-ln",
    "random:wavlm-tiny",
    "random:wavlm-tiny-ln",
    "random:data2vec-tiny",
    "random:unispeech-tiny",
    "random:unispeech-sat-tiny",
]
GROUP_NORM = [name for name in ENCODERS if not name.endswith("-ln") and "data2vec" not in name]
LENGTHS = (4_800, 80_000, 16_000, 16_001, 33_333, 401, 399, 57)


def off(ours: Tensor, alone: Tensor) -> float:
    """The largest difference, as a share of the spread of what transformers gives."""
    return ((ours - alone).abs().max() / alone.std()).item()


def off_by(alone_of, waveforms: list[Tensor], hidden: Ragged) -> float:
    worst = 0.0
    for row, waveform in enumerate(waveforms):
        alone = alone_of(waveform)
        assert hidden.known[row] == hidden.lengths[row] == len(alone)
        worst = max(worst, off(hidden.values[row, : len(alone)], alone))
    return worst


def without_known(batch: Ragged) -> Ragged:
    return Ragged(batch.values, batch.lengths)


@pytest.mark.parametrize("name", ENCODERS)
@torch.no_grad()
def test_each_utterance_of_a_batch_is_as_alone(name, pair, speech):
    pair, waveforms = pair(name), speech(*LENGTHS)
    assert off_by(pair.alone, waveforms, pair.together(waveforms)) < 2e-5


@pytest.mark.parametrize("name", ENCODERS)
@torch.no_grad()
def test_so_it_is_with_lengths_that_only_the_device_knows(name, pair, speech):
    pair, waveforms = pair(name), speech(*LENGTHS[:4])
    batch = pair.ours.normalise(Ragged.pad(waveforms))
    hidden = pair.ours(without_known(batch))
    assert hidden.known is None
    known = pair.ours.frames(batch.known)
    assert hidden.lengths.tolist() == known
    assert off_by(pair.alone, waveforms, Ragged(hidden.values, hidden.lengths, tuple(known))) < 2e-5


@pytest.mark.parametrize("name", ENCODERS)
def test_gradients_are_the_sum_of_those_of_the_utterances_alone(name, pair, speech):
    pair, waveforms = pair(name), speech(4_800, 24_000, 16_001, 9_999)
    direction = torch.linspace(-1, 1, pair.ours.hidden_size)

    (pair.together(waveforms).pooled() @ direction).sum().backward()
    for waveform in waveforms:
        (pair.alone(waveform).mean(0) @ direction).backward()

    ours, alone = dict(pair.ours.model.named_parameters()), dict(pair.model.named_parameters())
    assert ours.keys() == alone.keys()
    scale = max(parameter.grad.abs().max() for parameter in alone.values() if parameter.grad is not None)
    for key, parameter in alone.items():
        if parameter.grad is None:
            assert ours[key].grad is None, key
            continue
        allowed = 1e-4 * parameter.grad.abs().max() + 1e-6 * scale
        assert (ours[key].grad - parameter.grad).abs().max() < allowed, key


@pytest.mark.parametrize("name", GROUP_NORM)
def test_the_masked_group_norm_has_the_same_gradients(name, pair, speech):
    pair = pair(name)
    batch = pair.ours.normalise(Ragged.pad(speech(4_800, 16_000)))
    conv = pair.ours.model.feature_extractor.conv_layers[0].conv.weight
    gradients = []
    for rows in (batch, without_known(batch)):
        conv.grad = None
        pair.ours(rows).pooled().square().sum().backward()
        gradients.append(conv.grad.clone())
    assert off(*gradients) < 1e-4


@pytest.mark.parametrize("name", ["random:tiny", "random:wavlm-tiny", "random:data2vec-tiny"])
@torch.no_grad()
def test_neither_order_nor_company_matters(name, pair, speech):
    pair, waveforms = pair(name), speech(8_000, 12_345, 4_000)
    pooled = pair.together(waveforms).pooled()
    turned = pair.together([waveforms[row] for row in (2, 0, 1)]).pooled()
    joined = pair.together([*waveforms, *speech(90_000, seed=9)]).pooled()
    assert off(turned, pooled[[2, 0, 1]]) < 1e-5
    assert off(joined[:3], pooled) < 1e-5


@pytest.mark.parametrize("name", ENCODERS)
@torch.no_grad()
def test_what_lies_in_the_padding_is_never_read(name, pair, speech):
    pair = pair(name)
    batch = pair.ours.normalise(Ragged.pad(speech(8_000, 12_000)))
    noisy = batch.values.clone()
    noisy[0, 8_000:] = torch.nan
    pooled = pair.ours(Ragged(noisy, batch.lengths, batch.known)).pooled()
    assert torch.equal(pooled, pair.ours(batch).pooled())


@pytest.mark.parametrize("name", ENCODERS)
@torch.no_grad()
def test_a_padded_batch_is_the_plain_forward(name, pair, speech):
    pair, waveforms = pair(name), Ragged.pad(speech(8_000, 12_000, 11_111)).values
    hidden = pair.ours.encode_padded(waveforms)
    plain = pair.model(waveforms).last_hidden_state
    assert off(hidden.values, plain) < 1e-5
    assert hidden.known == (plain.shape[1],) * 3
    assert off(hidden.pooled(), plain.mean(1)) < 1e-5


@pytest.mark.parametrize("name", GROUP_NORM)
@torch.no_grad()
def test_padding_does_change_the_plain_forward(name, pair, speech):
    """Were it not so, the tests above would prove nothing."""
    pair, waveforms = pair(name), speech(8_000, 24_000)
    batch = pair.ours.normalise(Ragged.pad(waveforms))
    plain = pair.model(batch.values).last_hidden_state[0]
    alone = pair.alone(waveforms[0])
    assert off(plain[: len(alone)], alone) > 1e-2


@pytest.mark.parametrize("name", ["random:tiny", "random:tiny-ln", "random:hubert-tiny"])
@torch.no_grad()
def test_equal_lengths_take_the_plain_path_to_the_bit(name, pair, speech):
    pair = pair(name)
    batch = pair.ours.normalise(Ragged.pad(speech(8_000, 8_000, 8_000)))
    assert batch.even
    assert torch.equal(pair.ours(batch).values, pair.model(batch.values).last_hidden_state)


@torch.no_grad()
def test_a_batch_norm_over_positions_does_not_move_the_padding(pair, speech):
    """Some HuBERTs have one, and what it adds to the padded zeros must not reach the convolution."""
    pair = pair("random:hubert-tiny")
    width = pair.ours.hidden_size
    norm = nn.BatchNorm1d(width)
    norm.running_mean.copy_(torch.linspace(-1, 1, width))
    norm.bias.copy_(torch.linspace(1, 2, width))
    for model in (pair.ours.model, pair.model):
        model.encoder.pos_conv_embed.batch_norm = norm.eval()
    waveforms = speech(8_000, 12_000)
    assert off_by(pair.alone, waveforms, pair.together(waveforms)) < 2e-5

    pair.ours.train()
    assert not pair.ours.model.encoder.pos_conv_embed.batch_norm.training


@pytest.mark.parametrize("name", ["random:tiny", "random:wavlm-tiny"])
@torch.no_grad()
def test_bfloat16_is_near_float32(name, pair, speech):
    pair, waveforms = pair(name), speech(8_000, 12_000)
    batch = pair.ours.normalise(Ragged.pad(waveforms))
    exact = pair.ours(batch).pooled()
    for rows in (batch, without_known(batch)):
        with torch.autocast("cpu", torch.bfloat16):
            assert off(pair.ours(rows).pooled().float(), exact) < 0.1


@torch.no_grad()
def test_the_base_size_is_exact_too(speech):
    ours = load_encoder("random:base")
    model = copy.deepcopy(ours.model)
    assert model.num_parameters() == pytest.approx(94.4e6, rel=1e-3)
    assert model.config._attn_implementation == "sdpa"

    def alone(waveform):
        extracted = ours.extractor(waveform.numpy(), sampling_rate=16_000, return_tensors="pt")
        return model(extracted["input_values"]).last_hidden_state[0]

    waveforms = speech(4_800, 12_000)
    hidden = ours(ours.normalise(Ragged.pad(waveforms)))
    assert off_by(alone, waveforms, hidden) < 2e-5
