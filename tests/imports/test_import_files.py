"""Files of trials from elsewhere are read whole, and every bad row is named."""

import csv
import io
import random

import pandas
import pytest
from finished_trials import workspace_with
from foreign_files import HEADER, NAMES, released_rows, write_csv
from sklearn.metrics import accuracy_score, f1_score

from pft_tui.errors import UsageError
from pft_tui.store.copy import copy_out
from pft_tui.store.foreign import Origin, ReleasedRow
from pft_tui.store.imports import read_trials

ORIGIN = Origin("paper", "facebook/wav2vec2-base")


@pytest.fixture
def released(tmp_path):
    path = tmp_path / "scaled_esd_downstream.csv"
    write_csv(path, released_rows())
    return path


def replaced(path, line, column, text):
    """The file with one field changed, at a line of the file."""
    rows = list(csv.reader(io.StringIO(path.read_text())))
    rows[line - 1][HEADER.index(column)] = text
    write_csv(path, rows[1:], rows[0])
    return path


def test_every_row_of_the_released_code_becomes_a_trial(released):
    found = read_trials(released, ORIGIN)
    table = pandas.read_csv(released, dtype={"speaker": str})
    assert found.bad == []
    assert len(found.trials) == len(table) == 16 * 4 * 2 * 3 * 3
    assert len({trial.trial_id for trial in found.trials}) == len(table)
    assert len({trial.model_id for trial in found.trials}) == 16
    for trial, row in zip(found.trials, table.itertuples(), strict=True):
        names = [] if row.corpora == "base" else row.corpora.split("-")
        assert trial.corpora == sorted(NAMES[name] for name in names)
        assert (trial.speaker, trial.language, trial.k, trial.trial) == row[2:4] + row[5:7]
        assert trial.emotion == row.emotion.lower()
        assert (trial.macro_f1, trial.accuracy) == (row.macro_f1, row.accuracy)
    assert {trial.protocol for trial in found.trials} == {"released@paper"}
    assert {trial.encoder for trial in found.trials} == {"facebook/wav2vec2-base"}
    assert {(trial.method, trial.downstream) for trial in found.trials} == {("finetune", "esd")}


def test_swapped_arguments_change_weighted_f1_alone(released):
    """Why it is left out, and why the other two are kept."""
    rng = random.Random(3)
    labels = [rng.random() < 0.2 for _ in range(150)]
    predicted = [label if rng.random() < 0.7 else not label for label in labels]
    assert f1_score(labels, predicted, average="macro") == f1_score(predicted, labels, average="macro")
    assert accuracy_score(labels, predicted) == accuracy_score(predicted, labels)
    right, swapped = (
        f1_score(*pair, average="weighted") for pair in ((labels, predicted), (predicted, labels))
    )
    assert abs(right - swapped) > 0.01
    assert {trial.weighted_f1 for trial in read_trials(released, ORIGIN).trials} == {None}


def test_speakers_that_lost_their_zeros_are_found_again(tmp_path):
    rows = [[*row[:1], str(int(row[1])), *row[2:]] for row in released_rows(speakers=("0002", "0012"))]
    write_csv(tmp_path / "spreadsheet.csv", rows)
    trials = read_trials(tmp_path / "spreadsheet.csv", ORIGIN).trials
    assert {trial.speaker for trial in trials} == {"0002", "0012"}


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("corpora", "iemocap", "neither 'base' nor names joined by '-' of iemocap_emotion"),
        ("corpora", "msp_improv-msp_improv", "neither 'base' nor"),
        ("corpora", "", "neither 'base' nor"),
        ("speaker", "", "speaker = None"),
        ("k", "two", "k = 'two'"),
        ("k", "0", "k = '0'"),
        ("k", "8589934592", "k = '8589934592'"),
        ("trial", "-1", "trial = '-1'"),
        ("macro_f1", "", "macro_f1 = None"),
        ("macro_f1", "1.5", "macro_f1 = '1.5'"),
        ("macro_f1", "nan", "macro_f1 = 'nan'"),
        ("accuracy", "61 %", "accuracy = '61 %'"),
        ("weighted_f1", "-0.1", "weighted_f1 = '-0.1'"),
    ],
)
def test_a_bad_field_is_named_with_its_line(released, column, text, words):
    found = read_trials(replaced(released, 7, column, text), ORIGIN)
    assert [row.place for row in found.bad] == ["line 7"]
    assert words in found.bad[0].reason


def test_lines_count_as_an_editor_counts_them(tmp_path):
    rows = list(released_rows())[:6]
    rows[1][2] = "Man\ndarin"
    rows[3] = rows[3][:-1]
    rows[5] = rows[0]
    write_csv(tmp_path / "file.csv", rows)
    lines = (tmp_path / "file.csv").read_text().splitlines()
    bad = read_trials(tmp_path / "file.csv", ORIGIN).bad
    assert [row.place for row in bad] == ["line 6", "line 8"]
    assert lines[5].count(",") == len(HEADER) - 2
    assert lines[7] == lines[1]
    assert bad[0].reason == "8 fields, where the header has 9"
    assert bad[1].reason == "the same trial as line 2"


def test_several_bad_columns_of_a_row_are_told_at_once(released):
    found = read_trials(replaced(replaced(released, 9, "k", "x"), 9, "trial", "y"), ORIGIN)
    assert found.bad[0].reason.count(";") == 1
    assert len(found.trials) + len(found.bad) == 16 * 4 * 2 * 3 * 3


def test_a_quote_that_is_not_closed_is_bad(released):
    with released.open("a") as file:
        file.write('"base,0001')
    assert read_trials(released, ORIGIN).bad[-1].reason == "unexpected end of data"


def test_other_files_are_refused(tmp_path, released):
    (tmp_path / "other.csv").write_text("corpora,speaker\nbase,0001\n")
    with pytest.raises(
        UsageError, match="has not the columns of results of the paper's released code: no lang"
    ):
        read_trials(tmp_path / "other.csv", ORIGIN)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UsageError, match="has not the columns"):
        read_trials(tmp_path / "empty.csv", ORIGIN)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot read"):
        read_trials(tmp_path / "binary.csv", ORIGIN)
    with pytest.raises(UsageError, match="cannot read"):
        read_trials(tmp_path / "absent.csv", ORIGIN)
    released.rename(tmp_path / "text.parquet")
    with pytest.raises(UsageError, match="cannot read"):
        read_trials(tmp_path / "text.parquet", ORIGIN)


def test_columns_may_stand_in_any_order_beside_others(tmp_path, released):
    table = pandas.read_csv(released, dtype=str)
    table[["note", *reversed(HEADER)]] = table.assign(note="x")[["note", *reversed(HEADER)]]
    table[["note", *reversed(HEADER)]].to_csv(tmp_path / "turned.csv", index=False)
    assert read_trials(tmp_path / "turned.csv", ORIGIN).trials == read_trials(released, ORIGIN).trials


def test_the_columns_are_those_of_the_released_code():
    assert list(ReleasedRow.model_fields) == HEADER


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The trials of another workspace, as CSV: columns and rows."""
    folder = tmp_path_factory.mktemp("other")
    copy_out(workspace_with(folder), "trials", folder / "trials.csv", "csv", {})
    with (folder / "trials.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("corpora", '["iemocap+esd"]', "corpora cannot be called 'base' or have '+' in their names"),
        ("corpora", '["base"]', "corpora cannot be called 'base' or have '+' in their names"),
        ("corpora", '["iemocap", "iemocap"]', "a corpus stands twice among the corpora"),
        ("corpora", "iemocap", "corpora = 'iemocap'"),
        ("encoder", "", "corpora without an encoder"),
        ("macro_f1", "", "a finished trial without macro_f1"),
        ("seed", str(1 << 63), f"seed = '{1 << 63}'"),
    ],
)
def test_a_bad_field_of_an_export_is_named_with_its_line(exported, tmp_path, column, text, words):
    header, rows = exported
    bad = [text if name == column else value for name, value in zip(header, rows[0], strict=True)]
    write_csv(tmp_path / "trials.csv", [rows[1], bad], header)
    found = read_trials(tmp_path / "trials.csv", ORIGIN)
    assert [row.place for row in found.bad] == ["line 3"]
    assert words in found.bad[0].reason
