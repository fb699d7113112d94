"""The plot as a widget: keys, the mouse, and drawing again no more than what changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from pft_tui.reports.room import Size
from pft_tui.tui.plot.colours import Ground
from pft_tui.tui.plot.painter import Painted, Painter, Sheet
from pft_tui.tui.plot.plane import Plane
from pft_tui.tui.plot.series import Series
from pft_tui.tui.plot.view import View, extent_of, neighbour

_ZOOM = 0.7
_WHEEL = 0.8
_PAN = 0.2


class CurvePlot(Widget, can_focus=True):
    """Curves over epochs or steps that one can zoom into, smooth and read.

    `show` gives it curves; what did not change is not drawn again, neither here nor on the terminal. `view`
    is what the user looks at, and can be kept and set.
    """

    DEFAULT_CSS = """
    CurvePlot { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "smooth(1)", "smoother", key_display="+", show=False),
        Binding("minus", "smooth(-1)", "less smooth", key_display="-", show=False),
        Binding("y", "toggle_log", "log y", show=False),
        Binding("left", "cursor(-1)", "cursor", show=False),
        Binding("right", "cursor(1)", "cursor", show=False),
        Binding("home", "cursor_end(-1)", "cursor to the first point", show=False),
        Binding("end", "cursor_end(1)", "cursor to the last point", show=False),
        Binding("escape", "no_cursor", "no cursor", show=False),
        Binding("i,shift+up", "zoom(1)", "zoom in", key_display="i", show=False),
        Binding("o,shift+down", "zoom(-1)", "zoom out", key_display="o", show=False),
        Binding("less_than_sign,shift+left", "pan(-1)", "pan left", key_display="<", show=False),
        Binding("greater_than_sign,shift+right", "pan(1)", "pan right", key_display=">", show=False),
        Binding("0", "reset", "all of it", show=False),
    ]

    def __init__(
        self,
        title: str = "",
        *,
        x_label: str = "epoch",
        empty: str = "No value yet",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._sheet = Sheet((), View(), Size(0, 0), title, x_label, empty)
        self._painter = Painter()
        self._painted: Painted | None = None
        self._styles: list[Style] = []
        self._strips: dict[int, Strip] = {}
        self._is_waiting = False
        self._drag: tuple[int, Plane] | None = None
        self._has_dragged = False

    # What is shown

    @property
    def series(self) -> tuple[Series, ...]:
        """The curves that are shown."""
        return self._sheet.series

    @property
    def view(self) -> View:
        """What the user looks at."""
        return self._sheet.view

    @view.setter
    def view(self, view: View) -> None:
        self._change(replace(self._sheet, view=view))

    def show(self, series: Iterable[Series], *, title: str | None = None, is_growing: bool = False) -> None:
        """Show these curves, eight at most for all of them to be told apart, in the place of the others.

        Those that are `is_growing` get axes with room for what is to come.
        """
        new = tuple(series)
        same = len(new) == len(self.series) and all(
            one.shows_the_same_as(other) for one, other in zip(new, self.series, strict=True)
        )
        kept = self.series if same else new
        title = self._sheet.title if title is None else title
        self._change(replace(self._sheet, series=kept, title=title, is_growing=is_growing))

    # Drawing

    def _change(self, sheet: Sheet) -> None:
        if sheet == self._sheet:
            return
        self._sheet = sheet
        self._paint_soon()

    def _paint_soon(self) -> None:
        """Paint when the messages at hand are through: once for all the changes that they bring."""
        if not self._is_waiting and self.is_attached:
            self._is_waiting = True
            self.call_later(self._paint)

    def _paint(self) -> None:
        self._is_waiting = False
        size = Size(*self.size)
        if not size.columns or not size.lines:
            return
        before, styles = self._painted, self._ground().styles(len(self.series))
        self._painted = after = self._painter.paint(replace(self._sheet, size=size))
        if before is None or before.cells.size != size or styles != self._styles:
            self._styles = styles
            self._strips.clear()
            self.refresh()
            return
        regions = list(after.cells.differences(before.cells))
        for region in regions:
            self._strips.pop(region.y, None)
        if regions:
            self.refresh(*regions)

    def _ground(self) -> Ground:
        _, _, background, foreground = self.colors
        return Ground(
            (background + foreground).rgb,
            background.rgb,
            is_dark=self.app.current_theme.dark,
            is_poor=self.app.console.color_system == "standard",
        )

    def render_line(self, y: int) -> Strip:
        """One line of the plot, the very same as before where nothing changed."""
        if self._painted is None or y >= self._painted.cells.size.lines:
            return Strip.blank(self.size.width, self.rich_style)
        if y not in self._strips:
            self._strips[y] = self._painted.cells.strip(y, self._styles)
        return self._strips[y]

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._paint_soon())

    def on_resize(self) -> None:
        """Paint for the new size, before anything of the old one is seen."""
        self._paint()

    # Keys

    def action_smooth(self, steps: int) -> None:
        """Smooth more or less."""
        self.view = self.view.smoother(steps)

    def action_toggle_log(self) -> None:
        """Between a linear and a logarithmic y axis."""
        self.view = replace(self.view, log_y=not self.view.log_y)

    def action_zoom(self, steps: int) -> None:
        """Zoom in or out, around the cursor if there is one."""
        self.view = self.view.zoomed(_ZOOM**steps, extent_of(self.series), self.view.cursor)

    def action_pan(self, direction: int) -> None:
        """Look further left or right."""
        self.view = self.view.panned(_PAN * direction, extent_of(self.series))

    def action_reset(self) -> None:
        """See all of it, as it grows."""
        self.view = replace(self.view, window=None)

    def action_cursor(self, direction: int) -> None:
        """Move the cursor to the next point, or by a column where points lie closer than that."""
        plane = self._plane()
        if self.view.cursor is None:
            target = self._nearest(plane.x.high if direction < 0 else plane.x.low)
        else:
            target = neighbour(self.series, self.view.cursor, plane.step / 2, forward=direction > 0)
        if target is not None:
            self.view = self.view.with_cursor(target, extent_of(self.series))

    def action_cursor_end(self, direction: int) -> None:
        """Move the cursor to the first or the last point of all."""
        self._plane()
        extent = extent_of(self.series)
        self.view = self.view.with_cursor(extent[direction > 0], extent)

    def action_no_cursor(self) -> None:
        """Take the cursor away, if there is one."""
        if self.view.cursor is None:
            raise SkipAction
        self.view = replace(self.view, cursor=None)

    def _plane(self) -> Plane:
        """Where the values lie. Raises SkipAction where there are none."""
        if self._painted is None or self._painted.plane is None:
            raise SkipAction
        return self._painted.plane

    def _nearest(self, x: float) -> float | None:
        """The x of the point that is nearest to this one."""
        near = [neighbour(self.series, x, 0.0, forward=forward) for forward in (False, True)]
        near += [x] * any(x in line.x for line in self.series)
        return min(
            (found for found in near if found is not None), key=lambda found: abs(found - x), default=None
        )

    # The mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in where the pointer is."""
        self._wheel(event, _WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out where the pointer is."""
        self._wheel(event, 1 / _WHEEL)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        event.prevent_default()
        plane, offset = self._painted and self._painted.plane, event.get_content_offset(self)
        if plane and offset is not None:
            around = min(max(plane.x_at(offset.x), plane.x.low), plane.x.high)
            self.view = self.view.zoomed(factor, extent_of(self.series), around)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the window along."""
        if self._painted and self._painted.plane:
            self._drag, self._has_dragged = (event.screen_x, self._painted.plane), False
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the window along."""
        if self._drag is None:
            return
        start, plane = self._drag
        self._has_dragged |= event.screen_x != start
        if self.view.window:
            low = plane.x.low - (event.screen_x - start) * plane.step
            self.view = self.view.moved_to(low, plane.x.high - plane.x.low, extent_of(self.series))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End to drag; without a move it was a click, which sets the cursor."""
        if self._drag is None:
            return
        self.release_mouse()
        _, plane = self._drag
        self._drag = None
        offset = event.get_content_offset(self)
        if not self._has_dragged and offset is not None:
            self.view = replace(self.view, cursor=self._nearest(plane.x_at(offset.x)))
