"""The line that says which jobs are meant: `model:iemocap k:2,4 state:failed words`, and its completion."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pft_tui.errors import UsageError
from pft_tui.registry import near_miss

Known = Mapping[str, Sequence[str]]
STATES = ("queued", "paused", "running", "finished", "failed", "cancelled")
KINDS = ("prepare", "prefinetune", "trial")
# What the keys are called in a request.
FIELDS = {
    "model": "models",
    "speaker": "speakers",
    "emotion": "emotions",
    "k": "shots",
    "state": "states",
    "kind": "kinds",
    "job": "numbers",
}
_ALWAYS = {"state": STATES, "kind": KINDS}


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand from the place `start` of a line on, the likeliest first."""

    start: int
    options: tuple[str, ...]

    def line(self, text: str, option: int = 0) -> str:
        """The line with one of the options in its place."""
        return text[: self.start] + self.options[option]


def parse(text: str, known: Known | None = None) -> dict[str, Any]:
    """The jobs that a line means, as a request takes them.

    `known` has the values that there are, by key; capitals do not matter to those. Values of one key are
    alternatives, different keys and words all have to hold. Raises UsageError for what makes no sense.
    """
    there = {**(known or {}), **_ALWAYS}
    meant: dict[str, Any] = {}
    for token in _tokens(text):
        key, colon, values = token.partition(":")
        if not colon:
            meant.setdefault("words", []).append(token)
            continue
        if key not in FIELDS:
            raise UsageError(f"there is no {key}:", hint=near_miss(key, FIELDS))
        wanted = [value for value in values.split(",") if value]
        if not wanted:
            raise UsageError(f"{key}: of what?", hint=_some(there.get(key, ())))
        meant.setdefault(FIELDS[key], []).extend(_value(key, value, there.get(key)) for value in wanted)
    return meant


def complete(text: str, known: Known) -> Completion:
    """How the line may go on at its end."""
    there = {**known, **_ALWAYS}
    start = text.rfind(" ") + 1
    key, colon, values = text[start:].partition(":")
    if not colon:
        return Completion(start, tuple(f"{name}:" for name in FIELDS if name.startswith(key)))
    last = values.rpartition(",")[2].strip('"').casefold()
    options = [value for value in there.get(key, ()) if last in value.casefold()]
    options.sort(key=lambda value: not value.casefold().startswith(last))
    return Completion(len(text) - len(values.rpartition(",")[2]), tuple(map(_quoted, options)))


def is_begun(text: str) -> bool:
    """Whether the last word may become a key, and means nothing yet."""
    last = text.rpartition(" ")[2]
    return bool(last) and any(key.startswith(last) for key in FIELDS)


def _tokens(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageError('a " is not closed') from None


def _value(key: str, value: str, known: Iterable[str] | None) -> object:
    if key == "job":
        return _range(value)
    value = _sorted(value) if key == "model" else value
    if known:
        by_case = {name.casefold(): name for name in known}
        if value.casefold() not in by_case:
            raise UsageError(f"no job has {key}:{value}", hint=near_miss(value, by_case.values()))
        value = by_case[value.casefold()]
    if key != "k":
        return value
    if not value.isdecimal():
        raise UsageError(f"k:{value} is no number")
    return int(value)


def _sorted(model: str) -> str:
    return "+".join(sorted(model.split("+"), key=str.casefold))


def _range(value: str) -> list[int]:
    first, dash, last = value.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UsageError(f"job:{value} is no number", hint="a number (17) or a range (17-30)")
    return [int(first), int(last or first)]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _some(values: Iterable[str]) -> str | None:
    return ", ".join(values) or None
