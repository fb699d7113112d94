"""Tables with coloured cells: which sets of corpora help, whom, and at which k."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.room import NOTHING_YET, Size, lettered, needs
from pft_tui.reports.rows import PLACE, Row, number, place_of, unfinished, whole

_DARK: palette.Colour = (38, 38, 38)
_CHANGE = len("*+.12 ")


def powerset(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """Mean macro F1 for each set of corpora and each k, with its change against `base` by sign and colour.

    A dot stands in the column of each corpus that a set holds, `*` before a mean that lacks trials. The
    table is as long as there are sets: the lines of `size` are no limit to it.
    """
    known = [row for row in rows if number(row, "mean_f1") is not None]
    if not known:
        return NOTHING_YET
    shots = sorted({whole(row, "k") for row in known})
    sets = sorted({_members(row) for row in known}, key=lambda members: (len(members), members))
    corpora = sorted({corpus for members in sets for corpus in members})
    beside = 2 * len(corpora)
    decimals = 3 if beside + _width(3) * len(shots) <= size.columns else 2
    least = Size(beside + _width(decimals) * len(shots), 1)
    if not size.holds(least):
        return needs(least)
    table = Table(box=None, padding=0, header_style="bold")
    for letter in ascii_letters[: len(corpora)]:
        table.add_column(letter, width=2)
    for shot in shots:
        table.add_column(f"k={shot}", justify="center", width=_width(decimals))
    cells = {(_members(row), row["k"]): row for row in known}
    largest = max(abs(number(row, "delta_vs_base") or 0.0) for row in known)
    for members in sets:
        dots = ("●" if corpus in members else "·" for corpus in corpora)
        means = (_cell(cells.get((members, shot)), largest, decimals) for shot in shots)
        table.add_row(*dots, *means)
    notes = [f"{reading.score}, ± against base"] + ["* trials missing"] * any(map(unfinished, known))
    return Group(lettered(corpora, notes, size), table)


def best_sets(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """The best set of each size at each k: a line for each k, a column for each number of corpora.

    A cell has the set's mean macro F1, the letters of its corpora and in how many resamples it is best: the
    more, the brighter.
    """
    known = {(row["k"], row["n_corpora"]): row for row in rows if number(row, "mean_f1") is not None}
    if not known:
        return NOTHING_YET
    shots = sorted({whole(row, "k") for row in known.values()})
    counts = sorted({whole(row, "n_corpora") for row in known.values()})
    corpora = sorted({corpus for row in known.values() for corpus in _members(row)})
    shot_width = len("k=64 ")
    widths = [len("*0.123 ") + (len(corpora) + len(" 100% ")) * bool(count) for count in counts]
    least = Size(shot_width + sum(widths), 1)
    if not size.holds(least):
        return needs(least)
    table = Table(box=None, padding=0, header_style="bold")
    table.add_column(width=shot_width)
    for count, width in zip(counts, widths, strict=True):
        table.add_column(f" {count}", width=width)
    for shot in shots:
        cells = (_best(known.get((shot, count)), corpora) for count in counts)
        table.add_row(Text(f"k={shot}", style="bold"), *cells)
    notes = [f"by number of corpora: {reading.score}, the best set, in how many resamples it is best"]
    notes += ["* sets or trials missing"] * any(map(_incomplete, known.values()))
    return Group(lettered(corpora, notes, size), table)


def _best(row: Row | None, corpora: Sequence[str]) -> Text:
    mean, wins = (number(row, name) if row else None for name in ("mean_f1", "wins"))
    if row is None or mean is None:
        return Text(" –", style="dim")
    members = _members(row)
    text = f"{'*' if _incomplete(row) else ' '}{mean:.3f} "
    if not members:
        return Text(text, style=_place(row))
    text += "".join(
        letter if corpus in members else "·" for letter, corpus in zip(ascii_letters, corpora, strict=False)
    )
    if wins is None:
        return Text(text, style=_place(row))
    return Text(f"{text} {wins:4.0%} ", style=_shade(wins, 1.0) + _place(row))


def _incomplete(row: Row) -> bool:
    return unfinished(row) or unfinished(row, "sets", "possible_sets")


def speaker_emotion(rows: Sequence[Row], size: Size, reading: Reading = PLAIN) -> RenderableType:
    """What pre-finetuning on all corpora changes for each speaker (lines) and emotion (columns), at each k.

    As many ks stand side by side as the columns hold. The table is as long as there are speakers: the lines
    of `size` are no limit to it.
    """
    known = {
        (_speaker(row), row["k"], row["emotion"]): row for row in rows if number(row, "delta") is not None
    }
    if not known:
        return NOTHING_YET
    shots = sorted({whole(row, "k") for row in known.values()})
    emotions = sorted({str(row["emotion"]) for row in known.values()})
    speakers = sorted({_speaker(row) for row in known.values()})
    beside, block = max(map(cell_len, speakers)) + 1, _CHANGE * len(emotions) + 1
    across = min(len(shots), (size.columns - beside) // block)
    if across < 1:
        return needs(Size(beside + block, 1))
    largest = max(abs(number(row, "delta") or 0.0) for row in known.values())
    header = "".join(f"  {letter}".ljust(_CHANGE) for letter in ascii_letters[: len(emotions)])
    tables = []
    for start in range(0, len(shots), across):
        table = Table(box=None, padding=0, header_style="bold")
        table.add_column("\n", width=beside)
        for shot in shots[start : start + across]:
            table.add_column(f"  k={shot}\n{header}", width=block)
        for speaker in speakers:
            blocks = (
                Text().join(_change(known.get((speaker, shot, emotion)), largest) for emotion in emotions)
                for shot in shots[start : start + across]
            )
            table.add_row(speaker, *blocks)
        tables.append(table)
    notes = [f"{reading.score} with all pre-finetuning less without"]
    notes += ["* trials missing"] * any(map(unfinished, known.values()))
    return Group(lettered(emotions, notes, size), *tables)


def _speaker(row: Row) -> str:
    return f"{row['language'] or ''} {row['speaker']}".strip()


def _change(row: Row | None, largest: float) -> Text:
    delta = number(row, "delta") if row else None
    if row is None or delta is None:
        return Text("  –".ljust(_CHANGE), style="dim")
    return Text(
        f"{'*' if unfinished(row) else ' '}{_signed(delta, 2)} ", style=_shade(delta, largest) + _place(row)
    )


def _members(row: Row) -> tuple[str, ...]:
    """The corpora of a set; `base` has none."""
    return tuple(str(row["corpus_set"]).split("+")) if row["n_corpora"] else ()


def _width(decimals: int) -> int:
    """The columns of a cell such as ` 0.62 +.04`."""
    return len(" 0. +.") + 2 * decimals


def _cell(row: Row | None, largest: float, decimals: int) -> Text:
    mean = number(row, "mean_f1") if row else None
    if row is None or mean is None:
        return Text("–", style="dim")
    text = f"{'*' if unfinished(row) else ' '}{mean:.{decimals}f} "
    delta = number(row, "delta_vs_base") if row["n_corpora"] else None
    if delta is None:
        return Text(text.ljust(_width(decimals)), style=_place(row))
    return Text(text + _signed(delta, decimals), style=_shade(delta, largest) + _place(row))


def _place(row: Row) -> Style:
    """Says where the row is to be found, to a screen with a cursor."""
    place = place_of(row)
    return Style() if place is None else Style(meta={PLACE: place})


def _signed(delta: float, decimals: int) -> str:
    """A change below one, as short as can be: `+.04`."""
    return f"{delta:+.{decimals}f}".replace("-", "−").replace("0.", ".", 1)


def _shade(delta: float, largest: float) -> Style:
    """A background between dark (no change) and the colour of better or worse (the largest change)."""
    towards = palette.BETTER if delta > 0 else palette.WORSE
    share = abs(delta) / largest if largest else 0.0
    red, green, blue = (
        round(dark + share * (bright - dark)) for dark, bright in zip(_DARK, towards, strict=True)
    )
    text = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 128 else "bright_white"
    return Style(color=text, bgcolor=palette.style((red, green, blue)))
