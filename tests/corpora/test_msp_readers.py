import pytest
from releases import PODCAST_ROWS, by_id, kinds, load, msp_improv, msp_podcast, write_wav

from pft_tui.errors import CorpusError


def labels_of(corpus):
    return {item.utterance_id: item.label for item in corpus.utterances}


@pytest.mark.parametrize("label_file", ["Evalution.txt", "Evaluation.txt"])
@pytest.mark.parametrize("audio", ["", "Audio"])
def test_improv_takes_the_consensus_of_either_spelling_and_place(tmp_path, label_file, audio):
    corpus = load("msp_improv", msp_improv(tmp_path, label_file, audio))
    assert corpus.problems == ()
    assert labels_of(corpus) == {
        "MSP-IMPROV-S01A-F01-P-FM01": "neutral",
        "MSP-IMPROV-S01A-M01-S-FM02": "anger",
        "MSP-IMPROV-S02H-F02-R-FF01": "happiness",
        "MSP-IMPROV-S03S-M02-T-MM01": "sadness",
    }
    first = by_id(corpus)["MSP-IMPROV-S01A-F01-P-FM01"]
    assert first.speaker == "F01"
    assert first.path == f"{audio + '/' if audio else ''}session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav"


def test_improv_by_intention_takes_the_letter_of_the_scenario(tmp_path):
    corpus = load("msp_improv", msp_improv(tmp_path), labels="intended")
    labels = labels_of(corpus)
    assert labels["MSP-IMPROV-S01A-F01-P-FM01"] == "anger"  # the raters heard neutral
    assert labels["MSP-IMPROV-S03N-F03-S-FM03"] == "neutral"  # the raters heard something else
    assert len(labels) == 6


def test_improv_by_intention_needs_no_label_file(tmp_path):
    root = msp_improv(tmp_path)
    (root / "Evalution.txt").unlink()
    assert len(load("msp_improv", root, labels="intended").utterances) == 6
    with pytest.raises(CorpusError, match=r"MSP-IMPROV.*Evalution"):
        load("msp_improv", root)


def test_improv_consensus_all_keeps_other_and_no_agreement(tmp_path):
    corpus = load("msp_improv", msp_improv(tmp_path), labels="consensus-all")
    assert corpus.labels == ("A", "H", "N", "O", "S", "X")


def test_improv_faults_are_problems(tmp_path):
    root = msp_improv(tmp_path / "outer/MSP-IMPROV").parent
    label_file = root / "MSP-IMPROV/Evalution.txt"
    label_file.write_text(
        "no name; N; A:1;\nAMT_2; Sad; Sad;\n\n"
        "UTD-IMPROV-S09A-F01-P-FM01.avi; N; A:1.0;\n\nUTD-IMPROV-S01A-F01-P-FM01.avi; Q; A:1.0;\n\n"
        + label_file.read_text()
    )
    write_wav(root / "MSP-IMPROV/session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM09.wav")
    corpus = load("msp_improv", root)
    assert kinds(corpus) == ["malformed", "malformed", "missing", "unlabelled"]
    details = [problem.detail for problem in corpus.problems if problem.kind == "malformed"]
    assert details[0].startswith("line 1 ")
    assert details[1].startswith("line 6 ")
    assert len(corpus.utterances) == 4


@pytest.mark.parametrize(
    ("label_file", "audio"),
    [
        ("Labels/labels_consensus.csv", "Audios"),
        ("Labels/labels_concensus.csv", "Audio"),
        ("Labels/Labels/labels_consensus.csv", "Audios/Audios"),
        ("release/Labels/labels_concensus.csv", "release/Audios/Audio"),
        ("labels_consensus.csv", "wav"),
    ],
)
def test_podcast_layouts(tmp_path, label_file, audio):
    corpus = load("msp_podcast", msp_podcast(tmp_path / "with_underscore", label_file, audio))
    assert corpus.problems == ()
    assert {item.utterance_id: (item.label, item.split, item.speaker) for item in corpus.utterances} == {
        "MSP-PODCAST_0001_0008": ("neutral", "train", "30"),
        "MSP-PODCAST_0001_0019": ("happiness", "train", "30"),
        "MSP-PODCAST_0002_0001": ("other", "evaluation", None),
        "MSP-PODCAST_0003_0001": ("contempt", "test", "8"),
        "MSP-PODCAST_0003_0002": ("surprise", "test", "9"),
    }
    assert by_id(corpus)["MSP-PODCAST_0001_0008"].path == f"{audio}/MSP-PODCAST_0001_0008.wav"


def test_podcast_schemes(tmp_path):
    root = msp_podcast(tmp_path)
    assert load("msp_podcast", root, labels="eight").labels == (
        "contempt",
        "happiness",
        "neutral",
        "surprise",
    )
    assert load("msp_podcast", root, labels="all").labels == ("C", "H", "N", "O", "U", "X")


def test_podcast_columns_are_read_by_name(tmp_path):
    plain = load("msp_podcast", msp_podcast(tmp_path / "a"))
    wider = load("msp_podcast", msp_podcast(tmp_path / "b", extra_column=True))
    assert plain.digest == wider.digest


def test_podcast_knows_the_older_name_of_the_evaluation_split(tmp_path):
    rows = [
        (name, code, speaker, split.replace("Development", "Validation"))
        for name, code, speaker, split in PODCAST_ROWS
    ]
    older = load("msp_podcast", msp_podcast(tmp_path / "a", rows=rows))
    assert older.digest == load("msp_podcast", msp_podcast(tmp_path / "b")).digest


def test_podcast_test3_is_one_note(tmp_path):
    root = msp_podcast(tmp_path)
    for number in range(3):
        write_wav(root / f"Audios/MSP-PODCAST_test3_{number:04d}.wav")
    write_wav(root / "Audios/MSP-PODCAST_0009_0001.wav")
    problems = load("msp_podcast", root).problems
    assert [(problem.kind, problem.path) for problem in problems] == [
        ("unlabelled", "Audios"),
        ("unlabelled", "Audios/MSP-PODCAST_0009_0001.wav"),
    ]
    assert problems[0].detail.startswith("3 files of Test3")


def test_podcast_faults_are_problems(tmp_path):
    rows = [
        *PODCAST_ROWS,
        PODCAST_ROWS[0],
        ("MSP-PODCAST_0004_0001.wav", "Q", "1", "Train"),
        ("MSP-PODCAST_0004_0002.wav", "N", "1", "Trian"),
        ("MSP-PODCAST_0004_0003.wav", "N", "1", "Train"),
    ]
    root = msp_podcast(tmp_path, rows=rows)
    (root / "Audios/MSP-PODCAST_0004_0003.wav").unlink()
    with (root / "Labels/labels_consensus.csv").open("a") as file:
        file.write("MSP-PODCAST_0004_0002.wav,N\n\n")
    write_wav(root / "Audios/again/MSP-PODCAST_0001_0008.wav")
    corpus = load("msp_podcast", root)
    assert kinds(corpus) == ["duplicate", "duplicate", "malformed", "malformed", "malformed", "missing"]
    assert len(corpus.utterances) == 5


def test_podcast_without_its_columns_is_an_error(tmp_path):
    root = msp_podcast(tmp_path)
    (root / "Labels/labels_consensus.csv").write_text("FileName,EmoClass\na.wav,N\n")
    with pytest.raises(CorpusError, match="has no column SpkrID, Split_Set"):
        load("msp_podcast", root)
    (root / "Labels/labels_consensus.csv").write_text("")
    with pytest.raises(CorpusError, match="has no column FileName"):
        load("msp_podcast", root)


def test_podcast_without_labels_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="looks like MSP-PODCAST"):
        load("msp_podcast", tmp_path)
