"""The questions that were asked, those that were saved under a name, and examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace

FOLDER, HISTORY = "queries", "sql_history.jsonl"
MOST = 200
FIRST_QUESTION = "select corpus_set, k, mean_f1, se_f1, trials\nfrom powerset\norder by k, mean_f1 desc"
EXAMPLES = (
    "from table1",
    FIRST_QUESTION,
    "select speaker, emotion, avg(macro_f1) as mean_f1, count(*) as trials\nfrom trials\n"
    "where status = 'finished'\ngroup by all\norder by mean_f1",
    "select state, reason, count(*) as jobs\nfrom jobs\ngroup by all\norder by all",
)
_NAME = re.compile(r"[\w][\w .-]*")


class Queries:
    """The history is the user's own file in `.pft`; a saved query is `queries/NAME.sql` in the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.root / FOLDER
        self._history = workspace.private / HISTORY

    def recent(self) -> list[str]:
        """Questions that were answered, the latest first, each once."""
        try:
            lines = self._history.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        found = []
        for line in reversed(lines):
            try:
                found.append(str(json.loads(line)))
            except ValueError:  # cut short by a full disk
                continue
        return list(dict.fromkeys(found))

    def remember(self, sql: str) -> None:
        """Add a question; of many the oldest are forgotten. A disk that cannot take it is no matter."""
        if not self._history.parent.is_dir():
            return
        kept = [sql, *(known for known in self.recent() if known != sql)][:MOST]
        try:
            self._history.touch(mode=0o600)
            self._history.write_text("".join(f"{json.dumps(each)}\n" for each in reversed(kept)), "utf-8")
        except OSError:
            return

    def saved(self) -> list[str]:
        """The names of the saved queries."""
        return sorted(path.stem for path in self._folder.glob("*.sql"))

    def read(self, name: str) -> str:
        """A saved query."""
        return (self._folder / f"{name}.sql").read_text(encoding="utf-8").rstrip()

    def save(self, name: str, sql: str) -> Path:
        """Save a query; its file. Raises UsageError where the name is no file name or cannot be written."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name for a query", hint="use letters, digits, spaces, - and _")
        path = self._folder / f"{name}.sql"
        try:
            self._folder.mkdir(exist_ok=True)
            path.write_text(sql.rstrip() + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from error
        return path
