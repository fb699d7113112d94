"""What a look at one thing has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, what was found, and what to do where it is not well."""

    check: str
    ok: bool
    found: str
    remedy: str | None = None
