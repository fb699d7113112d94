"""Processes that train one model together, each on a device of its own: what they share and add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, distributed

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which of how many processes this is; `rank` counts from 0.

    Where there are several, they are those of torch.distributed's default process group.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that reports and writes."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """This process's part of all items: in order of length, about as much as everybody else's.

        There may be fewer items than processes, so that some have none.
        """
        return items[self.rank :: self.size]

    def add_up(self, tensor: Tensor) -> Tensor:
        """Make each process's `tensor` the sum of all of them, the same bits everywhere; gives it back."""
        if self.size > 1:
            distributed.all_reduce(tensor)
        return tensor


ALONE = Ranks()
