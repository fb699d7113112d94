"""Is one model better than another? Paired comparisons of their trials, over all and by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pft_tui.errors import UsageError
from pft_tui.statistics.pairing import Missing, Pair, pair_up
from pft_tui.statistics.resampling import DEFAULT, Resampling, total_by_speaker
from pft_tui.statistics.significance import (
    SignTest,
    cohens_dz,
    holm,
    rank_biserial,
    sign_flip_test,
    wilcoxon_test,
)
from pft_tui.statistics.summary import Summary, summarise
from pft_tui.statistics.trials import Trial

GROUPINGS = ("k", "language", "emotion", "speaker")

Group = tuple[str | int, ...]
Item = TypeVar("Item", Pair, Missing)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A against B on the cells that both have a score in: one row of a comparison.

    `group` holds a value for each grouping; it is empty for the row over all groups. `a`, `b` and
    `difference` (a minus b) sum up the same pairs and are None without any. The tests and effect sizes
    take the speaker as their unit: `test` flips the signs of the speakers' summed differences, the
    others use the speakers' mean differences. `p_holm` is the p of `test` corrected for the number of
    rows tested. What is not defined is None, and `note` says why.
    """

    group: dict[str, str | int]
    pairs: int
    missing: tuple[Missing, ...]
    a: Summary | None = None
    b: Summary | None = None
    difference: Summary | None = None
    test: SignTest | None = None
    p_holm: float | None = None
    wilcoxon: SignTest | None = None
    d_z: float | None = None
    rank_biserial: float | None = None
    note: str | None = None

    @property
    def possible(self) -> int:
        """How many pairs there would be if every trial known to either side had a score on both."""
        return self.pairs + len(self.missing)


def compare(
    a: Iterable[Trial],
    b: Iterable[Trial],
    by: Sequence[str] = (),
    *,
    names: tuple[str, str] = ("A", "B"),
    resampling: Resampling = DEFAULT,
) -> list[Comparison]:
    """Compare `a` with `b` in every group that the groupings `by` make, and over all, which comes last.

    `by` is some of k, language, emotion and speaker. Two trials make a pair if speaker, emotion, k, trial
    and seed are the same. Raises UsageError for another grouping, or if a cell is filled twice.
    """
    _check(by)
    pairs, missing = pair_up(a, b, names)
    paired, unpaired = _grouped(pairs, by), _grouped(missing, by)
    groups = sorted(paired.keys() | unpaired.keys())
    rows = [
        _compare_group(
            dict(zip(by, group, strict=True)), paired.get(group, []), unpaired.get(group, []), resampling
        )
        for group in groups
        if by
    ]
    rows.append(_compare_group({}, pairs, missing, resampling))
    corrected = holm([row.test.p if row.test else None for row in rows])
    return [replace(row, p_holm=p) for row, p in zip(rows, corrected, strict=True)]


def _check(by: Sequence[str]) -> None:
    for name in by:
        if name not in GROUPINGS:
            raise UsageError(f"trials cannot be grouped by {name!r}", hint=f"known: {', '.join(GROUPINGS)}")


def _grouped(items: Sequence[Item], by: Sequence[str]) -> dict[Group, list[Item]]:
    groups: dict[Group, list[Item]] = {}
    for item in items:
        values = {**item.cell._asdict(), "language": item.language}
        groups.setdefault(tuple(values[name] for name in by), []).append(item)
    return groups


def _compare_group(
    group: dict[str, str | int], pairs: Sequence[Pair], missing: Sequence[Missing], resampling: Resampling
) -> Comparison:
    row = Comparison(group, len(pairs), tuple(missing))
    if not pairs:
        return replace(row, note="no pair has finished")
    speakers = [pair.cell.speaker for pair in pairs]
    a = np.array([pair.a for pair in pairs])
    b = np.array([pair.b for pair in pairs])
    totals = total_by_speaker(a - b, speakers)
    means = totals.speaker_means
    d_z = cohens_dz(means)
    return replace(
        row,
        a=summarise(a, speakers, resampling),
        b=summarise(b, speakers, resampling),
        difference=summarise(a - b, speakers, resampling),
        test=sign_flip_test(totals.sums, resampling),
        wilcoxon=wilcoxon_test(means, resampling),
        d_z=d_z,
        rank_biserial=rank_biserial(means),
        note=_note(len(means), d_z),
    )


def _note(speakers: int, d_z: float | None) -> str | None:
    if speakers == 1:
        return "one speaker: no interval and no test"
    return "all speakers differ by the same: no d_z" if d_z is None else None
