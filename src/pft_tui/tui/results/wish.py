"""What the user wishes to see of the results, as it is kept over restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pft_tui.reports.catalogue import REPORTS, Report
from pft_tui.reports.intervals import has_intervals
from pft_tui.reports.reading import MACRO_F1, Reading
from pft_tui.reports.subsets import METRICS
from pft_tui.store.subset import ALL, Subset

# The reports in the order of the list; those beside the paper's numbers are reached from the others.
BESIDE_PAPER = {report.vs_paper for report in REPORTS.values() if report.vs_paper}
LISTED = tuple(name for name in REPORTS if name not in BESIDE_PAPER)
SettingName = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """A report, the setting (protocol, encoder, downstream) or None for the first, and how it is read."""

    report: str = LISTED[0]
    setting: SettingName | None = None
    subset: Subset = ALL
    intervals: bool = False
    beside_paper: bool = False
    as_table: bool = False

    @property
    def name(self) -> str:
        """The report that is shown: the one with the paper's numbers where there is one and it is wished."""
        beside = REPORTS[self.report].vs_paper
        comparable = self.beside_paper and self.subset.metric == MACRO_F1
        return beside if comparable and beside else self.report

    @property
    def shown(self) -> Report:
        """The entry of that report."""
        return REPORTS[self.name]

    @property
    def reading(self) -> Reading:
        """How the report is read: with intervals only where it has any."""
        return Reading(self.subset, self.intervals and has_intervals(self.name))

    @property
    def draws(self) -> bool:
        """Whether a figure is shown and not its table."""
        return self.shown.figure is not None and not self.as_table

    def next_report(self, by: int) -> Wish:
        """The same of another report in the list."""
        return replace(self, report=LISTED[(LISTED.index(self.report) + by) % len(LISTED)])

    def next_metric(self) -> Wish:
        """The same by the next score."""
        metrics = list(METRICS)
        metric = metrics[(metrics.index(self.subset.metric) + 1) % len(metrics)]
        return replace(self, subset=replace(self.subset, metric=metric))

    def narrowed(self, subset: Subset) -> Wish:
        """The same of the trials of another subset, by the score at hand."""
        return replace(self, subset=replace(subset, metric=self.subset.metric))

    def as_data(self) -> dict[str, Any]:
        """Plain data that `wish_from` takes."""
        return asdict(self)


def wish_from(data: Mapping[str, Any]) -> Wish:
    """The wish that was kept as data; what is odd in it is forgotten."""
    subset, setting = _part(data, "subset"), _texts(data.get("setting"))
    report, metric = data.get("report"), subset.get("metric")
    return Wish(
        report=report if report in LISTED else LISTED[0],
        setting=(setting[0], setting[1], setting[2]) if len(setting) == 3 else None,
        subset=Subset(
            metric=next((known for known in METRICS if known == metric), MACRO_F1),
            languages=_texts(subset.get("languages")),
            speakers=_texts(subset.get("speakers")),
            emotions=_texts(subset.get("emotions")),
            shots=tuple(each for each in _list(subset.get("shots")) if type(each) is int),
        ),
        intervals=data.get("intervals") is True,
        beside_paper=data.get("beside_paper") is True,
        as_table=data.get("as_table") is True,
    )


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in _list(value) if isinstance(each, str))


def _list(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list | tuple) else ()
