"""The dashboard: the experiment alive in a terminal. The one package that imports textual.

`app.Dashboard` holds a `feed.Feed` and beats once a second: it takes a `feed.Pulse` (what the daemon says, or
the snapshot where none runs) and hands it to the screen on show. A screen is a `pane.Pane`:

- it is a file in `screens/` and a line in `screens/__init__.py`;
- `body` composes it; `show(pulse)` is awaited when it comes to the front and with every beat while it is
  there;
- what takes time (the feed, queries of the snapshot) runs in a thread: `await self.off(function, ...)`; a
  PftError that comes of it is shown, not raised;
- `remember` and `recall` keep what the user chose, over a lost connection or a crash;
- `exports` says how what is on screen can be written to files, `copied` what `c` copies.

Nothing blocks the event loop, and what did not change is not drawn again: the terminal may be far away.
"""
