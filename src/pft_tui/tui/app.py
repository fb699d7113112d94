"""The app: its screens, its beat, and what all screens can do."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import ActiveBinding, Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from pft_tui.errors import PftError
from pft_tui.paths import Workspace
from pft_tui.tui.ahead import Ahead
from pft_tui.tui.dialogs import Choose
from pft_tui.tui.exports import Exporter, Way, described, write_png, write_text
from pft_tui.tui.feed import Feed, Pulse
from pft_tui.tui.memory import Memory
from pft_tui.tui.pane import Pane
from pft_tui.tui.screens import SCREENS
from pft_tui.tui.sixteen import Sixteen
from pft_tui.tui.themes import DARK, LIGHT
from pft_tui.tui.turns import Turns

BEAT_SECONDS = 1.0
SIXTEEN = Sixteen()


def write_failure(workspace: Workspace) -> Path:
    """Add the traceback of the error at hand to the dashboard's log; its path."""
    path = workspace.logs / "dashboard.log"
    with suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{traceback.format_exc()}\n")
    return path


class Dashboard(App[None]):
    """The dashboard of a workspace. Jobs never depend on it."""

    TITLE = "pft"
    CSS_PATH = "pft.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, Any]] = {entry.name: entry.make for entry in SCREENS}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(entry.key, f"switch_mode('{entry.name}')", entry.name, show=False, system=True)
            for entry in SCREENS
        ),
        Binding("question_mark", "help", "Keys", key_display="?"),
        Binding("ctrl+p", "command_palette", "Palette", show=False, system=True),
        Binding("e", "export", "Export"),
        Binding("c", "copy", "Copy", show=False),
        Binding("u", "up", "Start the daemon", show=False),
        Binding("ctrl+t", "theme", "Light or dark", show=False),
        Binding("ctrl+o", "mouse", "Mouse on or off", show=False),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, workspace: Workspace, feed: Feed | None = None, screen: str | None = None) -> None:
        super().__init__()
        self.feed = feed or Feed(workspace)
        self.memory = Memory(workspace)
        self.pulse: Pulse | None = None
        self.has_mouse = True
        self.failures: list[str] = []
        self._first = screen
        self._is_beating = False
        self._is_prepared = False
        self._ahead = Ahead(self)
        self._turns = Turns(self, super().on_event)
        self.animation_level = "none"  # each frame would travel over SSH

    # Beginning, beat, end

    def on_mount(self) -> None:
        """Show what was shown the last time, and begin to beat."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        content = self.memory.content
        self.theme = LIGHT.name if content.get("theme") == LIGHT.name else DARK.name
        names = [entry.name for entry in SCREENS]
        first = self._first or content.get("screen")
        self.switch_mode(first if first in names else names[0])
        if content.get("mouse") is False:
            self.call_after_refresh(self.action_mouse)
        self.set_interval(BEAT_SECONDS, self._beat)
        self._beat()

    @work(group="beat")
    async def _beat(self) -> None:
        """Take a pulse and hand it to the screen on show; a beat that takes long lets others be left out."""
        if self._is_beating:
            return
        self._is_beating = True
        try:
            self.pulse = await asyncio.to_thread(self.feed.pulse)
            if isinstance(pane := self._pane(), Pane) and pane.is_mounted:
                await self.hand(pane, self.pulse)
            self.keep()
        finally:
            self._is_beating = False
        if not self._is_prepared:
            self._is_prepared = True
            self._prepare()

    async def hand(self, pane: Pane, pulse: Pulse) -> None:
        """Let a screen take a pulse. One that fails says so, once, and the dashboard goes on."""
        try:
            await pane.take(pulse)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other screens are not worse for it
            words = f"{type(error).__name__}: {error}"
            if self.is_running and words not in self.failures:
                self.failures.append(words)
                log = write_failure(self.feed.workspace)
                self.notify(f"This screen failed: {words}\n{log} says more", severity="error", markup=False)

    def keep(self) -> None:
        """Write down what is shown, so that the next dashboard opens there, whatever ends this one."""
        if self.is_running:
            self.memory.save(self._remembered())

    def _remembered(self) -> dict[str, Any]:
        panes = dict(self.memory.content.get("panes", {}))
        for pane in self._panes():
            if pane.is_mounted and pane.name:
                panes[pane.name] = pane.remember()
        return {
            "screen": self.current_mode,
            "theme": self.theme,
            "mouse": self.has_mouse,
            "panes": panes,
        }

    def _panes(self) -> list[Pane]:
        """The screens that there are, whatever is on top of them."""
        stacks = (self._screen_stacks.get(entry.name) for entry in SCREENS)
        return [stack[0] for stack in stacks if stack and isinstance(stack[0], Pane)]

    def _pane(self) -> Screen[Any] | None:
        """The screen of the mode on show, under any dialog."""
        return self.screen_stack[0] if self.screen_stack else None

    async def action_quit(self) -> None:
        """Leave; jobs go on."""
        await self._ahead.stop()
        self.keep()
        self.exit()

    async def on_event(self, event: events.Event) -> None:
        """Take what happens; what is typed comes in turn."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._turns.take(event)
        else:
            await super().on_event(event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What drawn lines go through: of sixteen colours the right ones, where the terminal has no more."""
        more = [SIXTEEN] if self.console.color_system == "standard" else []
        return [*super().get_line_filters(), *more]

    # Showing screens

    @work(group="prepare")
    async def _prepare(self) -> None:
        """Make the screens that were not shown yet, so that a key finds them there."""
        await self._ahead.make_all()

    async def _shutdown(self) -> None:
        """End, however that has come about."""
        await self._ahead.stop()
        await super()._shutdown()

    def delay_update(self, delay: float = 0.0) -> None:
        """Hold back drawing until the screen has taken in what is at hand, and no longer."""
        del delay
        self._begin_batch()
        self.call_later(lambda: self.screen_stack[0].call_later(self._draw_again))

    def _draw_again(self) -> None:
        self._end_batch()
        self.screen.refresh()

    # What all screens can do

    def action_help(self) -> None:
        """Show or hide the keys of the screen."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    @work
    async def action_up(self) -> None:
        """Start the daemon."""
        try:
            started = await asyncio.to_thread(self.feed.start)
        except PftError as error:
            self.notify(error.message, severity="error", markup=False)
            return
        self.notify("The daemon has started" if started else "The daemon runs already")
        self._beat()

    def action_theme(self) -> None:
        """Change between light and dark."""
        self.theme = DARK.name if self.theme == LIGHT.name else LIGHT.name

    def action_mouse(self) -> None:
        """Give the mouse to the terminal, so that its own selection works, or take it back."""
        driver = self._driver
        self.has_mouse = not self.has_mouse
        # Textual has no public switch for it while the app runs.
        name = "_enable_mouse_support" if self.has_mouse else "_disable_mouse_support"
        if (switch := getattr(driver, name, None)) is not None:
            switch()
        self.notify("The mouse is the dashboard's" if self.has_mouse else "The mouse is the terminal's")

    @work
    async def open_trials(self, choice: Mapping[str, Sequence[str | int]]) -> None:
        """Show the trials with these values by facet (`corpus_set`, `k`, `speaker`, ...): absent is any."""
        from pft_tui.tui.screens.trials import TrialsPane

        await self.switch_mode("Trials")
        if isinstance(pane := self._pane(), TrialsPane):
            pane.narrow(choice)

    def _exporter(self) -> Exporter | None:
        """What is on show, under any dialog."""
        return next((screen for screen in self.screen_stack[::-1] if isinstance(screen, Exporter)), None)

    def action_copy(self) -> None:
        """Copy what is under the cursor, through the terminal (OSC 52)."""
        shown = self._exporter()
        text = shown.copied() if shown else ""
        if not text:
            self.notify("Nothing to copy here", severity="warning")
            return
        self.copy_to_clipboard(text)
        self.notify(f"Copied {len(text):,} characters")

    @work
    async def action_export(self) -> None:
        """Write what is on screen to a file in the folder where the dashboard was started."""
        shown = self._exporter()
        if shown is None:
            return
        name = str(self.screen.name).lower()
        picture = self.export_screenshot(title=f"pft: {name}")
        ways: dict[str, Way] = {
            "svg": partial(write_text, picture),
            "png": partial(write_png, picture),
            **shown.exports(),
        }
        lines = {described(ending): ending for ending in ways}
        line = await self.push_screen_wait(Choose("Export as", list(lines)))
        if line is None:
            return
        ending = lines[line]
        path = Path.cwd() / f"pft-{name}-{time.strftime('%Y%m%d-%H%M%S')}.{ending}"
        try:
            await asyncio.to_thread(ways[ending], path)
        except (PftError, OSError) as error:
            path.unlink(missing_ok=True)  # all of it, or nothing
            self.notify(f"Not exported: {error}", severity="error", markup=False)
            return
        self.notify(f"Wrote {path}", markup=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything the palette offers: the screens, what the one on show can do, what all can."""
        for entry in SCREENS:
            yield SystemCommand(
                f"Show {entry.name}", f"key {entry.key}", lambda name=entry.name: self.switch_mode(name)
            )
        actions: dict[str, list[ActiveBinding]] = {}
        for each in screen.active_bindings.values():
            if each.enabled and each.binding.description and not each.binding.system:
                actions.setdefault(each.binding.action, []).append(each)
        for action, found in actions.items():
            keys = ", ".join(dict.fromkeys(self.get_key_display(each.binding) for each in found))
            tooltip = f"{found[0].tooltip}: " if found[0].tooltip else ""
            yield SystemCommand(
                found[0].binding.description,
                f"{tooltip}key{'s' * (len(found) > 1)} {keys}",
                lambda action=action: self.call_later(self.run_action, action, screen),
            )
