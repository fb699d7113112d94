"""Reading values out of the rows of a result."""

from __future__ import annotations

import math
from collections.abc import Mapping

Row = Mapping[str, object]
PLACE = "place"  # what a screen with a cursor calls a row by, in the row and in what is drawn of it


def number(row: Row, name: str) -> float | None:
    """The finite number in a column, or None where there is none (NULL, NaN, infinity, no such column)."""
    value = row.get(name)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def place_of(row: Row) -> int | None:
    """The row's place, where it is shown on a screen with a cursor."""
    return whole(row, PLACE) if PLACE in row else None


def whole(row: Row, name: str) -> int:
    """The whole number in a column that always has one, such as k."""
    value = row[name]
    if isinstance(value, int):
        return value
    raise TypeError(f"{name} is {value!r}, not a whole number")


def unfinished(row: Row, counted: str = "trials", expected: str = "expected") -> bool:
    """Whether less has finished of what a row sums up than the queue knows of."""
    done, all_of_it = number(row, counted), number(row, expected)
    return done is not None and all_of_it is not None and done < all_of_it


def is_overall_loss(row: Row) -> bool:
    """Whether a row of `learning_curves` is a loss over all corpora; that of one has its name after `/`."""
    name = str(row["name"])
    return "loss" in name and "/" not in name
