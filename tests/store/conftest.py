import shutil
from contextlib import closing

import pytest

from pft_tui.paths import Workspace
from pft_tui.store.owner import Store


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "pft.toml").write_text("")
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """The file of a store that holds nothing yet."""
    workspace = Workspace(tmp_path_factory.mktemp("empty"))
    Store.open(workspace).close()
    return workspace.store


@pytest.fixture
def store(workspace, empty_store):
    workspace.make_folders()
    shutil.copy(empty_store, workspace.store)
    with closing(Store.open(workspace)) as opened:
        yield opened
