import subprocess
import sys
from dataclasses import asdict

import pytest

from pft_tui.corpora.load import find_reader
from pft_tui.corpora.utterance import Reader
from pft_tui.errors import CorpusError, SettingsError
from pft_tui.protocols import recipe
from pft_tui.registry import CORPORA, WAYS, Entry, lookup, resolve
from pft_tui.settings.model import PROTOCOLS, FinetuneSettings


@pytest.mark.parametrize("name", CORPORA)
def test_every_entry_resolves_to_a_reader_that_is_whole(name):
    reader = resolve(CORPORA[name])
    assert isinstance(reader, Reader)
    assert reader.default_scheme in reader.schemes


@pytest.mark.parametrize("name", WAYS)
def test_every_way_to_adapt_resolves_and_its_protocol_has_its_recipe(name):
    assert callable(resolve(WAYS[name]))
    protocol = name if name in PROTOCOLS else "paper"
    values = asdict(recipe(FinetuneSettings(protocol=protocol), 16))
    assert values.items() >= {"adapt": name, **WAYS[name].recipe}.items()


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(SettingsError, match=r"unknown reader 'mspodcast'.*did you mean 'msp_podcast'"):
        find_reader("mspodcast")
    with pytest.raises(SettingsError, match="known: crema_d, emodb, esd"):
        lookup(CORPORA, "zzzzzz", "reader")


def test_an_entry_that_is_no_reader_is_an_error(monkeypatch):
    monkeypatch.setitem(CORPORA, "broken", Entry("pft_tui.errors:PftError", "not a reader"))
    with pytest.raises(CorpusError, match="is not a Reader"):
        find_reader("broken")


def test_reading_corpora_imports_nothing_heavy():
    code = (
        "import sys; from pft_tui.corpora.load import find_reader; from pft_tui.registry import CORPORA\n"
        "for name in CORPORA: find_reader(name)\n"
        "heavy = {'torch', 'numpy', 'soundfile', 'pyarrow', 'duckdb', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
    assert done.returncode == 0
