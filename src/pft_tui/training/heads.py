"""One linear head for each corpus, trained together with the encoder."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pft_tui.training.draws import seed_of
from pft_tui.training.head import new_head


class TaskHeads(nn.Module):
    """The heads of several tasks over the same pooled states, and the loss that makes them comparable.

    `classes` gives each task's number of classes n(i); tasks are counted in its order. The first weights
    of a head follow from `seed` and the task's name alone.
    """

    scales: Tensor
    _offsets: Tensor
    _foreign: Tensor

    def __init__(self, width: int, classes: Mapping[str, int], seed: int) -> None:
        super().__init__()
        self.names = tuple(classes)
        self.heads = nn.ModuleList(
            new_head(width, count, seed_of("head", seed, name)) for name, count in classes.items()
        )
        counts = torch.tensor(list(classes.values()))
        tasks = torch.arange(len(counts))
        owners = torch.repeat_interleave(tasks, counts)
        self.register_buffer("scales", torch.tensor([1.0 / math.log(count) for count in classes.values()]))
        self.register_buffer("_offsets", counts.cumsum(0) - counts)
        self.register_buffer("_foreign", owners != tasks[:, None])

    def losses(self, pooled: Tensor, tasks: Tensor, labels: Tensor) -> Tensor:
        """The scaled loss of each instance, L_i / ln n(i), with L_i the cross-entropy under its own head.

        `pooled` is (B, width), `tasks` and `labels` are (B,) int64; gives (B,) float32. The scale makes 1
        the loss of a head that knows nothing, however many classes it has (Chen and Yu 2023, section 3).
        """
        # All heads are one product, and the classes of other tasks are masked: the instances need not be
        # sorted by task, nor does the device have to be asked which tasks there are.
        weight = torch.cat([head.get_parameter("weight") for head in self.heads])
        bias = torch.cat([head.get_parameter("bias") for head in self.heads])
        logits = nn.functional.linear(pooled, weight, bias).float()
        logits = logits.masked_fill(self._foreign[tasks], -math.inf)
        losses = nn.functional.cross_entropy(logits, self._offsets[tasks] + labels, reduction="none")
        return losses * self.scales[tasks]

    def tensors(self) -> dict[str, Tensor]:
        """Each head's `NAME.weight` (classes, width) and `NAME.bias` (classes,)."""
        return {
            f"{name}.{key}": value
            for name, head in zip(self.names, self.heads, strict=True)
            for key, value in head.state_dict().items()
        }
