"""The tables and figures once more, in plain Python from the definitions in the paper, to check the SQL.

A cell of a result is keyed by its setting first: (protocol, method, encoder, downstream).
"""

from collections import defaultdict
from dataclasses import dataclass
from math import isclose, sqrt
from statistics import fmean, stdev


@dataclass(frozen=True)
class Run:
    """A trial that a table should know of: `f1` is None as long as it has not finished."""

    setting: tuple
    corpora: frozenset
    speaker: str
    language: str
    emotion: str
    k: int
    trial: int
    f1: float | None


def grouped(runs, key):
    groups = defaultdict(list)
    for run in runs:
        groups[key(run)].append(run)
    return groups


def scores(runs):
    return [run.f1 for run in runs if run.f1 is not None]


def mean(values):
    return fmean(values) if values else None


def standard_error(values):
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else None


def difference(left, right):
    return None if left is None or right is None else left - right


def all_corpora(runs):
    union = defaultdict(frozenset)
    for run in runs:
        union[run.setting] |= run.corpora
    return union


def cell(run):
    return run.setting, run.k, run.speaker, run.emotion


def figure2(runs):
    return {
        key: (len(scores(group)), mean(scores(group)), standard_error(scores(group)), len(group))
        for key, group in grouped(runs, lambda run: (run.setting, run.k, len(run.corpora))).items()
        if scores(group)
    }


def figure3(runs):
    base = grouped((run for run in runs if not run.corpora), cell)
    table = {}
    for setting, corpora in all_corpora(runs).items():
        for corpus in corpora:
            including = [run for run in runs if run.setting == setting and corpus in run.corpora]
            cells = grouped(including, cell)
            for k in {run.k for run in including}:
                both = [where for where in cells if where[1] == k and where in base]
                deltas = [difference(mean(scores(cells[at])), mean(scores(base[at]))) for at in both]
                deltas = [delta for delta in deltas if delta is not None]
                if deltas:
                    known = [run for at in both for run in (*cells[at], *base[at])]
                    table[setting, k, corpus] = (
                        len(deltas),
                        mean(deltas),
                        standard_error(deltas),
                        len(both),
                        len(scores(known)),
                        len(known),
                    )
    return table


def table1(runs):
    table = {}
    for setting, corpora in all_corpora(runs).items():
        for corpus in corpora:
            mine = [run for run in runs if run.setting == setting]
            inside = grouped((run for run in mine if run.corpora == {corpus}), cell)
            outside = grouped((run for run in mine if run.corpora == corpora - {corpus}), cell)
            for k in {run.k for run in mine}:
                both = [where for where in inside if where[1] == k and where in outside]
                pairs = [(mean(scores(inside[at])), mean(scores(outside[at]))) for at in both]
                pairs = [pair for pair in pairs if None not in pair]
                if pairs:
                    known = [run for at in both for run in (*inside[at], *outside[at])]
                    f1_in, f1_ex = (fmean(column) for column in zip(*pairs, strict=True))
                    table[setting, k, corpus] = (
                        f1_in,
                        f1_ex,
                        f1_in - f1_ex,
                        len(pairs),
                        len(both),
                        len(scores(known)),
                        len(known),
                    )
    return table


def ablation(runs):
    table = {}
    for setting, corpora in all_corpora(runs).items():
        for corpus in corpora:
            mine = [run for run in runs if run.setting == setting]
            whole = grouped((run for run in mine if run.corpora == corpora), cell)
            without = grouped((run for run in mine if run.corpora == corpora - {corpus}), cell)
            for k in {run.k for run in mine}:
                both = [where for where in whole if where[1] == k and where in without]
                pairs = [(mean(scores(whole[at])), mean(scores(without[at]))) for at in both]
                pairs = [pair for pair in pairs if None not in pair]
                if pairs:
                    known = [run for at in both for run in (*whole[at], *without[at])]
                    f1_all, f1_ex = (fmean(column) for column in zip(*pairs, strict=True))
                    counts = (len(pairs), len(both), len(scores(known)), len(known))
                    table[setting, k, corpus] = (f1_all, f1_ex, f1_all - f1_ex, *counts)
    return table


def figure4(runs):
    union = all_corpora(runs)
    ends = [run for run in runs if run.corpora in (frozenset(), union[run.setting])]
    table = {}
    for key, group in grouped(ends, lambda run: (run.setting, run.language, run.emotion, run.k)).items():
        no_pft = mean(scores(run for run in group if not run.corpora))
        all_pft = mean(scores(run for run in group if run.corpora))
        if scores(group):
            table[key] = (no_pft, all_pft, difference(all_pft, no_pft), len(scores(group)), len(group))
    return table


def speaker_emotion(runs):
    union = all_corpora(runs)
    ends = [run for run in runs if run.corpora in (frozenset(), union[run.setting])]
    table = {}
    for key, group in grouped(ends, lambda run: (run.setting, run.speaker, run.emotion, run.k)).items():
        no_pft = mean(scores(run for run in group if not run.corpora))
        all_pft = mean(scores(run for run in group if run.corpora))
        if scores(group):
            values = (no_pft, all_pft, difference(all_pft, no_pft), len(scores(group)), len(group))
            table[key] = (group[0].language, *values)
    return table


def powerset(runs):
    base = {(*cell(run), run.trial): run.f1 for run in runs if not run.corpora}
    table = {}
    for (setting, corpora, k), group in grouped(runs, lambda run: (run.setting, run.corpora, run.k)).items():
        values = scores(group)
        deltas = [difference(run.f1, base.get((*cell(run), run.trial))) for run in group]
        deltas = [delta for delta in deltas if delta is not None]
        if values:
            name = "+".join(sorted(corpora)) or "base"
            table[setting, name, k] = (
                len(corpora),
                len(values),
                mean(values),
                standard_error(values),
                mean(deltas),
                len(deltas),
                len(group),
            )
    return table


def agree(found, expected):
    """Whether two tables have the same keys and, but for rounding, the same values."""
    assert found.keys() == expected.keys()
    for key, values in found.items():
        for left, right in zip(values, expected[key], strict=True):
            same = left == right or (None not in (left, right) and isclose(left, right, abs_tol=1e-12))
            assert same, f"{key}: {values} against {expected[key]}"
    return True
