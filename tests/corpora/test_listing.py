import json
from dataclasses import replace

import pytest
from releases import iemocap, load, write_wav

from pft_tui.corpora.listing import read_listing, write_listing
from pft_tui.errors import CorpusError


@pytest.fixture
def corpus(tmp_path):
    root = iemocap(tmp_path / "release")
    (root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav").unlink()
    return load("iemocap", root)


@pytest.fixture
def listing(tmp_path, corpus):
    path = tmp_path / "iemocap.jsonl"
    write_listing(path, corpus)
    return path


def test_what_is_written_is_read(corpus, listing):
    assert corpus.problems
    assert read_listing(listing) == corpus


def test_text_of_any_kind_survives(tmp_path):
    text = 'a "quoted"\u2028word, 中文 and \x85 an end'
    write_wav(tmp_path / "中.wav")
    (tmp_path / "m.jsonl").write_text(json.dumps({"path": "中.wav", "label": "x", "text": text}))
    corpus = load("manifest", tmp_path)
    write_listing(tmp_path / "listing", corpus)
    assert read_listing(tmp_path / "listing") == corpus
    assert read_listing(tmp_path / "listing").utterances[0].text == text


def test_the_header_says_what_follows(corpus, listing):
    header = json.loads(listing.read_text().splitlines()[0])
    assert (header["name"], header["digest"]) == ("iemocap", corpus.digest)
    assert (header["utterances"], header["problems"]) == (len(corpus.utterances), len(corpus.problems))


def test_nothing_is_left_beside(listing):
    assert [path.name for path in listing.parent.iterdir() if path.is_file()] == [listing.name]


def test_a_listing_that_cannot_be_written_leaves_the_old_one(corpus, listing):
    before = listing.read_bytes()
    odd = replace(corpus.utterances[-1], text=object())
    with pytest.raises(TypeError):
        write_listing(listing, replace(corpus, utterances=(*corpus.utterances, odd)))
    assert listing.read_bytes() == before
    assert [path.name for path in listing.parent.iterdir() if path.is_file()] == [listing.name]


def test_who_has_the_old_listing_open_reads_it_to_its_end(corpus, listing):
    before = listing.read_text()
    with listing.open() as old:
        write_listing(listing, replace(corpus, problems=()))
        assert old.read() == before
    assert read_listing(listing).problems == ()


def test_every_truncation_is_noticed(listing):
    data = listing.read_bytes()
    for length in range(len(data) - 1):
        listing.write_bytes(data[:length])
        with pytest.raises(CorpusError, match=r"damaged.*pft corpora check"):
            read_listing(listing)


def change(listing, line, **values):
    lines = listing.read_text().splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **values})
    listing.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (0, {"format": 99}),
        (0, {"utterances": 2}),
        (0, {"digest": "0"}),
        (0, {"labels": 3}),
        (1, {"label": "other"}),
        (1, {"label": 5}),
        (1, {"surprise": 1}),
    ],
)
def test_a_changed_listing_is_noticed(listing, line, values):
    change(listing, line, **values)
    with pytest.raises(CorpusError, match="is damaged"):
        read_listing(listing)


@pytest.mark.parametrize("text", ["", "[]\n", "null\n", "{}\n", "\x00\n"])
def test_a_file_of_something_else_is_noticed(listing, text):
    listing.write_text(text)
    with pytest.raises(CorpusError, match="is damaged"):
        read_listing(listing)


def test_a_listing_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match="there is no listing"):
        read_listing(tmp_path / "none.jsonl")
