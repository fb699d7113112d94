"""Which jobs are marked: some by their numbers, or all that pass the filter but some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pft_tui.ranges import ranges_of


@dataclass(frozen=True, slots=True)
class Marks:
    """The marked jobs: those of the `numbers`, or with `is_all` all of the filter without those."""

    numbers: frozenset[int] = frozenset()
    is_all: bool = False

    def __bool__(self) -> bool:
        return self.is_all or bool(self.numbers)

    def __contains__(self, number: int) -> bool:
        return (number in self.numbers) != self.is_all

    def count(self, total: int) -> int:
        """How many they are where `total` jobs pass the filter."""
        return total - len(self.numbers) if self.is_all else len(self.numbers)

    def turned(self, number: int) -> Marks:
        """The same with one job marked, or not any more."""
        return replace(self, numbers=self.numbers ^ {number})

    def with_all(self, numbers: Iterable[int]) -> Marks:
        """The same with these jobs marked."""
        return replace(
            self, numbers=self.numbers - set(numbers) if self.is_all else self.numbers | set(numbers)
        )

    def selection(self, meant: Mapping[str, Any]) -> dict[str, Any]:
        """The marked jobs as a request takes them; `meant` is what the filter means."""
        ranges = ranges_of(self.numbers)
        if not self.is_all:
            return {"numbers": ranges}
        return {**meant, "without": ranges} if ranges else dict(meant)
