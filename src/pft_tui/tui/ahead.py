"""The screens that are not on show yet, made before a key asks for them."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

from pft_tui.tui.screens import SCREENS

if TYPE_CHECKING:
    from pft_tui.tui.app import Dashboard

PATIENCE_SECONDS = 2.0  # with a screen that is being made, at the end
PREPARE_SECONDS = 0.2  # between two screens, for keys that come meanwhile
FILLED_SECONDS = 1.0  # in which the last of the screens mostly gets what it shows


class Ahead:
    """Makes the screens of a dashboard, one after the other, until it is told to stop."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._making: asyncio.Future[None] | None = None
        self._is_stopped = False

    async def make_all(self) -> None:
        """Make those that were not shown yet; then leave all that is there out of garbage collections."""
        for entry in SCREENS:
            await asyncio.to_thread(entry.load)
            await asyncio.sleep(PREPARE_SECONDS)
            self._making = asyncio.ensure_future(self._make(entry.name))
            await asyncio.shield(self._making)
        await asyncio.sleep(FILLED_SECONDS)
        gc.collect()
        gc.freeze()  # what is there now stays: to look through all of it again would hold up a key by 0.1 s

    async def _make(self, name: str) -> None:
        if not self._is_stopped and name not in self._dashboard._screen_stacks:
            # Textual makes a mode's screen when it is first shown, and has no public way to do so before.
            await self._dashboard._init_mode(name)

    async def stop(self) -> None:
        """Wait for a screen that is being made, and make no others: Textual would mount it half made."""
        self._is_stopped = True
        if self._making is not None:
            await asyncio.wait({self._making}, timeout=PATIENCE_SECONDS)
        gc.unfreeze()
