"""The paper's figures for print, as SVG, PDF or PNG: the only module that knows matplotlib.

Each function takes rows as the SQL view of the same name has them, of one setting, and gives a figure.
A value that is NULL or no number is left out. Figures are made without pyplot and its global state.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from pft_tui.errors import UsageError
from pft_tui.reports import palette
from pft_tui.reports.reading import PLAIN, Reading
from pft_tui.reports.rows import Row, is_overall_loss, number, unfinished, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Plot = Callable[[Sequence[Row], Reading], "Figure"]

Band = tuple[list[float], list[float]]

MEDIA = ("svg", "pdf", "png")
COLUMN = 3.4  # inches: one column of a two-column paper
PAGE = 7.0  # inches: both of them
NOTE_CHARACTERS = 20  # of the note below a figure, to an inch
LEAST_HEIGHT = 1.8  # inches: what legend, labels and a panel take
_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.hashsalt": "pft-tui",  # so that the same rows give the same file
    "pdf.fonttype": 42,  # fonts that journals accept
}
_MARKERS = "o^sDvPX"
_NO_DATES: Mapping[str, Mapping[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {},
}


def available() -> bool:
    """Whether matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def drawn(plot: Plot, rows: Sequence[Row], note: str, medium: str, reading: Reading = PLAIN) -> bytes:
    """The figure as a file of the medium (one of MEDIA), with a note below it.

    Raises UsageError where matplotlib is not installed.
    """
    if not available():
        raise UsageError("matplotlib is not installed", hint="pip install 'pft-tui[figures]'")
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure = plot(rows, reading)
        across = int(figure.get_figwidth() * NOTE_CHARACTERS)
        figure.supxlabel("\n".join(wrap(note, across)), fontsize=6, color="0.4", x=0.01, ha="left")
        file = io.BytesIO()
        figure.savefig(file, format=medium, dpi=300, metadata=_NO_DATES[medium])
    return file.getvalue()


def figure2(rows: Sequence[Row], reading: Reading = PLAIN) -> Figure:
    """Mean macro F1 over the number of pre-finetuning corpora: a line for each k, in its band.

    Points of which trials are missing are hollow.
    """
    figure, axes = _figure(COLUMN, 2.6)
    known = _known(rows, "mean_f1")
    for index, k in enumerate(_values(known, "k")):
        line = sorted((row for row in known if row["k"] == k), key=lambda row: whole(row, "n_corpora"))
        x = [whole(row, "n_corpora") for row in line]
        y = [number(row, "mean_f1") or 0.0 for row in line]
        low, high = _bands(line, "mean_f1", "se_f1", reading)
        colour = _colour(index)
        axes.plot(x, y, color=colour, label=f"k = {k}", lw=1.2)
        axes.fill_between(x, low, high, color=colour, alpha=0.25, lw=0)
        faces = ["white" if unfinished(row) else colour for row in line]
        axes.scatter(
            x, y, marker=_MARKERS[index % len(_MARKERS)], s=12, c=faces, edgecolors=[colour], zorder=3
        )
    axes.set_xticks(_values(known, "n_corpora"))
    axes.set_xlabel("number of pre-finetuning corpora")
    axes.set_ylabel(reading.score)
    _legend(figure, axes)
    return figure


def figure3(rows: Sequence[Row], reading: Reading = PLAIN) -> Figure:
    """Mean change of macro F1 against no pre-finetuning: a group of bars for each k, with whiskers."""
    figure, axes = _figure(COLUMN, 2.6)
    known = _known(rows, "mean_delta")
    shots, corpora = _values(known, "k"), _values(known, "corpus")
    width = 0.8 / max(len(corpora), 1)
    for index, corpus in enumerate(corpora):
        bars = [row for row in known if row["corpus"] == corpus]
        heights = [number(row, "mean_delta") or 0.0 for row in bars]
        axes.bar(
            [shots.index(row["k"]) + (index - (len(corpora) - 1) / 2) * width for row in bars],
            heights,
            width,
            yerr=_whiskers(heights, _bands(bars, "mean_delta", "se_delta", reading)),
            color=_colour(index),
            label=str(corpus),
            error_kw={"lw": 0.8},
        )
    axes.axhline(0, color="black", lw=0.8)
    axes.set_xticks(range(len(shots)), [str(k) for k in shots])
    axes.set_xlabel("k")
    axes.set_ylabel(f"change of {reading.score}")
    _legend(figure, axes)
    return figure


def figure4(rows: Sequence[Row], reading: Reading = PLAIN) -> Figure:
    """Macro F1 over k without (dashed) and with all pre-finetuning: a panel for each language."""
    languages = _values(rows, "language")
    emotions = _values(rows, "emotion")
    figure, panels = _panels(len(languages), PAGE, 2.8)
    for language, axes in zip(languages, panels, strict=False):
        for index, emotion in enumerate(emotions):
            of_pair = [row for row in rows if (row["language"], row["emotion"]) == (language, emotion)]
            for name, label, style in (("no_pft", "No PFT", "--"), ("all_pft", "All PFT", "-")):
                line = sorted(_known(of_pair, name), key=lambda row: whole(row, "k"))
                x, y = [whole(row, "k") for row in line], [number(row, name) or 0.0 for row in line]
                axes.plot(x, y, style, color=_colour(index), label=f"{emotion}, {label}", lw=1.2)
        axes.set_xscale("log", base=2)
        axes.set_xticks(_values(rows, "k"), [str(k) for k in _values(rows, "k")])
        axes.set_title(str(language or "unknown language"))
        axes.set_xlabel("k")
    panels[0].set_ylabel(reading.score)
    _legend(figure, panels[0], columns=len(emotions))
    return figure


def powerset(rows: Sequence[Row], reading: Reading = PLAIN) -> Figure:
    """Mean macro F1 of every set of corpora: a panel for each k, with whiskers, `base` as a dotted line."""
    known = _known(rows, "mean_f1")
    shots = _values(known, "k")
    sets = list(dict.fromkeys(str(row["corpus_set"]) for row in known))
    figure, panels = _panels(len(shots), PAGE, 0.8 + 0.16 * len(sets))
    for k, axes in zip(shots, panels, strict=False):
        of_panel = [row for row in known if row["k"] == k]
        means = [number(row, "mean_f1") or 0.0 for row in of_panel]
        axes.errorbar(
            means,
            [sets.index(str(row["corpus_set"])) for row in of_panel],
            xerr=_whiskers(means, _bands(of_panel, "mean_f1", "se_f1", reading)),
            fmt="o",
            ms=3,
            lw=0.8,
            color=_colour(5),
        )
        for row in of_panel:
            if row["n_corpora"] == 0:
                axes.axvline(number(row, "mean_f1") or 0.0, color="0.5", ls=":", lw=0.8)
        axes.set_title(f"k = {k}")
        axes.tick_params(axis="x", labelrotation=90)
    panels[0].set_yticks(range(len(sets)), sets)
    panels[0].invert_yaxis()
    panels[len(panels) // 2].set_xlabel(reading.score)
    return figure


def learning_curves(rows: Sequence[Row], _: Reading = PLAIN) -> Figure:
    """The losses over all corpora in each model's pre-finetuning: a panel for each set of corpora."""
    losses = [row for row in _known(rows, "value") if is_overall_loss(row)]
    sets, names = list(dict.fromkeys(str(row["corpus_set"]) for row in losses)), _values(losses, "name")
    across = min(4, max(len(sets), 1))
    figure, panels = _panels(len(sets), PAGE, 1.4 * math.ceil(len(sets) / across) + 0.5, across=across)
    for corpus_set, axes in zip(sets, panels, strict=False):
        of_panel = [row for row in losses if row["corpus_set"] == corpus_set]
        for index, name in enumerate(names):
            for place, model in enumerate(_values(of_panel, "model_id")):
                line = [row for row in of_panel if (row["name"], row["model_id"]) == (name, model)]
                x, y = [whole(row, "epoch") for row in line], [number(row, "value") or 0.0 for row in line]
                axes.plot(x, y, color=_colour(index), label=None if place else str(name), lw=1)
        axes.set_title(corpus_set.replace("+", " +\n"), fontsize=6)
        axes.set_xlabel("epoch")
        axes.label_outer()
    if sets:
        _legend(figure, panels[0])
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _panels(count: int, width: float, height: float, across: int | None = None) -> tuple[Figure, list[Axes]]:
    """Panels that share their axes, `across` in a row; one, empty, where none are needed."""
    from matplotlib.figure import Figure

    count = max(count, 1)
    across = across or count
    figure = Figure(figsize=(width, max(height, LEAST_HEIGHT)), layout="constrained")
    grid = figure.subplots(math.ceil(count / across), across, sharex=True, sharey=True, squeeze=False)
    panels: list[Axes] = list(grid.flat)
    for empty in panels[count:]:
        empty.set_axis_off()
    return figure, panels[:count]


def _legend(figure: Figure, axes: Axes, columns: int = 4) -> None:
    """The legend above the panels, filled column by column."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, fontsize=6)


def _known(rows: Sequence[Row], name: str) -> list[Row]:
    return [row for row in rows if number(row, name) is not None]


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    """The different values of a column, sorted; NULL comes first."""
    return sorted({row[name] for row in rows}, key=lambda value: (value is not None, value))


def _bands(rows: Sequence[Row], mean: str, standard_error: str, reading: Reading) -> Band:
    """From where to where the bands of the rows go."""
    ends = [reading.ends(row, mean, standard_error) for row in rows]
    return [low for low, _ in ends], [high for _, high in ends]


def _whiskers(values: Sequence[float], band: Band) -> Band:
    """How far the ends of the band lie below and above the values."""
    low, high = band
    below = [value - end for value, end in zip(values, low, strict=True)]
    return below, [end - value for value, end in zip(values, high, strict=True)]


def _colour(index: int) -> tuple[float, float, float]:
    red, green, blue = palette.colour(index)
    return red / 255, green / 255, blue / 255
