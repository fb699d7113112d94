"""The answers to questions: from the owner's store in the daemon, from the snapshot where none runs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import duckdb

from pft_tui.daemon import requests
from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.store import actions, live
from pft_tui.store.read import connect
from pft_tui.store.schema import require_current


def reply(connection: duckdb.DuckDBPyConnection, question: requests.Question) -> Any:  # noqa: ANN401 - plain JSON data
    """What a store answers: plain JSON data."""
    match question:
        case requests.Jobs():
            chosen, order = question.jobs.selection, question.order
            return asdict(actions.page(connection, chosen, order, skip=question.skip, limit=question.limit))
        case requests.Numbers():
            chosen, order = question.jobs.selection, question.order
            return actions.numbers(connection, chosen, order, skip=question.skip, limit=question.limit)
        case requests.Values():
            return live.values(connection)
        case requests.Overview():
            return asdict(live.overview(connection, time.time()))
        case requests.Curves():
            return live.curves(connection, question.runs)


def reply_from_snapshot(workspace: Workspace, name: str, **arguments: object) -> Any:  # noqa: ANN401 - as above
    """What the daemon would answer to a question, as of the snapshot.

    Raises StoreError where there is none, or one of another version, UsageError for what is no question.
    """
    question = requests.parse(json.dumps({"do": name, **arguments}).encode())
    if not isinstance(question, requests.Question):
        raise UsageError(f"{name} takes a daemon", hint="`pft up` starts one")
    with connect(workspace) as connection:
        require_current(connection, workspace.snapshot)
        return reply(connection, question)
