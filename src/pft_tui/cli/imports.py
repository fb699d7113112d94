"""`pft import`: trials that were run elsewhere, beside one's own."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pft_tui.cli.options import WorkspaceOption, workspace_of
from pft_tui.errors import PftError, UsageError

if TYPE_CHECKING:
    from pft_tui.events import TrialsImported
    from pft_tui.store.imports import ForeignTrials

MOST_BAD_ROWS = 50
_SOURCE = re.compile(r"[\w.-]+")


def import_trials(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="`scaled_esd_downstream.csv`, or the trials of another workspace as CSV or Parquet.",
            dir_okay=False,
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What to call where they come from; by default the file's name."),
    ] = None,
    encoder: Annotated[
        str, typer.Option(metavar="NAME", help="The encoder, where the file does not name it.")
    ] = "facebook/wav2vec2-base",
    replace: Annotated[
        bool, typer.Option("--replace", help="Put them in the place of all trials of this source so far.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be imported, and change nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take in trials of the released code or of another workspace.

    They stand in the same tables as your own, as a setting of their own: `@SOURCE` follows their protocol,
    so that no number ever mixes the two. A file is imported whole or, if any row of it is bad or known
    already, not at all.

    Examples:

    `pft import scaled_esd_downstream.csv --source paper`

    `pft import trials.parquet --source other-lab --dry-run`
    """
    from pft_tui.events import TrialsImported
    from pft_tui.store.foreign import Origin
    from pft_tui.store.imports import read_trials, refuse_known, take_in

    where = workspace_of(workspace)
    named = file.stem if source is None else source
    if not _SOURCE.fullmatch(named):
        raise UsageError(
            f"{named!r} cannot be the name of a source", hint="--source takes letters, digits, '_', '.', '-'"
        )
    found = read_trials(file, Origin(named, encoder))
    _refuse_bad(file, found)
    imported = TrialsImported(named, file.name, replace, found.trials, time.time())
    if dry_run:
        refuse_known(where, imported)
        _describe(found, imported, "would be imported")
    elif take_in(where, imported):
        _describe(found, imported, "imported")
    else:
        _describe(found, imported, "handed to the run under way, which takes them in within seconds")


def _refuse_bad(file: Path, found: ForeignTrials) -> None:
    """Raise PftError, which lists the rows that are no trials, where there are any; or where all else is."""
    if found.bad:
        shown = found.bad[:MOST_BAD_ROWS]
        rest = len(found.bad) - len(shown)
        lines = [f"{file}, {row.place}: {row.reason}" for row in shown]
        lines += [f"and {rest:,} more"] * (rest > 0)
        raise PftError("\n".join(lines), hint="nothing was imported: mend these rows, or leave them out")
    if not found.trials:
        raise PftError(f"{file} holds no trial that has ended", hint="nothing was imported")


def _describe(found: ForeignTrials, imported: TrialsImported, outcome: str) -> None:
    from pft_tui.store.foreign import ReleasedRow
    from pft_tui.store.imports import LAYOUTS

    trials = found.trials
    settings = Counter((trial.protocol, trial.encoder, trial.downstream) for trial in trials)
    models = {trial.model_id for trial in trials}
    speakers = {trial.speaker for trial in trials}
    lines = [f"{imported.file}: {LAYOUTS[found.layout]}"]
    lines += [
        f"{count:,} trials of {encoder or 'no encoder'} on {downstream}, protocol {protocol}"
        for (protocol, encoder, downstream), count in sorted(settings.items(), key=str)
    ]
    lines += [f"{len(models)} models, {len(speakers)} speakers"]
    lines += [f"{count:,} left out: {reason}" for reason, count in sorted(found.left_out.items())]
    if found.layout is ReleasedRow:
        lines.append("their weighted F1 is left out: it weighs classes by predictions, not by labels")
    for line in (*lines, outcome):
        typer.echo(line, err=True)
