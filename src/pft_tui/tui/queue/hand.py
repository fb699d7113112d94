"""The user's hand on the jobs: what is done to those that are marked, or to the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from pft_tui.paths import Workspace
from pft_tui.tui.dialogs import Confirm, Prompt
from pft_tui.tui.feed import NO_DAEMON
from pft_tui.tui.pane import Pane
from pft_tui.tui.queue.add import AddForm
from pft_tui.tui.queue.changes import MOST_RANGES, Undo, outcome, question, undo_of
from pft_tui.tui.queue.table import JobTable

if TYPE_CHECKING:
    from pft_tui.grid import Grid


class ChangingPane(Pane):
    """Changes jobs of its `table` by requests to the daemon; `meant` is what the filter means to those."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "change('hold')", "Pause", tooltip="Hold back the marked jobs, or this one"),
        Binding("r", "change('release')", "Resume", tooltip="Let go jobs that are held back", show=False),
        Binding("x", "change('cancel')", "Cancel", tooltip="Cancel the marked jobs, or this one"),
        Binding("t", "change('retry')", "Retry", tooltip="Queue again failed and cancelled jobs", show=False),
        Binding("P", "priority", "Priority", tooltip="A larger one goes first", show=False),
        Binding("z", "undo", "Undo", tooltip="Take the last change back", show=False),
        Binding("a", "add", "Add jobs", tooltip="A model, or some trials", show=False),
        Binding("A", "lacking", "Queue what the grid lacks", show=False),
        Binding("S", "stop", "Pause or resume everything", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.table = JobTable()
        self.meant: dict[str, Any] = {}
        self._undos: list[Undo] = []

    async def fetch(self, screens: int) -> None:
        """Bring what is in view up to date, and so many screens around it."""
        raise NotImplementedError

    # Changes

    @work
    async def action_change(self, name: str) -> None:
        """Do something to the marked jobs, or to the one under the cursor."""
        selection = self._selection()
        if selection is None:
            return
        is_one = not self.table.marks
        if name == "cancel" or (name == "retry" and not is_one):
            found = await self.off(self.feed.ask, "jobs", jobs=selection, limit=0)
            if found is None:
                return
            words = question(name, found["states"], self.table.job if is_one else None)
            if words is None:
                self.notify(f"Nothing there to {name}", severity="warning")
                return
            if not await self.app.push_screen_wait(Confirm(words)):
                return
        await self._change(name, jobs=selection)

    @work
    async def action_priority(self) -> None:
        """Give the marked jobs, or the one under the cursor, another priority."""
        selection = self._selection()
        if selection is None:
            return
        now = self.table.job["priority"] if self.table.job else 0
        text = await self.app.push_screen_wait(
            Prompt("Priority: a larger one goes first (trials have 0)", str(now))
        )
        if text is None:
            return
        try:
            priority = int(text)
        except ValueError:
            self.notify(f"{text!r} is no whole number", severity="error", markup=False)
            return
        await self._change("priority", jobs=selection, priority=priority)

    @work
    async def action_undo(self) -> None:
        """Take the last change back."""
        if not self._undos:
            self.notify("There is nothing to undo", severity="warning")
            return
        if not self._can_change():
            return
        undo = self._undos[-1]
        for name, arguments in undo.steps:
            if await self.off(self.feed.tell, name, **arguments) is None:
                return
        self._undos.remove(undo)
        self.notify(f"Undone: {undo.words}")
        await self.fetch(0)

    @work
    async def action_stop(self) -> None:
        """Pause everything, or go on with everything."""
        pulse = self.dashboard.pulse
        if not self._can_change() or pulse is None or pulse.status is None:
            return
        is_paused = "all" in pulse.status["stops"]
        if await self.off(self.feed.tell, "resume" if is_paused else "pause") is not None:
            self.notify("Everything goes on" if is_paused else "Everything is paused; what runs ends first")
            await self.fetch(0)

    async def _change(self, name: str, **arguments: Any) -> None:  # noqa: ANN401 - plain JSON data
        answer = await self.off(self.feed.tell, name, **arguments)
        if answer is None:
            return
        undo = undo_of(name, answer)
        if undo is not None:
            self._undos.append(undo)
        words = outcome(name, answer["changed"]) + (" (z undoes it)" if undo else "")
        self.notify(words, severity="information" if answer["changed"] else "warning")
        await self.fetch(0)

    def _selection(self) -> dict[str, Any] | None:
        """The jobs that are meant as a request takes them; None where none can be changed, which is said."""
        if not self._can_change():
            return None
        table = self.table
        if table.marks:
            selection = table.marks.selection(self.meant)
            pieces = len(selection.get("numbers", ())) + len(selection.get("without", ()))
            if pieces > MOST_RANGES:
                self.notify(
                    f"The marks are {pieces:,} pieces, {MOST_RANGES:,} at the most: filter, and mark all (*)",
                    severity="error",
                )
                return None
            return selection
        if table.job is None:
            self.notify("There is no job under the cursor yet", severity="warning")
            return None
        return {"numbers": [[table.job["number"]] * 2]}

    def _can_change(self) -> bool:
        """Whether a daemon takes orders; where none does, what to do is said."""
        pulse = self.dashboard.pulse
        if pulse is not None and pulse.source == "daemon":
            return True
        notice = pulse.notice or (pulse.trouble and pulse.trouble.title) if pulse else None
        hint = ": u starts it" if notice == NO_DAEMON else ""
        self.notify(f"Nothing can be changed now: {notice or 'nobody answers'}{hint}", severity="warning")
        return False

    # More jobs

    @work
    async def action_add(self) -> None:
        """Add a model, or trials, by a form."""
        if self._can_change():
            job = self.table.job
            form = AddForm(self.feed.workspace, (job and job["model"]) or "base")
            grid = await self.app.push_screen_wait(form)
            if grid is not None:
                await self._hand_over(grid)

    @work
    async def action_lacking(self) -> None:
        """Queue what the grid of pft.toml lacks."""
        if self._can_change():
            self.notify("Reading the corpora …")
            grid = await self.off(read_grid, self.feed.workspace)
            if grid is not None:
                await self._hand_over(grid)

    async def _hand_over(self, grid: Grid) -> None:
        """Ask with the counts of what would become of a grid, then have it queued."""
        from pft_tui.daemon.handover import hand_over, in_words

        counts = await self.off(hand_over, self.feed.workspace, grid, dry_run=True)
        if counts is None:
            return
        words = "\n".join(in_words(counts))
        if not any(tally["added"] or tally["again"] for tally in counts.values()):
            self.notify(f"There is nothing to add\n{words}", severity="warning", markup=False)
        elif await self.app.push_screen_wait(Confirm(f"Queue this?\n\n{words}")):
            done = await self.off(hand_over, self.feed.workspace, grid)
            if done is not None:
                self.notify("Queued\n" + "\n".join(in_words(done)), markup=False)
                await self.fetch(0)


def read_grid(workspace: Workspace) -> Grid:
    """The grid of pft.toml. Raises PftError where it makes no sense or a corpus cannot be read."""
    from pft_tui.scheduler.experiment import read_experiment
    from pft_tui.settings import load_settings

    return read_experiment(workspace, load_settings(workspace.settings_file))
