"""The dashboard without a terminal, with keys that are really pressed."""

from contextlib import asynccontextmanager

from pft_tui.tui.app import Dashboard

SIZE = (120, 40)


@asynccontextmanager
async def opened(workspace, screen, *, size=SIZE, feed=None):
    """A pilot of the dashboard of a workspace, on a screen, once it has shown what there is."""
    app = Dashboard(workspace, feed=feed, screen=screen)
    async with app.run_test(size=size) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if app.pulse is not None and not app._is_beating:
                break
        await pilot.pause(0.1)
        yield pilot
        assert app.failures == []
