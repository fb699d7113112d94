import pytest
from releases import IEMOCAP_TURNS, by_id, iemocap, kinds, load, write_wav

from pft_tui.errors import CorpusError


def test_the_nine_classes_of_the_paper_drop_xxx_and_dis(tmp_path):
    corpus = load("iemocap", iemocap(tmp_path))
    assert corpus.problems == ()
    assert {item.utterance_id: item.label for item in corpus.utterances} == {
        "Ses01F_impro01_F000": "neutral",
        "Ses01F_impro01_F003": "excitement",
        "Ses01F_impro01_M001": "anger",
        "Ses03M_impro05a_F000": "frustration",
        "Ses03M_impro05a_M000": "happiness",
        "Ses05M_script01_1b_F010": "sadness",
    }


def test_all_keeps_every_code_under_its_own_name(tmp_path):
    corpus = load("iemocap", iemocap(tmp_path), labels="all")
    assert corpus.labels == ("ang", "dis", "exc", "fru", "hap", "neu", "sad", "xxx")
    assert len(corpus.utterances) == sum(map(len, IEMOCAP_TURNS.values()))


def test_four_classes_join_happiness_and_excitement(tmp_path):
    corpus = load("iemocap", iemocap(tmp_path), labels="four")
    labels = {item.utterance_id: item.label for item in corpus.utterances}
    assert labels["Ses01F_impro01_F003"] == labels["Ses03M_impro05a_M000"] == "happiness"
    assert corpus.labels == ("anger", "happiness", "neutral", "sadness")


def test_the_speaker_is_in_the_last_field_of_the_turn(tmp_path):
    found = by_id(load("iemocap", iemocap(tmp_path)))
    assert found["Ses01F_impro01_M001"].speaker == "Ses01M"
    assert found["Ses01F_impro01_F000"].speaker == "Ses01F"
    assert found["Ses03M_impro05a_F000"].speaker == "Ses03F"
    assert found["Ses05M_script01_1b_F010"].speaker == "Ses05F"


def test_paths_are_relative_and_odd_dialog_names_work(tmp_path):
    found = by_id(load("iemocap", iemocap(tmp_path)))
    path = "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F010.wav"
    assert found["Ses05M_script01_1b_F010"].path == path
    assert {item.language for item in found.values()} == {"English"}


def test_a_nested_root_gives_the_same_corpus(tmp_path):
    iemocap(tmp_path / "a")
    iemocap(tmp_path / "b/IEMOCAP/IEMOCAP_full_release")
    assert load("iemocap", tmp_path / "a").digest == load("iemocap", tmp_path / "b").digest


def test_single_faults_are_problems_and_stop_nothing(tmp_path):
    root = iemocap(tmp_path)
    wav = root / "Session1/sentences/wav/Ses01F_impro01"
    (wav / "Ses01F_impro01_M001.wav").unlink()
    write_wav(wav / "Ses01F_impro01_F099.wav")
    labels = root / "Session3/dialog/EmoEvaluation/Ses03M_impro05a.txt"
    labels.write_text(
        labels.read_text() + "[9.0 - 10.0]\tSes03M_impro05a_F000\tang\t[1.0, 1.0, 1.0]\n"
        "[11.0 - 12.0]\tSes03M_impro05a_M009\n[13.0 - 14.0]\tSes03M_impro05a_M010\tzzz\t[1, 1, 1]\n"
    )
    corpus = load("iemocap", root)
    assert kinds(corpus) == ["duplicate", "malformed", "malformed", "missing", "unlabelled"]
    problems = {problem.kind: problem for problem in corpus.problems}
    assert problems["missing"].path == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav"
    assert problems["unlabelled"].path.endswith("Ses01F_impro01_F099.wav")
    assert problems["malformed"].path == "Session3/dialog/EmoEvaluation/Ses03M_impro05a.txt"
    assert by_id(corpus)["Ses03M_impro05a_F000"].label == "frustration"  # the first of the two labels
    assert len(corpus.utterances) == 5


def test_another_folder_is_not_the_release(tmp_path):
    (tmp_path / "Session1").mkdir()
    with pytest.raises(CorpusError, match=r"nothing under .* looks like IEMOCAP.*EmoEvaluation"):
        load("iemocap", tmp_path)
