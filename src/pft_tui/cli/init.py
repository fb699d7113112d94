"""`pft init`: a new workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; made if need be.")] = Path(),
) -> None:
    """Start a workspace: write a pft.toml with every key explained.

    Each key has its default, its unit and a sentence. A pft.toml that is there already is never written over.
    """
    from pft_tui.errors import WorkspaceError
    from pft_tui.paths import SETTINGS_FILE
    from pft_tui.settings.template import template

    file = folder / SETTINGS_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(template())
    except FileExistsError:
        raise WorkspaceError(
            f"{file if file.exists() else folder} exists already", hint="edit it, or name another folder"
        ) from None
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be written: {error.strerror}") from None
    typer.echo(f"Wrote {file}.", err=True)
    typer.echo("Next: point its [corpora] at your copies, then run `pft corpora check`.", err=True)
