"""Corpora as people read them: what is there, by split and label, and what is wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pft_tui.reports.terminal import console_for

if TYPE_CHECKING:
    from pft_tui.corpora.check import CorpusReport
    from pft_tui.corpora.utterance import Problem, Reader
    from pft_tui.errors import PftError

SHOWN_PROBLEMS = 5


def show_readers(readers: Mapping[str, Reader]) -> None:
    """Print the readers: what they read, their label schemes (the default first) and their parts."""
    table = Table("Reader", "Release", "Languages", "labels =", "parts =", box=None, header_style="bold")
    for name, reader in readers.items():
        others = sorted(set(reader.schemes) - {reader.default_scheme})
        schemes = ", ".join([reader.default_scheme, *others])
        table.add_row(name, reader.title, ", ".join(reader.languages), schemes, ", ".join(reader.parts))
    console_for(sys.stdout).print(table)


def show_report(report: CorpusReport) -> None:
    """Print what a check found in one corpus."""
    console = console_for(sys.stdout)
    sound = len(report.headers)
    mark = Text("usable", style="green") if report.usable else Text("not usable", style="bold red")
    console.print(Text(report.name, style="bold"), f"({report.reader}, {report.root}):", mark)
    rates = ", ".join(f"{rate:,} Hz ({count:,})" for rate, count in report.sample_rates.items())
    languages = ", ".join(f"{language} ({count:,})" for language, count in report.by_language.items())
    console.print(f"  {sound:,} utterances, {report.speakers} speakers, {report.hours:.2f} hours")
    console.print(f"  {languages or 'no language'}; {rates or 'no audio'}")
    if sound:
        console.print(_counts(report))
    _show_problems(report.problems)
    if not report.usable:
        console.print(Text(f"  {report.reason}", style="red"))
        console.print(f"  hint: {report.remedy}")
    console.print()


def show_unreadable(name: str, error: PftError) -> None:
    """Print why a corpus could not be read at all."""
    console = console_for(sys.stdout)
    console.print(Text(name, style="bold"), Text("not usable", style="bold red"))
    console.print(Text(f"  {error.message}", style="red"))
    if error.hint:
        console.print(f"  hint: {error.hint}")
    console.print()


def _counts(report: CorpusReport) -> Table:
    """A row for each label and a column for each split."""
    table = Table("  label", box=None, header_style="bold", padding=(0, 2))
    for split in report.by_split:
        table.add_column(split, justify="right")
    total: Counter[str] = Counter()
    for label in sorted({label for labels in report.by_split.values() for label in labels}):
        counts = {split: labels.get(label, 0) for split, labels in report.by_split.items()}
        total.update(counts)
        table.add_row(f"  {label}", *(f"{count:,}" for count in counts.values()))
    table.add_row("  all", *(f"{total[split]:,}" for split in report.by_split), style="bold")
    return table


def _show_problems(problems: tuple[Problem, ...]) -> None:
    console = console_for(sys.stdout)
    for kind, group in groupby(sorted(problems, key=lambda item: item.kind), key=lambda item: item.kind):
        found = list(group)
        console.print(Text(f"  {kind}: {len(found):,}", style="yellow"))
        for problem in found[:SHOWN_PROBLEMS]:
            console.print(f"    {problem.path}: {problem.detail}", soft_wrap=True)
        if len(found) > SHOWN_PROBLEMS:
            console.print(f"    and {len(found) - SHOWN_PROBLEMS:,} more, all of them with --json")
