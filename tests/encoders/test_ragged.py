from __future__ import annotations

import pytest
import torch

from pft_tui.encoders.ragged import Ragged
from pft_tui.errors import EncoderError


def test_padding_is_zero_and_the_lengths_are_known_on_both_sides():
    batch = Ragged.pad([torch.ones(3), torch.ones(5), torch.ones(1)])
    assert batch.values.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]]
    assert batch.lengths.tolist() == [3, 5, 1] == list(batch.known)
    assert batch.padding().sum(1).tolist() == [2, 0, 4]


def test_equal_lengths_have_no_padding():
    assert Ragged.pad([torch.ones(4), torch.ones(4)]).padding() is None
    assert Ragged.full(torch.zeros(2, 4)).padding() is None
    assert Ragged.of(torch.zeros(2, 4), [3, 3]).padding() is not None


def test_lengths_on_the_device_alone_are_always_masked():
    batch = Ragged(torch.ones(2, 4), torch.tensor([4, 4]))
    assert not batch.even
    assert not batch.padding().any()


def test_rows_are_cut_to_the_longest_of_them():
    batch = Ragged.pad([torch.full((length,), float(length)) for length in (3, 5, 1, 2)])
    chosen = batch.rows([3, 0, 3])
    assert chosen.values.tolist() == [[2, 2, 0], [3, 3, 3], [2, 2, 0]]
    assert chosen.lengths.tolist() == [2, 3, 2] == list(chosen.known)


def test_rows_keep_their_width_where_the_lengths_are_not_known():
    batch = Ragged(torch.arange(8.0).reshape(2, 4), torch.tensor([2, 1]))
    chosen = batch.rows([1])
    assert chosen.values.shape == (1, 4)
    assert chosen.lengths.tolist() == [1]
    assert chosen.known is None


@pytest.mark.parametrize("known", [(2, 3), None])
def test_the_mean_is_over_each_rows_own_steps(known):
    values = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [99.0, 99.0]], [[1.0, 1.0], [2.0, 2.0], [6.0, 6.0]]])
    pooled = Ragged(values, torch.tensor([2, 3]), known).pooled()
    assert torch.allclose(pooled, torch.tensor([[2.0, 3.0], [3.0, 3.0]]))


def test_empty_utterances_and_batches_are_refused():
    with pytest.raises(EncoderError, match="utterance 1 of a batch has 0 steps"):
        Ragged.pad([torch.ones(3), torch.ones(0)])
    with pytest.raises(EncoderError, match="has 5 steps of 4"):
        Ragged.of(torch.ones(1, 4), [5])
    with pytest.raises(EncoderError, match="without utterances"):
        Ragged.pad([])
