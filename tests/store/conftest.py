from contextlib import closing

import pytest

from pft_tui.paths import Workspace
from pft_tui.store.owner import Store


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "pft.toml").write_text("")
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace):
    with closing(Store.open(workspace)) as opened:
        yield opened
