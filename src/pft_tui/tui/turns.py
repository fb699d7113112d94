"""Keys one after the other, however fast they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.timer import Timer

Typed = Key | Paste
# What a key sets off is handed on by messages: from where the key is taken up to the app, whose bindings may
# have another one sent, whose handler may have another.
ROUNDS = 3
PATIENCE_SECONDS = 0.5  # with a key that a widget takes with it when it goes, or that takes long


class Turns:
    """Hands on what is typed to an app once all that was typed before has had its effect.

    Textual hands on a key at once, to what has the focus by then, but lets bindings act later. On a line that
    lags, keys come many at a time: a backspace would take the last character and not the one before it, and
    what is pressed after Enter would go to the line that Enter leaves.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Typed] = deque()
        self._turn = 0
        self._timer: Timer | None = None

    async def take(self, typed: Typed) -> None:
        """Hand it on, now or when its turn has come."""
        self._waiting.append(typed)
        if self._timer is None:
            await self._next(self._turn)

    async def _next(self, turn: int) -> None:
        """Begin the turn after this one, unless that has begun."""
        if turn != self._turn:
            return
        self._turn += 1
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._waiting:
            self._timer = self._app.set_timer(PATIENCE_SECONDS, lambda turn=self._turn: self._next(turn))
            path = self._path()
            await self._hand_on(self._waiting.popleft())
            self._go_through(iter(path), 1, self._turn)

    def _path(self) -> list[DOMNode]:
        """What a key passes: from what has the focus up to the app."""
        return (self._app.focused or self._app.screen).ancestors_with_self

    def _go_through(self, path: Iterator[DOMNode], rounds: int, turn: int) -> None:
        """Wait until each of these, one after the other, has handled what it was sent; then for the next."""
        for node in path:
            if node.call_later(self._go_through, path, rounds, turn):
                return
        if rounds < ROUNDS:
            self._go_through(iter(self._path()), rounds + 1, turn)
        else:
            self._app.call_later(self._next, turn)
