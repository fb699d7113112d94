import json
import os
import sys

import pytest
from releases import by_id, kinds, load, write_wav

from pft_tui.errors import CorpusError, SettingsError

ROWS = [
    {"path": "clips/a.wav", "label": "happy", "speaker": "s1", "language": "English", "split": "train"},
    {"path": "clips/b.flac", "label": "sad", "speaker": "s1", "language": "English", "split": "dev"},
    {"path": "clips/c.wav", "label": "sad", "speaker": None, "language": "Welsh", "split": "TEST"},
]


@pytest.fixture
def folder(tmp_path):
    for row in ROWS:
        write_wav(tmp_path / row["path"])
    return tmp_path


def write_csv(path, rows, delimiter=","):
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join("" if value is None else str(value) for value in row.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def write_jsonl(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    return path


def write_parquet(path, rows):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


WRITERS = {
    "m.csv": write_csv,
    "m.tsv": lambda path, rows: write_csv(path, rows, "\t"),
    "m.jsonl": write_jsonl,
    "m.parquet": write_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("by_folder", [True, False])
def test_every_kind_of_table_gives_the_same_corpus(folder, name, by_folder):
    table = WRITERS[name](folder / name, ROWS)
    corpus = load("manifest", folder if by_folder else table)
    assert corpus.problems == ()
    assert corpus.root == folder
    assert [(u.utterance_id, u.label, u.speaker, u.language, u.split) for u in corpus.utterances] == [
        ("clips/a", "happy", "s1", "English", "train"),
        ("clips/b", "sad", "s1", "English", "evaluation"),
        ("clips/c", "sad", None, "Welsh", "test"),
    ]


def test_columns_can_have_other_names(folder):
    rows = [
        {"file": row["path"], "emotion": row["label"], "who": row["speaker"], "said": "hello"} for row in ROWS
    ]
    write_csv(folder / "m.csv", rows)
    extra = {"path": "file", "label": "emotion", "speaker": "who", "text": "said"}
    corpus = load("manifest", folder, extra=extra, language="Welsh")
    assert {u.text for u in corpus.utterances} == {"hello"}
    assert [u.speaker for u in corpus.utterances] == ["s1", "s1", None]
    assert {u.language for u in corpus.utterances} == {"Welsh"}


def test_several_tables_make_one_corpus_and_can_be_chosen(folder):
    write_csv(folder / "one.csv", ROWS[:1])
    write_jsonl(folder / "two.jsonl", ROWS[1:])
    (folder / "notes.csv").write_text("this,is,no,manifest\n")
    with pytest.raises(CorpusError, match=r"notes\.csv has no column 'path'.*it has this, is, no, manifest"):
        load("manifest", folder)
    corpus = load("manifest", folder, extra={"tables": "one.csv, two.jsonl"})
    assert len(corpus.utterances) == 3


def test_audio_is_found_beside_the_table_or_under_the_root(tmp_path):
    write_wav(tmp_path / "audio/a.wav")
    write_wav(tmp_path / "tables/b.wav")
    (tmp_path / "tables/m.csv").write_text("path,label\naudio/a.wav,x\nb.wav,y\n./b2/../b.wav,y\n")
    corpus = load("manifest", tmp_path, extra={"tables": "tables/m.csv"})
    assert {u.path for u in corpus.utterances} == {"audio/a.wav", "tables/b.wav"}
    assert kinds(corpus) == ["duplicate"]


def test_paths_outside_the_root(tmp_path):
    inside = write_wav(tmp_path / "data/in.wav")
    outside = write_wav(tmp_path / "elsewhere/out.wav")
    table = tmp_path / "data/m.csv"
    table.write_text(f"path,label\n{inside},x\n{outside},y\n../elsewhere/out.wav,z\n")
    corpus = load("manifest", table)
    assert {u.label: u.path for u in corpus.utterances} == {
        "x": "in.wav",
        "y": str(outside),
        "z": "../elsewhere/out.wav",
    }
    assert all((corpus.root / u.path).is_file() for u in corpus.utterances)


def test_numbers_become_text_and_empty_cells_nothing(folder):
    rows = [
        {"path": "clips/a.wav", "label": 3, "speaker": 7.0},
        {"path": "clips/b.flac", "label": 3.5, "speaker": float("nan")},
        {"path": "clips/c.wav", "label": None, "speaker": "x"},
    ]
    corpus = load("manifest", write_parquet(folder / "m.parquet", [rows[0]]))
    assert [(u.label, u.speaker) for u in corpus.utterances] == [("3", "7")]
    corpus = load("manifest", write_jsonl(folder / "m.jsonl", rows))
    assert [(u.label, u.speaker) for u in corpus.utterances] == [("3", "7"), ("3.5", None)]
    assert kinds(corpus) == ["malformed"]


def test_bad_rows_are_problems_with_their_line(folder):
    lines = [
        *(json.dumps(row) for row in ROWS),
        "{broken",
        "[1, 2]",
        '{"path": "clips/a.wav"}',
        '{"label": "happy"}',
        '{"path": "clips/zzz.wav", "label": "happy"}',
        '{"path": "clips/c.wav", "label": "happy", "split": "tset"}',
    ]
    (folder / "m.jsonl").write_text("\n".join(lines))
    corpus = load("manifest", folder / "m.jsonl")
    assert len(corpus.utterances) == 3
    assert [(problem.kind, problem.path) for problem in corpus.problems] == [
        ("malformed", "m.jsonl"),
        ("malformed", "m.jsonl"),
        ("malformed", "m.jsonl"),
        ("malformed", "m.jsonl"),
        ("missing", "clips/zzz.wav"),
        ("malformed", "m.jsonl"),
    ]
    assert [problem.detail.split()[:2] for problem in corpus.problems[:4]] == [
        ["line", str(number)] for number in range(4, 8)
    ]
    assert corpus.problems[2].detail == "line 6 has no label"


def test_a_short_csv_row_and_quotes(folder):
    (folder / "m.csv").write_text('path,label,text\n"clips/a.wav",happy,"a, b"\nclips/b.flac\n')
    corpus = load("manifest", folder / "m.csv")
    assert by_id(corpus)["clips/a"].text == "a, b"
    assert [problem.detail for problem in corpus.problems] == ["line 3 has no label"]


def test_a_row_without_a_split_where_others_have_one_is_left_out(folder):
    rows = [dict(row) for row in ROWS]
    rows[2]["split"] = None
    table = write_csv(folder / "m.csv", rows)
    corpus = load("manifest", table)
    assert [u.utterance_id for u in corpus.utterances] == ["clips/a", "clips/b"]
    assert kinds(corpus) == ["malformed"]
    assert len(load("manifest", table, split="utterance").utterances) == 3


def test_an_optional_column_that_was_named_must_be_there(folder):
    table = write_csv(folder / "m.csv", ROWS)
    with pytest.raises(CorpusError, match="has no column 'spk'"):
        load("manifest", table, extra={"speaker": "spk"})


def test_an_unknown_option_names_the_nearest(folder):
    table = write_csv(folder / "m.csv", ROWS)
    with pytest.raises(SettingsError, match=r"no extra option 'speakr'.*did you mean 'speaker'"):
        load("manifest", table, extra={"speakr": "spk"})


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("m.csv", "path,label\nclips/é.wav,x\n".encode("latin-1"), "not in UTF-8"),
        ("m.csv", b"", "has no column 'path'"),
        ("m.csv", b'path,label\n"' + b"x" * 200_000, r"line \d+: field larger"),
        ("m.txt", b"path,label\n", "is not a table"),
        ("m.parquet", b"PAR1 no", "is not a Parquet file"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, name, data, message):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CorpusError, match=message):
        load("manifest", tmp_path / name)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match=r"gone\.csv cannot be read"):
        load("manifest", tmp_path, extra={"tables": "gone.csv"})
    with pytest.raises(CorpusError, match="looks like a manifest"):
        load("manifest", tmp_path)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as if it were not installed
    (tmp_path / "m.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match="pip install pyarrow"):
        load("manifest", tmp_path)


def test_a_relative_root_works(folder, monkeypatch):
    write_csv(folder / "m.csv", ROWS)
    monkeypatch.chdir(folder.parent)
    assert len(load("manifest", folder.relative_to(os.getcwd())).utterances) == 3  # noqa: PTH109
