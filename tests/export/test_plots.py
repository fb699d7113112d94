"""Figures for print: what is drawn is what the rows say."""

import json
import statistics
import sys
from xml.etree import ElementTree

import matplotlib.colors
import pytest
import typer
from exported_workspace import CORPORA, EMOTIONS, FAILED, SHOTS, SPEAKERS, exported_workspace, score
from typer.testing import CliRunner

from pft_tui.cli.export import export
from pft_tui.errors import UsageError
from pft_tui.reports import plots
from pft_tui.reports.catalogue import REPORTS
from pft_tui.reports.results import of_setting, rows_of, settings

app = typer.Typer()
app.command()(export)
SETS = ((), CORPORA[:1], CORPORA[1:], CORPORA)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return exported_workspace(tmp_path_factory.mktemp("complete"))


@pytest.fixture(scope="module")
def two_settings(tmp_path_factory):
    return exported_workspace(tmp_path_factory.mktemp("settings"), protocols=("paper", "released"))


@pytest.fixture
def rows(workspace):
    [setting] = settings(workspace, {})
    return lambda name: of_setting(rows_of(workspace, name, REPORTS[name], {}), setting)


def pft(workspace, *arguments):
    outcome = CliRunner().invoke(app, [*map(str, arguments), "--workspace", str(workspace.root)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.stderr


def scores(corpora, k, speakers=tuple(SPEAKERS), emotions=EMOTIONS):
    """By hand: the scores of the trials that have finished."""
    cells = [(s, e, k, trial) for s in speakers for e in emotions for trial in range(2)]
    return [score(corpora, *cell) for cell in cells if (corpora, cell) != FAILED]


def test_figure_2_has_a_line_and_a_band_for_each_k(rows):
    [axes] = plots.figure2(rows("figure2")).axes
    assert [line.get_label() for line in axes.lines] == ["k = 2", "k = 8"]
    bands = [each for each in axes.collections if type(each).__name__ == "FillBetweenPolyCollection"]
    for k, line, band in zip(SHOTS, axes.lines, bands, strict=True):
        by_size = [[f1 for chosen in SETS if len(chosen) == n for f1 in scores(chosen, k)] for n in range(3)]
        means = [statistics.fmean(values) for values in by_size]
        errors = [statistics.stdev(values) / len(values) ** 0.5 for values in by_size]
        assert list(line.get_xdata()) == [0, 1, 2]
        assert list(line.get_ydata()) == pytest.approx(means)
        edges = {(x, round(y, 9)) for x, y in band.get_paths()[0].vertices}
        for n, mean, error in zip(range(3), means, errors, strict=True):
            assert {(n, round(mean - error, 9)), (n, round(mean + error, 9))} <= edges


def test_figure_2_has_hollow_points_where_trials_are_missing(rows):
    [axes] = plots.figure2(rows("figure2")).axes
    points = [each for each in axes.collections if type(each).__name__ == "PathCollection"]
    white = matplotlib.colors.to_rgba("white")
    hollow = [[tuple(face) == white for face in each.get_facecolors()] for each in points]
    assert hollow == [[False, False, False], [False, False, True]]  # FAILED is at k = 8, of both corpora


def test_figure_3_has_a_bar_for_each_k_and_corpus(rows):
    [axes] = plots.figure3(rows("figure3")).axes
    found = {}
    for bars in axes.containers:
        if type(bars).__name__ == "BarContainer":
            for place, bar in enumerate(bars):
                found[bars.get_label(), SHOTS[place]] = bar.get_height()
    expected = {}
    for corpus in CORPORA:
        for k in SHOTS:
            deltas = []
            for speaker in SPEAKERS:
                for emotion in EMOTIONS:
                    including = [
                        f1 for s in SETS if corpus in s for f1 in scores(s, k, (speaker,), (emotion,))
                    ]
                    base = statistics.fmean(scores((), k, (speaker,), (emotion,)))
                    deltas.append(statistics.fmean(including) - base)
            expected[corpus, k] = statistics.fmean(deltas)
    assert found == pytest.approx(expected)


def test_figure_4_has_a_panel_for_each_language_and_a_pair_for_each_emotion(rows):
    panels = plots.figure4(rows("figure4")).axes
    assert [axes.get_title() for axes in panels] == ["English", "Mandarin"]
    for axes in panels:
        speakers = [name for name, language in SPEAKERS.items() if language == axes.get_title()]
        lines = {line.get_label(): line for line in axes.lines}
        assert len(lines) == 2 * len(EMOTIONS)
        for emotion in EMOTIONS:
            for label, corpora, style in (("No PFT", (), "--"), ("All PFT", CORPORA, "-")):
                line = lines[f"{emotion}, {label}"]
                means = [statistics.fmean(scores(corpora, k, speakers, (emotion,))) for k in SHOTS]
                assert (list(line.get_xdata()), line.get_linestyle()) == (list(SHOTS), style)
                assert list(line.get_ydata()) == pytest.approx(means)


def test_the_power_set_has_a_point_for_each_set_in_each_panel(rows):
    panels = plots.powerset(rows("powerset")).axes
    assert [axes.get_title() for axes in panels] == ["k = 2", "k = 8"]
    for k, axes in zip(SHOTS, panels, strict=True):
        (points, _, _), *_ = axes.containers
        assert list(points.get_xdata()) == pytest.approx([statistics.fmean(scores(s, k)) for s in SETS])
        names = [label.get_text() for label in panels[0].get_yticklabels()]
        assert names == ["base", *CORPORA, "+".join(CORPORA)]


def test_learning_curves_have_a_panel_for_each_model(rows):
    panels = plots.learning_curves(rows("learning_curves")).axes
    assert [axes.get_title() for axes in panels[:3]] == [*CORPORA, " +\n".join(CORPORA)]
    lines = {line.get_label(): list(line.get_ydata()) for line in panels[0].lines}
    assert lines == {"loss": [1, 1 / 2, 1 / 3], "val_loss": [1.5, 0.75, 0.5]}


@pytest.mark.parametrize("name", ["figure2", "figure3", "figure4", "powerset", "learning_curves"])
@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_files_are_of_their_kind_and_the_same_each_time(workspace, tmp_path, name, form):
    for folder in ("one", "two"):
        pft(workspace, name, "-o", f"{tmp_path / folder}/", "--format", form)
    one, two = (tmp_path / folder / f"{name}.{form}" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes().startswith({"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[form])
    if form == "svg":
        assert ElementTree.parse(one).getroot().tag.endswith("svg")


def test_a_figure_shows_one_setting(two_settings, tmp_path):
    with pytest.raises(
        UsageError, match="a figure shows one setting, and there are 2: tiny on esd"
    ) as caught:
        pft(two_settings, "figure2", "-o", tmp_path / "figure2.svg")
    assert "--protocol" in caught.value.hint
    pft(two_settings, "figure2", "-o", tmp_path / "figure2.svg", "--protocol", "released")
    assert (tmp_path / "figure2.svg").exists()


def test_a_long_note_is_broken_so_that_it_is_whole(rows):
    made = []

    def figure2(*arguments):
        made.append(plots.figure2(*arguments))
        return made[0]

    note = "w2v on esd, protocol paper(epochs=8,learning_rate=0.002,patience=4): all 33,600 trials finished"
    plots.drawn(figure2, rows("figure2"), note, "png")
    (figure,) = made
    (text,) = [text for text in figure.texts if text.get_text()]
    assert text.get_text().replace("\n", " ") == note
    inches = text.get_window_extent().width / 300  # as it was laid out for a PNG
    assert 0.5 * figure.get_figwidth() < inches <= 0.98 * figure.get_figwidth()


def test_curves_of_single_corpora_are_left_to_the_table(rows):
    of_one = [{**row, "name": f"{row['name']}/iemocap", "value": 9.0} for row in rows("learning_curves")]
    panel = plots.learning_curves([*rows("learning_curves"), *of_one]).axes[0]
    assert [line.get_label() for line in panel.lines] == ["loss", "val_loss"]


def test_rows_with_gaps_can_be_drawn(rows):
    """NULL scores, one k, a language that is not known: nothing is drawn in their place."""
    for name in ("figure2", "figure3", "figure4", "powerset", "learning_curves"):
        plot = getattr(plots, name)
        gaps = json.loads(json.dumps(rows(name), default=str))
        for row in gaps[::2]:
            row |= dict.fromkeys(
                ("mean_f1", "mean_delta", "no_pft", "value", "se_f1", "se_delta", "language")
            )
        assert plots.drawn(plot, gaps, "note", "svg")
        assert plots.drawn(plot, [], "nothing", "svg")


def test_without_matplotlib_the_extra_is_named(workspace, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="matplotlib is not installed") as caught:
        pft(workspace, "figure2", "-o", tmp_path / "figure2.svg")
    assert "pft-tui[figures]" in caught.value.hint
