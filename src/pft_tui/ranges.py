"""Many numbers said in few: as ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Ranges = list[list[int]]


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Numbers as the fewest ranges [first, last], in order."""
    found: Ranges = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def numbers_in(ranges: Iterable[Sequence[int]]) -> frozenset[int]:
    """The numbers in some ranges [first, last]."""
    return frozenset(number for first, last in ranges for number in range(first, last + 1))
