import os

import pytest
from releases import by_id, free, kinds, load, mandarin_as, write_wav

from pft_tui.errors import CorpusError, SettingsError

EXPECTED = {
    "crema_d": {
        "1001_IEO_ANG_LO": ("anger", "1001", "English"),
        "1002_TIE_HAP_XX": ("happiness", "1002", "English"),
        "1040_ITH_SAD_X": ("sadness", "1040", "English"),
    },
    "ravdess": {
        "03-01-06-01-02-01-12": ("fear", "12", "English"),
        "03-01-08-02-01-02-01": ("surprise", "01", "English"),
    },
    "emodb": {
        "03a01Wa": ("anger", "03", "German"),
        "08a02La": ("boredom", "08", "German"),
        "16b10Tb": ("sadness", "16", "German"),
    },
    "tess": {
        "OAF_bite_neutral": ("neutral", "OAF", "English"),
        "YAF_back_ps": ("surprise", "YAF", "English"),
    },
    "savee": {
        "DC_a01": ("anger", "DC", "English"),
        "DC_sa02": ("sadness", "DC", "English"),
        "JE_n30": ("neutral", "JE", "English"),
        "KL_su15": ("surprise", "KL", "English"),
    },
}


@pytest.mark.parametrize("reader", EXPECTED)
@pytest.mark.parametrize("nested", ["", "My_Downloads/archive"])
def test_names_give_label_speaker_and_language(tmp_path, reader, nested):
    free(reader, tmp_path / nested)
    corpus = load(reader, tmp_path)
    assert corpus.problems == ()
    found = {item.utterance_id: (item.label, item.speaker, item.language) for item in corpus.utterances}
    assert found == EXPECTED[reader]


@pytest.mark.parametrize("reader", EXPECTED)
def test_other_wav_files_are_problems_and_copies_are_duplicates(tmp_path, reader):
    free(reader, tmp_path / "a")
    free(reader, tmp_path / "b")
    write_wav(tmp_path / "noise.wav")
    corpus = load(reader, tmp_path)
    assert kinds(corpus) == ["duplicate"] * len(EXPECTED[reader]) + ["malformed"]
    assert len(corpus.utterances) == len(EXPECTED[reader])


@pytest.mark.parametrize("reader", [*EXPECTED, "mandarin_as"])
def test_a_folder_of_anything_else_is_an_error(tmp_path, reader):
    write_wav(tmp_path / "noise.wav")
    with pytest.raises(CorpusError, match="root should be the folder that holds"):
        load(reader, tmp_path)


def test_a_name_that_is_not_utf_8_is_a_problem_and_the_others_are_read(tmp_path):
    folder = tmp_path / "001" / "anger" / "phrase"
    write_wav(folder / "1.wav")
    write_wav(folder / os.fsdecode(b"gr\xfcn.wav"))
    (folder / os.fsdecode(b"\xfc")).mkdir()
    corpus = load("mandarin_as", tmp_path)
    assert list(by_id(corpus)) == ["001/anger/phrase/1"]
    assert kinds(corpus) == ["unreadable", "unreadable"]
    assert sorted(problem.path for problem in corpus.problems) == [
        "001/anger/phrase/gr\ufffdn.wav",
        "001/anger/phrase/\ufffd",
    ]


def test_savee_in_one_folder(tmp_path):
    write_wav(tmp_path / "ALL/DC_su01.wav")
    write_wav(tmp_path / "ALL/JK_sa01.wav")
    found = by_id(load("savee", tmp_path))
    assert {key: (item.label, item.speaker) for key, item in found.items()} == {
        "DC_su01": ("surprise", "DC"),
        "JK_sa01": ("sadness", "JK"),
    }


def test_ravdess_songs_are_read_when_asked_for(tmp_path):
    write_wav(tmp_path / "Actor_01/03-01-03-01-01-01-01.wav")
    write_wav(tmp_path / "Actor_01/03-02-04-01-01-01-01.wav")
    assert [item.label for item in load("ravdess", tmp_path).utterances] == ["happiness"]
    assert [item.label for item in load("ravdess", tmp_path, parts="song").utterances] == ["sadness"]
    assert len(load("ravdess", tmp_path, parts="all").utterances) == 2


@pytest.mark.parametrize(
    ("parts", "folders"),
    [
        (None, {"phrase", "utterance"}),
        ("both", {"phrase", "utterance"}),
        ("phrases", {"phrase"}),
        ("utterances", {"utterance"}),
        ("all", {"phrase", "utterance", "paragraph"}),
    ],
)
def test_mandarin_parts(tmp_path, parts, folders):
    corpus = load("mandarin_as", mandarin_as(tmp_path), parts=parts)
    assert corpus.problems == ()
    assert {item.path.split("/")[-2] for item in corpus.utterances} == folders
    assert corpus.labels == ("anger", "elation", "neutral", "panic", "sadness")


def test_mandarin_folders_may_be_named_in_the_plural(tmp_path):
    write_wav(tmp_path / "001/Anger/Phrases/a.wav")
    write_wav(tmp_path / "001/Anger/Utterances/b.wav")
    assert len(load("mandarin_as", tmp_path).utterances) == 2
    assert len(load("mandarin_as", tmp_path, parts="phrases").utterances) == 1


def test_mandarin_ids_do_not_depend_on_where_the_data_folder_lies(tmp_path):
    corpus = load("mandarin_as", mandarin_as(tmp_path))
    inner = load("mandarin_as", tmp_path / "man_aff_spch/data")
    assert corpus.digest == inner.digest
    first = corpus.utterances[0]
    assert first.utterance_id == "001/anger/phrase/001_p1"
    assert (first.speaker, first.language) == ("001", "Mandarin")


def test_unknown_parts_and_schemes_name_the_nearest(tmp_path):
    mandarin_as(tmp_path)
    with pytest.raises(SettingsError, match=r"no parts 'phrase'.*did you mean 'phrases'"):
        load("mandarin_as", tmp_path, parts="phrase")
    with pytest.raises(SettingsError, match=r"no label scheme 'fife'.*did you mean 'five'"):
        load("mandarin_as", tmp_path, labels="fife")
    with pytest.raises(SettingsError, match=r"no extra option 'label'.*leave it out"):
        load("mandarin_as", tmp_path, extra={"label": "emotion"})
