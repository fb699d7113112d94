from __future__ import annotations

import pytest
from hums import make_speaker


@pytest.fixture(scope="session")
def speaker():
    return make_speaker()
