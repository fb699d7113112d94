import io
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import nan

import pytest
from rich.console import Console
from rich.text import Text

from pft_tui.reports import palette
from pft_tui.reports.bars import figure3, languages, shapley
from pft_tui.reports.curves import learning_curves, losses_of_models
from pft_tui.reports.figures import figure2, figure4
from pft_tui.reports.heatmap import best_sets, powerset, speaker_emotion
from pft_tui.reports.room import Size, wrapped

SHOTS = (2, 4, 8, 16, 24, 32, 64)
CORPORA = ("iemocap", "mandarin_as", "msp_improv", "msp_podcast")
SMALL, LARGE = Size(80, 24), Size(160, 50)
NAN_OR_NULL = pytest.mark.parametrize("missing", [None, nan])


def drawn(figure, size, *, colour=False):
    out = io.StringIO()
    console = Console(
        file=out, width=size.columns, force_terminal=colour, color_system="truecolor" if colour else None
    )
    console.print(figure)
    return out.getvalue().splitlines()


def point(k, n, mean, se=0.0, trials=10, expected=10):
    return {"k": k, "n_corpora": n, "mean_f1": mean, "se_f1": se, "trials": trials, "expected": expected}


def bar(k, corpus, delta, se=None):
    return {"k": k, "corpus": corpus, "mean_delta": delta, "se_delta": se}


def pair(language, emotion, k, no_pft, all_pft):
    return {"language": language, "emotion": emotion, "k": k, "no_pft": no_pft, "all_pft": all_pft}


def cell(members, k, mean, delta, trials=10):
    return {
        "corpus_set": "+".join(members) or "base", "n_corpora": len(members), "k": k,
        "mean_f1": mean, "delta_vs_base": delta, "trials": trials, "expected": 10,
    }  # fmt: skip


def best(k, members, mean, wins, sets=1):
    return {
        "corpus_set": "+".join(members) or "base", "n_corpora": len(members), "k": k, "mean_f1": mean,
        "wins": wins, "sets": sets, "possible_sets": 1, "trials": 10, "expected": 10,
    }  # fmt: skip


def curve_point(corpus_set, name, epoch, value):
    return {"corpus_set": corpus_set, "model_id": corpus_set, "name": name, "epoch": epoch, "value": value}


FIGURE2 = [point(k, n, 0.4 + i / 12 + n / 50, 0.01) for i, k in enumerate(SHOTS) for n in range(5)]
FIGURE3 = [
    bar(k, corpus, 0.09 - i / 60 - j / 60, 0.01)
    for i, k in enumerate(SHOTS)
    for j, corpus in enumerate(CORPORA)
]
FIGURE4 = [
    pair(language, emotion, k, 0.5 + i / 20, 0.6 + i / 25)
    for language in ("English", "Mandarin")
    for emotion in ("Angry", "Happy", "Neutral", "Sad", "Surprise")
    for i, k in enumerate(SHOTS)
]
POWERSET = [
    cell(members, k, 0.5 + i / 20 + len(members) / 50, len(members) / 50 - 0.02)
    for count in range(5)
    for members in combinations(CORPORA, count)
    for i, k in enumerate(SHOTS)
]
SHAPLEY = [
    {"k": k, "corpus": corpus, "shapley": 0.05 - j / 50, "low": 0.04 - j / 50, "high": 0.08 - j / 50}
    for k in SHOTS
    for j, corpus in enumerate(CORPORA)
]
LANGUAGES = [
    {"k": k, "corpus_language": one, "speaker_language": other, "effect": 0.1, "low": 0.05, "high": 0.2}
    for k in SHOTS
    for one in ("English", "Mandarin")
    for other in ("English", "Mandarin")
]
BEST_SETS = [
    best(k, CORPORA[:count], 0.5 + i / 20 + count / 50, 0.5 + count / 8)
    for i, k in enumerate(SHOTS)
    for count in range(5)
]
SPEAKERS = [
    {"speaker": f"{speaker:04}", "language": "Mandarin" if speaker < 11 else "English", "emotion": emotion,
     "k": k, "delta": speaker / 100 - 0.1, "trials": 6, "expected": 6}
    for speaker in range(1, 21)
    for emotion in ("angry", "happy", "sad")
    for k in SHOTS
]  # fmt: skip
MODELS = [
    curve_point("+".join(members), name, epoch, start / epoch)
    for count in range(1, 5)
    for members in combinations(CORPORA, count)
    for name, start in (("train_loss", 0.8), ("val_loss", 1.0), ("val_loss/iemocap", 9.0), ("seconds", 5.0))
    for epoch in range(1, 21)
]
ALL = [
    *((figure2, FIGURE2), (figure3, FIGURE3), (figure4, FIGURE4), (shapley, SHAPLEY), (languages, LANGUAGES)),
    *((powerset, POWERSET), (best_sets, BEST_SETS), (speaker_emotion, SPEAKERS), (losses_of_models, MODELS)),
]
AS_LONG_AS_THEIR_ROWS = (powerset, best_sets, speaker_emotion, losses_of_models)
FIGURES = pytest.mark.parametrize("figure", [figure for figure, _ in ALL])


def rows_of_ticks(lines):
    """The screen row of each value on the y axis, read off its labels."""
    labels = ((row, re.match(r" *(−?[\d.]+)[┤┼]", line)) for row, line in enumerate(lines))
    return {float(match[1].replace("−", "-")): row for row, match in labels if match}


def row_of(value, lines):
    """Where a value should stand, by a straight line through the first and the last label."""
    ticks = rows_of_ticks(lines)
    (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
    return bottom + (value - low) / (high - low) * (top - bottom)


def canvas(lines):
    """The lines right of the y axis, above the x axis."""
    return [re.sub(r"^.*?[│┤┼]", "", line) for line in lines if re.match(r"[ \d.−]*[│┤┼]", line)]


def places(char, lines):
    return [(row, line.index(char)) for row, line in enumerate(lines) if char in line]


@pytest.mark.parametrize("size", [Size(80, 24), Size(160, 50), Size(100, 30), Size(81, 37)])
@pytest.mark.parametrize(("figure", "rows"), ALL)
def test_a_figure_keeps_to_its_room(figure, rows, size):
    lines = drawn(figure(rows, size), size)
    assert max(map(len, lines)) <= size.columns
    if figure not in AS_LONG_AS_THEIR_ROWS:
        assert size.lines - 4 <= len(lines) <= size.lines


@pytest.mark.parametrize("size", [Size(20, 5), Size(29, 60), Size(45, 9)])
@pytest.mark.parametrize(("figure", "rows"), ALL)
def test_without_room_it_says_how_much_it_needs_and_needs_no_more(figure, rows, size):
    words = " ".join(drawn(figure(rows, size), size))
    if "needs" in words:
        columns, lines = map(int, re.findall(r"\d+", words))
        least = Size(max(columns, size.columns), max(lines, size.lines))
        assert least != size
        assert "needs" not in " ".join(drawn(figure(rows, least), least))


@FIGURES
def test_a_screen_of_20_by_5_is_too_small(figure):
    rows = dict(ALL)[figure]
    assert drawn(figure(rows, Size(20, 5)), SMALL)[0].startswith("This figure needs ")


@FIGURES
def test_without_results_it_says_what_to_do(figure):
    assert drawn(figure([], SMALL), SMALL) == ["Nothing to draw yet: too little has finished"]


@NAN_OR_NULL
def test_results_without_a_number_are_as_none(missing):
    for figure, rows in (
        (figure2, [point(2, 0, missing)]),
        (figure3, [bar(2, "iemocap", missing)]),
        (figure4, [pair("English", "Sad", 2, missing, missing)]),
        (powerset, [cell((), 2, missing, None)]),
        (shapley, [{**SHAPLEY[0], "shapley": missing}]),
        (languages, [{**LANGUAGES[0], "effect": missing}]),
        (best_sets, [best(2, (), missing, None)]),
        (speaker_emotion, [{**SPEAKERS[0], "delta": missing}]),
        (losses_of_models, [curve_point("iemocap", "val_loss", 1, missing)]),
    ):
        assert drawn(figure(rows, SMALL), SMALL) == ["Nothing to draw yet: too little has finished"]


@NAN_OR_NULL
def test_a_single_point_is_drawn(missing):
    lines = drawn(figure2([point(2, 0, 0.5, missing)], SMALL), SMALL)
    assert sum("●" in line for line in canvas(lines)) == 1
    lines = drawn(figure3([bar(2, "iemocap", 0.1, missing)], SMALL), SMALL)
    assert any("█" in line for line in canvas(lines))
    lines = drawn(figure4([pair(None, "Sad", 2, 0.5, missing)], SMALL), SMALL)
    assert sum("●" in line for line in canvas(lines)) == 1
    assert "None" not in "".join(lines)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_figure_2_puts_each_mean_where_the_axes_say(size):
    lines = drawn(figure2(FIGURE2, size), size)
    numbers = next(line for line in lines if re.fullmatch(r" +0 +1 +2 +3 +4 *", line))
    for index, k in enumerate(SHOTS):
        marker = palette.marker(index)
        found = {numbers[column] : row for row, line in enumerate(lines) for column, char in enumerate(line)
                 if char == marker and row > 0}  # fmt: skip
        for row in (row for row in FIGURE2 if row["k"] == k):
            assert found[str(row["n_corpora"])] == pytest.approx(row_of(row["mean_f1"], lines), abs=1.0)


def test_the_band_of_figure_2_is_as_high_as_the_standard_error_says():
    means = {2: 0.5, 4: 0.1, 8: 0.9}
    rows = [point(k, n, mean, 0.1 if k == 2 else 0.0) for k, mean in means.items() for n in (0, 1)]
    lines = drawn(figure2(rows, LARGE), LARGE)
    dotted = [row for row, line in enumerate(lines) if "⠀" < line[90:91] <= "⣿"]
    band = [row for row in dotted if row_of(0.8, lines) < row < row_of(0.2, lines)]
    assert band[0] == pytest.approx(row_of(0.6, lines), abs=1.0)
    assert band[-1] == pytest.approx(row_of(0.4, lines), abs=1.0)
    assert band == list(range(band[0], band[-1] + 1))
    assert len(dotted) == len(band) + 2


def test_a_mean_without_all_its_trials_is_hollow():
    lines = drawn(figure2([point(2, 0, 0.5), point(2, 1, 0.6, trials=3)], SMALL), SMALL)
    assert "trials missing" in lines[0]
    assert [sum(char in line for line in canvas(lines)) for char in "●○"] == [1, 1]
    assert "trials missing" not in drawn(figure2([point(2, 0, 0.5)], SMALL), SMALL)[0]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_bars_of_figure_3_end_where_the_axis_says(size):
    lines = drawn(figure3([{**row, "se_delta": None} for row in FIGURE3], size), size)
    group = (size.columns - len("−0.02┤")) // len(SHOTS)
    for place, k in enumerate(SHOTS):
        for index, corpus in enumerate(CORPORA):
            (delta,) = (row["mean_delta"] for row in FIGURE3 if (row["k"], row["corpus"]) == (k, corpus))
            start = len("−0.02┤") + place * group
            rows = [
                row
                for row, line in enumerate(lines)
                if row > 0 and palette.texture(index) in line[start : start + group]
            ]
            end = rows[0] if delta > 0 else rows[-1]
            assert end == pytest.approx(row_of(delta, lines), abs=1.0), (k, corpus)
            assert any(abs(row - row_of(0.0, lines)) < 1 for row in rows)


def test_whiskers_go_on_from_the_bars():
    lines = drawn(figure3([bar(2, "a", 0.10, 0.05), bar(2, "b", -0.10, 0.05)], LARGE), LARGE)
    lines[0] = ""
    whiskers = [(row, line.index("│", 8)) for row, line in enumerate(lines) if "│" in line[8:]]
    rows = [row for row, _ in whiskers]
    assert rows[0] == pytest.approx(row_of(0.15, lines), abs=1.0)
    assert rows[-1] == pytest.approx(row_of(-0.15, lines), abs=1.0)
    assert not any(abs(row - row_of(0.0, lines)) < 5 for row in rows)
    assert len({column for _, column in whiskers}) == 2


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_whisker_goes_from_one_end_of_the_interval_to_the_other(size):
    row = {"k": 2, "corpus": "a", "shapley": 0.1, "low": -0.05, "high": 0.3}
    lines = drawn(
        shapley([row, {**row, "corpus": "b", "shapley": -0.1, "low": -0.1, "high": -0.1}], size), size
    )
    (column,) = {line.index("│", 8) for line in lines[1:] if "│" in line[8:]}
    places = [place for place, line in enumerate(lines) if line[column : column + 1] == "│"]
    assert places[0] == pytest.approx(row_of(0.3, lines), abs=1.0)
    assert places[-1] == pytest.approx(row_of(-0.05, lines), abs=1.0)
    assert not any(row_of(0.1, lines) + 1 < place < row_of(0.0, lines) - 1 for place in places)


def test_a_value_without_an_interval_has_no_whisker():
    rows = [{"k": 2, "corpus": "a", "shapley": 0.1, "low": None, "high": None}]
    lines = drawn(shapley(rows, SMALL), SMALL)
    assert any("█" in line for line in lines[1:])
    assert not any("│" in line[8:] for line in lines[1:])


def test_languages_are_told_apart_on_both_sides():
    (legend,) = drawn(languages(LANGUAGES, Size(200, 30)), Size(200, 30))[:1]
    for one in ("English", "Mandarin"):
        for other in ("English", "Mandarin"):
            assert legend.count(f"{one} corpora, {other} speakers") == 1


def test_best_sets_are_named_by_letters_with_how_often_they_are_best():
    rows = [best(2, (), 0.5, 1.0), best(2, ("b",), 0.61, 0.42), best(2, ("a", "c"), 0.7, 1.0, sets=0)]
    lines = drawn(best_sets([*rows, best(4, ("c",), 0.8, None)], SMALL), SMALL)
    assert lines[0].startswith("a a   b b   c c")
    assert any("* sets or trials missing" in line for line in lines[:3])
    header, two, four = lines[-3:]
    assert header.split() == ["0", "1", "2"]
    assert two.split() == ["k=2", "0.500", "0.610", "·b·", "42%", "*0.700", "a·c", "100%"]
    assert four.split() == ["k=4", "–", "0.800", "··c", "–"]


def test_best_sets_of_four_corpora_at_seven_ks_fit_80_columns():
    assert len(drawn(best_sets(BEST_SETS, SMALL), SMALL)[-1].split()) == 2 + 3 * 4


def test_speakers_and_emotions_show_their_change():
    rows = [
        {**SPEAKERS[0], "speaker": speaker, "emotion": emotion, "k": k, "delta": delta, "trials": trials}
        for speaker, emotion, k, delta, trials in (
            *(("0001", "angry", 2, 0.12, 6), ("0001", "sad", 2, -0.3, 5)),
            *(("0001", "angry", 4, 0.0, 6), ("0002", "sad", 4, 0.25, 6)),
        )
    ]
    lines = drawn(speaker_emotion(rows, SMALL), SMALL)
    assert lines[0].startswith("a angry   b sad   macro F1 with all pre-finetuning less without")
    assert [line.split() for line in lines[-4:]] == [
        ["k=2", "k=4"],
        ["a", "b", "a", "b"],
        ["Mandarin", "0001", "+.12", "*−.30", "+.00", "–"],
        ["Mandarin", "0002", "–", "–", "–", "+.25"],
    ]
    narrow = Size(32, 24)
    assert [line.split() for line in drawn(speaker_emotion(rows, narrow), narrow)].count(["a", "b"]) == 2


def test_every_model_has_a_panel_with_its_losses_over_all_corpora():
    lines = drawn(losses_of_models(MODELS, LARGE), LARGE)
    assert lines[:2] == [
        "● train_loss   ▲ val_loss   over epochs",
        "a iemocap   b mandarin_as   c msp_improv   d msp_podcast",
    ]
    titles = [title for line in lines[2:] for title in re.findall(r"[a-d](?: [a-d])*", line)]
    assert titles == [" ".join(some) for count in range(1, 5) for some in combinations("abcd", count)]
    assert max(rows_of_ticks(lines[2:11])) <= 1.0  # neither the loss of one corpus nor the seconds


def test_figure_4_has_a_panel_for_each_language_and_emotion():
    text = "\n".join(drawn(figure4(FIGURE4, SMALL), SMALL))
    for language in ("English", "Mandarin"):
        assert text.count(language) == 1
    for emotion in ("Angry", "Happy", "Neutral", "Sad", "Surprise"):
        assert text.count(emotion) == 2


def test_figure_4_wraps_panels_where_the_screen_is_narrow():
    size = Size(50, 60)
    lines = drawn(figure4(FIGURE4, size), size)
    assert max(map(len, lines)) <= 50
    assert sum("Angry" in line for line in lines) == 2


@NAN_OR_NULL
def test_a_missing_mean_leaves_a_gap_in_its_line(missing):
    values = [0.5, 0.5, missing, 0.5, 0.5, 0.5, 0.5]
    rows = [pair("English", "Sad", k, value, 0.9) for k, value in zip(SHOTS, values, strict=True)]
    lines = canvas(drawn(figure4(rows, LARGE), LARGE))
    (flat,) = [line for line in lines if "●" in line]
    first, second, third = [place for place, char in enumerate(flat) if char == "●"][:3]
    assert flat[second + 1 : third].strip() == ""
    assert flat[first + 1 : second].strip() != ""


def test_the_power_set_shows_means_changes_and_members():
    lines = drawn(powerset(POWERSET, LARGE), LARGE)
    assert "a iemocap   b mandarin_as   c msp_improv   d msp_podcast" in lines[0]
    table = lines[1:]
    assert table[0].split() == [*"abcd", *(f"k={k}" for k in SHOTS)]
    assert table[1].split()[:6] == ["·", "·", "·", "·", "0.500", "0.550"]
    assert table[2].split()[:6] == ["●", "·", "·", "·", "0.520", "+.000"]
    assert table[-1].split()[:6] == ["●", "●", "●", "●", "0.580", "+.060"]
    assert len(table) == 1 + 16


def test_the_power_set_fits_80_columns_with_two_decimals():
    lines = drawn(powerset(POWERSET, SMALL), SMALL)
    assert lines[-1].split()[4:8] == ["0.58", "+.06", "0.63", "+.06"]


def test_a_loss_has_a_minus_and_another_colour_than_a_gain():
    rows = [cell((), 2, 0.5, 0.0), cell(("a",), 2, 0.4, -0.1), cell(("b",), 2, 0.6, 0.1, trials=3)]
    base, loss, gain = drawn(powerset(rows, SMALL), SMALL, colour=True)[-3:]
    assert "0.400 −.100" in loss
    assert "*0.600 +.100" in gain
    assert "48;2;230;159;0" in loss
    assert "48;2;86;180;233" in gain
    assert "48;2" not in base


def test_a_set_without_results_for_some_k_has_a_dash():
    rows = [cell((), 2, 0.5, 0.0), cell((), 4, 0.6, 0.0), cell(("a",), 4, 0.7, 0.1)]
    assert drawn(powerset(rows, SMALL), SMALL)[-1].split() == ["●", "–", "0.700", "+.100"]


def test_names_tell_series_apart_without_colour():
    for figure, rows in ALL[:5]:
        legend = drawn(figure(rows, LARGE), LARGE)[0]
        symbols = re.findall(r"(?:^|   )(\S) ", legend)
        assert len(symbols) == len(set(symbols)) > 1


CURVES = {
    "train_loss": [(epoch, 2.0 / epoch) for epoch in range(1, 41)],
    "val_loss": [(epoch, 1.0 + 1.0 / epoch) for epoch in range(1, 41)],
    "val_macro_f1": [(epoch, 0.9 - 0.4 / epoch) for epoch in range(1, 41)],
}


def test_losses_and_scores_have_panels_of_their_own():
    lines = drawn(learning_curves(CURVES, SMALL, best_epoch=20), SMALL)
    assert len(lines) <= SMALL.lines
    legends = [line for line in lines if "best epoch 20" in line]
    assert ["train_loss" in legend for legend in legends] == [True, False]
    assert "val_macro_f1" in legends[1]
    lines = drawn(learning_curves(CURVES, LARGE, best_epoch=20), LARGE)
    assert "val_loss" in lines[0]
    assert "val_macro_f1" in lines[0]


def test_the_best_epoch_is_marked_above_its_tick():
    lines = drawn(learning_curves({"val_loss": CURVES["val_loss"]}, SMALL, best_epoch=20), SMALL)
    dotted = {line.index("┊") for line in lines[1:] if "┊" in line}
    ticks = next(line for line in lines if re.search(r" 10 .* 20 .* 30 ", line))
    assert len(dotted) == 1
    assert dotted.pop() == pytest.approx(ticks.index("20"), abs=1)


def test_a_curve_with_a_gap_and_one_without_any_value():
    broken = [(epoch, None if 10 <= epoch <= 30 else 0.5) for epoch in range(1, 41)]
    curves = {"val_macro_f1": broken, "val_loss": [(1, nan), (2, None)]}
    lines = drawn(learning_curves(curves, SMALL), SMALL)
    assert "val_loss" not in lines[0]
    (flat,) = [line for line in canvas(lines) if line.strip()]
    assert flat[25:50].strip() == ""


def test_no_epoch_yet():
    assert drawn(learning_curves({}, SMALL), SMALL) == ["No epoch finished yet"]
    assert drawn(learning_curves({"val_loss": [(1, nan)]}, SMALL), SMALL) == ["No epoch finished yet"]


def test_a_first_epoch_alone_is_drawn():
    lines = drawn(learning_curves({"val_loss": [(1, 0.7)]}, SMALL, best_epoch=1), SMALL)
    assert sum("●" in line for line in canvas(lines)) == 1


def test_figures_can_be_drawn_from_several_threads():
    alone = [drawn(figure(rows, SMALL), SMALL) for figure, rows in ALL]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda job: drawn(job[0](job[1], SMALL), SMALL), ALL * 5))
    assert together == alone * 5


def test_names_of_wide_characters_keep_their_line():
    rows = [{**row, "speaker": "张三李四王五"} for row in SPEAKERS[:3]]
    lines = drawn(speaker_emotion(rows, SMALL), SMALL)
    assert sum("Mandarin 张三李四王五" in line for line in lines) == 1
    names = [Text("一二三四五六七八九十") for _ in range(2)]
    assert str(wrapped(names, 30)).count("\n") == 1
