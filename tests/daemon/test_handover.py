"""A grid goes to the daemon through a file and arrives as it was, in its order."""

import json

import pytest

from pft_tui.daemon.handover import take_grid, write_grid
from pft_tui.errors import UsageError
from pft_tui.grid import Grid
from pft_tui.paths import Workspace
from pft_tui.protocols import Recipe
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

ESD, EMODB = CorpusRef("esd", "d1"), CorpusRef("emodb", "d2")
ENCODER = EncoderSpec("random:tiny", None, "f")


def a_trial(model, k, emotion="glücklich", **changes):
    cell = {
        "model_id": model and model.model_id,
        "method": "finetune" if model else "constant",
        "protocol": "paper",
        "recipe": Recipe(epochs=20 + k),
        "downstream": ESD,
        "speaker": "0001",
        "language": None,
        "emotion": emotion,
        "k": k,
        "trial": 0,
        "seed": 0,
    }
    return TrialSpec(**(cell | changes))


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "pft.toml").write_text("")
    made = Workspace(tmp_path)
    made.make_folders()
    return made


def test_a_grid_arrives_as_it_was(workspace):
    base = ModelSpec(ENCODER, (), None, 0)
    tuned = ModelSpec(ENCODER, (EMODB,), PrefinetuneSettings(), 3)
    trials = [a_trial(of, k, emotion) for k in (2, 64) for of in (base, tuned, None) for emotion in "ab"]
    trials += [a_trial(base, 2, seed=1, trial=7), a_trial(base, 2, downstream=EMODB, language="German")]
    grid = Grid((ESD, EMODB), (base, tuned), tuple(trials), '{"seed": 0}')
    token = write_grid(workspace, grid)
    taken = take_grid(workspace, token)
    assert taken == grid
    assert [trial.trial_id for trial in taken.trials] == [trial.trial_id for trial in trials]
    assert not workspace.handed_grid(token).exists()
    with pytest.raises(UsageError, match="there is no grid"):
        take_grid(workspace, token)
    assert take_grid(workspace, write_grid(workspace, Grid((), (), ()))) == Grid((), (), ())


@pytest.mark.parametrize("place", [1, -1, "x"])
def test_what_is_no_grid_is_refused(workspace, place):
    token = write_grid(workspace, Grid((), (), (a_trial(None, 2),)))
    file = workspace.handed_grid(token)
    sheet = json.loads(file.read_text())
    sheet["shares"][0]["trials"][0][0] = place
    file.write_text(json.dumps(sheet))
    with pytest.raises(UsageError, match="holds no grid"):
        take_grid(workspace, token)
