"""A way to read results: of which trials, by which score, and what their bands and whiskers are."""

from __future__ import annotations

from dataclasses import dataclass

from pft_tui.errors import UsageError
from pft_tui.reports.catalogue import REPORTS, Report, report
from pft_tui.reports.intervals import has_intervals
from pft_tui.reports.rows import Row, number
from pft_tui.reports.subsets import METRICS
from pft_tui.store.subset import ALL, Subset

MACRO_F1 = ALL.metric


@dataclass(frozen=True, slots=True)
class Reading:
    """Results of the trials of a subset, with standard errors or with 95 % intervals by speaker."""

    subset: Subset = ALL
    intervals: bool = False

    @property
    def score(self) -> str:
        """What the score is called, as `macro F1`."""
        return METRICS[self.subset.metric][0]

    @property
    def spread(self) -> str:
        """What bands and whiskers show."""
        return "95 % interval by speaker" if self.intervals else "±1 SE"

    def ends(self, row: Row, mean: str, standard_error: str) -> tuple[float, float]:
        """The ends of the band around the mean in a row: the mean itself where they are not known.

        Raises KeyError where the row has no mean.
        """
        middle = number(row, mean)
        if middle is None:
            raise KeyError(mean)
        if not self.intervals:
            error = number(row, standard_error) or 0.0
            return middle - error, middle + error
        low, high = number(row, "low"), number(row, "high")
        return (middle if low is None else low, middle if high is None else high)


PLAIN = Reading()


def is_beside_paper(report: Report) -> bool:
    """Whether a report has the paper's numbers in it."""
    return any(column.startswith("paper_") for column in report.columns)


def readable(name: str, reading: Reading) -> Report:
    """The report of that name. Raises UsageError where there is none, or where it cannot be read that way."""
    chosen = report(name)
    if reading.intervals and not has_intervals(name):
        able = ", ".join(other for other in REPORTS if has_intervals(other))
        raise UsageError(f"{name} has no standard errors that could be intervals", hint=f"there are: {able}")
    if is_beside_paper(chosen) and reading.subset.metric != MACRO_F1:
        raise UsageError("the paper's numbers are macro F1 alone", hint="leave --metric out")
    return chosen
