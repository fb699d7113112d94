"""Reading what a report shows from the published snapshot, setting by setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pft_tui.errors import UsageError
from pft_tui.paths import Workspace
from pft_tui.reports.catalogue import Report, named
from pft_tui.reports.intervals import with_intervals
from pft_tui.reports.reading import PLAIN, Reading, is_beside_paper
from pft_tui.reports.rows import Row
from pft_tui.reports.statistic import Statistic, computed
from pft_tui.reports.subsets import narrowed
from pft_tui.specs import ALL_EMOTIONS
from pft_tui.store.read import Table, query

SETTING = ("protocol", "encoder", "downstream")
Wanted = Mapping[str, str | None]
Summary = Callable[[Sequence[Row]], list[str]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What must agree for trials to be compared, with how many of them have finished."""

    protocol: str
    encoder: str
    downstream: str
    finished: int
    expected: int

    @property
    def caption(self) -> str:
        """Its three names and, while trials are missing, how many of how many there are."""
        names = f"{self.encoder} on {self.downstream}, protocol {self.protocol}"
        return f"{names}: {counted(self.finished, self.expected)} trials finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many jobs of a kind (prepare, prefinetune, trial) are in each state."""

    kind: str
    finished: int
    running: int
    failed: int
    total: int


def counted(done: int, all_of_them: int) -> str:
    """`120 of 33,600`, or `all 33,600`."""
    return f"all {done:,}" if done == all_of_them else f"{done:,} of {all_of_them:,}"


def settings(workspace: Workspace, wanted: Wanted) -> list[Setting]:
    """The settings in the store that have the wanted names; an absent or None name is any.

    Raises UsageError, which names what there is, where nothing has a wanted name, and StoreError where
    there is no snapshot.
    """
    answer = query(
        workspace,
        "select setting.protocol, setting.encoder, setting.downstream, count(f1), count(*)"
        " from comparable_trials group by setting order by all",
    )
    known = [Setting(*row) for row in answer.rows]
    for name in SETTING:
        there = sorted({getattr(setting, name) for setting in known})
        if known and wanted.get(name) is not None and wanted[name] not in there:
            raise UsageError(f"no trials with {name} {wanted[name]!r}", hint=f"there are: {', '.join(there)}")
    return [
        setting
        for setting in known
        if all(wanted.get(name) in (None, getattr(setting, name)) for name in SETTING)
    ]


def why_empty(workspace: Workspace, chosen: Report | None = None) -> str:
    """What to say of a report without rows: what fills it, or where the trials are that no report shows."""
    ((scored, finished),) = query(workspace, "select count(f1), count(accuracy) from comparable_trials").rows
    if chosen and scored:
        return f"it takes {chosen.takes}"
    if finished and not scored:
        return "the trials that have finished lack this score"
    ((binary, multiclass),) = query(
        workspace,
        "select count(*) filter (emotion <> $all), count(*) filter (emotion = $all)"
        " from trials where method = 'finetune' and not superseded",
        {"all": ALL_EMOTIONS},
    ).rows
    if binary or not multiclass:
        return "`pft run` fills it"
    return (
        "tables and figures are of trials of one emotion against the rest, and those here tell all emotions"
        ' apart at once; the dashboard\'s Trials screen shows them, and `pft sql "from trials"`'
    )


def rows_of(
    workspace: Workspace, name: str, chosen: Report, wanted: Wanted, *, intervals: bool = False
) -> Table:
    """All columns of the report, for all settings with the wanted names, in the report's order.

    With `intervals` the ends of 95 % intervals come last: for reports that `has_intervals` holds for.
    """
    if chosen.statistic:
        statistic = cast(Statistic, named(chosen.statistic))
        return computed(workspace, statistic, {part: wanted.get(part) for part in SETTING})
    order = ", ".join((*SETTING, *chosen.order))
    conditions = " and ".join(f"(${part} is null or {part} = ${part})" for part in SETTING)
    sql = f"select * from {name} where {conditions} order by {order}"  # noqa: S608 - the catalogue's names
    table = query(workspace, sql, {part: wanted.get(part) for part in SETTING})
    return with_intervals(workspace, name, table) if intervals else table


def of_setting(table: Table, setting: Setting) -> list[Row]:
    """The rows of one setting."""
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    return [row for row in rows if all(row[name] == getattr(setting, name) for name in SETTING)]


def notes_on(chosen: Report, setting: Setting, rows: Sequence[Row], reading: Reading = PLAIN) -> list[str]:
    """What is said of a report's rows of one setting: which it is, of which of its trials and how far, and
    what they come to.
    """
    only = narrowed(reading.subset)
    words = [f"only {'; '.join(only)}"] * bool(only)
    if only and is_beside_paper(chosen):
        words.append("the paper's numbers are of all speakers and emotions")
    summary = cast(Summary, named(chosen.summary))(rows) if chosen.summary else []
    return [setting.caption, *words, *summary]


def progress(workspace: Workspace) -> list[Progress]:
    """Every kind of job that there is with how far it is, counting those neither cancelled nor superseded."""
    # Not from the view `jobs`: that works out what each job waits for, which takes ten times as long. `pft`
    # is the snapshot; the views of a subset have a schema `private` of their own.
    answer = query(
        workspace,
        "select kind, count(*) filter (state = 'finished'), count(*) filter (state = 'running'),"
        " count(*) filter (state = 'failed'), count(*)"
        " from pft.private.jobs where kind <> 'base' and state <> 'cancelled' and not superseded"
        " group by kind order by list_position(['prepare', 'prefinetune', 'trial'], kind)",
    )
    return [Progress(*row) for row in answer.rows]
