import pytest
from releases import ESD_SPLITS, by_id, esd, kinds, load, write_wav

from pft_tui.corpora.esd import split_of
from pft_tui.corpora.esd_transcript import decode
from pft_tui.errors import CorpusError


def test_the_three_layouts_are_the_same_corpus(tmp_path):
    roots = [
        esd(tmp_path / "split_folders"),
        esd(tmp_path / "flat", flat=True),
        esd(tmp_path / "nested/Emotional Speech Dataset (ESD)").parent,
        esd(tmp_path / "nested_flat/Emotion Speech Dataset", flat=True).parent,
    ]
    corpora = [load("esd", root) for root in roots]
    assert all(corpus.problems == () for corpus in corpora)
    assert len({corpus.digest for corpus in corpora}) == 1
    assert corpora[0].labels == ("angry", "happy", "neutral", "sad", "surprise")
    for item in corpora[1].utterances:
        assert item.split == ESD_SPLITS[int(item.utterance_id[-6:])]


def test_a_block_of_350_files_is_split_20_30_300():
    splits = [split_of(number) for number in range(1, 1751)]
    for start in range(0, 1750, 350):
        block = splits[start : start + 350]
        assert block == ["evaluation"] * 20 + ["test"] * 30 + ["train"] * 300


def test_the_first_ten_speakers_are_mandarin(tmp_path):
    speakers = tuple(f"{number:04d}" for number in (1, 10, 11, 20))
    corpus = load("esd", esd(tmp_path, speakers, flat=True))
    assert {(item.speaker, item.language) for item in corpus.utterances} == {
        ("0001", "Mandarin"),
        ("0010", "Mandarin"),
        ("0011", "English"),
        ("0020", "English"),
    }


def test_the_language_can_be_set(tmp_path):
    corpus = load("esd", esd(tmp_path), language="German")
    assert {item.language for item in corpus.utterances} == {"German"}


CHINESE = "0001_000001\t打远一看，它们的确很是美丽，\t中立\n0001_000351\t打远一看\t生气\n"


@pytest.mark.parametrize(
    "data",
    [
        CHINESE.encode("gb2312"),
        CHINESE.encode("utf-8"),
        CHINESE.encode("utf-8-sig"),
        CHINESE.encode("utf-16-le"),
        b"\xff\xfe" + CHINESE.encode("utf-16-le"),
        b"\xfe\xff" + CHINESE.encode("utf-16-be"),
        CHINESE.replace("\n", "\r\n").encode("gb2312"),
    ],
)
def test_mandarin_transcripts_in_every_encoding(tmp_path, data):
    root = esd(tmp_path, ("0001",))
    (root / "0001/0001.txt").write_bytes(data)
    corpus = load("esd", root)
    found = by_id(corpus)
    assert found["0001_000001"].text == "打远一看，它们的确很是美丽，"
    assert found["0001_000351"].text == "打远一看"
    assert found["0001_000701"].text is None
    assert found["0001_000351"].label == "angry"
    assert corpus.problems == ()


def test_an_english_transcript_in_an_8_bit_encoding(tmp_path):
    root = esd(tmp_path, ("0011",), flat=True)
    line = "0011_000001\tThe caf\xe9 is his\tNeutral\nthis line is broken\n\n0011_000351\tno emotion here\n"
    (root / "0011/0011.txt").write_bytes(line.encode("latin-1"))
    corpus = load("esd", root)
    assert by_id(corpus)["0011_000001"].text == "The café is his"
    assert by_id(corpus)["0011_000351"].text == "no emotion here"
    assert [(problem.kind, problem.path) for problem in corpus.problems] == [("malformed", "0011/0011.txt")]


def test_bytes_that_no_encoding_has_still_decode():
    assert decode(b"\x81\x8d", "English") == "\x81\x8d"
    assert decode(b"ok \xff\xff", "Mandarin") == "ok ÿÿ"


def test_apple_doubles_and_underscores_in_the_root_do_no_harm(tmp_path):
    root = esd(tmp_path / "my_data_0003/Angry_0001", ("0002",))
    corpus = load("esd", root)
    assert {item.speaker for item in corpus.utterances} == {"0002"}
    assert corpus.problems == ()


def test_odd_files_are_problems(tmp_path):
    root = esd(tmp_path, ("0001",), flat=True)
    write_wav(root / "0001/Angry/0001_009999.wav")
    write_wav(root / "0001/Angry/0002_000351.wav")  # another speaker's
    write_wav(root / "copy/0001/Angry/0001_000351.wav")
    write_wav(root / "0001/HAPPY/0001_000760.WAV")
    corpus = load("esd", root)
    assert kinds(corpus) == ["duplicate", "malformed", "malformed"]
    assert by_id(corpus)["0001_000760"].label == "happy"
    assert by_id(corpus)["0001_000351"].path == "0001/Angry/0001_000351.wav"


def test_a_folder_without_esd_is_an_error(tmp_path):
    write_wav(tmp_path / "song.wav")
    with pytest.raises(CorpusError, match=r"Emotional Speech Dataset.*0001/Angry/0001_000351\.wav"):
        load("esd", tmp_path)
