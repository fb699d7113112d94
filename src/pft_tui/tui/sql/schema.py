"""The tables, views and columns that can be asked, as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text
from textual.widgets import Tree

from pft_tui.paths import Workspace

Column = tuple[str, str, str]
_COLUMNS = """
select table_name, column_name, data_type
from information_schema.columns
where table_schema = 'main'
order by table_name, ordinal_position
"""


def columns_of(workspace: Workspace) -> Sequence[Column]:
    """The table, name and type of every column of the snapshot. Raises StoreError; it blocks."""
    from pft_tui.store.read import query

    return query(workspace, _COLUMNS).rows


class Schema(Tree[str]):
    """A node for each table with its columns; the data of each are its name."""

    def __init__(self) -> None:
        super().__init__("Tables and views", id="schema", classes="panel")

    def show(self, columns: Sequence[Column]) -> None:
        """Show these columns, which are in the order of their tables."""
        self.clear()
        self.root.expand()
        for table, there in groupby(columns, key=lambda column: column[0]):
            node = self.root.add(table, data=table)
            for _, name, kind in there:
                node.add_leaf(Text.assemble(name, " ", (kind.lower(), "dim")), data=name)
