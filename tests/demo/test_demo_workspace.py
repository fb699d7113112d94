from collections import Counter

import pytest

from pft_tui.corpora.load import CorpusOptions, load_corpus
from pft_tui.demo.layouts import write_corpora
from pft_tui.demo.scale import Scale
from pft_tui.demo.workspace import write_settings
from pft_tui.grid import corpora_of, expand
from pft_tui.settings import load_settings

SCALE = Scale(
    iemocap=30,
    msp_improv=30,
    msp_podcast=40,
    mandarin_speakers=1,
    mandarin_texts=2,
    esd_train=4,
    esd_evaluation=1,
    esd_test=1,
    shortest=0.3,
    longest=0.35,
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write_settings(folder, write_corpora(folder / "corpora", seed=5, scale=SCALE), seed=5)
    return folder


def test_the_demos_settings_are_the_papers_grid_made_small(workspace):
    settings = load_settings(workspace / "pft.toml")
    corpora = {
        name: load_corpus(name, CorpusOptions(settings.corpora[name].root, name))
        for name in corpora_of(settings)
    }
    grid = expand(settings, corpora)
    assert Counter(len(model.corpora) for model in grid.models) == {0: 1, 1: 4, 2: 6, 3: 4, 4: 1}
    assert {trial.language for trial in grid.trials} == {"English", "Mandarin"}
    assert {trial.k for trial in grid.trials} == {2, 4, 8}
    assert len({trial.emotion for trial in grid.trials}) == 5
    assert {trial.seed for trial in grid.trials} == {5}
    cells = Counter((trial.model_id, trial.speaker, trial.emotion, trial.k) for trial in grid.trials)
    assert set(cells.values()) == {2}
    assert len(grid.trials) == 16 * 4 * 5 * 3 * 2


def test_settings_that_somebody_changed_are_kept(workspace):
    file = workspace / "pft.toml"
    before = file.read_text()
    try:
        file.write_text(before + "# mine\n")
        write_settings(workspace, {}, seed=6)
        assert file.read_text() == before + "# mine\n"
    finally:
        file.write_text(before)
