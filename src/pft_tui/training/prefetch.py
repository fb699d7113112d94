"""Making the next thing while the last is in use."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def prefetched(make: Callable[[Item], Made], items: Iterable[Item]) -> Generator[Made]:
    """What `make` makes of each item, in their order; a thread makes one more than was asked for.

    What `make` raises is raised where its result is due. Closing the generator waits for the thread.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        coming: Future[Made] | None = None
        for item in items:
            following = pool.submit(make, item)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
