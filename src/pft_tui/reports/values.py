"""Values of a database as text and as JSON, without loss."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

DASH = "–"
MINUS = "−"


def as_text(value: object) -> str:
    """The value on one line or more, whole; NULL is an empty string.

    Characters that do not print, which could drive the terminal, are written as escapes.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping | Sequence):
        return json.dumps(as_json(value), ensure_ascii=False)
    return str(value)


def as_json(value: object) -> object:
    """The value as what `json.dumps` can write: NaN and infinities are None, what JSON lacks is text.

    A decimal is a number where a float holds all its digits, else text.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {as_text(key): as_json(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [as_json(item) for item in value]
    return str(value)


def signed(value: float, decimals: int) -> str:
    """The number with its sign, `+0.0020` or `−0.1184`; what rounds to zero has none."""
    text = f"{abs(value):.{decimals}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else MINUS) + text
