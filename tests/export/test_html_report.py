"""The page of all results: one file, whole, with the numbers of the views and nothing from elsewhere."""

import sys
from base64 import b64decode
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from exported_workspace import exported_workspace

from pft_tui.reports.html import page
from pft_tui.store.owner import Store
from pft_tui.store.read import query

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Titles, tables and pictures of a page; tags must match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.tables, self.pictures, self.links = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag == "img":
            self.pictures.append((values["alt"], values["src"]))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h2", "h3"):
            self.headings.append("")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data
        if self.open and self.open[-1] in ("h2", "h3"):
            self.headings[-1] += data


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return exported_workspace(tmp_path_factory.mktemp("<complete>"), protocols=("paper", "released"))


@pytest.fixture(scope="module")
def text(workspace):
    return page(workspace, {})


def test_it_holds_every_report_of_every_setting(text):
    found = Page(text)
    assert found.headings[0] == "tiny on esd, protocol paper: 95 of 96 trials finished"
    assert sum("protocol released" in heading for heading in found.headings) == 1
    for title in (
        "Table 1: ",
        "Figure 2: ",
        "Figure 3: ",
        "Figure 4: ",
        "Every set",
        "What each corpus adds",
    ):
        assert sum(heading.startswith(title) for heading in found.headings) == 2, title
    assert "the language of corpus iemocap is not known" in text


def test_its_numbers_are_those_of_the_views(workspace, text):
    [table] = [table for table in Page(text).tables if table[0][:3] == ["k", "Corpus", "F1_in"]][:1]
    rows = query(workspace, "select k, corpus, f1_in, f1_ex from table1 where protocol = 'paper'").rows
    assert [row[:4] for row in table[1:]] == [
        [str(k), corpus, f"{f1_in:.4f}", f"{f1_ex:.4f}"] for k, corpus, f1_in, f1_ex in rows
    ]


def test_nothing_comes_from_elsewhere(text):
    links = Page(text).links
    assert len(links) == 2 * 5
    assert all(link.startswith("data:image/svg+xml;base64,") for link in links)
    assert "<script" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_pictures_are_whole(text):
    for alt, source in Page(text).pictures:
        assert alt
        assert ElementTree.fromstring(b64decode(source.partition(",")[2])).tag.endswith("svg")


def test_names_cannot_be_markup(text):
    assert "<complete>" not in text
    assert "&lt;complete&gt;" in text


def test_without_matplotlib_it_says_what_is_left_out(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = page(workspace, {})
    assert "The figures are left out: matplotlib is not installed" in text
    assert Page(text).pictures == []
    assert len(Page(text).tables) > 10


def test_before_anything_has_finished(tmp_path):
    (tmp_path / "pft.toml").touch()
    from pft_tui.paths import Workspace

    store = Store.open(Workspace(tmp_path))
    store.publish()
    store.close()
    assert Page(page(Workspace(tmp_path), {})).tables == []
