"""From a release's codes to the labels of an experiment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pft_tui.errors import SettingsError
from pft_tui.registry import near_miss


def label_of_code(
    scheme: Mapping[str, str], found: Iterable[str], keep: Collection[str], merge: Mapping[str, str]
) -> dict[str, str]:
    """The final label of every code that is to be kept.

    `scheme` maps codes to labels; where it is empty, each code that was `found` is its own label. Then
    only the labels in `keep` stay (all, where it is empty), and then `merge` renames some of them.
    Raises SettingsError where `keep` or `merge` name a label that does not exist at their turn.
    """
    labels = dict(scheme) or {code: code for code in found}
    _check("keep", keep, set(labels.values()))
    kept = {code: label for code, label in labels.items() if not keep or label in keep}
    _check("merge", merge, set(kept.values()))
    return {code: merge.get(label, label) for code, label in kept.items()}


def _check(key: str, labels: Iterable[str], known: Collection[str]) -> None:
    for label in labels:
        if label not in known:
            left = "" if key == "keep" else " that `keep` leaves"
            raise SettingsError(
                f"{key} names {label!r}, which is no label of the scheme{left}", hint=near_miss(label, known)
            )
