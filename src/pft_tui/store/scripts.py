"""The package's `.sql` files: migrations, views and the longer statements."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_PACKAGE = files("pft_tui.store")


@cache
def statement(name: str) -> str:
    """The statement (or script) of that name under `statements/`."""
    return (_PACKAGE / "statements" / f"{name}.sql").read_text(encoding="utf-8")


def view(name: str) -> str:
    """The statement that installs a view, from its own file under `views/`."""
    return (_PACKAGE / "views" / f"{name}.sql").read_text(encoding="utf-8")


def stages() -> str:
    """The script that makes the temporary tables of a connection."""
    return (_PACKAGE / "stages.sql").read_text(encoding="utf-8")


def migrations() -> list[str]:
    """The scripts that make the schema, in their order: the n-th leads to schema version n."""
    scripts = (_PACKAGE / "migrations").iterdir()
    return [script.read_text(encoding="utf-8") for script in sorted(scripts, key=lambda script: script.name)]
