"""Spans of bytes, against sets of the bytes themselves."""

import random
from itertools import pairwise

from pft_tui.cluster.spans import batches, merged, without


def some_spans(chance):
    starts = [chance.randrange(60) for _ in range(chance.randrange(6))]
    return [(start, start + chance.randrange(12)) for start in starts]


def bytes_of(spans):
    return {place for start, end in spans for place in range(start, end)}


def test_spans_are_the_bytes_that_they_cover():
    chance = random.Random(5)
    for _ in range(500):
        wanted, have = some_spans(chance), some_spans(chance)
        assert bytes_of(merged(wanted)) == bytes_of(wanted)
        assert bytes_of(without(wanted, have)) == bytes_of(wanted) - bytes_of(have)
        found = merged(wanted)
        assert all(end < later for (_, end), (later, _) in pairwise(found))


def test_batches_hold_all_bytes_once_and_no_more_than_asked_for():
    chance = random.Random(6)
    for _ in range(200):
        spans, most = merged(some_spans(chance)), chance.randrange(1, 20)
        found = list(batches(spans, most))
        places = [place for batch in found for span in batch for place in range(*span)]
        assert places == sorted(bytes_of(spans))
        sizes = [sum(end - start for start, end in batch) for batch in found]
        assert all(size == most for size in sizes[:-1])
        assert all(0 < size <= most for size in sizes)
