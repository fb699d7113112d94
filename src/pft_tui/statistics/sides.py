"""The two sides of a comparison, by the names that people call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pft_tui.errors import UsageError
from pft_tui.statistics.trials import Row

BASE, ALL, ALL_BUT = "base", "all", "all-"

# Every side that there is, as (protocol, encoder, downstream, method, corpora).
SIDES = """
select distinct protocol, encoder, downstream, method, corpora
from trials
where not superseded and status <> 'cancelled'
"""
# The trials of a side, with `$name` for each of its fields.
TRIALS = """
select speaker, language, emotion, k, trial, seed, status, accuracy, macro_f1, weighted_f1
from trials
where not superseded and status <> 'cancelled'
    and protocol = $protocol and downstream = $downstream and method = $method
    and encoder is not distinct from $encoder and corpus_set is not distinct from $corpus_set
"""


@dataclass(frozen=True, slots=True)
class Side:
    """The trials of one model, or of a method that has no encoder; then encoder and corpus set are None."""

    protocol: str
    downstream: str
    method: str
    encoder: str | None
    corpus_set: str | None

    @property
    def name(self) -> str:
        """The corpus set, or the method without an encoder."""
        return self.corpus_set or self.method

    @property
    def corpora(self) -> frozenset[str]:
        """What the model was pre-finetuned on; empty for the encoder as it is and for other methods."""
        return frozenset() if self.corpus_set in (None, BASE) else frozenset(str(self.corpus_set).split("+"))

    @property
    def setting(self) -> str:
        """What must agree for sides to be compared, in words."""
        encoder = f"{self.encoder} on " if self.encoder else ""
        return f"{encoder}{self.downstream}, protocol {self.protocol}"


def sides_of(rows: Iterable[Row]) -> list[Side]:
    """The sides in rows of SIDES."""
    return [
        Side(
            row["protocol"],
            row["downstream"],
            row["method"],
            row["encoder"],
            None if row["corpora"] is None else "+".join(sorted(row["corpora"])) or BASE,
        )
        for row in rows
    ]


def choose_sides(
    sides: Sequence[Side], a: str, b: str, wanted: Mapping[str, str | None]
) -> tuple[Side, Side]:
    """The sides that `a` and `b` name, in the one setting that has both.

    A name is `base`, corpora joined by `+` in any order, `all` (every corpus of the setting), `all-NAME`
    (all but one) or a method without an encoder. `wanted` may name a protocol, encoder and downstream
    corpus. Raises UsageError where no setting has both, or more than one has, or they are the same.
    """
    there = [side for side in sides if _is_wanted(side, wanted)]
    if not there:
        known = "; ".join(sorted({side.setting for side in sides}))
        asked = ", ".join(f"{part} {value}" for part, value in wanted.items() if value is not None)
        raise UsageError(
            f"no trials{f' of {asked}' if asked else ' yet'}",
            hint=f"there are: {known}" if known else "run `pft run`",
        )
    ours, theirs = (_named(name, there) for name in (a, b))
    pairs = [(one, other) for one, other in product(ours, theirs) if _comparable(one, other)]
    if not pairs:
        missing = a if not ours else b if not theirs else f"{a} and {b} in one setting"
        raise UsageError(f"no trials of {missing}", hint=f"there are: {', '.join(names_of(there))}")
    if len(pairs) > 1:
        settings = "; ".join(sorted(setting_of(*pair) for pair in pairs))
        raise UsageError(
            f"{a} and {b} stand in several settings: {settings}",
            hint="choose one with --protocol, --encoder and --downstream",
        )
    ((one, other),) = pairs
    if one == other:
        raise UsageError(
            f"{a} and {b} are the same: {one.name}", hint="compare it with another, such as base"
        )
    return one, other


def names_of(sides: Iterable[Side]) -> list[str]:
    """What sides can be called: sets, the smallest first, then `all` and its like, then methods."""
    sets = {side.name: side.corpora for side in sides if side.corpus_set}
    corpora = sorted({corpus for members in sets.values() for corpus in members})
    alls = [ALL, *(f"{ALL_BUT}{corpus}" for corpus in corpora)] if corpora else []
    methods = sorted({side.method for side in sides if not side.corpus_set})
    return [*sorted(sets, key=lambda name: (len(sets[name]), name)), *alls, *methods]


def setting_of(one: Side, other: Side) -> str:
    """The setting of two sides that can be compared, in words."""
    return (one if one.encoder else other).setting


def _named(name: str, sides: Sequence[Side]) -> list[Side]:
    """The sides, at most one in each setting, that `name` names."""
    return [side for side in sides if side.name == _full_name(name, side, sides)]


def _full_name(name: str, side: Side, sides: Sequence[Side]) -> str:
    """What `name` is called in full in the setting of `side`."""
    if side.corpus_set is None or name == BASE:
        return name
    corpora = {part.strip() for part in name.split("+")}
    if name == ALL or name.startswith(ALL_BUT):
        of_setting = (other for other in sides if _comparable(side, other))
        union = {corpus for other in of_setting for corpus in other.corpora}
        left_out = {name.removeprefix(ALL_BUT)} if name != ALL else set()
        corpora = union - left_out if left_out <= union else {name}
    return "+".join(sorted(corpora)) or BASE


def _comparable(one: Side, other: Side) -> bool:
    """Whether two sides are of one setting; a method without an encoder goes with any encoder."""
    if (one.protocol, one.downstream) != (other.protocol, other.downstream):
        return False
    return one.encoder is None or other.encoder is None or one.encoder == other.encoder


def _is_wanted(side: Side, wanted: Mapping[str, str | None]) -> bool:
    parts = {"protocol": side.protocol, "encoder": side.encoder, "downstream": side.downstream}
    return all(
        wanted.get(part) is None or value is None or value == wanted[part] for part, value in parts.items()
    )
