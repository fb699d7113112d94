"""Parts of a file as spans of bytes, (start, end) each with the end left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same bytes in as few spans as can be, in order."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def without(wanted: Iterable[Span], have: Iterable[Span]) -> tuple[Span, ...]:
    """The bytes of `wanted` that are not in `have`."""
    rest = merged(wanted)
    for first, last in merged(have):
        cut = [piece for start, end in rest for piece in ((start, min(end, first)), (max(start, last), end))]
        rest = merged(cut)
    return rest


def batches(spans: Iterable[Span], most: int) -> Iterator[list[Span]]:
    """The spans cut up and put together so that each batch but the last holds `most` bytes."""
    batch: list[Span] = []
    room = most
    for begin, end in spans:
        start = begin
        while start < end:
            stop = min(end, start + room)
            batch.append((start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield batch
                batch, room = [], most
    if batch:
        yield batch
